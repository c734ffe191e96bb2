//! Exhaustive exploration.

mod boundary;
mod checkpoint;
mod clocks;
mod estimate;
mod guide;
mod lane;
mod loops;
mod moves;
mod part;
mod races;
mod region;
mod resume;
mod search;
mod shadow;
mod survey;
#[cfg(test)]
pub(super) mod tests;
mod trace;
mod tree;

pub(crate) use guide::{Guide, Led};
pub(crate) use loops::Loops;
pub(super) use loops::try_loop;
pub(crate) use moves::{Move, Names, TaskName, has_outcomes};
pub(crate) use search::Search;
#[cfg(test)]
pub(crate) use search::Seen;
pub(crate) use survey::{Key, Survey};
pub(crate) use tree::Planning;
