//! The frames of a backtrace that are the program's own.

use crate::engine::source_path::portable;

/// The files that stand between a panic and its report.
const MACHINERY: [&str; 2] = ["engine/panics.rs", "/corosensei-"];

/// The files of this library that stand below every task.
const BOTTOM: [&str; 4] = ["engine/spawn.rs", "engine/switch/", "explore/worker.rs", "thread/builder.rs"];

/// Functions whose names begin so are nobody's interest.
const FOREIGN: [&str; 8] = [
    "std::",
    "core::",
    "corosensei",
    "reweave::checker::",
    "rust_begin_unwind",
    "__rust",
    "stack_init_trampoline",
    "_Unwind",
];

/// How many frames are shown.
const MOST: usize = 16;

/// The frames between the machinery of panicking and that of the engine: `function at file:line`.
pub(super) fn user_frames(backtrace: &str) -> Vec<String> {
    let mut frames: Vec<(String, Option<String>)> = Vec::new();
    for line in backtrace.lines() {
        let line = line.trim_start();
        if let Some(place) = line.strip_prefix("at ") {
            if let Some((_, at)) = frames.last_mut() {
                *at = Some(place.to_owned());
            }
        } else if let Some((number, function)) = line.split_once(": ")
            && number.chars().all(|c| c.is_ascii_digit())
        {
            frames.push((function.to_owned(), None));
        }
    }
    let machinery = |(name, at): &(String, Option<String>)| {
        let path = at.as_deref().unwrap_or_default();
        portable(path).starts_with("std:")
            || MACHINERY.iter().any(|file| path.contains(file))
            || FOREIGN.iter().any(|prefix| name.trim_start_matches('<').starts_with(prefix))
    };
    let begin = frames.iter().position(|frame| !machinery(frame)).unwrap_or(frames.len());
    let bottom = |(_, at): &(String, Option<String>)| {
        at.as_deref().is_some_and(|path| BOTTOM.iter().any(|file| path.contains(file)))
    };
    let user = frames.into_iter().skip(begin).take_while(|frame| !bottom(frame)).filter(|frame| !machinery(frame));
    user.take(MOST)
        .map(|(name, at)| match at {
            Some(at) => format!("{name} at {}", portable(&at)),
            None => name,
        })
        .collect()
}
