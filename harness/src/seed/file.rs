//! The seed file: a finding that a person can read and a diff can show.
//!
//! [A small part of TOML](super::text). The explanation of the finding stands in comments.
//!
//! | key | value |
//! | --- | --- |
//! | `format` | 2 |
//! | `tool` | the version that wrote it |
//! | `test`, `finding`, `message` | the name of the test, the kind of finding, and its message |
//! | `signature` | by which the finding is known again after an edit: no line numbers, no names of variables |
//! | `strategy`, `seed`, `execution` | which exploration found it; the latter two are missing if it was found in another way |
//! | `clock`, `spurious_wakeups`, `max_steps` | what else decides what an execution does |
//! | `decisions` | the schedule: runs of equal decisions, `1 2x3`; missing if it is too long, and given by its seed |
//! | `steps` | what every step was: see [`Trace`]; missing if there are too many |
//! | `checksum` | FNV-1a of all other keys and values but `tool`, so that no accident goes unnoticed |
//!
//! Format 1 had `test`, `finding` and `message`, and the schedule as a `token`. It is still read.

use std::path::{Path, PathBuf};

use super::text::{self, Field, Value};
use super::token::{MAX_DECISIONS, fnv};
use super::{Form, SeedError, Token, Trace};
use crate::engine::decisions::Decisions;
use crate::explore::Strategy;
use crate::findings::{Finding, FindingKind};
use crate::kernel::{Clock, Rules};

/// The version of the format that this library writes, and the newest that it reads.
pub(super) const FORMAT: u64 = 2;

/// The last version that had a token.
const FORMAT_WITH_TOKEN: u64 = 1;

/// A seed file has at most this many bytes.
pub(super) const MAX_BYTES: u64 = 4 << 20;

const KEYS: [&str; 15] = [
    "format",
    "tool",
    "test",
    "finding",
    "message",
    "signature",
    "strategy",
    "seed",
    "execution",
    "clock",
    "spurious_wakeups",
    "max_steps",
    "decisions",
    "steps",
    "checksum",
];

/// The keys that the checksum does not cover.
const UNSEALED: [&str; 2] = ["tool", "checksum"];

/// A finding that was saved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SeedFile {
    pub(crate) test: String,
    pub(crate) finding: FindingKind,
    pub(crate) message: String,
    /// Empty if the file is too old to have one.
    pub(crate) signature: String,
    pub(crate) strategy: Strategy,
    /// The random seed, and the number of the execution, by which it was found.
    pub(crate) origin: Option<(u64, u64)>,
    pub(crate) token: Token,
    /// Empty if the file has none.
    pub(crate) trace: Trace,
}

impl SeedFile {
    pub(crate) fn of(finding: &Finding) -> SeedFile {
        let origin = match finding.token.form {
            Form::Seed { seed, execution, .. } => Some((seed, execution)),
            Form::Decisions(_) => finding.execution.map(|execution| (finding.seed, execution)),
        };
        SeedFile {
            test: finding.test().to_owned(),
            finding: finding.kind(),
            message: finding.message().to_owned(),
            signature: finding.shape().to_owned(),
            strategy: match finding.token.form {
                Form::Seed { strategy, .. } => strategy,
                Form::Decisions(_) => finding.strategy,
            },
            origin,
            token: finding.token.clone(),
            trace: finding.account.trace.clone(),
        }
    }

    /// Whether a failure of this kind and shape is the one that was saved.
    pub(crate) fn is_of(&self, kind: FindingKind, shape: &str) -> bool {
        self.finding == kind && (self.signature.is_empty() || self.signature == shape)
    }

    /// Whether `other` was saved of the same failure of the same test.
    pub(super) fn is_of_the_same(&self, other: &SeedFile) -> bool {
        self.test == other.test && self.is_of(other.finding, &other.signature)
    }

    fn fields(&self) -> Vec<Field> {
        let text = |text: &str| Value::Text(text.to_owned());
        let number = |number: u64| match i64::try_from(number) {
            Ok(_) => Value::Number(number),
            // Too large for TOML.
            Err(_) => Value::Text(format!("{number:#x}")),
        };
        let Rules { clock, spurious_wakeups } = self.token.rules;
        let clock = if clock == Clock::Elastic { "elastic" } else { "idle" };
        let version = format!("reweave {}", env!("CARGO_PKG_VERSION"));
        let mut fields = vec![
            ("format", Value::Number(FORMAT)),
            ("tool", Value::Text(version)),
            ("test", text(&self.test)),
            ("finding", text(self.finding.name())),
            ("message", text(&self.message)),
            ("signature", text(&self.signature)),
            ("strategy", text(self.strategy.name())),
        ];
        if let Some((seed, execution)) = self.origin {
            fields.extend([("seed", number(seed)), ("execution", number(execution))]);
        }
        fields.extend([
            ("clock", text(clock)),
            ("spurious_wakeups", Value::Flag(spurious_wakeups)),
            ("max_steps", number(self.token.max_steps)),
        ]);
        if let Form::Decisions(decisions) = &self.token.form {
            fields.push(("decisions", Value::Text(write_decisions(decisions))));
        }
        if !self.trace.steps.is_empty() {
            fields.push(("steps", Value::List(self.trace.lines())));
        }
        let mut fields: Vec<Field> =
            fields.into_iter().map(|(key, value)| Field { line: 0, key: key.to_owned(), value }).collect();
        let value = Value::Text(checksum(&fields));
        fields.push(Field { line: 0, key: "checksum".to_owned(), value });
        fields
    }

    /// The text of the file, with `explanation` as a comment.
    pub(crate) fn to_text(&self, explanation: &str) -> String {
        let mut text = String::from("# A failing schedule, saved by reweave and replayed by every run of the test.\n");
        self.fields().iter().for_each(|field| text::write(&mut text, field));
        text.push('\n');
        for line in explanation.lines() {
            text.push_str(&format!("# {line}"));
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        text
    }

    pub(crate) fn parse(path: PathBuf, text: &str) -> Result<SeedFile, SeedError> {
        let damaged = |line: usize, problem: String| SeedError::Damaged { path: path.clone(), line, problem };
        if text.len() as u64 > MAX_BYTES {
            return Err(damaged(1, format!("it has {} bytes, more than any seed file", text.len())));
        }
        let fields = text::parse(text).map_err(|problem| damaged(problem.line, problem.problem))?;
        let reader = Reader { path: &path, fields: &fields, last: text.lines().count() };
        let (line, format) = reader.number("format")?;
        match format {
            0 => Err(damaged(line, "`format` is not a positive whole number".to_owned())),
            FORMAT_WITH_TOKEN => reader.with_token(),
            FORMAT => reader.file(),
            format => Err(SeedError::Newer { path: path.clone(), format }),
        }
    }
}

/// Reads what the fields of a file mean.
struct Reader<'a> {
    path: &'a Path,
    fields: &'a [Field],
    /// The number of lines.
    last: usize,
}

impl Reader<'_> {
    fn damaged(&self, line: usize, problem: String) -> SeedError {
        SeedError::Damaged { path: self.path.to_owned(), line, problem }
    }

    fn find(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    fn get(&self, key: &str) -> Result<&Field, SeedError> {
        let missing = || self.damaged(self.last, format!("`{key}` is missing; the file may be cut short"));
        self.find(key).ok_or_else(missing)
    }

    fn number(&self, key: &str) -> Result<(usize, u64), SeedError> {
        let field = self.get(key)?;
        let number = match &field.value {
            Value::Number(number) => Some(*number),
            Value::Text(text) => text.strip_prefix("0x").and_then(|hex| u64::from_str_radix(hex, 16).ok()),
            _ => None,
        };
        let number =
            number.ok_or_else(|| self.damaged(field.line, format!("`{key}` is not a positive whole number")))?;
        Ok((field.line, number))
    }

    fn string(&self, key: &str) -> Result<(usize, &str), SeedError> {
        let field = self.get(key)?;
        match &field.value {
            Value::Text(text) => Ok((field.line, text)),
            _ => Err(self.damaged(field.line, format!("`{key}` is not a string"))),
        }
    }

    fn kind(&self) -> Result<FindingKind, SeedError> {
        let (line, name) = self.string("finding")?;
        FindingKind::from_name(name).ok_or_else(|| self.damaged(line, format!("{name:?} is no kind of finding")))
    }

    /// A file of format 1.
    fn with_token(&self) -> Result<SeedFile, SeedError> {
        let finding = self.kind()?;
        let (line, token) = self.string("token")?;
        let token: Token =
            token.parse().map_err(|error| self.damaged(line, format!("the token makes no sense: {error}")))?;
        let (strategy, origin) = match token.form {
            Form::Seed { strategy, seed, execution } => (strategy, Some((seed, execution))),
            Form::Decisions(_) => (Strategy::Auto, None),
        };
        let (test, message) = (self.string("test")?.1.to_owned(), self.string("message")?.1.to_owned());
        let (signature, trace) = (String::new(), Trace::default());
        Ok(SeedFile { test, finding, message, signature, strategy, origin, token, trace })
    }

    /// A file of format 2.
    fn file(&self) -> Result<SeedFile, SeedError> {
        if let Some(field) = self.fields.iter().find(|field| !KEYS.contains(&&*field.key)) {
            return Err(self.damaged(field.line, format!("`{}` is no key of a seed file", field.key)));
        }
        let finding = self.kind()?;
        let (line, expected) = self.string("checksum")?;
        if expected != checksum(self.fields) {
            let problem = "the checksum is not that of the file: something in it was changed or is missing".to_owned();
            return Err(self.damaged(line, problem));
        }
        let strategy = self.word("strategy", |name| Strategy::ALL.into_iter().find(|it| it.name() == name))?;
        let clock = self.word("clock", |name| match name {
            "idle" => Some(Clock::Idle),
            "elastic" => Some(Clock::Elastic),
            _ => None,
        })?;
        let spurious_wakeups = match self.get("spurious_wakeups")? {
            Field { value: Value::Flag(flag), .. } => *flag,
            Field { line, .. } => return Err(self.damaged(*line, "`spurious_wakeups` is no flag".to_owned())),
        };
        let rules = Rules { clock, spurious_wakeups };
        let (line, max_steps) = self.number("max_steps")?;
        if max_steps == 0 {
            return Err(self.damaged(line, "`max_steps` is zero".to_owned()));
        }
        let origin = match self.find("execution") {
            None => None,
            Some(_) => Some((self.number("seed")?.1, self.number("execution")?.1)),
        };
        let form = match (self.find("decisions"), origin) {
            (Some(_), _) => Form::Decisions(self.decisions()?),
            (None, Some((seed, execution))) => Form::Seed { strategy, seed, execution },
            (None, None) => return Err(self.get("decisions").unwrap_err()),
        };
        let test = self.string("test")?.1.to_owned();
        let token = Token::by_seed(&test, rules, max_steps, form);
        let (message, signature) = (self.string("message")?.1.to_owned(), self.string("signature")?.1.to_owned());
        Ok(SeedFile { test, finding, message, signature, strategy, origin, token, trace: self.trace()? })
    }

    fn word<T>(&self, key: &str, find: impl Fn(&str) -> Option<T>) -> Result<T, SeedError> {
        let (line, name) = self.string(key)?;
        find(name).ok_or_else(|| self.damaged(line, format!("{name:?} is no {key}")))
    }

    fn decisions(&self) -> Result<Decisions, SeedError> {
        let (line, text) = self.string("decisions")?;
        read_decisions(text).map_err(|problem| self.damaged(line, problem))
    }

    fn trace(&self) -> Result<Trace, SeedError> {
        let Some(field) = self.find("steps") else { return Ok(Trace::default()) };
        let Value::List(lines) = &field.value else {
            return Err(self.damaged(field.line, "`steps` is no list".to_owned()));
        };
        let trace = Trace::parse(lines.iter().map(String::as_str));
        trace.map_err(|(number, problem)| self.damaged(field.line + number + 1, problem))
    }
}

/// What tells whether anything in these fields was changed.
fn checksum(fields: &[Field]) -> String {
    let mut text = String::new();
    fields.iter().filter(|field| !UNSEALED.contains(&&*field.key)).for_each(|field| text::write(&mut text, field));
    format!("{:08x}", fnv(text.as_bytes()))
}

fn write_decisions(decisions: &Decisions) -> String {
    let decisions: Vec<u32> = decisions.iter().collect();
    let runs = decisions.chunk_by(|a, b| a == b).map(|run| match run.len() {
        1 => run[0].to_string(),
        n => format!("{}x{n}", run[0]),
    });
    runs.collect::<Vec<_>>().join(" ")
}

fn read_decisions(text: &str) -> Result<Decisions, String> {
    let mut decisions = Decisions::default();
    let mut total = 0_u64;
    for run in text.split_ascii_whitespace() {
        let (decision, length) = run.split_once('x').unwrap_or((run, "1"));
        let parsed = decision.parse::<u32>().ok().zip(length.parse::<u64>().ok().filter(|length| *length > 0));
        let (decision, length) = parsed.ok_or_else(|| format!("{run:?} is no decision"))?;
        total = total.saturating_add(length);
        if total > MAX_DECISIONS {
            return Err(format!("there are more than {MAX_DECISIONS} decisions"));
        }
        (0..length).for_each(|_| decisions.push(decision));
    }
    Ok(decisions)
}

#[cfg(test)]
mod tests;
