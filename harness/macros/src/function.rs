//! Reads the function under the attribute, as far as it must be understood: up to its parameters.

use proc_macro::{Delimiter, Ident, Span, TokenStream, TokenTree};

use crate::error::Error;
use crate::tokens::{Opened, is, is_group, is_word};

/// A function that can be a test.
pub(crate) struct Function {
    /// Its outer attributes.
    pub(crate) attributes: Vec<TokenTree>,
    /// `pub`, `pub(crate)` …, or nothing.
    pub(crate) visibility: Vec<TokenTree>,
    /// Its name, perhaps a raw one.
    pub(crate) name: Ident,
    /// The first token of its return type, if it has one.
    pub(crate) returns: Option<Span>,
    /// The function itself, from `fn` to the end of its body.
    pub(crate) itself: Vec<TokenTree>,
}

/// Reads `item`, or says everything that keeps it from being a test.
pub(crate) fn parse(item: TokenStream) -> Result<Function, Vec<Error>> {
    let mut tokens = Opened::new(item);
    let mut errors = Vec::new();
    let attributes = parse_attributes(&mut tokens, &mut errors);
    let visibility = parse_visibility(&mut tokens);
    let keyword = match parse_qualifiers(&mut tokens, &mut errors) {
        Ok(keyword) => keyword,
        Err(error) => return Err(vec![error]),
    };
    let Some(TokenTree::Ident(name)) = tokens.next() else {
        return Err(vec![not_a_function(keyword.span())]);
    };

    if let Some(generics) = tokens.next_if(|token| is(token, '<')) {
        let message = format!("a test cannot be generic: write `fn {name}()`");
        errors.push(Error::at(generics.span(), message));
        return Err(errors);
    }
    let Some(TokenTree::Group(parameters)) = tokens.next() else {
        return Err(vec![not_a_function(keyword.span())]);
    };
    if !parameters.stream().is_empty() {
        let message = format!("a test takes no parameters: write `fn {name}()`");
        errors.push(Error::at(parameters.span(), message));
    }
    if !errors.is_empty() {
        return Err(errors);
    }

    let rest = tokens.rest();
    let returns = match rest.as_slice() {
        [dash, arrow, first, ..] if is(dash, '-') && is(arrow, '>') => Some(first.span()),
        _ => None,
    };
    let mut itself = vec![keyword, name.clone().into(), parameters.into()];
    itself.extend(rest);
    Ok(Function { attributes, visibility, name, returns, itself })
}

/// Reads outer attributes, among which there must be none that makes a test.
fn parse_attributes(tokens: &mut Opened, errors: &mut Vec<Error>) -> Vec<TokenTree> {
    let mut attributes = Vec::new();
    while let Some(pound) = tokens.next_if(|token| is(token, '#')) {
        let Some(brackets) = tokens.next() else { break };
        if let Some(path) = path_of_a_test_attribute(&brackets) {
            let message = format!(
                "`#[reweave::test]` already makes this a test, and `#[{path}]` would run it twice: \
                 remove `#[{path}]`"
            );
            errors.push(Error::across(pound.span(), brackets.span(), message));
        }
        attributes.extend([pound, brackets]);
    }
    attributes
}

/// The path in `[path …]` if its last segment is `test`.
fn path_of_a_test_attribute(brackets: &TokenTree) -> Option<String> {
    let TokenTree::Group(group) = brackets else {
        return None;
    };
    let path: Vec<_> = Opened::new(group.stream())
        .take_while(|token| is(token, ':') || matches!(token, TokenTree::Ident(_)))
        .collect();
    is_word(path.last()?, "test").then(|| path.iter().map(TokenTree::to_string).collect())
}

fn parse_visibility(tokens: &mut Opened) -> Vec<TokenTree> {
    let mut visibility = Vec::new();
    if let Some(public) = tokens.next_if(|token| is_word(token, "pub")) {
        visibility.push(public);
        visibility.extend(tokens.next_if(|token| is_group(token, Delimiter::Parenthesis)));
    }
    visibility
}

/// Reads up to `fn`, and returns that word. Each word before it is an error about a function; if it
/// does not come, the item is none.
fn parse_qualifiers(tokens: &mut Opened, errors: &mut Vec<Error>) -> Result<TokenTree, Error> {
    let mut first = None;
    while let Some(token) = tokens.next() {
        let first = *first.get_or_insert(token.span());
        let message = match token.to_string().as_str() {
            "fn" => return Ok(token),
            "async" => "`async fn` is not supported: write a plain `fn` and block on the future inside",
            "const" => "a `const fn` cannot be a test: remove `const`",
            "unsafe" => "an `unsafe fn` cannot be a test: remove `unsafe`, or move it to a block inside",
            "safe" => "a `safe fn` cannot be a test: remove `safe`",
            "extern" => {
                tokens.next_if(|token| matches!(token, TokenTree::Literal(_)));
                "an `extern fn` cannot be a test: remove `extern` and its ABI"
            }
            _ => return Err(not_a_function(first)),
        };
        errors.push(Error::at(token.span(), message));
    }
    Err(not_a_function(first.unwrap_or_else(Span::call_site)))
}

fn not_a_function(found: Span) -> Error {
    Error::at(found, "`#[reweave::test]` goes on a function: write `fn name() { … }`")
}
