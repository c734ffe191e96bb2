//! The programs that are explored, written once and compiled over each crate.

/// Defines a module with the programs over a crate that has std's `sync` and `thread`.
///
/// `Arc` is std's unless another is named: loom's own makes operations of its references, which multiplies what there is
/// to explore. [`LOOM_LIMIT`] says how many tasks loom has.
macro_rules! programs {
    ($module:ident, $krate:ident, $arc:path) => {
        #[allow(dead_code, reason = "not every program runs on every crate")]
        pub(crate) mod $module {
            use $arc as Arc;

            use $krate::sync::atomic::{AtomicUsize, Ordering::SeqCst};
            use $krate::sync::{Condvar, Mutex};
            use $krate::thread;

            /// What the tasks share, and their handles.
            type Started<S> = (Arc<S>, Vec<thread::JoinHandle<()>>);

            /// Starts `tasks` tasks over `shared`, each told its number.
            fn start<S: Send + Sync + 'static>(tasks: usize, shared: S, task: fn(usize, &S)) -> Started<S> {
                let shared = Arc::new(shared);
                let handles = (0..tasks)
                    .map(|me| {
                        let shared = Arc::clone(&shared);
                        thread::spawn(move || task(me, &shared))
                    })
                    .collect();
                (shared, handles)
            }

            /// Starts them, and does the same itself.
            fn start_and_root<S: Send + Sync + 'static>(tasks: usize, shared: S, task: fn(usize, &S)) -> Started<S> {
                let started = start(tasks, shared, task);
                task(tasks, &started.0);
                started
            }

            /// Waits for all.
            fn join<S>((_shared, handles): Started<S>) {
                for handle in handles {
                    handle.join().unwrap();
                }
            }

            fn run<S: Send + Sync + 'static>(tasks: usize, shared: S, task: fn(usize, &S)) {
                join(start(tasks, shared, task));
            }

            fn increment<const SECTIONS: usize>(_: usize, count: &Mutex<usize>) {
                for _ in 0..SECTIONS {
                    *count.lock().unwrap() += 1;
                }
            }

            fn increment_both(_: usize, (first, second): &(Mutex<usize>, Mutex<usize>)) {
                *first.lock().unwrap() += 1;
                *second.lock().unwrap() += 1;
            }

            /// Tasks with so many critical sections each.
            pub(crate) fn sections<const TASKS: usize, const SECTIONS: usize>() {
                run(TASKS, Mutex::new(0), increment::<SECTIONS>);
            }

            /// [`sections`], without waiting for the tasks.
            pub(crate) fn sections_unjoined<const TASKS: usize, const SECTIONS: usize>() {
                start(TASKS, Mutex::new(0), increment::<SECTIONS>);
            }

            /// Tasks and the root, with one critical section each.
            pub(crate) fn sections_and_root<const TASKS: usize>() {
                join(start_and_root(TASKS, Mutex::new(0), increment::<1>));
            }

            /// [`sections_and_root`], without waiting for the tasks.
            pub(crate) fn sections_and_root_unjoined<const TASKS: usize>() {
                start_and_root(TASKS, Mutex::new(0), increment::<1>);
            }

            /// Tasks and the root with a section of one mutex, then one of another, without waiting for the tasks.
            pub(crate) fn two_locks_and_root_unjoined<const TASKS: usize>() {
                start_and_root(TASKS, (Mutex::new(0), Mutex::new(0)), increment_both);
            }

            /// Tasks with a section of one mutex, then one of another.
            pub(crate) fn two_locks<const TASKS: usize>() {
                run(TASKS, (Mutex::new(0), Mutex::new(0)), increment_both);
            }

            /// [`two_locks`], without waiting for the tasks.
            pub(crate) fn two_locks_unjoined<const TASKS: usize>() {
                start(TASKS, (Mutex::new(0), Mutex::new(0)), increment_both);
            }

            /// A store and loads of one variable.
            pub(crate) fn readers<const READERS: usize>() {
                run(READERS + 1, AtomicUsize::new(0), |me, x| match me {
                    0 => x.store(42, SeqCst),
                    _ => {
                        x.load(SeqCst);
                    }
                });
            }

            /// Increments of one variable.
            pub(crate) fn increments<const TASKS: usize>() {
                run(TASKS, AtomicUsize::new(0), |_, x| {
                    x.fetch_add(1, SeqCst);
                });
            }

            fn zeros(variables: usize) -> Vec<AtomicUsize> {
                (0..variables).map(|_| AtomicUsize::new(0)).collect()
            }

            /// Task j makes `a[j]` one more than `a[j - 1]`, while task 0 looks for the last zero from the end.
            pub(crate) fn lastzero<const N: usize>() {
                run(N + 1, zeros(N + 1), |me, a| match me {
                    0 => {
                        let mut i = a.len() - 1;
                        while a[i].load(SeqCst) != 0 {
                            i -= 1;
                        }
                    }
                    _ => a[me].store(a[me - 1].load(SeqCst) + 1, SeqCst),
                });
            }

            const BLOCKS: usize = 26;
            const INODES: usize = 32;

            /// Tasks that allocate a block for an inode each (Flanagan, Godefroid, POPL 2005).
            pub(crate) fn filesystem<const TASKS: usize>() {
                let inodes: [_; INODES] = std::array::from_fn(|_| Mutex::new(0));
                let busy: [_; BLOCKS] = std::array::from_fn(|_| Mutex::new(false));
                run(TASKS, (inodes, busy), |me, (inodes, busy)| {
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

            /// A buffer for one message: the mutex, that it is not empty, that it is not full.
            type Buffer = (Mutex<Option<usize>>, Condvar, Condvar);

            /// A producer and a consumer of so many messages.
            pub(crate) fn bounded_buffer<const MESSAGES: usize>() {
                let buffer: Buffer = (Mutex::new(None), Condvar::new(), Condvar::new());
                run(2, buffer, |me, (slot, not_empty, not_full)| {
                    for message in 0..MESSAGES {
                        let mut slot = slot.lock().unwrap();
                        if me == 0 {
                            while slot.is_some() {
                                slot = not_full.wait(slot).unwrap();
                            }
                            *slot = Some(message);
                            not_empty.notify_one();
                        } else {
                            while slot.is_none() {
                                slot = not_empty.wait(slot).unwrap();
                            }
                            *slot = None;
                            not_full.notify_one();
                        }
                    }
                });
            }

            /// Five tasks that increment one variable, each between increments of its own that nobody sees: 120
            /// executions of any length.
            pub(crate) fn mostly_private<const STEPS: usize>() {
                let shared = (AtomicUsize::new(0), zeros(5));
                run(5, shared, |me, (everybodys, own)| {
                    let steps = STEPS / 5 - 1;
                    for step in 0..=steps {
                        let variable = if step == steps / 2 { everybodys } else { &own[me] };
                        variable.fetch_add(1, SeqCst);
                    }
                });
            }
        }
    };
}

programs!(on_reweave, reweave, std::sync::Arc);
programs!(on_shuttle, shuttle, std::sync::Arc);
programs!(on_loom, loom, std::sync::Arc);
programs!(on_loom_with_its_arc, loom, loom::sync::Arc);

/// How many tasks a program on loom can have besides the root.
pub(crate) const LOOM_LIMIT: usize = loom::MAX_THREADS - 1;

/// A program over the crates.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// How many executions an optimal exploration has.
    pub(crate) optimal: u64,
    pub(crate) on_reweave: fn(),
    pub(crate) on_shuttle: fn(),
    /// Loom has no more than [`LOOM_LIMIT`] tasks.
    pub(crate) on_loom: Option<fn()>,
}

/// Names the programs over the crates, with their numbers of tasks and of executions.
macro_rules! table {
    ($($name:literal, $tasks:literal tasks, $optimal:literal: $program:ident $(::<$($size:literal),+>)?);+ $(;)?) => {
        &[$(Program {
            name: $name,
            optimal: $optimal,
            on_reweave: on_reweave::$program $(::<$($size),+>)?,
            on_shuttle: on_shuttle::$program $(::<$($size),+>)?,
            on_loom: if $tasks <= LOOM_LIMIT { Some(on_loom::$program $(::<$($size),+>)?) } else { None },
        }),+]
    };
}

/// The programs that all crates explore.
pub(crate) const PROGRAMS: &[Program] = table! {
    "mutex, 2 tasks x 1 section", 2 tasks, 2: sections::<2, 1>;
    "mutex, 2 tasks x 2 sections", 2 tasks, 6: sections::<2, 2>;
    "mutex, 3 tasks x 1 section", 3 tasks, 6: sections::<3, 1>;
    "mutex, 3 tasks x 2 sections", 3 tasks, 90: sections::<3, 2>;
    "mutex, 4 tasks x 1 section", 4 tasks, 24: sections::<4, 1>;
    "mutex, 4 tasks x 2 sections", 4 tasks, 2520: sections::<4, 2>;
    "readers(3)", 4 tasks, 8: readers::<3>;
    "readers(8)", 9 tasks, 256: readers::<8>;
    "readers(13)", 14 tasks, 8192: readers::<13>;
    "lastzero(3)", 4 tasks, 12: lastzero::<3>;
    "lastzero(5)", 6 tasks, 64: lastzero::<5>;
    "lastzero(10)", 11 tasks, 3328: lastzero::<10>;
    "lastzero(15)", 16 tasks, 147_456: lastzero::<15>;
    "filesystem(14)", 14 tasks, 2: filesystem::<14>;
    "filesystem(19)", 19 tasks, 64: filesystem::<19>;
    "bounded buffer, 2 messages", 2 tasks, 8: bounded_buffer::<2>;
};
