//! Writes the test that a function becomes.
//!
//! ```text
//! #[::core::prelude::v1::test]
//! <attributes> <visibility> fn name() {
//!     fn name() -> R { <body> }
//!     ::reweave::__private::run_test(
//!         ::reweave::Checker::new()
//!             .name(::core::concat!(::core::module_path!(), "::", "name"))
//!             .schedules(10_000),
//!         ::core::option_env!("CARGO_MANIFEST_DIR"),
//!         ::core::option::Option::None,
//!         name,
//!     );
//! }
//! ```
//!
//! The function keeps its name inside, so that one that calls itself calls its body, and does not
//! start an exploration within an exploration. Paths are absolute, because a test may have its own
//! `Option`.

use proc_macro::{Delimiter, Group, Span, TokenStream, TokenTree};

use crate::args::Given;
use crate::arguments::EXPECT;
use crate::function::Function;
use crate::tokens::code;
use crate::value::Value;

/// The test that explores `function` as `given` says.
pub(crate) fn test(function: Function, given: Vec<Given>) -> TokenStream {
    let Function { attributes, visibility, name, returns, itself } = function;
    let (expected, settings): (Vec<_>, Vec<_>) = given.into_iter().partition(|given| given.argument.name == EXPECT);
    let here = Span::call_site();

    let mut arguments = checker(&name.to_string(), settings);
    // The package, in which seeds are saved.
    arguments.extend(code(", ::core::option_env!(\"CARGO_MANIFEST_DIR\"),", here));
    arguments.extend(expectation(expected));
    arguments.extend(code(",", here));
    let mut body = name.clone();
    if let Some(first) = returns {
        // If it is no type that a test may return, the compiler says so there.
        body.set_span(body.span().located_at(first));
    }
    arguments.extend([TokenTree::from(body)]);

    let mut block = TokenStream::from_iter(itself);
    block.extend(code("::reweave::__private::run_test", here));
    block.extend(group(Delimiter::Parenthesis, arguments, here));
    block.extend(code(";", here));

    let mut test = code("#[::core::prelude::v1::test]", here);
    test.extend(attributes);
    test.extend(visibility);
    test.extend(code("fn", here));
    test.extend([TokenTree::from(name)]);
    test.extend(code("()", here));
    test.extend(group(Delimiter::Brace, block, here));
    test
}

/// `Checker::new()` with a call for each of `settings`.
fn checker(name: &str, settings: Vec<Given>) -> TokenStream {
    let name = name.trim_start_matches("r#");
    let path = format!("::core::concat!(::core::module_path!(), \"::\", {name:?})");
    let mut checker = code(&format!("::reweave::Checker::new().name({path})"), Span::call_site());
    for setting in settings {
        let place = generated_at(setting.span);
        checker.extend(code(&format!(".{}", setting.argument.name), place));
        checker.extend(group(Delimiter::Parenthesis, value(setting), place));
    }
    checker
}

/// The finding that is expected, of which there is one or none.
fn expectation(expected: Vec<Given>) -> TokenStream {
    let Some(kind) = expected.into_iter().next() else {
        return code("::core::option::Option::None", Span::call_site());
    };
    let place = generated_at(kind.span);
    let mut some = code("::core::option::Option::Some", place);
    some.extend(group(Delimiter::Parenthesis, value(kind), place));
    some
}

/// What an argument is set to, as an expression.
fn value(given: Given) -> TokenStream {
    let place = generated_at(given.span);
    match given.value {
        Value::Variant { of, variant } => code(&format!("::reweave::{of}::{variant}"), place),
        Value::Duration { nanoseconds } => code(&format!("::core::time::Duration::from_nanos({nanoseconds})"), place),
        Value::AsWritten => given.token.into(),
    }
}

/// A place at the user's token, yet known to be generated: no lint holds the user responsible.
fn generated_at(token: Span) -> Span {
    Span::call_site().located_at(token)
}

fn group(delimiter: Delimiter, tokens: TokenStream, span: Span) -> TokenStream {
    let mut group = Group::new(delimiter, tokens);
    group.set_span(span);
    TokenTree::from(group).into()
}
