//! Settings from the environment: every one has a variable of the same name, in capitals after `REWEAVE_`.

use std::path::PathBuf;
use std::sync::Once;
use std::time::Duration;

use super::seeds::Seeds;
use super::settings::{Settings, SettingsError};
use crate::explore::Strategy;
use crate::kernel::Clock;
use crate::seed::{SeedError, store};

const PREFIX: &str = "REWEAVE_";

/// Every variable that is understood.
const KNOWN: [&str; 21] = [
    "STRATEGY",
    "PREEMPTIONS",
    "SCHEDULES",
    "TIME_LIMIT",
    "SEED",
    "MAX_STEPS",
    "WORKERS",
    "CLOCK",
    "SPURIOUS_WAKEUPS",
    "ALLOW_LEAKS",
    "KEEP_GOING",
    "STACK_SIZE",
    "STUCK_AFTER",
    "SHRINK_FOR",
    "SEEDS_DIR",
    "SEEDS",
    "CHECKPOINT",
    "TRACE_HASH",
    "REPLAY",
    "BREAK",
    "HTML",
];

/// Overrides `settings` by what the environment says.
pub(super) fn apply(settings: &mut Settings) -> Result<(), SettingsError> {
    warn_of_unknown();
    apply_from(settings, |variable| {
        let name = format!("{PREFIX}{variable}");
        std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
    })
}

fn apply_from(settings: &mut Settings, lookup: impl Fn(&str) -> Option<String>) -> Result<(), SettingsError> {
    let whole = "is not a whole number";
    let get = |variable: &str| lookup(variable).filter(|value| !value.trim().is_empty());
    let read = |variable: &'static str, parse: &mut dyn FnMut(&str) -> Result<(), String>| match get(variable) {
        None => Ok(()),
        Some(value) => parse(value.trim()).map_err(|problem| SettingsError::Environment {
            variable: format!("{PREFIX}{variable}"),
            value,
            problem,
        }),
    };
    let number = |target: &mut u64, text: &str| -> Result<(), String> {
        let digits = text.replace('_', "");
        let parsed = match digits.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16),
            None => digits.parse(),
        };
        *target = parsed.map_err(|error| format!("{whole} from 0 to {}: {error}", u64::MAX))?;
        Ok(())
    };
    let size = |target: &mut usize, text: &str| -> Result<(), String> {
        let mut value = 0;
        number(&mut value, text)?;
        *target = usize::try_from(value).map_err(|_| format!("is more than {}", usize::MAX))?;
        Ok(())
    };
    let flag = |target: &mut bool, text: &str| -> Result<(), String> {
        *target = match text {
            "1" | "true" => true,
            "0" | "false" => false,
            _ => return Err("is neither `true` nor `false`".to_owned()),
        };
        Ok(())
    };
    read("STRATEGY", &mut |text| {
        let found = Strategy::ALL.into_iter().find(|strategy| strategy.name() == text);
        let names = || Strategy::ALL.map(|strategy| format!("`{strategy}`")).join(", ");
        settings.strategy = found.ok_or_else(|| format!("is no strategy; there are {}", names()))?;
        Ok(())
    })?;
    read("PREEMPTIONS", &mut |text| size(settings.preemptions.insert(0), text))?;
    read("SCHEDULES", &mut |text| {
        let mut schedules = 0;
        number(&mut schedules, text)?;
        settings.schedules = Some(schedules);
        Ok(())
    })?;
    read("TIME_LIMIT", &mut |text| {
        settings.time_limit = Some(duration(text)?);
        Ok(())
    })?;
    read("SEED", &mut |text| number(&mut settings.seed, text))?;
    read("MAX_STEPS", &mut |text| number(&mut settings.max_steps, text))?;
    read("WORKERS", &mut |text| size(&mut settings.workers, text))?;
    read("CLOCK", &mut |text| {
        settings.clock = match text {
            "idle" => Clock::Idle,
            "elastic" => Clock::Elastic,
            _ => return Err("is no clock; there are `idle` and `elastic`".to_owned()),
        };
        Ok(())
    })?;
    read("SPURIOUS_WAKEUPS", &mut |text| flag(&mut settings.spurious_wakeups, text))?;
    read("ALLOW_LEAKS", &mut |text| flag(&mut settings.allow_leaks, text))?;
    read("KEEP_GOING", &mut |text| flag(&mut settings.keep_going, text))?;
    read("STACK_SIZE", &mut |text| size(&mut settings.stack_size, text))?;
    read("STUCK_AFTER", &mut |text| {
        settings.stuck_after = duration(text)?;
        Ok(())
    })?;
    read("SHRINK_FOR", &mut |text| {
        settings.shrink_for = duration(text)?;
        Ok(())
    })?;
    read("SEEDS_DIR", &mut |text| {
        settings.seeds_dir = Some(PathBuf::from(text));
        Ok(())
    })?;
    read("SEEDS", &mut |text| {
        let found = Seeds::ALL.into_iter().find(|seeds| seeds.name() == text);
        let names = || Seeds::ALL.map(|seeds| format!("`{}`", seeds.name())).join(", ");
        settings.seeds = found.ok_or_else(|| format!("says nothing about seeds; there are {}", names()))?;
        Ok(())
    })?;
    read("CHECKPOINT", &mut |text| {
        settings.checkpoint = Some(PathBuf::from(text));
        Ok(())
    })?;
    read("TRACE_HASH", &mut |text| flag(&mut settings.trace_hash, text))?;
    read("REPLAY", &mut |text| {
        let given = store::read_given(text).map_err(|error| match error {
            SeedError::Token { error, .. } => format!("is no token: {error}"),
            file => format!("is no seed that can be replayed: {file}"),
        });
        settings.replay = Some(given?);
        Ok(())
    })?;
    read("BREAK", &mut |text| number(settings.break_at.insert(0), text))?;
    read("HTML", &mut |text| {
        settings.html = Some(PathBuf::from(text));
        Ok(())
    })
}

/// A whole number and a unit: `10s`, `500ms`, `2m`, `1h`.
fn duration(text: &str) -> Result<Duration, String> {
    let problem = || "is no time: a whole number and a unit (`us`, `ms`, `s`, `m` or `h`), such as `10s`".to_owned();
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '_').ok_or_else(problem)?;
    let (digits, unit) = text.split_at(at);
    let count: u64 = digits.replace('_', "").parse().map_err(|_| problem())?;
    let micros = match unit {
        "us" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        "h" => 3_600_000_000,
        _ => return Err(problem()),
    };
    count.checked_mul(micros).map(Duration::from_micros).ok_or_else(|| "is too long".to_owned())
}

fn warn_of_unknown() {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        for (name, _) in std::env::vars_os() {
            let Some(name) = name.to_str() else { continue };
            if name.strip_prefix(PREFIX).is_some_and(|rest| !KNOWN.contains(&rest)) {
                let known = KNOWN.map(|known| format!("{PREFIX}{known}")).join(", ");
                eprintln!("reweave: warning: {name} is not understood; known are {known}");
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variable: &str, value: &str) -> Result<Settings, String> {
        let mut settings = Settings::new("test".to_owned());
        let lookup = |name: &str| (name == variable).then(|| value.to_owned());
        apply_from(&mut settings, lookup).map_err(|error| error.to_string())?;
        Ok(settings)
    }

    #[test]
    fn every_known_variable_is_read() {
        for variable in KNOWN {
            let result = with(variable, "\u{1}nonsense\u{1}");
            // Any text is a path.
            assert_eq!(result.is_err(), !["SEEDS_DIR", "CHECKPOINT", "HTML"].contains(&variable), "{variable}");
        }
    }

    #[test]
    fn good_values_are_taken() {
        assert_eq!(with("SCHEDULES", "100_000").unwrap().schedules, Some(100_000));
        assert_eq!(with("SEED", "0xff").unwrap().seed, 255);
        assert_eq!(with("CLOCK", " elastic ").unwrap().clock, Clock::Elastic);
        assert_eq!(with("TIME_LIMIT", "500ms").unwrap().time_limit, Some(Duration::from_millis(500)));
        assert_eq!(with("STRATEGY", "round_robin").unwrap().strategy, Strategy::RoundRobin);
        assert_eq!(with("STRATEGY", "bounded").unwrap().strategy, Strategy::Bounded { preemptions: 2 });
        assert_eq!(with("PREEMPTIONS", "3").unwrap().preemptions, Some(3));
        assert!(with("KEEP_GOING", "1").unwrap().keep_going);
        assert_eq!(with("SEED", "").unwrap().seed, 0, "an empty variable is one that is not set");
    }

    #[test]
    fn errors_say_what_was_wrong_and_what_is_allowed() {
        let error = |variable, value| with(variable, value).unwrap_err();
        assert_eq!(
            error("SEED", "seven"),
            "REWEAVE_SEED=\"seven\" is not a whole number from 0 to 18446744073709551615: invalid digit found in string"
        );
        assert_eq!(
            error("STRATEGY", "rand"),
            "REWEAVE_STRATEGY=\"rand\" is no strategy; there are `random`, `round_robin`, `exhaustive`, `bounded`, \
             `auto`"
        );
        assert_eq!(
            error("TIME_LIMIT", "10"),
            "REWEAVE_TIME_LIMIT=\"10\" is no time: a whole number and a unit (`us`, `ms`, `s`, `m` or `h`), such as `10s`"
        );
        assert_eq!(error("KEEP_GOING", "yes"), "REWEAVE_KEEP_GOING=\"yes\" is neither `true` nor `false`");
    }
}
