//! What `proc_macro` lacks for reading and writing tokens by hand.

use proc_macro::{Delimiter, Group, Span, TokenStream, TokenTree};

/// Tokens to be read one by one, without the groups that `macro_rules!` puts around its fragments.
///
/// `$n` in `schedules = $n`, or `$vis` before `fn`, arrives as a group without delimiters. It is
/// opened when it is reached and not before: behind what is read, such groups have a meaning (they
/// keep the type in `&$type` together).
pub(crate) struct Opened {
    /// What is ahead; the next token is the last.
    ahead: Vec<TokenTree>,
}

impl Opened {
    pub(crate) fn new(tokens: TokenStream) -> Self {
        let mut opened = Self { ahead: Vec::new() };
        opened.put_back(tokens);
        opened
    }

    /// The next token if it passes `test`; otherwise it stays.
    pub(crate) fn next_if(&mut self, test: impl FnOnce(&TokenTree) -> bool) -> Option<TokenTree> {
        let token = self.next()?;
        if test(&token) {
            return Some(token);
        }
        self.ahead.push(token);
        None
    }

    /// All that was not read, untouched.
    pub(crate) fn rest(self) -> Vec<TokenTree> {
        let mut rest = self.ahead;
        rest.reverse();
        rest
    }

    fn put_back(&mut self, tokens: TokenStream) {
        let first = self.ahead.len();
        self.ahead.extend(tokens);
        self.ahead[first..].reverse();
    }
}

impl Iterator for Opened {
    type Item = TokenTree;

    fn next(&mut self) -> Option<TokenTree> {
        loop {
            match self.ahead.pop()? {
                TokenTree::Group(group) if group.delimiter() == Delimiter::None => self.put_back(group.stream()),
                token => return Some(token),
            }
        }
    }
}

/// Whether `token` is this piece of punctuation.
pub(crate) fn is(token: &TokenTree, punctuation: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == punctuation)
}

/// Whether `token` is this keyword.
pub(crate) fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident.to_string() == word)
}

/// Whether `token` is a group in these delimiters.
pub(crate) fn is_group(token: &TokenTree, delimiter: Delimiter) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == delimiter)
}

/// `token` as an error message shows it: of a group only the delimiters.
pub(crate) fn shown(token: &TokenTree) -> String {
    match token {
        TokenTree::Group(group) => match group.delimiter() {
            Delimiter::Parenthesis => "(…)".to_owned(),
            Delimiter::Brace => "{…}".to_owned(),
            Delimiter::Bracket => "[…]".to_owned(),
            Delimiter::None => group.to_string(),
        },
        token => token.to_string(),
    }
}

/// Lexes code that this crate wrote itself, all of it at `span`.
pub(crate) fn code(source: &str, span: Span) -> TokenStream {
    let tokens: TokenStream = source.parse().expect("code written by this crate should lex");
    respan(tokens, span)
}

fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            if let TokenTree::Group(group) = &token {
                token = Group::new(group.delimiter(), respan(group.stream(), span)).into();
            }
            token.set_span(span);
            token
        })
        .collect()
}
