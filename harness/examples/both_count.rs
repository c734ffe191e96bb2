//! A test that passes nearly always on real threads, and fails under Reweave.
//!
//! - `cargo run -p reweave --example both_count` runs it once, on real threads.
//! - `cargo test -p reweave --example both_count` explores its interleavings, and explains the one that fails.

use reweave::sync::Arc;
use reweave::sync::atomic::{AtomicU32, Ordering::SeqCst};
use reweave::thread;

fn count() {
    let hits = Arc::new(AtomicU32::new(0));
    let theirs = Arc::clone(&hits);
    let thread = thread::spawn(move || {
        let seen = theirs.load(SeqCst);
        theirs.store(seen + 1, SeqCst); // what others counted meanwhile is lost
    });
    hits.fetch_add(1, SeqCst);
    thread.join().unwrap();
    assert_eq!(hits.load(SeqCst), 2);
}

#[reweave::test]
fn both_count() {
    count();
}

fn main() {
    count();
    println!("both have counted, this time");
}
