//! Atomics: two operations on one variable are dependent unless both only read it. A
//! `compare_exchange` that fails only reads.

use reweave::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use super::run;

/// This many variables, all 0.
fn zeros(variables: usize) -> Vec<AtomicUsize> {
    (0..variables).map(|_| AtomicUsize::new(0)).collect()
}

/// Each task increments one variable: n! orders.
pub fn ainc(n: usize) {
    run(n, AtomicUsize::new(0), |_, x| x.fetch_add(1, SeqCst));
}

/// Each task increments two variables, one after the other: (n!)², as any two orders of the two variables go
/// together.
pub fn binc(n: usize) {
    run(n, (AtomicUsize::new(0), AtomicUsize::new(0)), |_, (x, y)| (x.fetch_add(1, SeqCst), y.fetch_add(1, SeqCst)));
}

/// Each task increments a variable by a load and a store: (n!)², n! orders of the stores, and in the k-th
/// place of such an order a load with k places to be in.
pub fn inc(n: usize) {
    run(n, AtomicUsize::new(0), |me, x| {
        let seen = x.load(SeqCst);
        x.store(seen + (1 << me), SeqCst);
        seen
    });
}

/// Each task compares and exchanges the initial value: n, one for each winner, since losers only read.
pub fn cas(n: usize) {
    run(n, AtomicUsize::new(0), |me, x| x.compare_exchange(0, me + 1, SeqCst, SeqCst));
}

/// One task stores, and n increment: (n + 1)! orders of n + 1 writes.
pub fn wainc(n: usize) {
    run(n + 1, AtomicUsize::new(0), |me, x| match me {
        0 => {
            x.store(42, SeqCst);
            0
        }
        _ => x.fetch_add(1, SeqCst),
    });
}

/// One task stores, and n load: 2^n, each before or after the store.
pub fn readers(n: usize) {
    run(n + 1, AtomicUsize::new(0), |me, x| match me {
        0 => {
            x.store(42, SeqCst);
            0
        }
        _ => x.load(SeqCst),
    });
}

/// The example of Abdulla et al.: task j of n makes `a[j]` one more than `a[j - 1]`, while task 0 looks for the last
/// zero from the end: (n + 3) · 2^(n - 2).
pub fn lastzero(n: usize) {
    run(n + 1, zeros(n + 1), |me, a| match me {
        0 => {
            let mut i = a.len() - 1;
            while a[i].load(SeqCst) != 0 {
                i -= 1;
            }
            i
        }
        _ => {
            let seen = a[me - 1].load(SeqCst);
            a[me].store(seen + 1, SeqCst);
            seen
        }
    });
}

/// The example of Flanagan and Godefroid (POPL 2005): n tasks insert four messages each into a hash table with 128
/// places. The first collision takes twelve tasks: 1 up to 11, then 8^(n - 11).
pub fn indexer(n: usize) {
    run(n, zeros(128), |me, table| {
        for message in 1..=4 {
            let word = message * 11 + me;
            let mut place = word * 7 % table.len();
            while table[place].compare_exchange(0, word, SeqCst, SeqCst).is_err() {
                place = (place + 1) % table.len();
            }
        }
    });
}

/// Store buffering around a ring of n tasks, of which each stores to its variable and loads the next: 2^n - 1.
/// Each load is before or after the store that it looks for, and not all of them can be before.
pub fn store_buffering(n: usize) {
    run(n, zeros(n), |me, variables| {
        variables[me].store(1, SeqCst);
        variables[(me + 1) % variables.len()].load(SeqCst)
    });
}

/// Data, then a flag; read in the other order: 3, as who sees the flag sees the data.
pub fn message_passing() {
    run(2, (AtomicUsize::new(0), AtomicUsize::new(0)), |me, (data, flag)| match me {
        0 => {
            data.store(1, SeqCst);
            flag.store(1, SeqCst);
            (1, 1)
        }
        _ => (flag.load(SeqCst), data.load(SeqCst)),
    });
}

/// Two tasks that store to the same two variables in opposite orders: 3, as not both can be last with their first.
pub fn two_plus_two_writes() {
    run(2, zeros(2), |me, variables| {
        variables[me].store(1, SeqCst);
        variables[1 - me].store(2, SeqCst);
    });
}

/// Independent reads of independent writes: 15, all but the one where the readers disagree about which store came
/// first.
pub fn iriw() {
    run(4, zeros(2), |me, variables| match me {
        0 | 1 => {
            variables[me].store(1, SeqCst);
            (1, 1)
        }
        _ => (variables[me - 2].load(SeqCst), variables[3 - me].load(SeqCst)),
    });
}
