//! The seed file: a finding that a person can read and a diff can show.
//!
//! A small part of TOML: `key = value` lines, where a value is a string in double quotes or a whole number, and
//! comments. The explanation of the finding stands in the comments.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::{Token, TokenError};
use crate::findings::{Finding, FindingKind};

/// The version of the format that this library writes, and the newest that it reads.
const FORMAT: u64 = 1;

/// A seed file has at most this many bytes.
pub(super) const MAX_BYTES: u64 = 4 << 20;

/// A finding that was saved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SeedFile {
    pub(crate) test: String,
    pub(crate) finding: String,
    pub(crate) message: String,
    pub(crate) token: Token,
}

/// Why a seed file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    /// The file cannot be read.
    #[error("cannot read the seed file {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the seed file {}: {error}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A line makes no sense.
    #[error("the seed file {} is damaged in line {line}: {problem}; restore it, or remove it and find the failure again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Counted from one.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// The file was written by a newer version.
    #[error("the seed file {} has format {format}, and this version reads formats up to {FORMAT}: update reweave", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: u64,
    },
    /// A token makes no sense.
    #[error("{text:?} is neither a token nor a seed file: {error}")]
    Token {
        /// What was given.
        text: String,
        /// What is wrong with it.
        error: TokenError,
    },
}

enum Value {
    Text(String),
    Number(u64),
}

impl SeedFile {
    pub(crate) fn of(finding: &Finding) -> SeedFile {
        SeedFile {
            test: finding.test().to_owned(),
            finding: finding.kind().name().to_owned(),
            message: finding.message().to_owned(),
            token: finding.token.clone(),
        }
    }

    /// The text of the file, with `explanation` as a comment.
    pub(crate) fn to_text(&self, explanation: &str) -> String {
        let mut text = String::from("# A failing schedule, saved by reweave and replayed by every run of the test.\n");
        let version = env!("CARGO_PKG_VERSION");
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "format = {FORMAT}\ntool = {}\ntest = {}\nfinding = {}\nmessage = {}\ntoken = {}\n\n",
            quote(&format!("reweave {version}")),
            quote(&self.test),
            quote(&self.finding),
            quote(&self.message),
            quote(&self.token.to_string()),
        );
        for line in explanation.lines() {
            let _ = writeln!(text, "# {}", line.trim_end());
        }
        text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    pub(crate) fn parse(path: PathBuf, text: &str) -> Result<SeedFile, SeedError> {
        let mut fields: Vec<(usize, String, Value)> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let number = number + 1;
            let damaged = |problem: String| SeedError::Damaged { path: path.clone(), line: number, problem };
            let (key, value) = line.split_once('=').ok_or_else(|| damaged("it is no `key = value`".to_owned()))?;
            let key = key.trim().to_owned();
            if fields.iter().any(|(_, other, _)| *other == key) {
                return Err(damaged(format!("`{key}` is there twice")));
            }
            fields.push((number, key, parse_value(value.trim()).map_err(damaged)?));
        }
        let last = text.lines().count();
        let damaged = |line: usize, problem: String| SeedError::Damaged { path: path.clone(), line, problem };
        let missing = |key: &str| damaged(last, format!("`{key}` is missing; the file may be cut short"));
        let find = |key: &str| fields.iter().find(|(_, name, _)| name == key).ok_or_else(|| missing(key));
        let string = |key: &str| match find(key)? {
            (line, _, Value::Text(text)) => Ok((*line, text.clone())),
            (line, ..) => Err(damaged(*line, format!("`{key}` is not a string"))),
        };
        match find("format")? {
            (_, _, Value::Number(FORMAT)) => {}
            (line, _, Value::Number(0) | Value::Text(_)) => {
                return Err(damaged(*line, "`format` is not a positive whole number".to_owned()));
            }
            (_, _, Value::Number(format)) => return Err(SeedError::Newer { path, format: *format }),
        }
        let (line, finding) = string("finding")?;
        if FindingKind::from_name(&finding).is_none() {
            return Err(damaged(line, format!("{finding:?} is no kind of finding")));
        }
        let (line, token) = string("token")?;
        let token = token.parse().map_err(|error| damaged(line, format!("the token makes no sense: {error}")))?;
        Ok(SeedFile { test: string("test")?.1, finding, message: string("message")?.1, token })
    }
}

fn quote(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", c as u32);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn parse_value(text: &str) -> Result<Value, String> {
    if let Ok(number) = text.parse() {
        return Ok(Value::Number(number));
    }
    let inner = text.strip_prefix('"').ok_or("the value is neither a whole number nor a string in double quotes")?;
    let mut value = String::new();
    let mut chars = inner.chars();
    loop {
        match chars.next().ok_or("the string has no end; the file may be cut short")? {
            '"' => break,
            '\\' => value.push(match chars.next() {
                Some('"') => '"',
                Some('\\') => '\\',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('u') => {
                    let digits: String = chars.by_ref().take(4).collect();
                    let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                    code.ok_or_else(|| format!("\\u{digits} is no character"))?
                }
                other => return Err(format!("\\{} is no escape", other.map_or_else(String::new, String::from))),
            }),
            c => value.push(c),
        }
    }
    let rest = chars.as_str().trim();
    if rest.is_empty() || rest.starts_with('#') {
        Ok(Value::Text(value))
    } else {
        Err(format!("{rest:?} follows the string"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::Strategy;
    use crate::kernel::Rules;
    use crate::seed::Form;
    use proptest::prelude::*;

    fn file(test: &str, message: &str) -> SeedFile {
        let seed = Form::Seed { strategy: Strategy::Random, seed: 1, execution: 2 };
        let token = Token::new(test, Rules::default(), 1000, &[1, 2, 2].into_iter().collect(), seed);
        SeedFile { test: test.to_owned(), finding: "deadlock".to_owned(), message: message.to_owned(), token }
    }

    fn error(text: &str) -> String {
        SeedFile::parse("x.toml".into(), text).unwrap_err().to_string()
    }

    #[test]
    fn errors_name_the_file_and_the_line() {
        let text = file("t", "m").to_text("");
        assert!(error("").contains("`format` is missing"), "{}", error(""));
        assert!(error(&text.replace("format = 1", "format = 2")).contains("update reweave"));
        assert!(error(&text.replace("token = \"", "token = \"x")).contains("line 7: the token makes no sense"));
        assert!(error(&text.replace("\"deadlock\"", "deadlock")).contains("line 5"));
        assert!(error(&text.replace("deadlock", "doom")).contains("no kind of finding"));
    }

    #[test]
    fn a_file_cut_short_anywhere_is_an_error_or_complete() {
        let whole = file("t", "m");
        let text = whole.to_text("explained\nin two lines");
        for end in 0..text.len() {
            if let Ok(read) = SeedFile::parse("x.toml".into(), &text[..end]) {
                assert_eq!(read, whole, "cut at {end}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_was_written_comes_back(test: String, message: String, explanation: String) {
            let file = file(&test, &message);
            let text = file.to_text(&explanation);
            prop_assert_eq!(SeedFile::parse("x.toml".into(), &text).unwrap(), file);
        }

        #[test]
        fn any_text_is_a_file_or_an_error(text: String) {
            let _ = SeedFile::parse("x.toml".into(), &text);
        }
    }
}
