//! The arguments of the attribute, and the words that some of them take. To add one, add a line
//! here and its row in the documentation.

use crate::near_miss::near_miss;

/// An argument that `#[reweave::test]` takes.
pub(crate) struct Argument {
    /// Its name, which is also that of the method of `reweave::Checker` that it becomes (but see
    /// [`EXPECT`]).
    pub(crate) name: &'static str,
    /// What may stand behind the `=`.
    pub(crate) takes: Takes,
    /// A value as it is written, for error messages.
    pub(crate) example: &'static str,
}

/// The kinds of values.
pub(crate) enum Takes {
    /// A string out of a list. The enum `reweave::{of}` has a variant for each of them.
    Word { of: &'static str, words: Words },
    /// An integer literal of at least this and at most 64 bits.
    Number { least: u64 },
    /// A string such as `"10s"`.
    Duration,
    /// `true` or `false`.
    Flag,
}

/// Strings that an argument takes, each with the variant that it stands for, fields included.
pub(crate) type Words = &'static [(&'static str, &'static str)];

const STRATEGY: Takes = Takes::Word {
    of: "Strategy",
    words: &[
        ("random", "Random"),
        ("round_robin", "RoundRobin"),
        ("exhaustive", "Exhaustive"),
        ("bounded", "Bounded { preemptions: 2 }"),
        ("auto", "Auto"),
    ],
};

const CLOCK: Takes = Takes::Word { of: "Clock", words: &[("idle", "Idle"), ("elastic", "Elastic")] };

const FINDING: Takes = Takes::Word {
    of: "FindingKind",
    words: &[
        ("panic", "Panic"),
        ("deadlock", "Deadlock"),
        ("leak", "Leak"),
        ("data_race", "DataRace"),
        ("livelock", "Livelock"),
        ("starvation", "Starvation"),
        ("nondeterminism", "Nondeterminism"),
        ("stuck", "Stuck"),
    ],
};

/// The argument that says how the exploration is to fail. It is about the verdict on the test, not
/// about the exploration.
pub(crate) const EXPECT: &str = "expect";

/// Every argument, in the order in which error messages list them.
pub(crate) const ARGUMENTS: &[Argument] = &[
    Argument::new("strategy", STRATEGY, r#""random""#),
    Argument::new("preemptions", Takes::Number { least: 0 }, "2"),
    Argument::new("schedules", Takes::Number { least: 1 }, "10_000"),
    Argument::new("time_limit", Takes::Duration, r#""10s""#),
    Argument::new("seed", Takes::Number { least: 0 }, "7"),
    Argument::new("max_steps", Takes::Number { least: 1 }, "100_000"),
    Argument::new("workers", Takes::Number { least: 1 }, "2"),
    Argument::new("stack_size", Takes::Number { least: 16_384 }, "65_536"),
    Argument::new("clock", CLOCK, r#""elastic""#),
    Argument::new("spurious_wakeups", Takes::Flag, "true"),
    Argument::new("allow_leaks", Takes::Flag, "true"),
    Argument::new("keep_going", Takes::Flag, "true"),
    Argument::new(EXPECT, FINDING, r#""deadlock""#),
];

impl Argument {
    const fn new(name: &'static str, takes: Takes, example: &'static str) -> Self {
        Self { name, takes, example }
    }
}

/// The argument called `name`; the error lists those that there are.
pub(crate) fn find(name: &str) -> Result<&'static Argument, String> {
    ARGUMENTS.iter().find(|argument| argument.name == name).ok_or_else(|| {
        let suggestion = match near_miss(name, ARGUMENTS.iter().map(|argument| argument.name)) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => String::new(),
        };
        format!("unknown argument `{name}`{suggestion}\n{}", list())
    })
}

/// A line of an error message with the names of all arguments.
pub(crate) fn list() -> String {
    let names: Vec<_> = ARGUMENTS.iter().map(|argument| format!("`{}`", argument.name)).collect();
    format!("the arguments are: {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_words_are_distinct() {
        fn all_differ<'a>(names: impl Iterator<Item = &'a str>) {
            let names: Vec<_> = names.collect();
            assert!((1..names.len()).all(|i| !names[..i].contains(&names[i])), "{names:?}");
        }
        all_differ(ARGUMENTS.iter().map(|argument| argument.name));
        for argument in ARGUMENTS {
            if let Takes::Word { words, .. } = argument.takes {
                all_differ(words.iter().map(|(word, _)| *word));
                all_differ(words.iter().map(|(_, variant)| *variant));
            }
        }
    }

    #[test]
    fn every_word_is_its_variant_in_snake_case() {
        for argument in ARGUMENTS {
            let Takes::Word { words, .. } = argument.takes else {
                continue;
            };
            for (word, variant) in words {
                let camel: String = word.split('_').map(|part| part[..1].to_uppercase() + &part[1..]).collect();
                assert_eq!(Some(camel.as_str()), variant.split(' ').next());
            }
        }
    }

    #[test]
    fn an_unknown_name_gets_a_suggestion_and_the_list() {
        let every = "`strategy`, `preemptions`, `schedules`, `time_limit`, `seed`, `max_steps`, \
                     `workers`, `stack_size`, `clock`, `spurious_wakeups`, `allow_leaks`, `keep_going`, \
                     `expect`";
        let suggested = format!("unknown argument `schedule`; did you mean `schedules`?\nthe arguments are: {every}");
        assert_eq!(find("schedule").err(), Some(suggested));
        let listed = format!("unknown argument `timeout`\nthe arguments are: {every}");
        assert_eq!(find("timeout").err(), Some(listed));
    }

    #[test]
    fn the_documentation_lists_every_argument_and_word() {
        let documentation = include_str!("lib.rs");
        for argument in ARGUMENTS {
            let row = documentation.lines().find(|line| line.starts_with(&format!("/// | `{}` |", argument.name)));
            let row = row.unwrap_or_else(|| panic!("no row for {}", argument.name));
            if let Takes::Word { words, .. } = argument.takes {
                for (word, _) in words {
                    assert!(row.contains(&format!("`\"{word}\"`")), "{word} is missing in: {row}");
                }
            }
        }
    }
}
