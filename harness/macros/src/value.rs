//! Checks a value against its argument. Pure functions over the text of a token, so that their
//! messages can be tested.

use crate::arguments::{Argument, Takes, Words};
use crate::literal::{self, NotADuration, NotAnInteger, UNITS};
use crate::near_miss::near_miss;

/// What an argument is set to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// The variant `reweave::{of}::{variant}`, which may have fields.
    Variant { of: &'static str, variant: &'static str },
    /// A time of at least one nanosecond.
    Duration { nanoseconds: u64 },
    /// A number, `true` or `false`, to be passed on as the user wrote it. (So the compiler decides
    /// whether a number fits in the `usize` of the target.)
    AsWritten,
}

/// Reads `token` as a value of `argument`; the error says what the argument takes.
pub(crate) fn check(argument: &Argument, token: &str) -> Result<Value, String> {
    read(argument, token).map_err(|mut message| {
        let name = argument.name;
        let requoted = match literal::string(token) {
            Some(text) => text.to_owned(),
            None => format!("\"{token}\""),
        };
        if read(argument, &requoted).is_ok() {
            message = format!("{}, found `{token}`: write `{name} = {requoted}`", expected(argument));
        }
        message
    })
}

fn read(argument: &Argument, token: &str) -> Result<Value, String> {
    match &argument.takes {
        Takes::Word { of, words } => word(argument, of, words, token),
        Takes::Number { least } => number(argument, *least, token),
        Takes::Duration => duration(argument, token),
        Takes::Flag if ["true", "false"].contains(&token) => Ok(Value::AsWritten),
        Takes::Flag => Err(format!("{}, found `{token}`", expected(argument))),
    }
}

fn word(argument: &Argument, of: &'static str, words: Words, token: &str) -> Result<Value, String> {
    let listed: Vec<_> = words.iter().map(|(word, _)| format!("`\"{word}\"`")).collect();
    let listed = format!("the values are: {}", listed.join(", "));
    let Some(text) = literal::string(token) else {
        return Err(format!("{}, found `{token}`\n{listed}", expected(argument)));
    };
    match words.iter().find(|(word, _)| *word == text) {
        Some((_, variant)) => Ok(Value::Variant { of, variant }),
        None => {
            let suggestion = match near_miss(text, words.iter().map(|(word, _)| *word)) {
                Some(word) => format!("; did you mean `\"{word}\"`?"),
                None => String::new(),
            };
            Err(format!("unknown value `{token}` for `{}`{suggestion}\n{listed}", argument.name))
        }
    }
}

fn number(argument: &Argument, least: u64, token: &str) -> Result<Value, String> {
    let name = argument.name;
    match literal::integer(token) {
        Ok(number) if number >= least => Ok(Value::AsWritten),
        Ok(_) | Err(NotAnInteger::Malformed) => Err(format!("{}, found `{token}`", expected(argument))),
        Err(NotAnInteger::Suffixed) => {
            Err(format!("`{name}` takes an integer literal without a suffix, found `{token}`"))
        }
        Err(NotAnInteger::TooLarge) => {
            Err(format!("`{name}` takes an integer literal of at most {}, found `{token}`", u64::MAX))
        }
    }
}

fn duration(argument: &Argument, token: &str) -> Result<Value, String> {
    let name = argument.name;
    let units: Vec<_> = UNITS.iter().map(|(unit, _)| format!("`{unit}`")).collect();
    let units = format!("the units are: {}; write, for example, `{name} = {}`", units.join(", "), argument.example);
    match literal::string(token).map(literal::duration) {
        Some(Ok(nanoseconds)) => Ok(Value::Duration { nanoseconds }),
        None | Some(Err(NotADuration::Malformed)) => Err(format!("{}, found `{token}`\n{units}", expected(argument))),
        Some(Err(NotADuration::Zero)) => Err(format!("`{name}` takes a time longer than zero, found `{token}`")),
        Some(Err(NotADuration::TooLong)) => {
            Err(format!("`{name}` takes a time of at most `\"{}\"`, found `{token}`", literal::LONGEST))
        }
    }
}

/// What an argument takes, as the beginning of an error message.
pub(crate) fn expected(argument: &Argument) -> String {
    let name = argument.name;
    match argument.takes {
        Takes::Word { .. } => format!("`{name}` takes a string"),
        Takes::Number { least: 0 } => format!("`{name}` takes an integer literal"),
        Takes::Number { least } => format!("`{name}` takes an integer literal of at least {least}"),
        Takes::Duration => format!("`{name}` takes a string of a whole number and a unit"),
        Takes::Flag => format!("`{name}` takes `true` or `false`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::{ARGUMENTS, find};

    fn check_named(name: &str, token: &str) -> Result<Value, String> {
        check(find(name).unwrap(), token)
    }

    #[test]
    fn every_example_is_a_value_of_its_argument() {
        for argument in ARGUMENTS {
            assert!(check(argument, argument.example).is_ok(), "{} = {}", argument.name, argument.example);
        }
    }

    #[test]
    fn values_are_what_they_say() {
        let round_robin = Value::Variant { of: "Strategy", variant: "RoundRobin" };
        assert_eq!(check_named("strategy", r#""round_robin""#), Ok(round_robin));
        assert_eq!(check_named("clock", r##"r#"idle"#"##), Ok(Value::Variant { of: "Clock", variant: "Idle" }));
        assert_eq!(check_named("time_limit", r#""2m""#), Ok(Value::Duration { nanoseconds: 120_000_000_000 }));
        for (name, token) in
            [("seed", "0"), ("seed", "0x2a"), ("schedules", "1"), ("stack_size", "16384"), ("keep_going", "false")]
        {
            assert_eq!(check_named(name, token), Ok(Value::AsWritten), "{name} = {token}");
        }
    }

    #[test]
    fn messages_say_what_is_allowed() {
        for (name, token, message) in [
            (
                "clock",
                r#""elastik""#,
                "unknown value `\"elastik\"` for `clock`; did you mean `\"elastic\"`?\n\
                 the values are: `\"idle\"`, `\"elastic\"`",
            ),
            ("clock", r#""fast""#, "unknown value `\"fast\"` for `clock`\nthe values are: `\"idle\"`, `\"elastic\"`"),
            ("clock", "3", "`clock` takes a string, found `3`\nthe values are: `\"idle\"`, `\"elastic\"`"),
            ("clock", "idle", "`clock` takes a string, found `idle`: write `clock = \"idle\"`"),
            ("schedules", "0", "`schedules` takes an integer literal of at least 1, found `0`"),
            (
                "schedules",
                "\"10\"",
                "`schedules` takes an integer literal of at least 1, found `\"10\"`: \
                 write `schedules = 10`",
            ),
            ("seed", "0.5", "`seed` takes an integer literal, found `0.5`"),
            ("seed", "7u64", "`seed` takes an integer literal without a suffix, found `7u64`"),
            (
                "seed",
                "18446744073709551616",
                "`seed` takes an integer literal of at most 18446744073709551615, \
                 found `18446744073709551616`",
            ),
            ("stack_size", "4096", "`stack_size` takes an integer literal of at least 16384, found `4096`"),
            ("keep_going", "1", "`keep_going` takes `true` or `false`, found `1`"),
            (
                "keep_going",
                "\"true\"",
                "`keep_going` takes `true` or `false`, found `\"true\"`: write `keep_going = true`",
            ),
            (
                "time_limit",
                "10",
                "`time_limit` takes a string of a whole number and a unit, found `10`\n\
                 the units are: `us`, `ms`, `s`, `m`, `h`; \
                 write, for example, `time_limit = \"10s\"`",
            ),
            (
                "time_limit",
                "10s",
                "`time_limit` takes a string of a whole number and a unit, found `10s`: \
                 write `time_limit = \"10s\"`",
            ),
            ("time_limit", "\"0s\"", "`time_limit` takes a time longer than zero, found `\"0s\"`"),
            ("time_limit", "\"6000000h\"", "`time_limit` takes a time of at most `\"5124095h\"`, found `\"6000000h\"`"),
        ] {
            assert_eq!(check_named(name, token).unwrap_err(), message, "{name} = {token}");
        }
    }
}
