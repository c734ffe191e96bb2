//! Findings made visible.

pub(crate) mod text;
