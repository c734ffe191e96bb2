//! The token: a schedule on one line.
//!
//! `rw1` and then base 32 (digits and lower-case letters, so that a double click selects it) of:
//!
//! | bytes | meaning |
//! | --- | --- |
//! | 1 | flags: bit 0 elastic clock, bit 1 spurious wake-ups, bit 2 the schedule is given by a seed |
//! | 4 | FNV-1a of the name of the test, little endian |
//! | varint | step limit |
//! | – | *by decisions* (bit 2 clear): runs of equal decisions, each `varint(decision << 1 \| more)`, and if `more` is set `varint(length - 2)` |
//! | – | *by seed* (bit 2 set): 1 byte for the strategy, `varint(seed)`, `varint(execution)` |
//! | 4 | FNV-1a of all bytes before, little endian |
//!
//! A varint has seven bits a byte, least significant first, and the high bit where more follow. Decisions say what
//! happened, whatever made them; they are used while they are short. A long random walk is given by its seed.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32HEX_NOPAD;

use crate::engine::decisions::Decisions;
use crate::explore::Strategy;
use crate::kernel::{Clock, Rules};

const PREFIX: &str = "rw1";

/// A token is given by its seed if its decisions would take more bytes than this.
const MAX_DECISION_BYTES: usize = 512;

/// A token has at most this many characters; anything longer was not made by this library.
const MAX_LENGTH: usize = 1 << 16;

/// A schedule has at most this many decisions.
pub(super) const MAX_DECISIONS: u64 = 1 << 24;

const ELASTIC: u8 = 1;
const SPURIOUS: u8 = 2;
const BY_SEED: u8 = 4;

/// How a token gives the schedule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    Decisions(Decisions),
    Seed { strategy: Strategy, seed: u64, execution: u64 },
}

/// A schedule, with what else decides what an execution does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Token {
    /// A hash of the name of the test.
    test: u32,
    pub(crate) rules: Rules,
    pub(crate) max_steps: u64,
    pub(crate) form: Form,
}

/// Why a text is no token.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It does not begin with `rw1`.
    #[error("it does not begin with `rw1`; a token is the word after REWEAVE_REPLAY= in a report")]
    Prefix,
    /// It was made by another version.
    #[error("it has format `{0}`, and this version reads `rw1`; replay it with the version that printed it")]
    Format(String),
    /// It has a character that no token has.
    #[error("character {0} is not one of 0-9 and a-v; it may have been cut or wrapped")]
    Character(usize),
    /// It is too long.
    #[error("it has {0} characters, more than any token; paste one word only")]
    TooLong(usize),
    /// Its end is missing, or it was changed.
    #[error("its checksum is wrong; it may have been cut short or changed")]
    Checksum,
    /// The checksum is right, but the content is not.
    #[error("its content makes no sense at byte {0}")]
    Content(usize),
}

impl Token {
    pub(crate) fn new(test: &str, rules: Rules, max_steps: u64, decisions: &Decisions, seed: Form) -> Token {
        let by_decisions = Form::Decisions(decisions.clone());
        let form = if encode_runs(decisions).len() <= MAX_DECISION_BYTES { by_decisions } else { seed };
        Token { test: fnv(test.as_bytes()), rules, max_steps, form }
    }

    /// A token for an execution whose decisions are not known.
    pub(crate) fn by_seed(test: &str, rules: Rules, max_steps: u64, form: Form) -> Token {
        Token { test: fnv(test.as_bytes()), rules, max_steps, form }
    }

    /// Whether it was made by the test `name`.
    pub(crate) fn is_for(&self, name: &str) -> bool {
        self.test == fnv(name.as_bytes())
    }

    fn encode(&self) -> Vec<u8> {
        let mut flags = 0;
        flags |= if self.rules.clock == Clock::Elastic { ELASTIC } else { 0 };
        flags |= if self.rules.spurious_wakeups { SPURIOUS } else { 0 };
        flags |= if matches!(self.form, Form::Seed { .. }) { BY_SEED } else { 0 };
        let mut bytes = vec![flags];
        bytes.extend(self.test.to_le_bytes());
        push_varint(&mut bytes, self.max_steps);
        match &self.form {
            Form::Decisions(decisions) => bytes.extend(encode_runs(decisions)),
            Form::Seed { strategy, seed, execution } => {
                let number = Strategy::ALL.iter().position(|other| other.name() == strategy.name()).unwrap_or(0);
                bytes.push(number as u8);
                push_varint(&mut bytes, *seed);
                push_varint(&mut bytes, *execution);
            }
        }
        let checksum = fnv(&bytes);
        bytes.extend(checksum.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<Token, TokenError> {
        let (body, checksum) = bytes.split_last_chunk::<4>().ok_or(TokenError::Checksum)?;
        if fnv(body) != u32::from_le_bytes(*checksum) {
            return Err(TokenError::Checksum);
        }
        let mut reader = Reader { bytes: body, at: 0 };
        let flags = reader.byte()?;
        if flags & !(ELASTIC | SPURIOUS | BY_SEED) != 0 {
            return Err(TokenError::Content(0));
        }
        let test = u32::from_le_bytes([reader.byte()?, reader.byte()?, reader.byte()?, reader.byte()?]);
        let max_steps = reader.varint()?;
        let form = if flags & BY_SEED != 0 { reader.seed()? } else { reader.decisions()? };
        if reader.at != body.len() || max_steps == 0 {
            return Err(TokenError::Content(reader.at));
        }
        let clock = if flags & ELASTIC != 0 { Clock::Elastic } else { Clock::Idle };
        let rules = Rules { clock, spurious_wakeups: flags & SPURIOUS != 0 };
        Ok(Token { test, rules, max_steps, form })
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = BASE32HEX_NOPAD.encode(&self.encode()).to_ascii_lowercase();
        write!(f, "{PREFIX}{text}")
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Token, TokenError> {
        let text = text.trim().trim_start_matches("REWEAVE_REPLAY=").trim_matches(['"', '\'', '`']);
        if text.len() > MAX_LENGTH {
            return Err(TokenError::TooLong(text.len()));
        }
        let Some(body) = text.strip_prefix(PREFIX) else {
            let format = text.chars().take(3).collect::<String>();
            let other = format.strip_prefix("rw").is_some_and(|number| number.chars().all(|c| c.is_ascii_digit()));
            return Err(if other && format.len() == 3 { TokenError::Format(format) } else { TokenError::Prefix });
        };
        let wrong = body.chars().position(|c| !matches!(c.to_ascii_lowercase(), '0'..='9' | 'a'..='v'));
        if let Some(at) = wrong {
            return Err(TokenError::Character(PREFIX.len() + at + 1));
        }
        let bytes = BASE32HEX_NOPAD.decode(body.to_ascii_uppercase().as_bytes()).map_err(|_| TokenError::Checksum)?;
        Token::decode(&bytes)
    }
}

/// 32-bit FNV-1a (Fowler, Noll, Vo).
pub(crate) fn fnv(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

fn push_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn encode_runs(decisions: &Decisions) -> Vec<u8> {
    let decisions: Vec<u32> = decisions.iter().collect();
    let mut bytes = Vec::new();
    for run in decisions.chunk_by(|a, b| a == b) {
        push_varint(&mut bytes, u64::from(run[0]) << 1 | u64::from(run.len() > 1));
        if run.len() > 1 {
            push_varint(&mut bytes, run.len() as u64 - 2);
        }
    }
    bytes
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8, TokenError> {
        let byte = *self.bytes.get(self.at).ok_or(TokenError::Content(self.at))?;
        self.at += 1;
        Ok(byte)
    }

    fn varint(&mut self) -> Result<u64, TokenError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if part << shift >> shift != part {
                break;
            }
            value |= part << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(TokenError::Content(self.at))
    }

    fn seed(&mut self) -> Result<Form, TokenError> {
        let number = usize::from(self.byte()?);
        let strategy = *Strategy::ALL.get(number).ok_or(TokenError::Content(self.at))?;
        Ok(Form::Seed { strategy, seed: self.varint()?, execution: self.varint()? })
    }

    fn decisions(&mut self) -> Result<Form, TokenError> {
        let mut decisions = Decisions::default();
        let mut total = 0_u64;
        while self.at < self.bytes.len() {
            let word = self.varint()?;
            let decision = u32::try_from(word >> 1).map_err(|_| TokenError::Content(self.at))?;
            let length = if word & 1 == 1 { self.varint()?.saturating_add(2) } else { 1 };
            total = total.saturating_add(length);
            if total > MAX_DECISIONS {
                return Err(TokenError::Content(self.at));
            }
            (0..length).for_each(|_| decisions.push(decision));
        }
        Ok(Form::Decisions(decisions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::Strategy;
    use proptest::prelude::{prop, prop_assert, prop_assert_eq, proptest};

    fn token(decisions: Vec<u32>) -> Token {
        let rules = Rules { clock: Clock::Elastic, spurious_wakeups: false };
        let seed = Form::Seed { strategy: Strategy::Random, seed: u64::MAX, execution: 17 };
        Token::new("a::test", rules, 1_000_000, &decisions.into_iter().collect(), seed)
    }

    #[test]
    fn a_token_is_a_short_word() {
        let token = token(vec![1, 2, 2, 2, 1]);
        assert_eq!(token.to_string().len(), 29, "{token}");
        assert!(token.is_for("a::test"));
        assert!(!token.is_for("another::test"));
    }

    #[test]
    fn long_schedules_are_given_by_their_seed() {
        let long = token((0..2_000).map(|i| i % 7).collect());
        assert!(matches!(long.form, Form::Seed { execution: 17, .. }));
        assert_eq!(long.to_string().parse(), Ok(long));
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let good = token(vec![1, 2]).to_string();
        let error = |text: &str| text.parse::<Token>().unwrap_err().to_string();
        assert_eq!(error("hello"), TokenError::Prefix.to_string());
        assert!(error("rw2abc").contains("`rw2`"));
        assert_eq!(error(&good[..good.len() - 2]), TokenError::Checksum.to_string());
        assert_eq!(error(&format!("{good}z")), TokenError::Character(good.len() + 1).to_string());
        assert!(error("").contains("does not begin"));
    }

    #[test]
    fn a_token_may_be_pasted_with_its_variable() {
        let token = token(vec![1, 2]);
        assert_eq!(format!("REWEAVE_REPLAY={token} ").parse(), Ok(token.clone()));
        assert_eq!(token.to_string().to_uppercase().replacen("RW1", "rw1", 1).parse(), Ok(token));
    }

    #[test]
    fn a_huge_run_is_refused_without_being_built() {
        let mut bytes = vec![0, 0, 0, 0, 0, 1, 3];
        push_varint(&mut bytes, u64::MAX - 2);
        bytes.extend(fnv(&bytes).to_le_bytes());
        assert!(matches!(Token::decode(&bytes), Err(TokenError::Content(_))));
    }

    proptest! {
        #[test]
        fn what_was_encoded_comes_back(decisions in prop::collection::vec(0_u32..300, 0..200)) {
            let token = token(decisions);
            prop_assert_eq!(token.to_string().parse(), Ok(token));
        }

        #[test]
        fn damaged_tokens_are_errors(decisions in prop::collection::vec(0_u32..9, 0..50), at: prop::sample::Index, with in "[0-9a-z]") {
            let token = token(decisions);
            let mut text = token.to_string();
            let at = at.index(text.len());
            text.replace_range(at..=at, &with);
            prop_assert!(text.parse::<Token>().is_err() || text == token.to_string() || with.as_str() > "v" );
        }

        #[test]
        fn any_text_is_a_token_or_an_error(text: String) {
            let _ = text.parse::<Token>();
            let _ = format!("rw1{text}").parse::<Token>();
        }
    }
}
