//! How values are spelt. Pure functions over the text of a token, because the types of `proc_macro`
//! work only while the compiler runs.

/// Why a token is not the integer literal that was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotAnInteger {
    /// It is something else: a string, a float, a name.
    Malformed,
    /// It ends in a type, such as `u32`.
    Suffixed,
    /// It does not fit in 64 bits.
    TooLarge,
}

/// Reads a Rust integer literal: decimal, `0x`, `0o` or `0b`, with `_` wherever Rust allows it, and
/// without a suffix.
pub(crate) fn integer(token: &str) -> Result<u64, NotAnInteger> {
    const SUFFIXES: [&str; 12] =
        ["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize"];

    let (radix, body) = match token.as_bytes() {
        [b'0', b'x', ..] => (16, &token[2..]),
        [b'0', b'o', ..] => (8, &token[2..]),
        [b'0', b'b', ..] => (2, &token[2..]),
        // `_1` is a name.
        [b'0'..=b'9', ..] => (10, token),
        _ => return Err(NotAnInteger::Malformed),
    };
    let end = body.find(|c: char| c != '_' && !c.is_digit(radix)).unwrap_or(body.len());
    let (digits, suffix) = body.split_at(end);
    let digits = digits.replace('_', "");
    if digits.is_empty() {
        return Err(NotAnInteger::Malformed);
    }
    if SUFFIXES.contains(&suffix) {
        return Err(NotAnInteger::Suffixed);
    }
    if !suffix.is_empty() {
        return Err(NotAnInteger::Malformed);
    }
    // Digits of this radix and at least one of them: only their number can be wrong.
    u64::from_str_radix(&digits, radix).map_err(|_| NotAnInteger::TooLarge)
}

/// Why a string is not a duration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotADuration {
    /// It is not a whole number with a unit.
    Malformed,
    /// It is no time at all.
    Zero,
    /// Its nanoseconds do not fit in 64 bits.
    TooLong,
}

/// The units of [`duration`], each with its nanoseconds.
pub(crate) const UNITS: &[(&str, u64)] =
    &[("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000)];

/// The longest duration in whole hours: 2⁶⁴ nanoseconds, some 584 years.
pub(crate) const LONGEST: &str = "5124095h";

/// Reads a decimal whole number with one of [`UNITS`] right behind it, as nanoseconds (at least 1).
pub(crate) fn duration(text: &str) -> Result<u64, NotADuration> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let (_, nanoseconds) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(NotADuration::Malformed)?;
    if number.is_empty() {
        return Err(NotADuration::Malformed);
    }
    let number: u64 = number.parse().map_err(|_| NotADuration::TooLong)?;
    match number.checked_mul(*nanoseconds) {
        Some(0) => Err(NotADuration::Zero),
        Some(total) => Ok(total),
        None => Err(NotADuration::TooLong),
    }
}

/// What stands between the quotes of a string literal, plain or raw; `None` for any other token.
///
/// Escapes stay as they are written: no value needs one.
pub(crate) fn string(token: &str) -> Option<&str> {
    let quoted = match token.strip_prefix('r') {
        Some(raw) => {
            let hashes = raw.len() - raw.trim_start_matches('#').len();
            raw[hashes..].strip_suffix(&raw[..hashes])?
        }
        None => token,
    };
    quoted.strip_prefix('"')?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_as_rust_spells_them() {
        for (token, value) in [
            ("0", 0),
            ("7", 7),
            ("007", 7),
            ("10_000", 10_000),
            ("1_", 1),
            ("0x2a", 42),
            ("0xFF_ff", 65_535),
            ("0x_1", 1),
            ("0x1f32", 0x1f32),
            ("0o17", 15),
            ("0b1010_1010", 170),
            ("18446744073709551615", u64::MAX),
            ("0xffff_ffff_ffff_ffff", u64::MAX),
        ] {
            assert_eq!(integer(token), Ok(value), "{token}");
        }
    }

    #[test]
    fn what_is_no_integer_says_why() {
        use NotAnInteger::*;
        for (token, why) in [
            ("", Malformed),
            ("_1", Malformed),
            ("x", Malformed),
            ("\"10\"", Malformed),
            ("'1'", Malformed),
            ("1.0", Malformed),
            ("1.", Malformed),
            ("1e3", Malformed),
            ("1f32", Malformed),
            ("10s", Malformed),
            ("0x", Malformed),
            ("0x_", Malformed),
            ("0b12", Malformed),
            ("10u32", Suffixed),
            ("1_u8", Suffixed),
            ("0xffusize", Suffixed),
            ("0b1i128", Suffixed),
            ("18446744073709551616", TooLarge),
            ("0x1_0000_0000_0000_0000", TooLarge),
        ] {
            assert_eq!(integer(token), Err(why), "{token}");
        }
    }

    #[test]
    fn durations_are_a_number_and_a_unit() {
        for (text, nanoseconds) in [
            ("1500us", 1_500_000),
            ("500ms", 500_000_000),
            ("10s", 10_000_000_000),
            ("010s", 10_000_000_000),
            ("2m", 120_000_000_000),
            ("1h", 3_600_000_000_000),
            ("18446744073709551us", 18_446_744_073_709_551_000),
        ] {
            assert_eq!(duration(text), Ok(nanoseconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_says_why() {
        use NotADuration::*;
        for (text, why) in [
            ("", Malformed),
            ("s", Malformed),
            ("10", Malformed),
            ("10 s", Malformed),
            (" 10s", Malformed),
            ("10s ", Malformed),
            ("-1s", Malformed),
            ("+1s", Malformed),
            ("1.5s", Malformed),
            ("1_0s", Malformed),
            ("10sec", Malformed),
            ("10S", Malformed),
            ("10ns", Malformed),
            ("１s", Malformed),
            ("0s", Zero),
            ("000us", Zero),
            ("18446744073709552us", TooLong),
            ("99999999999999999999us", TooLong),
            ("5124096h", TooLong),
        ] {
            assert_eq!(duration(text), Err(why), "{text:?}");
        }
    }

    #[test]
    fn the_longest_duration_is_one_and_an_hour_more_is_none() {
        let nanoseconds = duration(LONGEST).unwrap();
        assert_eq!(nanoseconds.checked_add(duration("1h").unwrap()), None);
    }

    #[test]
    fn strings_are_read_plain_and_raw() {
        for (token, text) in [
            ("\"random\"", Some("random")),
            ("\"\"", Some("")),
            ("r\"random\"", Some("random")),
            ("r##\"random\"##", Some("random")),
            ("\"a\\n\"", Some("a\\n")),
            ("\"", None),
            ("r", None),
            ("r#", None),
            ("", None),
            ("b\"random\"", None),
            ("c\"random\"", None),
            ("'r'", None),
            ("\"random\"suffix", None),
            ("10", None),
            ("random", None),
        ] {
            assert_eq!(string(token), text, "{token}");
        }
    }
}
