//! Ten programs that fail, each as it was saved and after five edits.
//!
//! An edit is an argument, so that both versions stand in one text; a renamed variable is a second expansion of the text of a
//! program, with another name on another line.

use reweave::chan;
use reweave::sync::atomic::{AtomicU32, Ordering::SeqCst};
use reweave::sync::{Arc, Condvar, Mutex, RwLock};
use reweave::thread::{self, JoinHandle};

/// How a program differs from what was saved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Edit {
    None,
    AddedLock,
    RenamedVariable,
    ReorderedSpawn,
    AddedTask,
    ChangedConstant,
}

impl Edit {
    pub(crate) const ALL: [Edit; 5] =
        [Edit::AddedLock, Edit::RenamedVariable, Edit::ReorderedSpawn, Edit::AddedTask, Edit::ChangedConstant];

    /// Takes a lock that was not there, and gives it back.
    fn lock(self, log: &Mutex<u32>) {
        if self == Edit::AddedLock {
            *log.lock().unwrap() += 1;
        }
    }

    /// Spawns two tasks.
    fn spawn_both(self, a: impl FnOnce() + Send + 'static, b: impl FnOnce() + Send + 'static) -> [JoinHandle<()>; 2] {
        self.spawn_other();
        if self == Edit::ReorderedSpawn {
            let b = thread::spawn(b);
            [thread::spawn(a), b]
        } else {
            [thread::spawn(a), thread::spawn(b)]
        }
    }

    /// Spawns a task that was not there, with something to do of its own.
    fn spawn_other(self) {
        if self == Edit::AddedTask {
            let own = Arc::new(AtomicU32::new(0));
            let theirs = Arc::clone(&own);
            let task = thread::spawn(move || {
                theirs.fetch_add(1, SeqCst);
            });
            own.load(SeqCst);
            task.join().unwrap();
        }
    }

    fn constant(self, was: u32, is: u32) -> u32 {
        if self == Edit::ChangedConstant { is } else { was }
    }
}

fn join(tasks: [JoinHandle<()>; 2]) {
    tasks.into_iter().for_each(|task| task.join().unwrap());
}

fn shared<T>(value: T) -> (Arc<T>, Arc<T>, Arc<T>) {
    let value = Arc::new(value);
    (Arc::clone(&value), Arc::clone(&value), value)
}

fn add(edit: Edit, log: &Mutex<u32>, total: &AtomicU32) {
    edit.lock(log);
    let seen = total.load(SeqCst);
    total.store(seen + edit.constant(1, 2), SeqCst);
}

/// An update is lost between a load and a store.
pub(crate) fn lost_update(edit: Edit) {
    macro_rules! text {
        ($name:ident) => {{
            let (a, b, $name) = shared(AtomicU32::new(0));
            let (log, other, _) = shared(Mutex::new(0));
            join(edit.spawn_both(
                move || add(edit, &log, &a),
                move || {
                    edit.lock(&other);
                    b.fetch_add(edit.constant(1, 2), SeqCst);
                },
            ));
            let all = edit.constant(2, 4);
            assert!($name.load(SeqCst) == all);
        }};
    }
    if edit == Edit::RenamedVariable { text!(total) } else { text!(hits) }
}

/// Two locks in two orders.
pub(crate) fn crossed_locks(edit: Edit) {
    macro_rules! text {
        ($name:ident) => {{
            let (a, b, _) = shared((Mutex::new(0), Mutex::new(0)));
            let (log, other, _) = shared(Mutex::new(0));
            join(edit.spawn_both(
                move || {
                    edit.lock(&log);
                    let $name = a.0.lock().unwrap();
                    *a.1.lock().unwrap() += *$name + edit.constant(1, 7);
                },
                move || {
                    edit.lock(&other);
                    let $name = b.1.lock().unwrap();
                    *b.0.lock().unwrap() += *$name;
                },
            ));
        }};
    }
    if edit == Edit::RenamedVariable { text!(mine) } else { text!(first) }
}

/// A flag is looked at before the lock is taken, and a notification is missed.
pub(crate) fn lost_wake_up(edit: Edit) {
    macro_rules! text {
        ($name:ident) => {{
            let (a, b, _) = shared((Mutex::new(()), Condvar::new(), AtomicU32::new(0)));
            let (log, other, _) = shared(Mutex::new(0));
            join(edit.spawn_both(
                move || {
                    edit.lock(&log);
                    if a.2.load(SeqCst) < edit.constant(1, 3) {
                        let guard = a.0.lock().unwrap();
                        drop(a.1.wait(guard).unwrap());
                    }
                },
                move || {
                    edit.lock(&other);
                    let $name = edit.constant(1, 3);
                    b.2.store($name, SeqCst);
                    b.1.notify_one();
                },
            ));
        }};
    }
    if edit == Edit::RenamedVariable { text!(ready) } else { text!(done) }
}

/// What was checked does not hold any more when it is used.
pub(crate) fn check_then_act(edit: Edit) {
    macro_rules! text {
        ($name:ident) => {{
            let (a, b, $name) = shared(Mutex::new(10_u32));
            let (log, other, _) = shared(Mutex::new(0));
            let take = move |$name: &Mutex<u32>, log: &Mutex<u32>| {
                let amount = edit.constant(8, 9);
                edit.lock(log);
                let enough = *$name.lock().unwrap() >= amount;
                if enough {
                    let mut $name = $name.lock().unwrap();
                    *$name = $name.checked_sub(amount).expect("the account is overdrawn");
                }
            };
            join(edit.spawn_both(move || take(&a, &log), move || take(&b, &other)));
            let left = $name.lock().unwrap();
            assert!(*left <= 10);
        }};
    }
    if edit == Edit::RenamedVariable { text!(balance) } else { text!(account) }
}

/// A reader sees one of two values that belong together.
pub(crate) fn torn_pair(edit: Edit) {
    macro_rules! text {
        ($name:ident) => {{
            let (a, b, _) = shared((AtomicU32::new(0), AtomicU32::new(0)));
            let (log, other, _) = shared(Mutex::new(0));
            join(edit.spawn_both(
                move || {
                    let value = edit.constant(1, 5);
                    a.0.store(value, SeqCst);
                    edit.lock(&log);
                    a.1.store(value, SeqCst);
                },
                move || {
                    edit.lock(&other);
                    let ($name, right) = (b.0.load(SeqCst), b.1.load(SeqCst));
                    assert!($name == right);
                },
            ));
        }};
    }
    if edit == Edit::RenamedVariable { text!(newer) } else { text!(left) }
}

/// A message overtakes what it announces.
pub(crate) fn early_message(edit: Edit) {
    macro_rules! text {
        ($name:ident) => {{
            let (a, b, _) = shared(AtomicU32::new(0));
            let (log, other, _) = shared(Mutex::new(0));
            let (sender, receiver) = chan::unbounded();
            join(edit.spawn_both(
                move || {
                    edit.lock(&log);
                    sender.send(()).unwrap();
                    a.store(edit.constant(1, 2), SeqCst);
                },
                move || {
                    receiver.recv().unwrap();
                    edit.lock(&other);
                    let $name = b.load(SeqCst);
                    assert!($name > 0, "the value is not there yet");
                },
            ));
        }};
    }
    if edit == Edit::RenamedVariable { text!(content) } else { text!(value) }
}

/// Who waits for the other's message while the other waits for room.
pub(crate) fn full_channels(edit: Edit) {
    macro_rules! text {
        ($name:ident) => {{
            let (to_b, from_a) = chan::bounded(1);
            let (to_a, from_b) = chan::bounded(1);
            let (log, other, _) = shared(Mutex::new(0));
            let $name = edit.constant(2, 3);
            join(edit.spawn_both(
                move || {
                    edit.lock(&log);
                    (0..$name).for_each(|number| to_b.send(number).unwrap());
                    (0..$name).for_each(|_| assert!(from_b.recv().is_ok()));
                },
                move || {
                    edit.lock(&other);
                    (0..$name).for_each(|number| to_a.send(number).unwrap());
                    (0..$name).for_each(|_| assert!(from_a.recv().is_ok()));
                },
            ));
        }};
    }
    if edit == Edit::RenamedVariable { text!(messages) } else { text!(count) }
}

/// A writer upgrades by giving the lock back in between.
pub(crate) fn upgrade(edit: Edit) {
    macro_rules! text {
        ($name:ident) => {{
            let (a, b, value) = shared(RwLock::new(0_u32));
            let (log, other, _) = shared(Mutex::new(0));
            let count = move |value: &RwLock<u32>, log: &Mutex<u32>| {
                let $name = *value.read().unwrap();
                edit.lock(log);
                *value.write().unwrap() = $name + edit.constant(1, 3);
            };
            join(edit.spawn_both(move || count(&a, &log), move || count(&b, &other)));
            assert_eq!(*value.read().unwrap(), edit.constant(2, 6), "an update was lost");
        }};
    }
    if edit == Edit::RenamedVariable { text!(before) } else { text!(seen) }
}

/// Two look whether there is a leader, and both become it.
pub(crate) fn both_leaders(edit: Edit) {
    macro_rules! text {
        ($name:ident) => {{
            let log = Arc::new(Mutex::new(0));
            let (a, b, $name) = shared((AtomicU32::new(0), AtomicU32::new(0)));
            let (theirs, other) = (Arc::clone(&log), log);
            let lead = move |shared: &(AtomicU32, AtomicU32), log: &Mutex<u32>| {
                edit.lock(log);
                if shared.0.load(SeqCst) == 0 {
                    shared.0.store(edit.constant(1, 9), SeqCst);
                    shared.1.fetch_add(1, SeqCst);
                }
            };
            join(edit.spawn_both(move || lead(&a, &theirs), move || lead(&b, &other)));
            assert!($name.1.load(SeqCst) == 1);
        }};
    }
    if edit == Edit::RenamedVariable { text!(chosen) } else { text!(leaders) }
}

/// It is said to be ready before it is.
pub(crate) fn used_before_ready(edit: Edit) {
    macro_rules! text {
        ($name:ident) => {{
            let log = Arc::new(Mutex::new(0));
            let (a, b, $name) = shared((AtomicU32::new(0), Mutex::new(None)));
            let (theirs, other) = (Arc::clone(&log), log);
            join(edit.spawn_both(
                move || {
                    a.0.store(1, SeqCst);
                    edit.lock(&theirs);
                    *a.1.lock().unwrap() = Some(edit.constant(4, 5));
                },
                move || {
                    edit.lock(&other);
                    if b.0.load(SeqCst) == 1 {
                        b.1.lock().unwrap().expect("what is ready is there");
                    }
                },
            ));
            assert!($name.1.lock().unwrap().is_some());
        }};
    }
    if edit == Edit::RenamedVariable { text!(place) } else { text!(slot) }
}

/// A program, with its name.
type Program = (&'static str, fn(Edit));

pub(crate) const PROGRAMS: [Program; 10] = [
    ("lost update", lost_update),
    ("crossed locks", crossed_locks),
    ("lost wake-up", lost_wake_up),
    ("check then act", check_then_act),
    ("torn pair", torn_pair),
    ("early message", early_message),
    ("full channels", full_channels),
    ("upgrade", upgrade),
    ("both leaders", both_leaders),
    ("used before ready", used_before_ready),
];
