//! Locks and condition variables: two operations on one lock are dependent, unless both are readers' or both only
//! see that it is taken. What a lock protects is inside it and is no operation.

use std::mem;

use reweave::sync::{Condvar, Mutex, RwLock};

use super::run;

/// Each of n tasks has k critical sections of one mutex: (nk)! / (k!)^n orders of the sections.
pub fn sections(n: usize, k: usize) {
    run(n, (Mutex::new(0), k), |_, (count, k)| {
        for _ in 0..*k {
            *count.lock().unwrap() += 1;
        }
    });
}

/// Each of n tasks has a section of one mutex, then one of another: (n!)², as any two orders of the two go
/// together.
pub fn two_locks(n: usize) {
    run(n, (Mutex::new(0), Mutex::new(0)), |_, (first, second)| {
        *first.lock().unwrap() += 1;
        *second.lock().unwrap() += 1;
    });
}

/// n tasks without operations: 1.
pub fn empty_tasks(n: usize) {
    run(n, (), |_, ()| {});
}

/// How many blocks and how many inodes [`filesystem`] has.
const BLOCKS: usize = 26;
const INODES: usize = 32;

/// The example of Flanagan and Godefroid (POPL 2005): n tasks allocate a block for an inode each, and look for a free
/// one from twice the number of the inode on. Task 13 is the first that begins where another does: 1 up to 13 tasks, then
/// 2^(n - 13) up to 26, one order for each pair.
pub fn filesystem(n: usize) {
    let inodes: [_; INODES] = std::array::from_fn(|_| Mutex::new(0));
    let busy: [_; BLOCKS] = std::array::from_fn(|_| Mutex::new(false));
    run(n, (inodes, busy), |me, (inodes, busy)| {
        let i = me % INODES;
        let mut inode = inodes[i].lock().unwrap();
        if *inode == 0 {
            let mut b = i * 2 % BLOCKS;
            loop {
                let mut busy = busy[b].lock().unwrap();
                if !*busy {
                    *busy = true;
                    *inode = b + 1;
                    break;
                }
                drop(busy);
                b = (b + 1) % BLOCKS;
            }
        }
    });
}

/// n philosophers, each with the left fork first: of the 2^n ways in which the n pairs of neighbours can come after each
/// other, one is impossible and one is the deadlock.
pub fn philosophers(n: usize) {
    let forks: Vec<_> = (0..n).map(|_| Mutex::new(())).collect();
    run(n, forks, |me, forks| {
        let _left = forks[me].lock().unwrap();
        let _right = forks[(me + 1) % forks.len()].lock().unwrap();
    });
}

/// n tasks try to take a mutex and keep it: n, one for each that gets it.
pub fn try_lock_and_keep(n: usize) {
    run(n, Mutex::new(()), |_, lock| match lock.try_lock() {
        Ok(guard) => {
            mem::forget(guard);
            true
        }
        Err(_) => false,
    });
}

/// n tasks try to take a mutex, count, and give it back. For two tasks 4: either is first, and the other tries
/// during its section or after it.
pub fn try_lock_and_release(n: usize) {
    run(n, Mutex::new(0), |_, count| match count.try_lock() {
        Ok(mut count) => {
            *count += 1;
            true
        }
        Err(_) => false,
    });
}

/// Readers and writers with a section each: for each order of the writers, every reader in one of the places around
/// them, w! · (w + 1)^r.
pub fn readers_and_writers(readers: usize, writers: usize) {
    run(readers + writers, (RwLock::new(0), readers), |me, (lock, readers)| {
        if me < *readers {
            *lock.read().unwrap()
        } else {
            let mut value = lock.write().unwrap();
            *value += 1;
            *value
        }
    });
}

/// Two readers that both want to write before they let go: no execution completes, and 1 does not, in which both read, in
/// no particular order, and neither writes.
pub fn upgrade() {
    run(2, RwLock::new(()), |_, lock| {
        let _read = lock.read().unwrap();
        let _write = lock.write().unwrap();
    });
}

/// A waiter that does not ask whether it has to wait: 1 where it is notified, and 1 deadlock, where the notification comes
/// before it waits.
pub fn wait_without_predicate() {
    run(2, (Mutex::new(()), Condvar::new()), |me, (lock, condvar)| {
        let guard = lock.lock().unwrap();
        match me {
            0 => drop(condvar.wait(guard).unwrap()),
            _ => condvar.notify_one(),
        }
    });
}

/// A waiter that asks, beside a notifier: 2, it waits or has no need to.
pub fn wait_with_predicate() {
    run(2, (Mutex::new(false), Condvar::new()), |me, (ready, condvar)| {
        let mut ready = ready.lock().unwrap();
        match me {
            0 => {
                while !*ready {
                    ready = condvar.wait(ready).unwrap();
                }
            }
            _ => {
                *ready = true;
                condvar.notify_one();
            }
        }
    });
}
