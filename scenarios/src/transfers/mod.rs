//! A bank whose transfers need two locks at a time, and a lock for what everybody wants.
//!
//! # The problem
//!
//! A transfer takes from one account and adds to another, and nobody may see the money in neither or in both: it holds the
//! locks of both. There are three ways in which that comes to nothing, and a remedy for each:
//!
//! - *Deadlock.* Two transfers in opposite directions each hold the account that the other waits for. The remedy is an order:
//!   if everybody takes the lower number first, nobody can wait in a circle. That is [`Bank::transfer`].
//! - *Livelock.* Sometimes the second account is known only when the first has been looked at, and no order can be kept. Then a
//!   clerk must not wait for the second, but *try* it, and when it is taken step back and begin again. Two clerks
//!   who do that in step disturb each other for ever, each as polite as the other. The remedy is a pause that grows,
//!   and of which chance decides how long it is. That is [`Bank::settle`].
//! - *Starvation.* A lock that is wanted all the time may go to others again and again while somebody waits for it. The
//!   remedy is to serve them in the order in which they came. That is [`FairMutex`].
//!
//! Use `transfer` wherever both accounts are known. Use `settle` where one depends on the other, and where somebody would rather
//! hear "not now" than wait. Use the fair lock for what is held long and wanted always; where nobody waits for
//! long anyway the lock of the standard library is faster, because it need not stop for each in turn.
//!
//! ```
//! use reweave::time::Duration;
//! use reweave_scenarios::transfers::{AccountId, Bank, Config, Payment, TransferError};
//!
//! let [rent, savings] = [AccountId(0), AccountId(1)];
//! let bank: Bank = Config::new([900, 50]).build()?;
//! bank.transfer(rent, savings, 100)?;
//! assert_eq!(bank.transfer(savings, rent, 200), Err(TransferError::Insufficient { balance: 150, amount: 200 }));
//!
//! // Everything above 500 is saved.
//! let paid = bank.settle(rent, Duration::from_secs(1), |balance| Payment { to: savings, amount: balance - 500 })?;
//! assert_eq!(paid.amount, 300);
//! assert_eq!(bank.balances(), [500, 450]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Guarantees
//!
//! Of the bank:
//!
//! - *Linearizable.* Every transfer, settlement and statement happens at one instant between its call and its return. In
//!   particular the sum of all balances is the same in every statement, and no balance is ever overdrawn.
//! - *No deadlock*, whoever transfers to whom, and whatever payments are decided on.
//! - *Progress of settlements.* However two settlements collide, the chance that they collide again gets smaller with
//!   every try.
//! - *Patience.* A settlement gives up no earlier than it was told to, and not without a last try at the end.
//!
//! Of the fair lock:
//!
//! - *Exclusion.* Whoever has the guard is alone.
//! - *Order.* The lock is handed over to those who wait in the order in which they came. Nobody is passed by, so that one who waits
//!   behind `n` others waits for `n` of them at most.
//! - *Patience.* Who gives up does so no earlier than it was told to. A lock that is handed over is never lost: who is served just
//!   when the time is up has it.
//!
//! Ordering the locks against a deadlock is as old as E. W. Dijkstra's philosophers, who dine in *Hierarchical ordering of
//! sequential processes* (Acta Informatica 1, 1971). The pauses are those of the Ethernet: R. M. Metcalfe and D. R. Boggs,
//! *Ethernet: distributed packet switching for local computer networks*, Communications of the ACM 19 (7), 1976, truncated binary
//! exponential back-off.

mod backoff;
mod config;
mod error;
mod fair;
mod row;
#[cfg(test)]
mod tests;
pub mod variant;
pub mod workload;

use std::fmt;
use std::marker::PhantomData;

use reweave::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use reweave::thread;
use reweave::time::Duration;

pub use backoff::Backoff;
pub use config::{Config, ConfigError};
pub use error::TransferError;
pub use fair::{FairGuard, FairMutex};
pub use row::scenario;

use crate::deadline::Deadline;
use variant::{Correct, Order, Policy};

/// The number of an account, from 0 in the order in which they were opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub usize);

/// What a settlement pays, and to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Payment {
    /// Who gets it.
    pub to: AccountId,
    /// How much.
    pub amount: u64,
}

/// Accounts with a lock each; see the [module](self) for what they guarantee.
///
/// Share it in an [`Arc`](reweave::sync::Arc) or with scoped threads. The parameter `P` is there for the buggy twins of
/// [`variant`]; leave it out.
pub struct Bank<P = Correct> {
    accounts: Vec<Account>,
    backoff: Backoff,
    policy: PhantomData<fn() -> P>,
}

struct Account {
    balance: Mutex<u64>,
}

impl<P: Policy> Bank<P> {
    fn assemble(balances: Vec<u64>, backoff: Backoff) -> Self {
        let open = |balance| Account { balance: Mutex::new(balance) };
        Self { accounts: balances.into_iter().map(open).collect(), backoff, policy: PhantomData }
    }

    /// Moves `amount` from one account to another. Waits for both for as long as it takes.
    ///
    /// # Errors
    /// [`TransferError`] says why nothing was moved. It is never [`TransferError::TimedOut`].
    pub fn transfer(&self, from: AccountId, to: AccountId, amount: u64) -> Result<(), TransferError> {
        let (source, target) = (self.account(from)?, self.other(from, to)?);
        let (mut source, mut target) = if P::ORDER == Order::AsGiven || from < to {
            let source = hold(source);
            (source, hold(target))
        } else {
            let target = hold(target);
            (hold(source), target)
        };
        pay(&mut source, &mut target, amount)
    }

    /// Shows `decide` the balance of an account, and pays what it says, all at one instant. Returns what was paid.
    ///
    /// If one of the two accounts is taken, it gives back what it has and tries again after a pause, until `patience` is used
    /// up. So `decide` may be called several times. It is called while the first account is held, and must not call the
    /// bank.
    ///
    /// # Errors
    /// [`TransferError`] says why nothing was paid.
    pub fn settle(
        &self,
        from: AccountId,
        patience: Duration,
        mut decide: impl FnMut(u64) -> Payment,
    ) -> Result<Payment, TransferError> {
        let source = self.account(from)?;
        let deadline = Deadline::after(patience);
        let mut pauses = self.backoff.pauses::<P>();
        loop {
            if let Some(outcome) = self.attempt(from, source, &mut decide) {
                return outcome;
            }
            let left = deadline.left().ok_or(TransferError::TimedOut)?;
            thread::sleep(pauses.draw().min(left));
        }
    }

    /// Tries once to settle; `None` if somebody else has one of the accounts.
    fn attempt(
        &self,
        from: AccountId,
        source: &Account,
        decide: &mut impl FnMut(u64) -> Payment,
    ) -> Option<Result<Payment, TransferError>> {
        let mut source = try_hold(&source.balance)?;
        let payment = decide(*source);
        let target = match self.other(from, payment.to) {
            Ok(target) => target,
            Err(error) => return Some(Err(error)),
        };
        let mut target = try_hold(&target.balance)?;
        Some(pay(&mut source, &mut target, payment.amount).map(|()| payment))
    }

    /// A statement: the balances of all accounts at one instant.
    pub fn balances(&self) -> Vec<u64> {
        // In the same order as transfers, or this would be the next to wait in a circle.
        let held: Vec<_> = self.accounts.iter().map(hold).collect();
        held.iter().map(|balance| **balance).collect()
    }

    fn account(&self, id: AccountId) -> Result<&Account, TransferError> {
        self.accounts.get(id.0).ok_or(TransferError::Unknown(id))
    }

    /// The account `to`, if it is another one than `from`: nobody can hold an account twice.
    fn other(&self, from: AccountId, to: AccountId) -> Result<&Account, TransferError> {
        if from == to { Err(TransferError::Same(from)) } else { self.account(to) }
    }
}

/// Moves `amount` between two accounts that are held.
fn pay(source: &mut u64, target: &mut u64, amount: u64) -> Result<(), TransferError> {
    let left = source.checked_sub(amount).ok_or(TransferError::Insufficient { balance: *source, amount })?;
    *source = left;
    // All balances together fit into a `u64`: see `Config::build`.
    *target += amount;
    Ok(())
}

/// Holds an account, be its lock poisoned or not: a `decide` that panics has changed nothing.
fn hold(account: &Account) -> MutexGuard<'_, u64> {
    account.balance.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Holds what nobody else has, be its lock poisoned or not.
fn try_hold<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Shows how many accounts there are. It takes no lock, so printing a bank never waits.
impl<P> fmt::Debug for Bank<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accounts = self.accounts.len();
        f.debug_struct("Bank").field("accounts", &accounts).field("backoff", &self.backoff).finish_non_exhaustive()
    }
}
