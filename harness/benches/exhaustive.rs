//! Exhaustive exploration: how many executions it takes, how fast they are, and beside loom and shuttle's depth-first
//! search, as Markdown tables.
//!
//! ```text
//! cargo bench --bench exhaustive
//! cargo bench --bench exhaustive -- --quick
//! cargo bench --bench exhaustive -- --cap-s 60 lastzero
//! ```
//!
//! The text of a program stands once, in `exhaustive/programs.rs`, and is compiled over each crate. An exploration that
//! is over in less than a moment is repeated, and the time is the median. Loom and shuttle are stopped after a while
//! (`--cap-s`); what they had done by then is given as *more than* that. Loom has at most five threads.
//!
//! The tables, by the names that select them: `peers`, which is programs beside loom and shuttle; `arcs`, loom and shuttle
//! on programs whose counts depend on how they are written; `rate`, executions per second; `workers`; `length`, what
//! longer programs cost. Other words select programs of `peers`. With `--quick`, or without `--bench`, everything is
//! short and only shows that it runs.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

#[path = "exhaustive/programs.rs"]
mod programs;
mod shared;

use std::env;
use std::hint::black_box;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use loom::model::Builder;
use reweave::{Checker, Strategy, Verdict};
use shuttle::scheduler::DfsScheduler;
use shuttle::{Config, FailurePersistence, Runner};

use programs::{PROGRAMS, Program, on_loom, on_loom_with_its_arc, on_reweave, on_shuttle};
use shared::{grouped, machine, median};

fn main() {
    let options = Options::from_args(env::args().skip(1)).unwrap_or_else(|error| {
        eprintln!("exhaustive: {error}");
        process::exit(2);
    });
    println!("{}", machine("exhaustive"));
    beside_peers(&options);
    let tables = [("arcs", arcs as fn(&Options)), ("rate", rate), ("workers", workers), ("length", length)];
    for (_, table) in tables.iter().filter(|(name, _)| options.selects(name)) {
        table(&options);
    }
}

/// What to measure, and for how long.
struct Options {
    quick: bool,
    /// After how long the peers are stopped.
    cap: Duration,
    filters: Vec<String>,
}

impl Options {
    /// Reads the command line. `cargo bench` says `--bench`.
    fn from_args(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut quick, mut measures, mut cap, mut filters) = (false, false, Duration::from_secs(20), Vec::new());
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--bench" => measures = true,
                "--quick" => quick = true,
                "--cap-s" => match args.next().map(|seconds| seconds.parse()) {
                    Some(Ok(seconds @ 1..)) => cap = Duration::from_secs(seconds),
                    _ => return Err("--cap-s needs a number from 1 up".to_owned()),
                },
                flag if flag.starts_with("--") => {
                    return Err(format!("unknown option {flag}; there are --quick and --cap-s"));
                }
                _ => filters.push(arg),
            }
        }
        let quick = quick || !measures;
        Ok(Self { quick, cap: if quick { Duration::from_millis(200) } else { cap }, filters })
    }

    /// Whether something is asked for: its name contains one of the filters, if there are any.
    fn selects(&self, name: &str) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| name.contains(filter))
    }

    /// Whether a program of so many executions is left out.
    fn skips(&self, executions: u64) -> bool {
        self.quick && executions > 100
    }

    /// For how long an exploration is repeated.
    fn moment(&self) -> Duration {
        Duration::from_millis(if self.quick { 1 } else { 300 })
    }
}

/// An exploration.
#[derive(Clone, Copy)]
struct Run {
    executions: u64,
    steps: u64,
    elapsed: Duration,
    /// It was stopped before its end.
    capped: bool,
}

impl Run {
    /// Repeats an exploration until a moment has passed; the times are in the middle of theirs.
    fn repeated(moment: Duration, explore: impl Fn() -> Run) -> Run {
        let start = Instant::now();
        let first = explore();
        let mut seconds = vec![first.elapsed.as_secs_f64()];
        while !first.capped && start.elapsed() < moment {
            seconds.push(explore().elapsed.as_secs_f64());
        }
        Run { elapsed: Duration::from_secs_f64(median(&mut seconds)), ..first }
    }

    fn executions(&self) -> String {
        format!("{}{}", self.more(), grouped(self.executions as f64))
    }

    fn time(&self) -> String {
        format!("{}{:.3?}", self.more(), self.elapsed)
    }

    /// How many times as long this took as `other`.
    fn times(&self, other: &Run) -> String {
        format!("{}{:.1}", self.more(), self.elapsed.as_secs_f64() / other.elapsed.as_secs_f64())
    }

    fn executions_per_second(&self) -> f64 {
        self.executions as f64 / self.elapsed.as_secs_f64()
    }

    fn more(&self) -> &'static str {
        if self.capped { "more than " } else { "" }
    }
}

/// Explores all of a program on Reweave.
fn explore_reweave(program: fn(), workers: usize) -> Run {
    let checker = Checker::new().strategy(Strategy::Exhaustive).workers(workers);
    let start = Instant::now();
    let report = checker.explore(move || black_box(program)());
    let elapsed = start.elapsed();
    assert_eq!(*report.verdict(), Verdict::Exhaustive, "{report}");
    Run { executions: report.schedules(), steps: report.steps(), elapsed, capped: false }
}

/// Explores a program on loom; its steps are not counted.
fn explore_loom(program: fn(), cap: Duration) -> Run {
    let executions = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&executions);
    let mut builder = Builder::new();
    builder.max_duration = Some(cap);
    builder.preemption_bound = None;
    // How often it looks at the time.
    builder.checkpoint_interval = 100;
    let start = Instant::now();
    builder.check(move || {
        count.fetch_add(1, Relaxed);
        black_box(program)();
    });
    let elapsed = start.elapsed();
    Run { executions: executions.load(Relaxed), steps: 0, elapsed, capped: elapsed >= cap }
}

/// Explores a program on shuttle, depth first; its steps are not counted.
fn explore_shuttle(program: fn(), cap: Duration) -> Run {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config.silence_warnings = true;
    config.max_time = Some(cap);
    let runner = Runner::new(DfsScheduler::new(None, false), config);
    let start = Instant::now();
    let executions = runner.run(move || black_box(program)());
    let elapsed = start.elapsed();
    Run { executions: executions as u64, steps: 0, elapsed, capped: elapsed >= cap }
}

/// Begins a table: its name, its heading and its columns, of which the first is text.
fn table(heading: &str, columns: &[&str]) {
    println!("\n### {heading}\n\n| {} |", columns.join(" | "));
    println!("| --- |{}", " ---: |".repeat(columns.len() - 1));
}

fn beside_peers(options: &Options) {
    let programs: Vec<&Program> = PROGRAMS
        .iter()
        .filter(|program| options.selects("peers") || options.selects(program.name))
        .filter(|program| !options.skips(program.optimal))
        .collect();
    if programs.is_empty() {
        return;
    }
    table(
        "Beside loom and shuttle's depth-first search",
        &["program", "executions: Reweave", "loom", "shuttle", "time: Reweave", "loom", "ratio", "shuttle", "ratio"],
    );
    for program in programs {
        println!("{}", row_beside_peers(program, options));
    }
}

fn row_beside_peers(program: &Program, options: &Options) -> String {
    let ours = Run::repeated(options.moment(), || explore_reweave(program.on_reweave, 1));
    let shuttle = Run::repeated(options.moment(), || explore_shuttle(program.on_shuttle, options.cap));
    let loom = program.on_loom.map(|on_loom| Run::repeated(options.moment(), || explore_loom(on_loom, options.cap)));
    let [loom_executions, loom_time, loom_ratio] = match loom {
        Some(loom) => [loom.executions(), loom.time(), loom.times(&ours)],
        None => ["too many tasks", "–", "–"].map(str::to_owned),
    };
    let optimal = match program.optimal {
        optimal if optimal == ours.executions => String::new(),
        optimal => format!(" (optimal: {})", grouped(optimal as f64)),
    };
    format!(
        "| {} | {}{optimal} | {loom_executions} | {} | {} | {loom_time} | {loom_ratio} | {} | {} |",
        program.name,
        ours.executions(),
        shuttle.executions(),
        ours.time(),
        shuttle.time(),
        shuttle.times(&ours),
    )
}

/// What else the peers count as different: waiting for the tasks, whether the root is one of them, and loom's own `Arc`.
fn arcs(options: &Options) {
    table("What references, joins and the root cost the peers", &["program", "executions", "time"]);
    let ours: [(&str, fn()); 3] = [
        ("two locks in sequence, 3 tasks: Reweave", on_reweave::two_locks::<3>),
        ("mutex, 4 tasks: Reweave", on_reweave::sections::<4, 1>),
        ("mutex, root and 3 tasks: Reweave", on_reweave::sections_and_root::<3>),
    ];
    let loom: [(&str, fn()); 6] = [
        ("two locks in sequence, 3 tasks, not joined: loom", on_loom::two_locks_unjoined::<3>),
        ("two locks in sequence, 3 tasks: loom", on_loom::two_locks::<3>),
        ("two locks in sequence, 3 tasks: loom, its `Arc`", on_loom_with_its_arc::two_locks::<3>),
        ("mutex, 4 tasks, not joined: loom", on_loom::sections_unjoined::<4, 1>),
        ("mutex, 4 tasks: loom", on_loom::sections::<4, 1>),
        ("mutex, root and 3 tasks: loom, its `Arc`", on_loom_with_its_arc::sections_and_root::<3>),
    ];
    let shuttle: [(&str, fn()); 4] = [
        ("two locks in sequence, root and 2 tasks, not joined: shuttle", on_shuttle::two_locks_and_root_unjoined::<2>),
        ("two locks in sequence, 3 tasks: shuttle", on_shuttle::two_locks::<3>),
        ("mutex, root and 3 tasks, not joined: shuttle", on_shuttle::sections_and_root_unjoined::<3>),
        ("mutex, 4 tasks: shuttle", on_shuttle::sections::<4, 1>),
    ];
    let runs = ours.into_iter().map(|(name, program)| (name, explore_reweave(program, 1)));
    let runs = runs.chain(loom.into_iter().map(|(name, program)| (name, explore_loom(program, options.cap))));
    let runs = runs.chain(shuttle.into_iter().map(|(name, program)| (name, explore_shuttle(program, options.cap))));
    for (name, run) in runs {
        println!("| {name} | {} | {} |", run.executions(), run.time());
    }
}

/// How fast the mutex programs are explored by one worker.
fn rate(options: &Options) {
    table("Executions per second, on one worker", &["program", "executions", "time", "executions/s", "steps/s"]);
    let programs: [(&str, u64, fn()); 9] = [
        ("mutex, 2 tasks x 1 section", 2, on_reweave::sections::<2, 1>),
        ("mutex, 2 tasks x 2 sections", 6, on_reweave::sections::<2, 2>),
        ("mutex, 3 tasks x 1 section", 6, on_reweave::sections::<3, 1>),
        ("mutex, 3 tasks x 2 sections", 90, on_reweave::sections::<3, 2>),
        ("mutex, 4 tasks x 1 section", 24, on_reweave::sections::<4, 1>),
        ("mutex, 4 tasks x 2 sections", 2_520, on_reweave::sections::<4, 2>),
        ("mutex, 2 tasks x 7 sections", 3_432, on_reweave::sections::<2, 7>),
        ("mutex, 5 tasks x 2 sections", 113_400, on_reweave::sections::<5, 2>),
        ("mutex, 4 tasks x 3 sections", 369_600, on_reweave::sections::<4, 3>),
    ];
    for (name, executions, program) in programs {
        if !options.skips(executions) {
            let run = Run::repeated(options.moment(), || explore_reweave(program, 1));
            let steps = run.steps as f64 / run.elapsed.as_secs_f64();
            let (rate, steps) = (grouped(run.executions_per_second()), grouped(steps));
            println!("| {name} | {} | {} | {rate} | {steps} |", run.executions(), run.time());
        }
    }
}

/// One worker and two, on the first program that takes one of them more than ten seconds.
fn workers(options: &Options) {
    // What the machine gives two threads that have nothing to do with each other is the most that can be had.
    table(
        "Workers",
        &["program", "executions", "1 worker", "2 workers", "ratio", "two explorations at once, beside one"],
    );
    let programs: [(&str, fn()); 5] = [
        ("mutex, 4 tasks x 1 section", on_reweave::sections::<4, 1>),
        ("mutex, 4 tasks x 3 sections", on_reweave::sections::<4, 3>),
        ("fetch_add, 10 tasks", on_reweave::increments::<10>),
        ("mutex, 3 tasks x 6 sections", on_reweave::sections::<3, 6>),
        ("fetch_add, 12 tasks", on_reweave::increments::<12>),
    ];
    let long = if options.quick { Duration::ZERO } else { Duration::from_secs(10) };
    for (name, program) in programs {
        let one = explore_reweave(program, 1);
        if one.elapsed >= long {
            let two = explore_reweave(program, 2);
            assert_eq!(one.executions, two.executions, "the number of workers makes a difference");
            let start = Instant::now();
            thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(|| explore_reweave(program, 1)))));
            let both = 2.0 * one.elapsed.as_secs_f64() / start.elapsed().as_secs_f64();
            let (executions, ratio) = (one.executions(), one.times(&two));
            println!("| {name} | {executions} | {} | {} | {ratio} | {both:.1} |", one.time(), two.time());
            return;
        }
    }
}

/// Programs with the same races and more and more steps that nobody else can see.
fn length(options: &Options) {
    table(
        "Longer programs: five racing steps, the others private",
        &["steps of the tasks", "executions", "steps of an execution", "executions/s", "time of a step"],
    );
    let programs: [(&str, fn()); 3] = [
        ("10", on_reweave::mostly_private::<10>),
        ("100", on_reweave::mostly_private::<100>),
        ("1,000", on_reweave::mostly_private::<1_000>),
    ];
    for (name, program) in programs {
        let run = Run::repeated(options.moment(), || explore_reweave(program, 1));
        println!(
            "| {name} | {} | {:.0} | {} | {:.1?} |",
            run.executions(),
            run.steps as f64 / run.executions as f64,
            grouped(run.executions_per_second()),
            run.elapsed.div_f64(run.steps as f64),
        );
    }
}
