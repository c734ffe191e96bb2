//! Why no money was moved. The messages are fragments that fit after "failed to transfer: ".

use std::error::Error;
use std::fmt;

use super::AccountId;

/// Why no money was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransferError {
    /// There is no such account.
    Unknown(AccountId),
    /// The money was to go where it came from.
    Same(AccountId),
    /// There is not enough on the account.
    Insufficient {
        /// What was there.
        balance: u64,
        /// What was to be paid.
        amount: u64,
    },
    /// One of the accounts was taken whenever it was tried, until the time was up.
    TimedOut,
}

impl fmt::Display for TransferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(AccountId(number)) => write!(f, "there is no account {number}"),
            Self::Same(AccountId(number)) => write!(f, "account {number} cannot pay itself"),
            Self::Insufficient { balance, amount } => write!(f, "{amount} is more than the balance of {balance}"),
            Self::TimedOut => f.write_str("the accounts were taken until the time was up"),
        }
    }
}

impl Error for TransferError {}
