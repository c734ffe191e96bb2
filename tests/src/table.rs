//! A row of the comparison: a program, the outcomes it may have, and what each peer makes of it.
//!
//! A [`Peer`] carries the program as it was instantiated for it, so that nothing can be claimed
//! about a program that does not exist.

use crate::Outcome;

/// A small concurrent program and what is known about it.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// The name of the functions that hold its text, one for each peer.
    pub name: &'static str,
    /// Every outcome it may have, when operations take effect one at a time, nothing wakes up or
    /// fails for no reason, and time passes only while nobody can step.
    pub may: &'static [&'static str],
    /// Why these and no others.
    pub because: &'static str,
    /// The program on real threads.
    pub std: Peer,
    /// The program on Reweave.
    pub reweave: Peer,
    /// The program on shuttle, under its random scheduler.
    pub shuttle: Peer,
    /// The program on loom.
    pub loom: Peer,
}

/// What a peer makes of a program.
#[derive(Debug, Clone, Copy)]
pub enum Peer {
    /// It shows the outcomes that the program may have: all of them, if it explores, and no other.
    Agrees(fn() -> Outcome),
    /// It shows no outcome that the program may not have, and ends its exploration at the first
    /// failure, so that the outcomes it had not reached by then stay unseen.
    StopsAtFailure(fn() -> Outcome),
    /// It shows other outcomes.
    Differs {
        /// The program.
        program: fn() -> Outcome,
        /// The outcomes that it shows instead.
        outcomes: &'static [&'static str],
        /// What is different about the peer.
        why: &'static str,
    },
    /// It ends the process.
    Aborts {
        /// The program.
        program: fn() -> Outcome,
        /// What goes wrong.
        why: &'static str,
    },
    /// It cannot run the program.
    Lacks {
        /// What is missing.
        why: &'static str,
    },
}

/// Writes a [`Program`]: its name, then each peer with one of the words of [`Peer`] and the fields
/// that go with it. The functions are taken from the modules with the peers' names.
macro_rules! program {
    (
        $name:ident,
        may: [$($outcome:literal),+ $(,)?],
        because: $because:literal,
        std: $std:ident $({ $($std_fields:tt)* })?,
        reweave: $reweave:ident $({ $($reweave_fields:tt)* })?,
        shuttle: $shuttle:ident $({ $($shuttle_fields:tt)* })?,
        loom: $loom:ident $({ $($loom_fields:tt)* })? $(,)?
    ) => {
        $crate::table::Program {
            name: stringify!($name),
            may: &[$($outcome),+],
            because: $because,
            std: $crate::table::peer!(std, $name, $std $({ $($std_fields)* })?),
            reweave: $crate::table::peer!(reweave, $name, $reweave $({ $($reweave_fields)* })?),
            shuttle: $crate::table::peer!(shuttle, $name, $shuttle $({ $($shuttle_fields)* })?),
            loom: $crate::table::peer!(loom, $name, $loom $({ $($loom_fields)* })?),
        }
    };
}

/// Writes one [`Peer`] of a [`program!`].
macro_rules! peer {
    ($peer:ident, $name:ident, Agrees) => {
        $crate::table::Peer::Agrees(self::$peer::$name)
    };
    ($peer:ident, $name:ident, StopsAtFailure) => {
        $crate::table::Peer::StopsAtFailure(self::$peer::$name)
    };
    (
        $peer:ident, $name:ident,
        Differs { outcomes: [$($outcome:literal),+], why: $why:expr $(,)? }
    ) => {
        $crate::table::Peer::Differs {
            program: self::$peer::$name,
            outcomes: &[$($outcome),+],
            why: $why,
        }
    };
    ($peer:ident, $name:ident, Aborts { why: $why:expr $(,)? }) => {
        $crate::table::Peer::Aborts { program: self::$peer::$name, why: $why }
    };
    ($peer:ident, $name:ident, Lacks { why: $why:expr $(,)? }) => {
        $crate::table::Peer::Lacks { why: $why }
    };
}

pub(crate) use {peer, program};
