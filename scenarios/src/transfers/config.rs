//! How a bank is set up.

use std::error::Error;
use std::fmt;

use super::variant::Policy;
use super::{Backoff, Bank};

/// How a bank is set up: what is on its accounts, and how long settlements pause.
///
/// ```
/// use reweave_scenarios::transfers::{Backoff, Bank, Config, ConfigError};
///
/// let bank: Bank = Config::new([100, 20]).backoff(Backoff { most: 16, ..Backoff::default() }).build()?;
/// assert_eq!(bank.balances(), [100, 20]);
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    balances: Vec<u64>,
    backoff: Backoff,
}

impl Config {
    /// A bank with an account for each of the balances.
    pub fn new(balances: impl Into<Vec<u64>>) -> Self {
        Self { balances: balances.into(), backoff: Backoff::default() }
    }

    /// How long a settlement pauses before it tries again.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Builds the bank.
    ///
    /// # Errors
    /// [`ConfigError`] says what cannot be.
    pub fn build<P: Policy>(self) -> Result<Bank<P>, ConfigError> {
        let Self { balances, backoff } = self;
        let total = balances.iter().try_fold(0_u64, |sum, balance| sum.checked_add(*balance));
        if total.is_none() {
            return Err(ConfigError::TooMuch);
        }
        if backoff.slot.is_zero() || backoff.most == 0 {
            return Err(ConfigError::NoPause);
        }
        Ok(Bank::assemble(balances, backoff))
    }
}

/// Why a bank could not be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// All balances together do not fit into a `u64`, so that one of them might not some day.
    TooMuch,
    /// A pause of no slots, or of slots that take no time, is none.
    NoPause,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooMuch => "the balances add up to more than 2^64 - 1",
            Self::NoPause => "the back-off never pauses, choose a slot and a number of slots above 0",
        })
    }
}

impl Error for ConfigError {}
