//! Exhaustive exploration, held to the known numbers of executions of the classical programs: every class once, and
//! none twice.

use reweave::{Checker, FindingKind, Strategy, Verdict};
use reweave_tests::oracles::{atomics, chan, channels, locks};

/// What is said of a program: how many executions complete, and how many end in a deadlock.
type Counts = (u64, u64);

/// Explores programs, and tells at the end of the test all that was wrong.
#[derive(Default)]
struct Table {
    wrong: Vec<String>,
}

impl Table {
    /// `program` has exactly so many executions.
    fn row(&mut self, name: &str, expected: Counts, program: impl Fn() + Send + Sync + 'static) {
        let report = Checker::new().strategy(Strategy::Exhaustive).keep_going(true).explore(program);
        let counts = (report.schedules() - report.failures(), report.failures());
        let verdict = if expected.1 == 0 { Verdict::Exhaustive } else { Verdict::Failed };
        if counts != expected || *report.verdict() != verdict {
            self.wrong.push(format!("{name}: {counts:?} instead of {expected:?}; {report}"));
        }
        if let Some(finding) = report.findings().iter().find(|finding| finding.kind() != FindingKind::Deadlock) {
            self.wrong.push(format!("{name}: {}", finding.message()));
        }
    }

    /// `program` has so many executions at each size, and none fails.
    fn sizes(&mut self, name: &str, program: fn(usize), counts: impl IntoIterator<Item = (usize, u64)>) {
        for (n, count) in counts {
            self.row(&format!("{name}({n})"), (count, 0), move || program(n));
        }
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
        }
    }
}

/// The greatest size to run: the one that is quoted, or a smaller one where nothing is optimised.
fn up_to(release: usize, debug: usize) -> usize {
    if cfg!(debug_assertions) { debug } else { release }
}

fn factorial(n: usize) -> u64 {
    (1..=n as u64).product()
}

/// In how many orders n tasks can have k sections each.
fn orders(n: usize, k: usize) -> u64 {
    factorial(n * k) / factorial(k).pow(n as u32)
}

mod published {
    use super::*;

    #[test]
    fn increments() {
        let mut table = Table::default();
        table.sizes("ainc", atomics::ainc, [(2, 2), (3, 6), (4, 24), (5, 120)]);
        table.sizes("binc", atomics::binc, [(2, 4), (3, 36), (4, 576)]);
        table.sizes("inc", atomics::inc, [(2, 4), (3, 36), (4, 576)]);
        table.sizes("cas", atomics::cas, [(2, 2), (3, 3), (4, 4), (5, 5)]);
        table.sizes("wainc", atomics::wainc, [(2, 6), (3, 24), (4, 120)]);
    }

    #[test]
    fn readers() {
        Table::default().sizes("readers", atomics::readers, [(2, 4), (8, 256)]);
    }

    #[test]
    fn lastzero() {
        Table::default().sizes("lastzero", atomics::lastzero, [(5, 64), (10, 3_328)]);
    }

    #[test]
    fn indexer() {
        Table::default().sizes("indexer", atomics::indexer, [(12, 8)]);
    }

    #[test]
    fn litmus_tests() {
        let mut table = Table::default();
        table.row("store buffering", (3, 0), || atomics::store_buffering(2));
        table.row("message passing", (3, 0), atomics::message_passing);
        table.row("2+2W", (3, 0), atomics::two_plus_two_writes);
        table.row("IRIW", (15, 0), atomics::iriw);
    }

    #[test]
    fn mutexes() {
        let mut table = Table::default();
        for (n, k, count) in [(2, 1, 2), (2, 2, 6), (3, 1, 6), (3, 2, 90), (4, 1, 24)] {
            table.row(&format!("{n} tasks with {k} sections"), (count, 0), move || locks::sections(n, k));
        }
        table.sizes("two locks", locks::two_locks, [(2, 4), (3, 36)]);
        table.sizes("empty tasks", locks::empty_tasks, [(1, 1), (2, 1), (5, 1), (20, 1)]);
        table.sizes("try_lock, kept", locks::try_lock_and_keep, [(3, 3)]);
        table.sizes("try_lock, released", locks::try_lock_and_release, [(2, 4)]);
    }

    #[test]
    fn filesystem() {
        Table::default().sizes("filesystem", locks::filesystem, [(14, 2), (16, 8), (18, 32)]);
    }

    #[test]
    fn deadlocks() {
        let mut table = Table::default();
        table.row("2 philosophers", (2, 1), || locks::philosophers(2));
        table.row("3 philosophers", (6, 1), || locks::philosophers(3));
        table.row("upgrade", (0, 1), locks::upgrade);
    }

    #[test]
    fn readers_and_writers() {
        let mut table = Table::default();
        table.row("2 readers, 1 writer", (4, 0), || locks::readers_and_writers(2, 1));
        table.row("1 reader, 2 writers", (6, 0), || locks::readers_and_writers(1, 2));
    }

    #[test]
    fn condition_variables() {
        let mut table = Table::default();
        table.row("wait without predicate", (1, 1), locks::wait_without_predicate);
        table.row("wait with predicate", (2, 0), locks::wait_with_predicate);
    }

    #[test]
    fn one_sender() {
        let mut table = Table::default();
        for capacity in [Some(1), Some(2), Some(5), None] {
            for n in [1, 2, 3, 10] {
                let name = format!("{n} messages, capacity {capacity:?}");
                table.row(&name, (1, 0), move || channels::many_to_one(capacity, 1, n, n));
            }
        }
    }

    #[test]
    fn several_senders() {
        let mut table = Table::default();
        table.sizes("senders", |n| channels::many_to_one(None, n, 1, n), [(2, 2), (3, 6), (4, 24)]);
        table.row("2 senders of 2", (6, 0), || channels::many_to_one(None, 2, 2, 4));
        table.row("2 senders of 2, one without room", (0, 6), || channels::many_to_one(Some(1), 2, 2, 2));
    }

    #[test]
    fn attempts_and_meetings() {
        let mut table = Table::default();
        table.row("send, try_recv", (2, 0), channels::send_and_try_recv);
        table.row("2 try_sends, recv", (2, 0), channels::two_try_sends_and_recv);
        table.row("rendezvous", (2, 0), channels::rendezvous);
    }

    #[test]
    fn channels_with_many_receivers() {
        let mut table = Table::default();
        for capacity in [Some(1), Some(2), None] {
            for n in [1, 2, 3] {
                let name = format!("{n} messages, capacity {capacity:?}");
                table.row(&name, (1, 0), move || chan::many_to_many(capacity, 1, n, 1, n));
            }
        }
        table.sizes("senders", |n| chan::many_to_many(None, n, 1, 1, n), [(2, 2), (3, 6), (4, 24)]);
        table.row("2 senders of 2", (6, 0), || chan::many_to_many(None, 2, 2, 1, 4));
        table.row("2 senders of 2, one without room", (0, 6), || chan::many_to_many(Some(1), 2, 2, 1, 2));
        table.row("2 senders, 2 receivers", (4, 0), || chan::many_to_many(None, 2, 1, 2, 1));
        table.row("one message, 2 receivers", (0, 2), || chan::many_to_many(None, 1, 1, 2, 1));
        table.row("rendezvous", (2, 0), || chan::many_to_many(Some(0), 1, 1, 1, 1));
        table.row("send, try_recv", (2, 0), chan::send_and_try_recv);
        table.row("2 try_sends, recv", (2, 0), chan::two_try_sends_and_recv);
        table.row("select of two", (2, 0), chan::select_of_two);
    }

    /// The sizes that take too long where nothing is optimised.
    #[cfg(not(debug_assertions))]
    mod large {
        use super::*;

        #[test]
        fn readers() {
            Table::default().sizes("readers", atomics::readers, [(13, 8_192)]);
        }

        #[test]
        fn lastzero() {
            Table::default().sizes("lastzero", atomics::lastzero, [(15, 147_456)]);
        }

        #[test]
        fn indexer() {
            Table::default().sizes("indexer", atomics::indexer, [(15, 4_096)]);
        }

        #[test]
        fn mutexes() {
            Table::default().row("4 tasks with 2 sections", (2_520, 0), || locks::sections(4, 2));
        }

        #[test]
        fn filesystem() {
            Table::default().sizes("filesystem", locks::filesystem, [(19, 64)]);
        }
    }
}

mod closed_forms {
    use super::*;

    #[test]
    fn ainc() {
        Table::default().sizes("ainc", atomics::ainc, (1..=up_to(7, 5)).map(|n| (n, factorial(n))));
    }

    #[test]
    fn binc() {
        Table::default().sizes("binc", atomics::binc, (1..=up_to(5, 4)).map(|n| (n, factorial(n).pow(2))));
    }

    #[test]
    fn inc() {
        Table::default().sizes("inc", atomics::inc, (1..=up_to(5, 4)).map(|n| (n, factorial(n).pow(2))));
    }

    #[test]
    fn cas() {
        Table::default().sizes("cas", atomics::cas, (1..=20).map(|n| (n, n as u64)));
    }

    #[test]
    fn wainc() {
        Table::default().sizes("wainc", atomics::wainc, (0..=up_to(6, 4)).map(|n| (n, factorial(n + 1))));
    }

    #[test]
    fn readers() {
        Table::default().sizes("readers", atomics::readers, (1..=up_to(12, 8)).map(|n| (n, 1 << n)));
    }

    #[test]
    fn lastzero() {
        let count = |n: usize| ((n + 3) << n) as u64 / 4;
        Table::default().sizes("lastzero", atomics::lastzero, (1..=up_to(12, 8)).map(|n| (n, count(n))));
    }

    #[test]
    fn indexer() {
        Table::default().sizes("indexer", atomics::indexer, (11..=up_to(14, 12)).map(|n| (n, 1 << (3 * (n - 11)))));
    }

    #[test]
    fn store_buffering_in_a_ring() {
        let counts = (2..=up_to(10, 7)).map(|n| (n, (1 << n) - 1));
        Table::default().sizes("store buffering", atomics::store_buffering, counts);
    }

    #[test]
    fn sections_of_a_mutex() {
        let mut table = Table::default();
        for (n, k) in [(1, 1), (1, 5), (2, 1), (2, 2), (2, 3), (2, 4), (3, 1), (3, 2), (4, 1), (5, 1)] {
            table.row(&format!("{n} tasks with {k} sections"), (orders(n, k), 0), move || locks::sections(n, k));
        }
        if !cfg!(debug_assertions) {
            for (n, k) in [(2, 7), (3, 3), (6, 1)] {
                table.row(&format!("{n} tasks with {k} sections"), (orders(n, k), 0), move || locks::sections(n, k));
            }
        }
    }

    #[test]
    fn two_locks() {
        Table::default().sizes("two locks", locks::two_locks, (1..=up_to(5, 3)).map(|n| (n, factorial(n).pow(2))));
    }

    #[test]
    fn filesystem() {
        let counts = (13..=up_to(20, 17)).map(|n| (n, 1 << (n - 13)));
        Table::default().sizes("filesystem", locks::filesystem, counts);
    }

    #[test]
    fn philosophers() {
        let mut table = Table::default();
        for n in 2..=up_to(10, 6) {
            table.row(&format!("{n} philosophers"), ((1 << n) - 2, 1), move || locks::philosophers(n));
        }
    }

    #[test]
    fn readers_and_writers() {
        let mut table = Table::default();
        for (readers, writers) in [(1, 1), (3, 1), (2, 2), (1, 3), (5, 0), (0, 4), (3, 3)] {
            let count = factorial(writers) * (writers as u64 + 1).pow(readers as u32);
            let name = format!("{readers} readers, {writers} writers");
            table.row(&name, (count, 0), move || locks::readers_and_writers(readers, writers));
        }
    }

    #[test]
    fn senders() {
        let mut table = Table::default();
        for (senders, each) in [(1, 20), (2, 1), (2, 3), (3, 2), (5, 1)] {
            let name = format!("{senders} senders of {each}");
            let program = move || channels::many_to_one(None, senders, each, senders * each);
            table.row(&name, (orders(senders, each), 0), program);
        }
    }
}
