//! Reweave beside shuttle: executions and steps per second of the same programs, under the random
//! strategy of each, as one Markdown table.
//!
//! ```text
//! cargo bench --bench peers
//! cargo bench --bench peers -- --rounds 9 --round-ms 500 mutex
//! cargo bench --bench peers -- 'beside mpsc'
//! cargo bench --bench peers -- floor
//! cargo bench --bench peers -- recording --round-ms 1000
//! cargo bench --bench peers -- goroutines
//! ```
//!
//! The text of a program stands once, in `peers/programs.rs`, and is compiled over each crate's
//! `sync` and `thread`. Programs over `chan` and `go`, which shuttle has not, stand beside the nearest
//! over its `mpsc`, in `peers/channels.rs`; so do, if they are asked for, their floors: as many steps that do nothing. Each is measured in rounds, one of Reweave and one of shuttle in turn, so
//! that whatever else the machine does falls on both alike; a cell is the median of its rounds, and
//! the ratio is the median of the ratios of neighbouring rounds, with the lowest and the highest.
//! Both run on one thread.
//!
//! A step is what each library counts as one: Reweave an operation that a chosen task performed,
//! shuttle a call of its scheduler, taken in a run of its own with a scheduler that counts. They
//! are not the same unit, because the two stop at different places, so steps per second say what a
//! decision costs in each, and executions per second which gets more done.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

#[path = "peers/channels.rs"]
mod channels;
#[path = "peers/programs.rs"]
mod programs;
mod shared;

use std::env;
use std::hint::black_box;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use reweave::{Checker, Strategy};
use shuttle::scheduler::{RandomScheduler, Schedule, Scheduler, Task, TaskId};
use shuttle::{Config, FailurePersistence, Runner};

use programs::{PROGRAMS, Program};
use shared::{grouped, machine, median};

fn main() {
    let mut options = Options::from_args(env::args().skip(1)).unwrap_or_else(|error| {
        eprintln!("peers: {error}");
        process::exit(2);
    });
    println!("{}\n", machine("peers"));
    if let Some(at) = options.filters.iter().position(|filter| filter == RECORDING) {
        options.filters.remove(at);
        return recording(&options);
    }
    if options.filters.iter().any(|filter| filter == GOROUTINES) {
        return goroutines();
    }
    println!(
        "| program | executions/s: Reweave | shuttle | ratio (lowest to highest) \
         | steps/s: Reweave | shuttle | ratio |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    let measured = PROGRAMS.iter().chain(&channels::PROGRAMS).filter(|program| options.selects(program.name));
    let floors = channels::FLOORS.iter().filter(|program| options.names(program.name));
    for program in measured.chain(floors) {
        println!("{}", row(program, &options));
    }
}

/// The word that asks for the other table.
const RECORDING: &str = "recording";

/// The word that asks for a thousand executions of a thousand goroutines.
const GOROUTINES: &str = "goroutines";

fn goroutines() {
    let run = run_reweave(channels::thousand_goroutines, 1_000);
    let (steps, elapsed) = (run.steps / run.executions, run.elapsed);
    println!(
        "1,000 goroutines that sleep, send and are waited for: {} executions of {steps} steps in {elapsed:.1?}",
        run.executions
    );
}

/// Measures the programs with and without what is done for findings while exploring, in turn, and writes the table.
fn recording(options: &Options) {
    println!("| program | executions/s: with findings | without | ratio (lowest to highest) |");
    println!("| --- | ---: | ---: | ---: |");
    for program in PROGRAMS.iter().filter(|program| options.selects(program.name)) {
        let run = |with: bool, executions| run_reweave_with(program.on_reweave, executions, with);
        let executions = calibrate(options.round, |executions| run(false, executions));
        let (mut on, mut off, mut ratio) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..options.rounds {
            // Whoever comes second finds warm caches.
            let first = run(round % 2 == 0, executions).executions_per_second();
            let second = run(round % 2 != 0, executions).executions_per_second();
            let (with, without) = if round % 2 == 0 { (first, second) } else { (second, first) };
            on.push(with);
            off.push(without);
            ratio.push(with / without);
        }
        let (on, off, middle) = (median(&mut on), median(&mut off), median(&mut ratio));
        let (lowest, highest) = (ratio[0], ratio[ratio.len() - 1]);
        println!(
            "| {} | {} | {} | {middle:.3} ({lowest:.3} to {highest:.3}) |",
            program.name,
            grouped(on),
            grouped(off)
        );
    }
}

/// What to measure, and for how long.
struct Options {
    rounds: usize,
    round: Duration,
    filters: Vec<String>,
}

impl Options {
    /// Reads the command line. `cargo bench` says `--bench`; without it this is one short round
    /// that only shows that everything runs.
    fn from_args(args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut args = args.peekable();
        let mut options = Self { rounds: 1, round: Duration::from_millis(1), filters: Vec::new() };
        let (mut rounds, mut round, mut measures) = (7, Duration::from_millis(300), false);
        while let Some(arg) = args.next() {
            let mut number = || match args.next().map(|number| number.parse()) {
                Some(Ok(number @ 1..)) => Ok(number),
                _ => Err(format!("{arg} needs a number from 1 up")),
            };
            match arg.as_str() {
                "--bench" => measures = true,
                "--rounds" => rounds = number()?,
                "--round-ms" => round = Duration::from_millis(number()? as u64),
                flag if flag.starts_with("--") => {
                    return Err(format!("unknown option {flag}; there are --rounds and --round-ms"));
                }
                _ => options.filters.push(arg),
            }
        }
        if measures {
            options = Self { rounds, round, ..options };
        }
        Ok(options)
    }

    /// Whether a program is asked for: its name contains one of the filters, if there are any.
    fn selects(&self, name: &str) -> bool {
        self.filters.is_empty() || self.names(name)
    }

    /// Whether a program is asked for in so many words.
    fn names(&self, name: &str) -> bool {
        self.filters.iter().any(|filter| name.contains(filter))
    }
}

/// Measures a program and writes its line of the table.
fn row(program: &Program, options: &Options) -> String {
    let executions = [
        calibrate(options.round, |executions| run_reweave(program.on_reweave, executions)),
        calibrate(options.round, |executions| run_shuttle(program.on_shuttle, executions)),
    ];
    let counted = shuttle_steps(program.on_shuttle, executions[1].min(10_000));
    let (mut reweave, mut shuttle, mut ratio) = (Vec::new(), Vec::new(), Vec::new());
    let mut steps = Vec::new();
    for _ in 0..options.rounds {
        let ours = run_reweave(program.on_reweave, executions[0]);
        let theirs = run_shuttle(program.on_shuttle, executions[1]);
        ratio.push(ours.executions_per_second() / theirs.executions_per_second());
        reweave.push(ours.executions_per_second());
        shuttle.push(theirs.executions_per_second());
        steps.push(ours.steps_per_second());
    }
    let (reweave, shuttle) = (median(&mut reweave), median(&mut shuttle));
    let (steps, shuttle_steps) = (median(&mut steps), shuttle * counted);
    let middle = median(&mut ratio);
    format!(
        "| {} | {} | {} | {middle:.2} ({:.2} to {:.2}) | {} | {} | {:.2} |",
        program.name,
        grouped(reweave),
        grouped(shuttle),
        ratio[0],
        ratio[ratio.len() - 1],
        grouped(steps),
        grouped(shuttle_steps),
        steps / shuttle_steps,
    )
}

/// How many executions it takes at least to tell how long one takes: an exploration begins by recording a few, to see
/// whether they can be repeated, and that costs as much as hundreds.
const FEWEST: u64 = 512;

/// How many executions fill a round.
fn calibrate(round: Duration, run: impl Fn(u64) -> Run) -> u64 {
    let mut executions = FEWEST;
    loop {
        let elapsed = run(executions).elapsed;
        if elapsed * 8 >= round {
            let scale = round.as_secs_f64() / elapsed.as_secs_f64();
            return ((executions as f64 * scale) as u64).max(1);
        }
        executions *= 2;
    }
}

/// What was done in some time.
struct Run {
    executions: u64,
    steps: u64,
    elapsed: Duration,
}

impl Run {
    fn executions_per_second(&self) -> f64 {
        self.executions as f64 / self.elapsed.as_secs_f64()
    }

    fn steps_per_second(&self) -> f64 {
        self.steps as f64 / self.elapsed.as_secs_f64()
    }
}

/// Runs a program on Reweave.
fn run_reweave(program: fn(), executions: u64) -> Run {
    run_reweave_with(program, executions, true)
}

/// The same, with what is done for findings or without.
fn run_reweave_with(program: fn(), executions: u64, findings: bool) -> Run {
    let checker = Checker::new().strategy(Strategy::Random).schedules(executions).workers(1).repeat_complete();
    let checker = if findings { checker } else { checker.without_samples() };
    let start = Instant::now();
    let report = checker.explore(move || black_box(program)());
    let elapsed = start.elapsed();
    assert!(report.findings().is_empty(), "a program of this benchmark failed");
    Run { executions: report.schedules(), steps: report.steps(), elapsed }
}

/// Runs a program on shuttle; its steps are not counted here, for what that would cost.
fn run_shuttle(program: fn(), executions: u64) -> Run {
    let scheduler = RandomScheduler::new_from_seed(1, executions as usize);
    let runner = Runner::new(scheduler, shuttle_config());
    let start = Instant::now();
    let executions = runner.run(move || black_box(program)());
    Run { executions: executions as u64, steps: 0, elapsed: start.elapsed() }
}

/// How many calls of its scheduler shuttle makes in an execution of a program, on average.
fn shuttle_steps(program: fn(), executions: u64) -> f64 {
    let steps = Arc::new(AtomicU64::new(0));
    let inner = RandomScheduler::new_from_seed(1, executions as usize);
    let scheduler = Counting { inner, steps: Arc::clone(&steps) };
    let executions = Runner::new(scheduler, shuttle_config()).run(move || black_box(program)());
    steps.load(Relaxed) as f64 / executions as f64
}

fn shuttle_config() -> Config {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config.silence_warnings = true;
    config
}

/// A scheduler that counts its decisions.
struct Counting {
    inner: RandomScheduler,
    steps: Arc<AtomicU64>,
}

impl Scheduler for Counting {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.inner.new_execution()
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, is_yielding: bool) -> Option<TaskId> {
        self.steps.fetch_add(1, Relaxed);
        self.inner.next_task(runnable, current, is_yielding)
    }

    fn next_u64(&mut self) -> u64 {
        self.inner.next_u64()
    }
}
