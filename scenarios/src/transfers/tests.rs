//! The bank, the lock and their twins, explored; and one thread alone.

#[cfg(feature = "sim")]
use proptest::prelude::*;
use reweave::sync::Arc;
use reweave::thread;
use reweave::time::{Duration, Instant};

#[cfg(feature = "sim")]
use super::variant::Correct;
#[cfg(feature = "sim")]
use super::workload::{self, Request};
use super::{AccountId, Backoff, Bank, Config, ConfigError, FairMutex, Payment, TransferError};

crate::testing::row!(super::scenario);

#[cfg(feature = "sim")]
fn requests() -> impl Strategy<Value = Vec<Vec<Request>>> {
    let account = 0..3_usize;
    let request = prop_oneof![
        (account.clone(), account.clone(), 0..150_u64).prop_map(|(from, to, sum)| Request::Transfer(from, to, sum)),
        (account.clone(), account).prop_map(|(from, to)| Request::Empty(from, to)),
        Just(Request::Balances),
    ];
    prop::collection::vec(prop::collection::vec(request, 0..4), 0..4)
}

#[cfg(feature = "sim")]
#[test]
fn the_bank_answers_as_one_clerk_alone_would() {
    crate::testing::explore_with(&super::scenario(), requests(), |clerks| {
        workload::linearizable::<Correct>(3, &clerks);
    });
}

#[cfg(feature = "sim")]
#[test]
fn the_guarantees_hold_for_any_number_of_threads() {
    let numbers = (2..6_usize, 0..6_u32, 1..4_usize);
    crate::testing::explore_with(&super::scenario(), numbers, |(threads, ticks, each)| {
        workload::impatient_settlements::<Correct>(threads, ticks);
        workload::order_of_arrival::<Correct>(ticks);
        workload::exclusion::<Correct>(threads, each);
        workload::busy::<Correct>(threads);
    });
}

const A: AccountId = AccountId(0);
const B: AccountId = AccountId(1);

fn bank() -> Bank {
    Config::new([100, 0]).build().expect("there is not too much money")
}

#[test]
fn nothing_is_moved_when_something_is_wrong() {
    let bank = bank();
    let all = Duration::from_secs(3600);
    assert_eq!(bank.transfer(A, A, 1), Err(TransferError::Same(A)));
    assert_eq!(bank.transfer(A, AccountId(7), 1), Err(TransferError::Unknown(AccountId(7))));
    assert_eq!(bank.transfer(AccountId(7), A, 1), Err(TransferError::Unknown(AccountId(7))));
    assert_eq!(bank.transfer(A, B, 101), Err(TransferError::Insufficient { balance: 100, amount: 101 }));
    let settled = bank.settle(A, all, |balance| Payment { to: A, amount: balance });
    assert_eq!(settled.unwrap_err().to_string(), "account 0 cannot pay itself");
    let settled = bank.settle(A, all, |balance| Payment { to: AccountId(2), amount: balance });
    assert_eq!(settled.unwrap_err().to_string(), "there is no account 2");
    let settled = bank.settle(A, all, |balance| Payment { to: B, amount: balance + 1 });
    assert_eq!(settled.unwrap_err().to_string(), "101 is more than the balance of 100");
    assert_eq!(bank.balances(), [100, 0]);
}

#[test]
fn a_settlement_gives_up_when_its_time_is_up() {
    let bank = Arc::new(bank());
    let patience = Duration::from_millis(20);
    let theirs = Arc::clone(&bank);
    let settled = bank.settle(A, Duration::ZERO, |balance| {
        // Somebody else who wants the account while it is held.
        let bank = Arc::clone(&theirs);
        let other = thread::spawn(move || {
            let begun = Instant::now();
            let refused = bank.settle(A, patience, |_| panic!("the account is held"));
            (refused, begun.elapsed())
        });
        let (refused, waited) = other.join().expect("it is refused");
        assert_eq!(refused, Err(TransferError::TimedOut));
        assert!(waited >= patience, "{waited:?}");
        Payment { to: B, amount: balance }
    });
    assert_eq!(settled, Ok(Payment { to: B, amount: 100 }));
    assert_eq!(TransferError::TimedOut.to_string(), "the accounts were taken until the time was up");
}

#[test]
fn a_decision_that_panics_moves_nothing_and_holds_nothing() {
    let bank = Arc::new(bank());
    let theirs = Arc::clone(&bank);
    let panics = thread::spawn(move || theirs.settle(A, Duration::ZERO, |_| std::panic::resume_unwind(Box::new(()))));
    assert!(panics.join().is_err());
    assert_eq!(bank.transfer(A, B, 100), Ok(()));
    assert_eq!(bank.balances(), [0, 100]);
}

#[test]
fn numbers_that_cannot_be_used_are_refused() {
    let error = |config: Config| config.build::<super::variant::Correct>().expect_err("it cannot be used");
    assert_eq!(error(Config::new([u64::MAX, 1])), ConfigError::TooMuch);
    assert_eq!(error(Config::new([1]).backoff(Backoff { slot: Duration::ZERO, most: 1 })), ConfigError::NoPause);
    let error = error(Config::new([1]).backoff(Backoff { most: 0, ..Backoff::default() }));
    assert_eq!(error.to_string(), "the back-off never pauses, choose a slot and a number of slots above 0");
}

#[test]
fn a_fair_lock_is_free_after_a_panic_and_after_those_who_gave_up() {
    let lock = Arc::new(FairMutex::<u32>::new(0));
    let theirs = Arc::clone(&lock);
    let panics = thread::spawn(move || {
        let _held = theirs.lock();
        std::panic::resume_unwind(Box::new(()));
    });
    assert!(panics.join().is_err());
    let held = lock.lock();
    assert!(lock.try_lock_for(Duration::ZERO).is_none());
    assert!(lock.try_lock_for(Duration::from_millis(1)).is_none());
    drop(held);
    *lock.try_lock_for(Duration::ZERO).expect("nobody has it") += 1;
    assert_eq!(format!("{:?}", lock.lock()), "1");
}
