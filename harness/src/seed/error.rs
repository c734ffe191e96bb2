//! Why a seed cannot be used.

use std::path::PathBuf;

use super::TokenError;
use super::file::FORMAT;

/// Why a seed file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    /// The file cannot be read.
    #[error("cannot read the seed file {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the seed file {}: {error}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A line makes no sense.
    #[error("the seed file {} is damaged in line {line}: {problem}; restore it, or remove it and find the failure again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Counted from one.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// The file was written by a newer version.
    #[error("the seed file {} has format {format}, and this version reads formats up to {FORMAT}: update reweave", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: u64,
    },
    /// A token makes no sense.
    #[error("{text:?} is neither a token nor a seed file: {error}")]
    Token {
        /// What was given.
        text: String,
        /// What is wrong with it.
        error: TokenError,
    },
}
