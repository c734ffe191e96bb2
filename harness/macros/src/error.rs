//! What is wrong with the user's code, and where; it reaches the user as a `compile_error!`.

use proc_macro::{Span, TokenStream, TokenTree};

use crate::tokens::code;

/// A mistake in the arguments or in the function.
pub(crate) struct Error {
    /// The first and the last of the offending tokens: two, because stable Rust cannot join spans.
    tokens: (Span, Span),
    /// A lowercase fragment, to be read after `error:`. A list of what is allowed has its own line.
    message: String,
}

impl Error {
    /// An error about one token.
    pub(crate) fn at(token: Span, message: impl Into<String>) -> Self {
        Self::across(token, token, message)
    }

    /// An error about the tokens from `first` to `last`.
    pub(crate) fn across(first: Span, last: Span, message: impl Into<String>) -> Self {
        Self { tokens: (first, last), message: message.into() }
    }

    /// The error as an item, which the compiler underlines from its first token to its last.
    pub(crate) fn into_compile_error(self) -> TokenStream {
        let (first, last) = self.tokens;
        let item = code(&format!("::core::compile_error! {{ {:?} }}", self.message), first);
        let mut tokens: Vec<TokenTree> = item.into_iter().collect();
        if let Some(braces) = tokens.last_mut() {
            braces.set_span(last);
        }
        tokens.into_iter().collect()
    }
}
