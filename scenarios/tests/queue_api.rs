//! The queue as its users meet it, one operation at a time.

use std::error::Error;

use reweave::sync::Arc;
use reweave::thread;
use reweave::time::{Duration, Instant};
use reweave_scenarios::queue::{
    BoundedQueue, Config, ConfigError, Drained, PopError, PushError, Statistics, TryPopError, TryPushError,
};

const SHORT: Duration = Duration::from_millis(3);

/// Much longer than any test takes: whoever waits so long has not been woken.
const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_configuration_names_and_bounds_the_queue() {
    let queue = Config::new(3).name("jobs").build::<u8>().unwrap();
    assert_eq!(queue.capacity(), 3);
    assert_eq!(queue.name(), Some("jobs"));
    assert_eq!(BoundedQueue::<u8>::new(3).unwrap().name(), None);
    assert_eq!(format!("{queue:?}"), r#"BoundedQueue { name: Some("jobs"), capacity: 3, .. }"#);
}

#[test]
fn a_queue_is_shared_by_threads_whenever_its_items_may_move_between_them() {
    fn shared<T: Send + Sync>() {}
    shared::<BoundedQueue<std::cell::Cell<u8>>>();
}

#[test]
fn an_impossible_configuration_is_an_error() {
    assert_eq!(BoundedQueue::<u8>::new(0).unwrap_err(), ConfigError::ZeroCapacity);
    let capacity = usize::MAX;
    let too_large = ConfigError::TooLarge { capacity };
    assert_eq!(BoundedQueue::<u64>::new(capacity).unwrap_err(), too_large);
    assert!(too_large.to_string().contains(&capacity.to_string()));
    assert_eq!(ConfigError::ZeroCapacity.to_string(), "the capacity is 0, choose at least 1");
}

#[test]
fn a_full_queue_gives_the_item_back() {
    let queue = BoundedQueue::new(1).unwrap();
    queue.try_push("first").unwrap();
    assert_eq!(queue.try_push("second"), Err(TryPushError::Full("second")));
    let begun = Instant::now();
    assert_eq!(queue.push_timeout("second", SHORT), Err(PushError::Timeout("second")));
    assert!(begun.elapsed() >= SHORT);
    assert_eq!(queue.len(), 1);
}

#[test]
fn an_empty_queue_is_told_apart_from_a_closed_one() {
    let queue = BoundedQueue::<u8>::new(1).unwrap();
    assert!(queue.is_empty());
    assert_eq!(queue.try_pop(), Err(TryPopError::Empty));
    let begun = Instant::now();
    assert_eq!(queue.pop_timeout(SHORT), Err(PopError::Timeout));
    assert!(begun.elapsed() >= SHORT);
    queue.close();
    assert!(queue.is_closed());
    assert_eq!(queue.try_pop(), Err(TryPopError::Closed));
    assert_eq!(queue.pop_timeout(LONG), Err(PopError::Closed));
    assert_eq!(queue.pop(), None);
}

#[test]
fn a_closed_queue_refuses_items_and_delivers_what_it_has() {
    let queue = BoundedQueue::new(2).unwrap();
    queue.push('a').unwrap();
    queue.push('b').unwrap();
    queue.close();
    queue.close();
    assert_eq!(queue.push('c'), Err(PushError::Closed('c')));
    assert_eq!(queue.push_timeout('c', LONG), Err(PushError::Closed('c')));
    assert_eq!(queue.try_push('c'), Err(TryPushError::Closed('c')));
    assert_eq!(queue.pop(), Some('a'));
    assert_eq!(queue.try_pop(), Ok('b'));
    assert_eq!(queue.pop(), None);
}

#[test]
fn a_timeout_of_nothing_does_what_can_be_done_at_once() {
    let queue = BoundedQueue::new(1).unwrap();
    assert_eq!(queue.push_timeout(1, Duration::ZERO), Ok(()));
    assert_eq!(queue.push_timeout(2, Duration::ZERO), Err(PushError::Timeout(2)));
    assert_eq!(queue.pop_timeout(Duration::ZERO), Ok(1));
    assert_eq!(queue.pop_timeout(Duration::ZERO), Err(PopError::Timeout));
}

#[test]
fn a_timeout_beyond_the_clock_waits_for_ever() {
    let queue = Arc::new(BoundedQueue::new(1).unwrap());
    let consumer = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.pop_timeout(Duration::MAX)
    });
    thread::sleep(SHORT);
    queue.push(1).unwrap();
    assert_eq!(consumer.join().unwrap(), Ok(1));
}

#[test]
fn close_wakes_everybody() {
    let empty = Arc::new(BoundedQueue::<u8>::new(1).unwrap());
    let full = Arc::new(BoundedQueue::new(1).unwrap());
    full.push(0).unwrap();
    let consumers = [(); 3].map(|()| {
        let empty = Arc::clone(&empty);
        thread::spawn(move || empty.pop())
    });
    let producers = [1, 2, 3].map(|item| {
        let full = Arc::clone(&full);
        thread::spawn(move || full.push(item))
    });
    thread::sleep(SHORT);
    empty.close();
    full.close();
    for consumer in consumers {
        assert_eq!(consumer.join().unwrap(), None);
    }
    for (producer, item) in producers.into_iter().zip(1..) {
        assert_eq!(producer.join().unwrap(), Err(PushError::Closed(item)));
    }
}

#[test]
fn shutdown_of_an_empty_queue_is_complete_at_once() {
    let queue = BoundedQueue::<u8>::new(1).unwrap();
    let begun = Instant::now();
    assert_eq!(queue.shutdown(LONG), Drained::Complete);
    assert!(begun.elapsed() < LONG);
    assert_eq!(queue.shutdown(Duration::ZERO), Drained::Complete);
    assert_eq!(queue.push(1), Err(PushError::Closed(1)));
}

#[test]
fn shutdown_waits_for_the_consumers() {
    let queue = Arc::new(BoundedQueue::new(4).unwrap());
    (0..4).for_each(|item| queue.push(item).unwrap());
    let consumer = thread::spawn({
        let queue = Arc::clone(&queue);
        move || {
            thread::sleep(SHORT);
            std::iter::from_fn(|| queue.pop()).collect::<Vec<_>>()
        }
    });
    let begun = Instant::now();
    assert_eq!(queue.shutdown(LONG), Drained::Complete);
    assert!(begun.elapsed() < LONG, "the last consumer wakes the stop");
    assert_eq!(consumer.join().unwrap(), [0, 1, 2, 3]);
}

#[test]
fn shutdown_returns_what_nobody_takes_once_its_time_is_up() {
    let queue = BoundedQueue::new(2).unwrap();
    queue.push('a').unwrap();
    queue.push('b').unwrap();
    let begun = Instant::now();
    let drained = queue.shutdown(SHORT);
    assert!(begun.elapsed() >= SHORT);
    assert_eq!(drained, Drained::Forced(vec!['a', 'b']));
    assert_eq!(drained.into_left_over(), ['a', 'b']);
    assert_eq!(queue.pop(), None);
    let expected = Statistics { accepted: 2, delivered: 0, returned: 2, held: 0, peak: 2 };
    assert_eq!(queue.statistics(), expected);
}

#[test]
fn a_forced_stop_ends_a_patient_one() {
    let queue = Arc::new(BoundedQueue::new(1).unwrap());
    queue.push(1).unwrap();
    let patient = thread::spawn({
        let queue = Arc::clone(&queue);
        move || queue.shutdown(Duration::MAX)
    });
    thread::sleep(SHORT);
    assert_eq!(queue.shutdown(Duration::ZERO), Drained::Forced(vec![1]));
    assert_eq!(patient.join().unwrap(), Drained::Complete);
}

#[test]
fn errors_give_the_item_back_and_say_what_was_wrong() {
    assert_eq!(PushError::Closed(7).into_item(), 7);
    assert_eq!(PushError::Timeout(7).into_item(), 7);
    assert_eq!(TryPushError::Closed(7).into_item(), 7);
    assert_eq!(TryPushError::Full(7).into_item(), 7);

    let said: [(Box<dyn Error>, &str); 8] = [
        (Box::new(PushError::Closed(7)), "the queue is closed"),
        (Box::new(PushError::Timeout(7)), "the queue stayed full until the timeout"),
        (Box::new(TryPushError::Closed(7)), "the queue is closed"),
        (Box::new(TryPushError::Full(7)), "the queue is full"),
        (Box::new(PopError::Closed), "the queue is closed and empty"),
        (Box::new(PopError::Timeout), "the queue stayed empty until the timeout"),
        (Box::new(TryPopError::Closed), "the queue is closed and empty"),
        (Box::new(TryPopError::Empty), "the queue is empty"),
    ];
    for (error, words) in said {
        assert_eq!(error.to_string(), words);
    }
}

#[test]
fn errors_can_be_debugged_whatever_they_carry() {
    struct Opaque;
    assert_eq!(format!("{:?}", PushError::Closed(Opaque)), "Closed(..)");
    assert_eq!(format!("{:?}", PushError::Timeout(Opaque)), "Timeout(..)");
    assert_eq!(format!("{:?}", TryPushError::Closed(Opaque)), "Closed(..)");
    assert_eq!(format!("{:?}", TryPushError::Full(Opaque)), "Full(..)");
}

#[test]
fn an_item_may_use_the_queue_while_it_is_dropped() {
    struct Nosy(Arc<BoundedQueue<Nosy>>);
    impl Drop for Nosy {
        fn drop(&mut self) {
            self.0.len();
        }
    }
    let queue = Arc::new(BoundedQueue::new(1).unwrap());
    let nosy = || Nosy(Arc::clone(&queue));
    queue.push(nosy()).unwrap();
    drop(queue.try_push(nosy()));
    drop(queue.push_timeout(nosy(), SHORT));
    drop(queue.shutdown(Duration::ZERO));
    drop(queue.push(nosy()));
}
