//! The programs, by theme.
//!
//! Each file has the text of its programs in macros, a module for each peer that expands those that
//! the peer can express over the peer's types, and the rows of the table.

pub mod atomics;
pub mod channels;
pub mod condvars;
pub mod locks;
pub mod meeting;
pub mod tasks;

use crate::Program;

/// A theme: its name and its programs.
pub type Theme = (&'static str, &'static [Program]);

/// All programs.
pub const THEMES: [Theme; 6] = [
    ("atomics", atomics::PROGRAMS),
    ("locks", locks::PROGRAMS),
    ("condvars", condvars::PROGRAMS),
    ("meeting", meeting::PROGRAMS),
    ("channels", channels::PROGRAMS),
    ("tasks", tasks::PROGRAMS),
];
