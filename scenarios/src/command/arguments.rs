//! The arguments of the command line, and what is wrong with them.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

pub(super) const HELP: &str = "\
Explores the gallery: every correct component has to survive, every buggy twin has to be caught.

Usage: cargo run --release -- [show | list] [options] [what …]

  show              print the explanation of each failure of what is named
  list              print what there is

What: the number of a scenario (`12`), of one of its variants (`12.3`), or a part of a name (`queue`, `wrong-side`). Without any it
is the whole gallery.

Options
  --budget N        explore at most so many schedules of each variant, as in `--budget 100000`
  --budget TIME     explore each variant for so long at most, as in `--budget 30s`, `500ms` or `2m`
  --seed N          where random decisions start; 0 if not given
  --jobs N          how many variants are explored at a time; as many as there are processors if not given
  --html FILE       write a page with the table and every explanation
  --save            save the failures under seeds/, where the tests replay them
  --help            print this

Exit status: 0 if everything was as expected, 1 if not, 2 for bad arguments, 130 after Ctrl-C.
";

/// What was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Arguments {
    pub(super) action: Action,
    /// What to explore; nothing is everything.
    pub(super) words: Vec<String>,
    /// Instead of what the variants say.
    pub(super) budget: Option<Budget>,
    pub(super) seed: u64,
    /// At least 1.
    pub(super) jobs: usize,
    pub(super) html: Option<PathBuf>,
    pub(super) save: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Action {
    Explore,
    Show,
    List,
    Help,
}

/// How long each variant is explored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Budget {
    /// So many executions at most.
    Schedules(u64),
    /// So much real time at most.
    Time(Duration),
}

/// What is wrong with the arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Problem {
    Unknown(String),
    NoValue(&'static str),
    Twice(&'static str),
    Value {
        option: &'static str,
        value: String,
        wanted: &'static str,
    },
    NeedsNoValue(&'static str),
    /// An option that the action has no use for.
    Useless {
        option: &'static str,
        action: &'static str,
    },
    NotText(OsString),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Unknown(option) => write!(f, "there is no option `{option}`; `--help` lists them"),
            Problem::NoValue(option) => write!(f, "`{option}` needs a value; `--help` says which"),
            Problem::Twice(option) => write!(f, "`{option}` is given twice"),
            Problem::Value { option, value, wanted } => write!(f, "`{option} {value}`: {value:?} is not {wanted}"),
            Problem::NeedsNoValue(option) => write!(f, "`{option}` takes no value"),
            Problem::Useless { option, action } => write!(f, "`{option}` means nothing with `{action}`"),
            Problem::NotText(argument) => write!(f, "{argument:?} is not valid UTF-8"),
        }
    }
}

/// The options with a value, and those without.
const WITH_VALUE: [&str; 4] = ["--budget", "--seed", "--jobs", "--html"];
const FLAGS: [&str; 3] = ["--save", "--help", "-h"];

impl Arguments {
    /// Reads the arguments, without the name of the program.
    pub(super) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Arguments, Problem> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let mut parsed = Arguments {
            action: Action::Explore,
            words: Vec::new(),
            budget: None,
            seed: 0,
            jobs: processors,
            html: None,
            save: false,
        };
        let mut given: Vec<&'static str> = Vec::new();
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let text = argument.to_str().ok_or_else(|| Problem::NotText(argument.clone()))?;
            if !text.starts_with('-') {
                parsed.word(text);
                continue;
            }
            let (name, joined) = match text.split_once('=') {
                Some((name, value)) => (name, Some(OsString::from(value))),
                None => (text, None),
            };
            let known = WITH_VALUE.into_iter().chain(FLAGS).find(|option| *option == name);
            let option = known.ok_or_else(|| Problem::Unknown(name.to_owned()))?;
            if given.contains(&option) {
                return Err(Problem::Twice(option));
            }
            given.push(option);
            if FLAGS.contains(&option) {
                match joined {
                    Some(_) => return Err(Problem::NeedsNoValue(option)),
                    None => parsed.flag(option),
                }
            } else {
                let value = joined.or_else(|| arguments.next()).filter(|value| !value.is_empty());
                parsed.option(option, value.ok_or(Problem::NoValue(option))?)?;
            }
        }
        parsed.check(&given)
    }

    fn word(&mut self, word: &str) {
        let first = self.action == Action::Explore && self.words.is_empty();
        match word {
            "show" if first => self.action = Action::Show,
            "list" if first => self.action = Action::List,
            _ => self.words.push(word.to_owned()),
        }
    }

    fn flag(&mut self, option: &str) {
        match option {
            "--save" => self.save = true,
            _ => self.action = Action::Help,
        }
    }

    fn option(&mut self, option: &'static str, value: OsString) -> Result<(), Problem> {
        if option == "--html" {
            self.html = Some(PathBuf::from(value));
            return Ok(());
        }
        let text = value.to_str().ok_or_else(|| Problem::NotText(value.clone()))?;
        let refused = |wanted| Problem::Value { option, value: text.to_owned(), wanted };
        match option {
            "--budget" => {
                let wanted = "a number of schedules from 1 or a time such as `30s`";
                self.budget = Some(budget(text).ok_or_else(|| refused(wanted))?);
            }
            "--seed" => self.seed = number(text).ok_or_else(|| refused("a whole number"))?,
            _ => {
                let jobs = number(text).and_then(|jobs| usize::try_from(jobs).ok());
                let jobs = jobs.filter(|jobs| (1..=256).contains(jobs));
                self.jobs = jobs.ok_or_else(|| refused("a number from 1 to 256"))?;
            }
        }
        Ok(())
    }

    /// Refuses options that are given for nothing.
    fn check(self, given: &[&'static str]) -> Result<Arguments, Problem> {
        let (action, useless): (_, &[&str]) = match self.action {
            Action::Explore | Action::Help => ("", &[]),
            Action::Show => ("show", &["--html", "--save"]),
            Action::List => ("list", &["--budget", "--seed", "--jobs", "--html", "--save"]),
        };
        match given.iter().find(|option| useless.contains(option)) {
            Some(option) => Err(Problem::Useless { option, action }),
            None => Ok(self),
        }
    }
}

/// A whole number, with underscores between its digits if it has any.
fn number(text: &str) -> Option<u64> {
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    text.replace('_', "").parse().ok().filter(|_| digits)
}

fn budget(text: &str) -> Option<Budget> {
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (amount, unit) = text.split_at(split);
    let amount = number(amount).filter(|amount| *amount > 0)?;
    match unit {
        "" => Some(Budget::Schedules(amount)),
        "ms" => Some(Budget::Time(Duration::from_millis(amount))),
        "s" => Some(Budget::Time(Duration::from_secs(amount))),
        "m" => Some(Budget::Time(Duration::from_secs(amount.checked_mul(60)?))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, Problem> {
        Arguments::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn words_and_options_come_in_any_order() {
        let arguments = parse("queue --budget 1_000 12.3 --seed=7 --jobs 3 --html page.html --save").unwrap();
        assert_eq!(arguments.action, Action::Explore);
        assert_eq!(arguments.words, ["queue", "12.3"]);
        assert_eq!(arguments.budget, Some(Budget::Schedules(1_000)));
        assert_eq!((arguments.seed, arguments.jobs, arguments.save), (7, 3, true));
        assert_eq!(arguments.html, Some(PathBuf::from("page.html")));
    }

    #[test]
    fn only_the_first_word_is_an_action() {
        let arguments = parse("--seed 1 show 12 list").unwrap();
        assert_eq!((arguments.action, arguments.words), (Action::Show, vec!["12".to_owned(), "list".to_owned()]));
        let arguments = parse("12 show").unwrap();
        assert_eq!((arguments.action, arguments.words.len()), (Action::Explore, 2));
    }

    #[test]
    fn budgets_are_schedules_or_times() {
        assert_eq!(budget("5"), Some(Budget::Schedules(5)));
        assert_eq!(budget("250ms"), Some(Budget::Time(Duration::from_millis(250))));
        assert_eq!(budget("30s"), Some(Budget::Time(Duration::from_secs(30))));
        assert_eq!(budget("2m"), Some(Budget::Time(Duration::from_secs(120))));
        for nonsense in ["", "0", "0s", "s", "-1", "+1", "1h", "1.5s", "ten", "_", "18446744073709551615m"] {
            assert_eq!(budget(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn nonsense_is_refused_with_what_is_wrong() {
        let said = |line: &str| parse(line).unwrap_err().to_string();
        assert_eq!(said("--fast"), "there is no option `--fast`; `--help` lists them");
        assert_eq!(said("--fast=1"), "there is no option `--fast`; `--help` lists them");
        assert_eq!(said("--seed"), "`--seed` needs a value; `--help` says which");
        assert_eq!(said("--html="), "`--html` needs a value; `--help` says which");
        assert_eq!(said("--seed 1 --seed 2"), "`--seed` is given twice");
        assert_eq!(said("--seed many"), "`--seed many`: \"many\" is not a whole number");
        assert_eq!(said("--jobs 0"), "`--jobs 0`: \"0\" is not a number from 1 to 256");
        let wanted = "is not a number of schedules from 1 or a time such as `30s`";
        assert_eq!(said("--budget 1h"), format!("`--budget 1h`: \"1h\" {wanted}"));
        assert_eq!(said("--save=yes"), "`--save` takes no value");
        assert_eq!(said("show 1 --html x"), "`--html` means nothing with `show`");
        assert_eq!(said("list --seed 1"), "`--seed` means nothing with `list`");
    }
}
