//! Ten thousand damaged tokens and seed files: each is an error, none a panic, and none takes memory that it does not have.
//!
//! The damage comes from a fixed stream, so that every run sees the same. Memory is counted by the allocator of this binary.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use proptest::test_runner::{RngAlgorithm, TestRng};
use reweave::{Checker, Finding, Verdict, thread};

/// How many damaged inputs of each kind.
const EACH: u32 = 2_000;

/// The least that is too much for one input, in bytes: they have a few hundred.
const TOO_MUCH: usize = 1 << 20;

thread_local! {
    /// What this thread has allocated.
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call goes to the system's allocator as it is; counting neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATED.try_with(|count| count.set(count.get() + layout.size()));
        // SAFETY: as the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller says.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const NAME: &str = "damaged_seeds::program";

fn program() {
    let task = thread::spawn(thread::yield_now);
    thread::yield_now();
    task.join().unwrap();
}

fn a_finding() -> Finding {
    let report = Checker::new().name(NAME).explore(|| {
        program();
        panic!("on purpose");
    });
    report.finding().expect("it fails in every schedule").clone()
}

/// Replays what is damaged. It has to be refused, unless it is `whole` all the same, and at the price of its size.
fn refused(damaged: &str, is_whole: impl FnOnce() -> bool) {
    let before = ALLOCATED.with(Cell::get);
    let report = Checker::new().name(NAME).max_steps(10_000).replay(damaged, program);
    let allocated = ALLOCATED.with(Cell::get) - before;
    let refused = matches!(report.verdict(), Verdict::Refused { reason } if !reason.is_empty());
    assert!(refused || is_whole(), "{damaged:?} gave {}", report.verdict());
    assert!(allocated < TOO_MUCH, "{allocated} bytes for {damaged:?}");
}

/// Random numbers that are the same in every run.
struct Stream(TestRng);

impl Stream {
    fn new(seed: u8) -> Stream {
        Stream(TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
    }

    fn word(&mut self) -> u64 {
        use proptest::prelude::Rng as _;
        self.0.next_u64()
    }

    fn below(&mut self, n: usize) -> usize {
        (self.word() % n as u64) as usize
    }
}

/// What a reader makes of a seed file: its lines without comments and blanks.
fn content(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#']));
    lines.filter(|line| !line.starts_with("tool")).map(|line| line.replace(char::is_whitespace, "")).collect()
}

/// FNV-1a, which seals tokens.
fn fnv(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[test]
fn tokens_of_random_characters() {
    let mut stream = Stream::new(1);
    for _ in 0..EACH {
        let length = stream.below(200);
        let body: String =
            (0..length).map(|_| char::from(b"0123456789abcdefghijklmnopqrstuv"[stream.below(32)])).collect();
        refused(&format!("rw1{body}"), || false);
    }
}

#[test]
fn tokens_that_promise_huge_lengths() {
    let mut stream = Stream::new(2);
    for _ in 0..EACH {
        // Flags, test, step limit, one decision, and a run of it that is too long, all well sealed.
        let mut bytes = vec![0, 1, 2, 3, 4, 0x64, 3];
        let mut length = stream.word() | 1 << (25 + stream.below(39));
        while length >= 0x80 {
            bytes.push(length as u8 | 0x80);
            length >>= 7;
        }
        bytes.push(length as u8);
        bytes.extend(fnv(&bytes).to_le_bytes());
        refused(&format!("rw1{}", base32(&bytes)), || false);
    }
}

fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in bytes {
        (bits, count) = (bits << 8 | u32::from(*byte), count + 8);
        while count >= 5 {
            count -= 5;
            text.push(char::from(b"0123456789abcdefghijklmnopqrstuv"[(bits >> count & 31) as usize]));
        }
    }
    if count > 0 {
        text.push(char::from(b"0123456789abcdefghijklmnopqrstuv"[(bits << (5 - count) & 31) as usize]));
    }
    text
}

#[test]
fn files_with_random_bytes() {
    let whole = a_finding().seed_file();
    let mut stream = Stream::new(3);
    for _ in 0..EACH {
        let mut bytes = whole.clone().into_bytes();
        for _ in 0..=stream.below(4) {
            let at = stream.below(bytes.len());
            bytes[at] = stream.word() as u8;
        }
        let damaged = String::from_utf8_lossy(&bytes).into_owned();
        refused(&damaged, || content(&damaged) == content(&whole));
    }
}

#[test]
fn files_that_were_cut_short() {
    let whole = a_finding().seed_file();
    let mut stream = Stream::new(4);
    for _ in 0..EACH {
        let mut end = stream.below(whole.len());
        while !whole.is_char_boundary(end) {
            end -= 1;
        }
        // From the front, too: an editor that lost its place.
        let begin = if stream.below(2) == 0 { 0 } else { whole.find('\n').unwrap_or(0).min(end) };
        let damaged = &whole[begin..end];
        refused(damaged, || content(damaged) == content(&whole));
    }
}

#[test]
fn files_that_promise_huge_lengths() {
    let whole = a_finding().seed_file();
    let line = |key: &str| whole.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
    let (decisions, steps) = (line("decisions"), "steps = [");
    let mut stream = Stream::new(5);
    for _ in 0..EACH {
        let huge = stream.word() | 1 << 40;
        let damaged = match stream.below(3) {
            0 => whole.replace(&decisions, &format!("decisions = \"1x{huge}\"")),
            1 => whole.replace(steps, &format!("{steps}\n    \"main: yield x{huge}\",")),
            _ => whole.replace(&line("max_steps"), &format!("max_steps = {huge}{huge}")),
        };
        refused(&damaged, || false);
    }
}
