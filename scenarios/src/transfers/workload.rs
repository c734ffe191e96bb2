//! What the bank and the lock are put through: small programs that check their guarantees from outside.
//!
//! That nobody waits for ever is not asserted anywhere: an execution that does not come to its end fails as it is.

use reweave::history::{History, Model};
use reweave::sync::Arc;
use reweave::thread::{self, JoinHandle};
use reweave::time::{Duration, Instant};

use super::variant::Policy;
use super::{AccountId, Backoff, Bank, Config, FairMutex, Payment, TransferError};

/// The unit of all durations.
const TICK: Duration = Duration::from_millis(2);

/// What is on an account at first.
const OPENING: u64 = 100;

/// A clerk for each of the pairs moves 1 from the first account of it to the second.
///
/// # Panics
/// When a guarantee of the bank does not hold.
pub fn transfers<P: Policy>(accounts: usize, pairs: &[(usize, usize)]) {
    let bank = bank::<P>(accounts);
    let transfer = |(clerk, &(from, to)): (usize, &(usize, usize))| {
        let bank = Arc::clone(&bank);
        start("clerk", clerk, move || bank.transfer(AccountId(from), AccountId(to), 1))
    };
    let clerks: Vec<_> = pairs.iter().enumerate().map(transfer).collect();
    clerks.into_iter().for_each(|clerk| assert_eq!(join(clerk), Ok(()), "there is enough on every account"));

    let mut expected = vec![OPENING; accounts];
    for (from, to) in pairs {
        expected[*from] -= 1;
        expected[*to] += 1;
    }
    assert_eq!(bank.balances(), expected, "every transfer is made once");
}

/// Two clerks settle in opposite directions. Each takes four ticks to decide, the second begins two ticks after
/// the first, and none gives up.
///
/// # Panics
/// When a guarantee of the bank does not hold.
pub fn crossing_settlements<P: Policy>() {
    let bank = bank::<P>(2);
    let clerks = [0, 1].map(|clerk| {
        let bank = Arc::clone(&bank);
        start("clerk", clerk, move || {
            thread::sleep(TICK * 2 * clerk as u32);
            bank.settle(AccountId(clerk), Duration::MAX, |_| {
                thread::sleep(TICK * 4);
                Payment { to: AccountId(1 - clerk), amount: 10 }
            })
        })
    });
    for (clerk, settled) in clerks.into_iter().map(join).enumerate() {
        assert_eq!(settled, Ok(Payment { to: AccountId(1 - clerk), amount: 10 }), "nobody gives up");
    }
    assert_eq!(bank.balances(), [OPENING, OPENING], "what one paid the other got");
}

/// Each clerk pays half of an account to the next one, and gives up after so many ticks.
///
/// # Panics
/// When a guarantee of the bank does not hold.
pub fn impatient_settlements<P: Policy>(clerks: usize, patience: u32) {
    let bank = bank::<P>(clerks);
    let settle = |clerk: usize| {
        let bank = Arc::clone(&bank);
        start("clerk", clerk, move || {
            let begun = Instant::now();
            let to = AccountId((clerk + 1) % clerks);
            let settled = bank.settle(AccountId(clerk), TICK * patience, |balance| Payment { to, amount: balance / 2 });
            (settled, begun.elapsed())
        })
    };
    let clerks: Vec<_> = (0..clerks).map(settle).collect::<Vec<_>>().into_iter().map(join).collect();

    let mut expected = vec![OPENING; clerks.len()];
    for (clerk, (settled, waited)) in clerks.iter().enumerate() {
        match settled {
            Ok(Payment { to, amount }) => {
                assert!(*amount >= OPENING / 2, "half of what was there at first, or of more: {amount}");
                expected[clerk] -= amount;
                expected[to.0] += amount;
            }
            Err(error) => {
                assert_eq!(*error, TransferError::TimedOut);
                assert!(*waited >= TICK * patience, "gave up early, after {waited:?}");
            }
        }
    }
    assert_eq!(bank.balances(), expected, "who was told so has paid, and nobody else");
}

/// What can be asked of a bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Move an amount from one account to another.
    Transfer(usize, usize, u64),
    /// Pay all of an account to another.
    Empty(usize, usize),
    /// A statement.
    Balances,
}

/// What the bank answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// To a transfer.
    Moved(Result<(), TransferError>),
    /// To a settlement.
    Paid(Result<u64, TransferError>),
    /// To the wish for a statement.
    Statement(Vec<u64>),
}

/// The balances in a book that one clerk keeps alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Book(Vec<u64>);

impl Book {
    fn pay(&mut self, from: usize, to: usize, amount: u64) -> Result<(), TransferError> {
        if from == to {
            return Err(TransferError::Same(AccountId(from)));
        }
        let balance = self.0[from];
        if balance < amount {
            return Err(TransferError::Insufficient { balance, amount });
        }
        self.0[from] -= amount;
        self.0[to] += amount;
        Ok(())
    }
}

impl Model for Book {
    type Operation = Request;
    type Answer = Answer;

    fn apply(&mut self, request: &Request) -> Answer {
        match *request {
            Request::Transfer(from, to, amount) => Answer::Moved(self.pay(from, to, amount)),
            Request::Empty(from, to) => {
                let amount = self.0[from];
                Answer::Paid(self.pay(from, to, amount).map(|()| amount))
            }
            Request::Balances => Answer::Statement(self.0.clone()),
        }
    }
}

/// Each clerk has some requests. Whatever they answer, a book that is kept by one clerk alone would have answered it.
///
/// # Panics
/// When the bank is not linearizable.
pub fn linearizable<P: Policy>(accounts: usize, clerks: &[Vec<Request>]) {
    let bank = bank::<P>(accounts);
    let history = Arc::new(History::new());
    let work = |(clerk, requests): (usize, &Vec<Request>)| {
        let (bank, history, requests) = (Arc::clone(&bank), Arc::clone(&history), requests.clone());
        start("clerk", clerk, move || {
            for request in requests {
                history.record(request, || answer(&bank, request));
            }
        })
    };
    let clerks: Vec<_> = clerks.iter().enumerate().map(work).collect();
    clerks.into_iter().for_each(join);
    history.assert_linearizable(Book(vec![OPENING; accounts]));
}

fn answer<P: Policy>(bank: &Bank<P>, request: Request) -> Answer {
    match request {
        Request::Transfer(from, to, amount) => Answer::Moved(bank.transfer(AccountId(from), AccountId(to), amount)),
        Request::Empty(from, to) => {
            let everything = |amount| Payment { to: AccountId(to), amount };
            let settled = bank.settle(AccountId(from), Duration::MAX, everything);
            Answer::Paid(settled.map(|payment| payment.amount))
        }
        Request::Balances => Answer::Statement(bank.balances()),
    }
}

/// The lock is held while others come, a tick apart: they are served in that order.
///
/// # Panics
/// When a guarantee of the lock does not hold.
pub fn order_of_arrival<P: Policy>(others: u32) {
    let served = Arc::new(FairMutex::<Vec<u32>, P>::new(Vec::new()));
    let held = served.lock();
    let come = |other| {
        let served = Arc::clone(&served);
        start("customer", other as usize, move || {
            thread::sleep(TICK * other);
            served.lock().push(other);
        })
    };
    let customers: Vec<_> = (0..others).map(come).collect();
    thread::sleep(TICK * others);
    drop(held);
    customers.into_iter().for_each(join);
    assert_eq!(*served.lock(), (0..others).collect::<Vec<_>>(), "first come, first served");
}

/// Each of some threads counts so often, in two steps.
///
/// # Panics
/// When a guarantee of the lock does not hold.
pub fn exclusion<P: Policy>(threads: usize, each: usize) {
    let total = Arc::new(FairMutex::<usize, P>::new(0));
    let count = |thread| {
        let total = Arc::clone(&total);
        start("counter", thread, move || {
            for _ in 0..each {
                let mut total = total.lock();
                let seen = *total;
                thread::yield_now();
                *total = seen + 1;
            }
        })
    };
    let counters: Vec<_> = (0..threads).map(count).collect();
    counters.into_iter().for_each(join);
    assert_eq!(*total.lock(), threads * each, "nobody comes between");
}

/// The lock is given back just when the first who waits gives up. If that one leaves, the other has its turn.
///
/// # Panics
/// When a guarantee of the lock does not hold.
pub fn gives_up<P: Policy>() {
    let lock = Arc::new(FairMutex::<u32, P>::new(0));
    let held = lock.lock();
    let theirs = Arc::clone(&lock);
    let impatient = start("impatient", 0, move || {
        let begun = Instant::now();
        let served = theirs.try_lock_for(TICK).map(|mut guard| *guard += 1);
        (served.is_some(), begun.elapsed())
    });
    let theirs = Arc::clone(&lock);
    let patient = start("patient", 1, move || *theirs.lock() += 1);
    thread::sleep(TICK);
    drop(held);

    join(patient);
    let (served, waited) = join(impatient);
    assert!(served || waited >= TICK, "gave up early, after {waited:?}");
    assert_eq!(*lock.lock(), 1 + u32::from(served), "who has had the lock has counted");
}

/// Some tellers use the lock for four ticks each time, and come back after one tick, until a customer who comes once has
/// been served.
///
/// # Panics
/// When a guarantee of the lock does not hold.
pub fn busy<P: Policy>(tellers: usize) {
    let lock = Arc::new(FairMutex::<bool, P>::new(false));
    let use_it = |teller: usize| {
        let lock = Arc::clone(&lock);
        start("teller", teller, move || {
            // The first has the lock when the customer comes, and the others come after.
            thread::sleep(TICK * if teller == 0 { 0 } else { 2 });
            loop {
                let served = lock.lock();
                if *served {
                    break;
                }
                thread::sleep(TICK * 4);
                drop(served);
                thread::sleep(TICK);
            }
        })
    };
    let tellers: Vec<_> = (0..tellers).map(use_it).collect();
    let theirs = Arc::clone(&lock);
    let customer = start("customer", 0, move || {
        thread::sleep(TICK);
        let begun = Instant::now();
        *theirs.lock() = true;
        begun.elapsed()
    });
    assert_eq!(join(customer), TICK * 3, "the customer waits for the one who came before, and for nobody else");
    tellers.into_iter().for_each(join);
}

fn bank<P: Policy>(accounts: usize) -> Arc<Bank<P>> {
    let backoff = Backoff { slot: TICK, most: 64 };
    let bank = Config::new(vec![OPENING; accounts]).backoff(backoff).build();
    Arc::new(bank.expect("a workload has little money"))
}

fn start<R: Send + 'static>(who: &str, number: usize, work: impl FnOnce() -> R + Send + 'static) -> JoinHandle<R> {
    let thread = thread::Builder::new().name(format!("{who} {number}"));
    thread.spawn(work).expect("there are threads enough")
}

/// The result of a thread. Its panic becomes that of the caller, under its own words.
fn join<R>(thread: JoinHandle<R>) -> R {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
