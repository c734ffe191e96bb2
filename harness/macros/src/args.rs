//! Reads what stands in the parentheses of `#[reweave::test(…)]`.

use proc_macro::{Span, TokenStream, TokenTree};

use crate::arguments::{self, Argument};
use crate::error::Error;
use crate::tokens::{Opened, is, shown};
use crate::value::{self, Value};

/// An argument with its value.
pub(crate) struct Given {
    /// Which one; no two have the same.
    pub(crate) argument: &'static Argument,
    /// Where its name stands.
    pub(crate) span: Span,
    /// What it is set to.
    pub(crate) value: Value,
    /// The value as it is written.
    pub(crate) token: TokenTree,
}

/// Reads `name = value, …`. What is wrong is left out, each part with an error of its own.
pub(crate) fn parse(args: TokenStream) -> (Vec<Given>, Vec<Error>) {
    let args: Vec<_> = Opened::new(args).collect();
    let (mut given, mut errors, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for part in args.split_inclusive(|token| is(token, ',')) {
        // No part is empty: it has at least its comma.
        let [first, rest @ ..] = part else { continue };
        match parse_one(first, rest, &mut names) {
            Ok(one) => given.push(one),
            Err(error) => errors.push(error),
        }
    }
    (given, errors)
}

/// Reads one argument with the comma behind it; `names` are those that stand before it.
fn parse_one(first: &TokenTree, rest: &[TokenTree], names: &mut Vec<&'static str>) -> Result<Given, Error> {
    let TokenTree::Ident(name) = first else {
        let (found, list) = (shown(first), arguments::list());
        let message = format!("expected `argument = value`, found `{found}`\n{list}");
        return Err(Error::at(first.span(), message));
    };
    let span = name.span();
    let argument = arguments::find(&name.to_string()).map_err(|message| Error::at(span, message))?;
    if names.contains(&argument.name) {
        let message = format!("`{name}` is given twice: remove one of the two");
        return Err(Error::at(span, message));
    }
    names.push(argument.name);

    let rest = match rest {
        [rest @ .., last] if is(last, ',') => rest,
        rest => rest,
    };
    let (value, token) = parse_value(argument, span, rest)?;
    Ok(Given { argument, span, value, token })
}

/// Reads `= value`, which is all that may stand between the name at `span` and the comma.
fn parse_value(argument: &Argument, span: Span, tokens: &[TokenTree]) -> Result<(Value, TokenTree), Error> {
    let Argument { name, example, .. } = argument;
    let needs_value = format!("`{name}` needs a value: write `{name} = {example}`");
    let (equals, tokens) = tokens.split_first().ok_or_else(|| Error::at(span, &needs_value))?;
    if !is(equals, '=') {
        let found = shown(equals);
        let message = format!("expected `=` after `{name}`, found `{found}`; write `{name} = {example}`");
        return Err(Error::at(equals.span(), message));
    }
    let (token, rest) = tokens.split_first().ok_or_else(|| Error::at(equals.span(), &needs_value))?;
    let (text, last) = match rest {
        // No argument takes a negative number, but it is to be reported as one.
        [number @ TokenTree::Literal(_), ..] if is(token, '-') => (format!("-{number}"), number),
        _ => (shown(token), token),
    };
    let value = value::check(argument, &text).map_err(|message| Error::across(token.span(), last.span(), message))?;
    if let Some(extra) = rest.first() {
        let found = shown(extra);
        let message = format!("expected `,` after `{name} = {text}`, found `{found}`");
        return Err(Error::at(extra.span(), message));
    }
    Ok((value, token.clone()))
}
