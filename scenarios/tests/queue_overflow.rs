//! The queue with an answer to being full, and its workers, as their users meet them, one operation at a time.

use std::error::Error;
use std::fs;

use reweave::thread;
use reweave::time::{Duration, Instant};
use reweave_scenarios::journal::{Durability, Record, Scratch};
use reweave_scenarios::queue::{Cause, OverflowQueue, Processor, Refused, Rest, Retries, Spill, WhenFull};

const SHORT: Duration = Duration::from_millis(3);

/// Much longer than any test takes.
const LONG: Duration = Duration::from_secs(60);

fn spilling(scratch: &Scratch) -> OverflowQueue<String> {
    let spill = Spill::open_with(&scratch.file("spill"), Durability::Power).expect("the file is ours");
    OverflowQueue::new(1, WhenFull::Spill(spill)).expect("1 is a capacity")
}

fn push_all(queue: &OverflowQueue<String>, items: &[&str]) {
    items.iter().for_each(|item| queue.push((*item).to_owned()).expect("it is open"));
}

#[test]
fn patience_ends_and_the_item_comes_back() {
    let queue = OverflowQueue::new(1, WhenFull::DropAfter(SHORT)).unwrap();
    queue.push(1).unwrap();
    let begun = Instant::now();
    let refused = queue.push(2).unwrap_err();
    assert!(begun.elapsed() >= SHORT);
    assert_eq!(refused.to_string(), "the queue stayed full for as long as it may");
    assert_eq!((refused.into_item(), queue.dropped(), queue.on_disk()), (2, 1, 0));
    queue.close();
    assert!(matches!(queue.push(3), Err(Refused::Closed(3))));
    assert_eq!(queue.pop().unwrap(), Some(1));
    assert!(queue.is_finished());
}

#[test]
fn what_does_not_fit_comes_back_from_disk_in_order() {
    let scratch = Scratch::new();
    let queue = spilling(&scratch);
    push_all(&queue, &["a", "b", "c"]);
    assert_eq!(queue.on_disk(), 2);
    assert_eq!(queue.pop().unwrap().as_deref(), Some("a"));
    // There would be room for it by now, but "c" came first.
    push_all(&queue, &["d"]);
    queue.close();
    assert_eq!(queue.push("e".to_owned()).unwrap_err().into_item(), "e");
    let rest: Vec<_> = std::iter::from_fn(|| queue.pop().unwrap()).collect();
    assert_eq!(rest, ["b", "c", "d"]);
    assert!(queue.is_finished() && queue.on_disk() == 0);
}

#[test]
fn a_forced_stop_returns_what_is_in_memory_alone_and_the_next_process_has_the_rest() {
    let scratch = Scratch::new();
    let queue = spilling(&scratch);
    push_all(&queue, &["a", "b", "c"]);
    let begun = Instant::now();
    let rest = queue.shutdown(SHORT);
    assert!(begun.elapsed() >= SHORT);
    assert_eq!(rest, Rest { in_memory: vec!["a".to_owned()], on_disk: 2 });
    assert_eq!(queue.pop().unwrap(), None);
    drop(queue);

    let queue = spilling(&scratch);
    push_all(&queue, &["d"]);
    // "b" was read into memory, and is on disk as well.
    assert_eq!(queue.shutdown(Duration::ZERO), Rest { in_memory: vec![], on_disk: 3 });
    drop(queue);

    let queue = spilling(&scratch);
    queue.close();
    let rest: Vec<_> = std::iter::from_fn(|| queue.pop().unwrap()).collect();
    assert_eq!(rest, ["b", "c", "d"]);
    assert!(queue.shutdown(LONG).is_empty());
}

#[test]
fn a_disk_that_fails_is_reported_once_and_closes_the_queue() {
    let scratch = Scratch::new();
    let queue = spilling(&scratch);
    push_all(&queue, &["a", "b", "c"]);
    let damaged = vec![b'?'; fs::read(scratch.file("spill")).unwrap().len()];
    fs::write(scratch.file("spill"), damaged).unwrap();
    assert_eq!(queue.pop().unwrap().as_deref(), Some("a"), "it was in memory");
    assert!(matches!(queue.push("d".to_owned()), Err(Refused::Closed(_))));
    assert!(queue.pop().unwrap_err().to_string().contains("is not as it was written"));
    assert_eq!(queue.pop().unwrap(), None);
    assert_eq!(queue.shutdown(LONG).on_disk, 2, "nobody waits for what does not come");
}

#[test]
fn a_file_of_somebody_else_is_refused_and_left_alone() {
    let scratch = Scratch::new();
    fs::write(scratch.file("notes"), "buy some milk").unwrap();
    let error = Spill::<String>::open(&scratch.file("notes")).unwrap_err();
    assert!(error.to_string().contains("is not a journal"), "{error}");
    assert_eq!(fs::read_to_string(scratch.file("notes")).unwrap(), "buy some milk");
    let error = Spill::<String>::open(&std::env::temp_dir()).unwrap_err();
    assert!(error.source().is_some(), "the system says why: {error}");
}

#[test]
fn records_are_what_they_were() {
    fn again<T: Record + PartialEq + std::fmt::Debug>(value: T) {
        let mut bytes = Vec::new();
        value.encode(&mut bytes);
        assert_eq!(T::decode(&bytes), Some(value));
    }
    again(String::from("seven"));
    again(7_u64);
    again(vec![7_u8]);
    assert_eq!(u64::decode(b"seven"), None);
}

#[test]
fn what_goes_on_failing_is_put_aside_with_the_reason() {
    let queue = OverflowQueue::new(4, WhenFull::Block).unwrap();
    let processor: Processor<u32, String> = Processor::new(queue, Retries::new(3));
    let mut tried = Vec::new();
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            processor.work(|number| {
                tried.push(*number);
                if number % 2 == 0 { Ok(()) } else { Err(format!("{number} is odd")) }
            })
        });
        (0..4).for_each(|number| processor.submit(number).unwrap());
        assert!(processor.stop(LONG).is_empty());
        worker.join().unwrap().unwrap();
    });
    assert_eq!(tried, [0, 1, 1, 1, 2, 3, 3, 3]);
    for number in [1, 3] {
        let failed = processor.take_failed().unwrap();
        assert_eq!((failed.item, failed.attempts, failed.cause), (number, 3, Cause::Error(format!("{number} is odd"))));
    }
    assert_eq!(processor.take_failed(), None);
}

#[test]
fn a_forced_stop_cuts_the_pause_short() {
    let queue = OverflowQueue::new(4, WhenFull::Block).unwrap();
    let processor: Processor<u32, ()> = Processor::new(queue, Retries::new(2).pause(LONG));
    let begun = Instant::now();
    thread::scope(|scope| {
        scope.spawn(|| processor.work(|_| Err(())));
        (0..3).for_each(|number| processor.submit(number).unwrap());
        thread::sleep(SHORT);
        let rest = processor.stop(SHORT);
        assert_eq!(rest.in_memory.last(), Some(&2), "the worker did not come to the last");
    });
    assert!(begun.elapsed() < LONG);
    assert_eq!(processor.take_failed().unwrap().attempts, 1, "it is not tried again");
}

#[test]
fn a_stop_without_workers_returns_everything() {
    let queue = OverflowQueue::new(4, WhenFull::Block).unwrap();
    let processor: Processor<u32, ()> = Processor::new(queue, Retries::new(0));
    assert!(
        Processor::<u32, ()>::new(OverflowQueue::new(1, WhenFull::Block).unwrap(), Retries::new(1))
            .stop(LONG)
            .is_empty()
    );
    processor.submit(1).unwrap();
    assert_eq!(processor.stop(SHORT).in_memory, [1]);
    assert!(processor.submit(2).is_err());
}
