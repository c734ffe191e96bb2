//! The programs that are measured, written once and compiled over both crates.

/// Defines a module with the programs over a crate that has std's `sync` and `thread`.
macro_rules! programs {
    ($module:ident, $($krate:tt)+) => {
        mod $module {
            use std::collections::VecDeque;

            use $($krate)+::sync::atomic::{AtomicUsize, Ordering::SeqCst};
            use $($krate)+::sync::{Arc, Condvar, Mutex, mpsc};
            use $($krate)+::thread;

            /// Runs `tasks` tasks over `shared`, each told its number, to their ends.
            fn run<S: Send + Sync + 'static>(tasks: usize, shared: S, task: fn(usize, &S)) {
                let shared = Arc::new(shared);
                let handles: Vec<_> = (0..tasks)
                    .map(|me| {
                        let shared = Arc::clone(&shared);
                        thread::spawn(move || task(me, &shared))
                    })
                    .collect();
                for handle in handles {
                    handle.join().unwrap();
                }
            }

            pub(super) fn empty() {}

            pub(super) fn spawn<const TASKS: usize>() {
                run(TASKS, (), |_, ()| {});
            }

            pub(super) fn lost_update() {
                run(2, AtomicUsize::new(0), |_, x| x.store(x.load(SeqCst) + 1, SeqCst));
            }

            pub(super) fn mutex_sections() {
                run(2, Mutex::new(0), |_, count| {
                    for _ in 0..10 {
                        *count.lock().unwrap() += 1;
                    }
                });
            }

            /// A queue with room for `CAPACITY` items.
            struct Buffer {
                items: Mutex<VecDeque<usize>>,
                not_empty: Condvar,
                not_full: Condvar,
            }

            const CAPACITY: usize = 2;
            const PRODUCERS: usize = 3;
            const CONSUMERS: usize = 2;
            const ITEMS_EACH: usize = 5;

            /// How many items the consumer with this number takes, so that all are taken.
            fn share(consumer: usize) -> usize {
                let items = PRODUCERS * ITEMS_EACH;
                items / CONSUMERS + usize::from(consumer < items % CONSUMERS)
            }

            impl Buffer {
                fn put(&self, item: usize) {
                    let mut items = self.items.lock().unwrap();
                    while items.len() == CAPACITY {
                        items = self.not_full.wait(items).unwrap();
                    }
                    items.push_back(item);
                    self.not_empty.notify_one();
                }

                fn take(&self) -> usize {
                    let mut items = self.items.lock().unwrap();
                    loop {
                        if let Some(item) = items.pop_front() {
                            self.not_full.notify_one();
                            return item;
                        }
                        items = self.not_empty.wait(items).unwrap();
                    }
                }
            }

            pub(super) fn bounded_buffer() {
                let buffer = Buffer {
                    items: Mutex::new(VecDeque::new()),
                    not_empty: Condvar::new(),
                    not_full: Condvar::new(),
                };
                run(PRODUCERS + CONSUMERS, buffer, |me, buffer| match me.checked_sub(PRODUCERS) {
                    None => (0..ITEMS_EACH).for_each(|item| buffer.put(item)),
                    Some(consumer) => (0..share(consumer)).for_each(|_| {
                        buffer.take();
                    }),
                });
            }

            pub(super) fn sync_channel() {
                let (sender, receiver) = mpsc::sync_channel::<usize>(CAPACITY);
                let channel = (sender, Mutex::new(receiver));
                run(PRODUCERS + CONSUMERS, channel, |me, (sender, receiver)| {
                    match me.checked_sub(PRODUCERS) {
                        None => (0..ITEMS_EACH).for_each(|item| sender.send(item).unwrap()),
                        Some(consumer) => (0..share(consumer)).for_each(|_| {
                            receiver.lock().unwrap().recv().unwrap();
                        }),
                    }
                });
            }

            pub(super) fn fetch_add() {
                run(10, AtomicUsize::new(0), |_, x| {
                    for _ in 0..100 {
                        x.fetch_add(1, SeqCst);
                    }
                });
            }

            /// A counter that can be waited for to reach zero.
            struct WaitGroup {
                pending: Mutex<usize>,
                zero: Condvar,
            }

            impl WaitGroup {
                fn add(&self) {
                    *self.pending.lock().unwrap() += 1;
                }

                fn done(&self) {
                    let mut pending = self.pending.lock().unwrap();
                    *pending -= 1;
                    if *pending == 0 {
                        self.zero.notify_all();
                    }
                }

                fn wait(&self) {
                    let mut pending = self.pending.lock().unwrap();
                    while *pending > 0 {
                        pending = self.zero.wait(pending).unwrap();
                    }
                }
            }

            pub(super) fn wait_group() {
                let group = Arc::new(WaitGroup { pending: Mutex::new(0), zero: Condvar::new() });
                for _ in 0..10 {
                    group.add();
                    let group = Arc::clone(&group);
                    thread::spawn(move || group.done());
                }
                group.wait();
            }

            pub(super) fn yields_alone() {
                for _ in 0..1_000 {
                    thread::yield_now();
                }
            }

            pub(super) fn yields() {
                run(2, (), |_, ()| {
                    for _ in 0..500 {
                        thread::yield_now();
                    }
                });
            }
        }
    };
}

programs!(on_reweave, ::reweave);
programs!(on_shuttle, ::shuttle);

/// A program over both crates.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) on_reweave: fn(),
    pub(crate) on_shuttle: fn(),
}

/// Names the programs over both crates.
macro_rules! table {
    ($($name:literal: $program:ident $(::<$tasks:literal>)?),+ $(,)?) => {
        [$(Program {
            name: $name,
            on_reweave: on_reweave::$program $(::<$tasks>)?,
            on_shuttle: on_shuttle::$program $(::<$tasks>)?,
        }),+]
    };
}

/// The programs, from the smallest to the longest.
pub(crate) const PROGRAMS: [Program; 12] = table! {
    "empty test": empty,
    "spawn and join 2 tasks": spawn::<2>,
    "spawn and join 10 tasks": spawn::<10>,
    "spawn and join 100 tasks": spawn::<100>,
    "lost update, 2 tasks": lost_update,
    "mutex, 2 tasks x 10 sections": mutex_sections,
    "bounded buffer, 3 producers, 2 consumers": bounded_buffer,
    "sync_channel, 3 producers, 2 consumers": sync_channel,
    "fetch_add, 10 tasks x 100": fetch_add,
    "wait group of 10": wait_group,
    "1,000 yields": yields_alone,
    "yield, 2 tasks x 500": yields,
};
