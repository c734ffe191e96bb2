//! The usual programs with channels, over `chan` and over `go`, and the nearest that shuttle can run: the same over `mpsc`, whose
//! receivers cannot be shared, so that workers take turns at one behind a lock.

use super::programs::Program;

const ROUNDS: usize = 10;
const PRODUCERS: usize = 3;
const ITEMS_EACH: usize = 5;
const ITEMS: usize = PRODUCERS * ITEMS_EACH;
const CAPACITY: usize = 2;
const STAGES: usize = 3;
const WORKERS: usize = 3;

/// Defines a module with the programs over channels that are dropped when they are done with, and `more` of its own.
macro_rules! programs {
    ($module:ident, [$($imports:item)+], $($more:item)+) => {
        mod $module {
            $($imports)+

            use super::*;

            fn join(tasks: Vec<JoinHandle<()>>) {
                tasks.into_iter().for_each(|task| task.join().unwrap());
            }

            pub(super) fn bounded_buffer() {
                let (sender, receiver) = bounded(CAPACITY);
                let produce = |_| {
                    let sender = sender.clone();
                    thread::spawn(move || (0..ITEMS_EACH).for_each(|item| sender.send(item).unwrap()))
                };
                let producers = (0..PRODUCERS).map(produce).collect();
                drop(sender);
                assert_eq!(receiver.iter().count(), ITEMS);
                join(producers);
            }

            pub(super) fn ping_pong() {
                let (ping, pinged) = bounded(0);
                let (pong, ponged) = bounded(0);
                let other = thread::spawn(move || {
                    for number in pinged.iter() {
                        pong.send(number + 1).unwrap();
                    }
                });
                for number in 0..ROUNDS {
                    ping.send(number).unwrap();
                    assert_eq!(ponged.recv(), Ok(number + 1));
                }
                drop(ping);
                other.join().unwrap();
            }

            pub(super) fn fan_out_fan_in() {
                let (result, results) = unbounded();
                let mut inputs = Vec::new();
                let mut workers = Vec::new();
                for _ in 0..WORKERS {
                    let (input, inbox) = bounded(1);
                    let result = result.clone();
                    inputs.push(input);
                    workers.push(thread::spawn(move || inbox.iter().for_each(|item: usize| result.send(item * 2).unwrap())));
                }
                drop(result);
                (0..ITEMS).for_each(|item| inputs[item % WORKERS].send(item).unwrap());
                drop(inputs);
                assert_eq!(results.iter().sum::<usize>(), ITEMS * (ITEMS - 1));
                join(workers);
            }

            pub(super) fn pipeline() {
                let (first, mut last) = bounded(1);
                let mut stages = Vec::new();
                for _ in 0..STAGES {
                    let (next, output) = bounded(1);
                    let input = std::mem::replace(&mut last, output);
                    stages.push(thread::spawn(move || input.iter().for_each(|item: usize| next.send(item + 1).unwrap())));
                }
                let source = thread::spawn(move || (0..ROUNDS).for_each(|item| first.send(item).unwrap()));
                assert_eq!(last.iter().sum::<usize>(), ROUNDS * (ROUNDS - 1) / 2 + ROUNDS * STAGES);
                source.join().unwrap();
                join(stages);
            }

            $($more)+
        }
    };
}

programs!(
    on_mpsc,
    [
        use shuttle::sync::mpsc::{channel as unbounded, sync_channel as bounded};
        use shuttle::sync::{Arc, Mutex};
        use shuttle::thread::{self, JoinHandle};
    ],
    pub(super) fn worker_pool() {
        let (job, jobs) = unbounded();
        let (result, results) = unbounded();
        let jobs = Arc::new(Mutex::new(jobs));
        let work = |_| {
            let (jobs, result) = (Arc::clone(&jobs), result.clone());
            thread::spawn(move || {
                while let Ok(item) = { jobs.lock().unwrap().recv() } {
                    let _: usize = item;
                    result.send(item * 2).unwrap();
                }
            })
        };
        let workers = (0..WORKERS).map(work).collect();
        drop(result);
        (0..ITEMS).for_each(|item| job.send(item).unwrap());
        drop(job);
        assert_eq!(results.iter().sum::<usize>(), ITEMS * (ITEMS - 1));
        join(workers);
    }
);

programs!(
    on_chan,
    [
        use reweave::chan::{bounded, unbounded};
        use reweave::thread::{self, JoinHandle};
    ],
    pub(super) fn worker_pool() {
        let (job, jobs) = unbounded();
        let (result, results) = unbounded();
        let work = |_| {
            let (jobs, result) = (jobs.clone(), result.clone());
            thread::spawn(move || jobs.iter().for_each(|item: usize| result.send(item * 2).unwrap()))
        };
        let workers = (0..WORKERS).map(work).collect();
        drop(result);
        (0..ITEMS).for_each(|item| job.send(item).unwrap());
        drop(job);
        assert_eq!(results.iter().sum::<usize>(), ITEMS * (ITEMS - 1));
        join(workers);
    }
);

mod on_go {
    use reweave::go::{self, Chan, WaitGroup};

    use super::*;

    /// As many as there can be messages, for channels whose senders are not to wait.
    const ROOM: usize = ITEMS;

    /// Closes `results` when all who are in `group` are done.
    fn close_after(group: WaitGroup, results: Chan<usize>) {
        go::spawn(move || {
            group.wait();
            results.close();
        });
    }

    pub(super) fn bounded_buffer() {
        let items = Chan::new(CAPACITY);
        let group = WaitGroup::new();
        for _ in 0..PRODUCERS {
            let items = items.clone();
            group.go(move || (0..ITEMS_EACH).for_each(|item| items.send(item)));
        }
        close_after(group, items.clone());
        assert_eq!(items.iter().count(), ITEMS);
    }

    pub(super) fn ping_pong() {
        let (ping, pong) = (Chan::new(0), Chan::new(0));
        let (pinged, ponged) = (ping.clone(), pong.clone());
        go::spawn(move || pinged.iter().for_each(|number| pong.send(number + 1)));
        for number in 0..ROUNDS {
            ping.send(number);
            assert_eq!(ponged.recv(), Some(number + 1));
        }
        ping.close();
    }

    pub(super) fn fan_out_fan_in() {
        let results = Chan::new(ROOM);
        let group = WaitGroup::new();
        let mut inputs = Vec::new();
        for _ in 0..WORKERS {
            let (input, results) = (Chan::new(1), results.clone());
            inputs.push(input.clone());
            group.go(move || input.iter().for_each(|item: usize| results.send(item * 2)));
        }
        close_after(group, results.clone());
        (0..ITEMS).for_each(|item| inputs[item % WORKERS].send(item));
        inputs.iter().for_each(Chan::close);
        assert_eq!(results.iter().sum::<usize>(), ITEMS * (ITEMS - 1));
    }

    pub(super) fn pipeline() {
        let first = Chan::new(1);
        let mut last = first.clone();
        for _ in 0..STAGES {
            let next = Chan::new(1);
            let input = std::mem::replace(&mut last, next.clone());
            go::spawn(move || {
                input.iter().for_each(|item: usize| next.send(item + 1));
                next.close();
            });
        }
        go::spawn(move || {
            (0..ROUNDS).for_each(|item| first.send(item));
            first.close();
        });
        assert_eq!(last.iter().sum::<usize>(), ROUNDS * (ROUNDS - 1) / 2 + ROUNDS * STAGES);
    }

    pub(super) fn worker_pool() {
        let (jobs, results) = (Chan::new(ROOM), Chan::new(ROOM));
        let group = WaitGroup::new();
        for _ in 0..WORKERS {
            let (jobs, results) = (jobs.clone(), results.clone());
            group.go(move || jobs.iter().for_each(|item: usize| results.send(item * 2)));
        }
        close_after(group, results.clone());
        (0..ITEMS).for_each(|item| jobs.send(item));
        jobs.close();
        assert_eq!(results.iter().sum::<usize>(), ITEMS * (ITEMS - 1));
    }
}

/// A thousand goroutines that sleep, send and are waited for.
pub(super) fn thousand_goroutines() {
    use reweave::go::{Chan, WaitGroup};
    use reweave::thread;
    use reweave::time::Duration;

    const GOROUTINES: usize = 1_000;

    let (group, numbers) = (WaitGroup::new(), Chan::new(GOROUTINES));
    for number in 0..GOROUTINES {
        let numbers = numbers.clone();
        group.go(move || {
            thread::sleep(Duration::from_millis(number as u64 % 10));
            numbers.send(number);
        });
    }
    group.wait();
    numbers.close();
    assert_eq!(numbers.iter().sum::<usize>(), GOROUTINES * (GOROUTINES - 1) / 2);
}

/// Names the programs over `chan` and over `go`.
macro_rules! table {
    ($($name:literal: $program:ident),+ $(,)?) => {
        [
            $(Program {
                name: concat!($name, ", chan beside mpsc"),
                on_reweave: on_chan::$program,
                on_shuttle: on_mpsc::$program,
            },)+
            $(Program {
                name: concat!($name, ", go beside mpsc"),
                on_reweave: on_go::$program,
                on_shuttle: on_mpsc::$program,
            },)+
        ]
    };
}

/// The programs.
pub(crate) const PROGRAMS: [Program; 10] = table! {
    "bounded buffer, 3 producers, 1 consumer": bounded_buffer,
    "ping-pong": ping_pong,
    "fan-out and fan-in, 3 workers": fan_out_fan_in,
    "pipeline of 3 stages": pipeline,
    "pool of 3 workers": worker_pool,
};

/// What nothing over `chan` could be faster than: as many tasks that take as many steps as the programs over `chan` do, on average,
/// but steps that do nothing, so that only deciding who is next and switching there is left. Beside the same programs over `mpsc`.
pub(super) const FLOORS: [Program; 10] = [
    Program {
        name: "floor of bounded buffer: 4 tasks, 42 bare steps, beside mpsc",
        on_reweave: bare_steps::<4, 42>,
        on_shuttle: on_mpsc::bounded_buffer,
    },
    Program {
        name: "floor of ping-pong: 2 tasks, 66 bare steps, beside mpsc",
        on_reweave: bare_steps::<2, 66>,
        on_shuttle: on_mpsc::ping_pong,
    },
    Program {
        name: "floor of fan-out and fan-in: 4 tasks, 81 bare steps, beside mpsc",
        on_reweave: bare_steps::<4, 81>,
        on_shuttle: on_mpsc::fan_out_fan_in,
    },
    Program {
        name: "floor of pipeline: 5 tasks, 96 bare steps, beside mpsc",
        on_reweave: bare_steps::<5, 96>,
        on_shuttle: on_mpsc::pipeline,
    },
    Program {
        name: "floor of pool: 4 tasks, 83 bare steps, beside mpsc",
        on_reweave: bare_steps::<4, 83>,
        on_shuttle: on_mpsc::worker_pool,
    },
    Program {
        name: "floor of bounded buffer with its channel, but no message, beside mpsc",
        on_reweave: without_messages::bounded_buffer,
        on_shuttle: on_mpsc::bounded_buffer,
    },
    Program {
        name: "floor of ping-pong with its channels, but no message, beside mpsc",
        on_reweave: without_messages::ping_pong,
        on_shuttle: on_mpsc::ping_pong,
    },
    Program {
        name: "floor of fan-out and fan-in with its channels, but no message, beside mpsc",
        on_reweave: without_messages::fan_out_fan_in,
        on_shuttle: on_mpsc::fan_out_fan_in,
    },
    Program {
        name: "floor of pipeline with its channels, but no message, beside mpsc",
        on_reweave: without_messages::pipeline,
        on_shuttle: on_mpsc::pipeline,
    },
    Program {
        name: "floor of pool with its channels, but no message, beside mpsc",
        on_reweave: without_messages::worker_pool,
        on_shuttle: on_mpsc::worker_pool,
    },
];

/// The programs over `chan` with everything made, cloned, moved to where it is used, and dropped, as in [`on_chan`]; but for
/// every step of a send or receive there is one that does nothing.
mod without_messages {
    use reweave::chan::{bounded, unbounded};
    use reweave::thread;

    use super::*;

    fn spin(steps: usize) {
        (0..steps).for_each(|_| thread::yield_now());
    }

    pub(super) fn bounded_buffer() {
        let (sender, receiver) = bounded::<usize>(CAPACITY);
        let produce = |_| {
            let sender = sender.clone();
            thread::spawn(move || {
                spin(7);
                drop(sender);
            })
        };
        let producers: Vec<_> = (0..PRODUCERS).map(produce).collect();
        drop(sender);
        spin(13);
        drop(receiver);
        producers.into_iter().for_each(|task| task.join().unwrap());
    }

    pub(super) fn ping_pong() {
        let (ping, pinged) = bounded::<usize>(0);
        let (pong, ponged) = bounded::<usize>(0);
        let other = thread::spawn(move || {
            spin(30);
            drop((pinged, pong));
        });
        spin(31);
        drop(ping);
        other.join().unwrap();
        drop(ponged);
    }

    pub(super) fn fan_out_fan_in() {
        let (result, results) = unbounded::<usize>();
        let mut inputs = Vec::new();
        let mut workers = Vec::new();
        for _ in 0..WORKERS {
            let (input, inbox) = bounded::<usize>(1);
            let result = result.clone();
            inputs.push(input);
            workers.push(thread::spawn(move || {
                spin(12);
                drop((inbox, result));
            }));
        }
        drop(result);
        spin(31);
        drop((inputs, results));
        workers.into_iter().for_each(|task| task.join().unwrap());
    }

    pub(super) fn pipeline() {
        let (first, mut last) = bounded::<usize>(1);
        let mut stages = Vec::new();
        for _ in 0..STAGES {
            let (next, output) = bounded::<usize>(1);
            let input = std::mem::replace(&mut last, output);
            stages.push(thread::spawn(move || {
                spin(20);
                drop((input, next));
            }));
        }
        let source = thread::spawn(move || {
            spin(12);
            drop(first);
        });
        spin(12);
        drop(last);
        source.join().unwrap();
        stages.into_iter().for_each(|task| task.join().unwrap());
    }

    pub(super) fn worker_pool() {
        let (job, jobs) = unbounded::<usize>();
        let (result, results) = unbounded::<usize>();
        let work = |_| {
            let (jobs, result) = (jobs.clone(), result.clone());
            thread::spawn(move || {
                spin(13);
                drop((jobs, result));
            })
        };
        let workers: Vec<_> = (0..WORKERS).map(work).collect();
        drop(result);
        spin(31);
        drop((job, jobs, results));
        workers.into_iter().for_each(|task| task.join().unwrap());
    }
}

/// `TASKS` tasks, the root among them, that take `STEPS` steps in all; joining the others is one each.
fn bare_steps<const TASKS: usize, const STEPS: usize>() {
    use reweave::thread;

    let others = TASKS - 1;
    let each = (STEPS - others) / TASKS;
    let spin = |steps: usize| (0..steps).for_each(|_| thread::yield_now());
    let tasks: Vec<_> = (0..others).map(|_| thread::spawn(move || spin(each))).collect();
    spin(STEPS - others - others * each);
    tasks.into_iter().for_each(|task| task.join().unwrap());
}
