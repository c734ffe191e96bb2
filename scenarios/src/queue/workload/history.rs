//! Whether the queue, used by several tasks at a time, answers as a queue does that is used by one.
//!
//! The model is a list and a flag. A push or a pop that gives up after a time must have found the queue full, or
//! empty, at some moment while it waited: in the model it is one that gives up at once.

use std::collections::VecDeque;

use reweave::history::{History, Model};

use super::super::variant::Policy;
use super::super::{BoundedQueue, Config, PopError, PushError, TryPopError, TryPushError};
use super::{PATIENCE, join, start};
use reweave::sync::Arc;

/// What a task asks of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// [`BoundedQueue::try_push`].
    TryPush(u32),
    /// [`BoundedQueue::push_timeout`].
    PushTimeout(u32),
    /// [`BoundedQueue::try_pop`].
    TryPop,
    /// [`BoundedQueue::pop_timeout`].
    PopTimeout,
    /// [`BoundedQueue::len`].
    Len,
    /// [`BoundedQueue::close`].
    Close,
}

/// What the queue answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Done,
    Item(u32),
    Full,
    Empty,
    Closed,
    Length(usize),
}

/// A queue that is used by one task alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Sequential {
    capacity: usize,
    items: VecDeque<u32>,
    closed: bool,
}

impl Model for Sequential {
    type Operation = Operation;
    type Answer = Answer;

    fn apply(&mut self, operation: &Operation) -> Answer {
        match operation {
            Operation::TryPush(_) | Operation::PushTimeout(_) if self.closed => Answer::Closed,
            Operation::TryPush(_) | Operation::PushTimeout(_) if self.items.len() == self.capacity => Answer::Full,
            Operation::TryPush(item) | Operation::PushTimeout(item) => {
                self.items.push_back(*item);
                Answer::Done
            }
            Operation::TryPop | Operation::PopTimeout => match self.items.pop_front() {
                Some(item) => Answer::Item(item),
                None if self.closed => Answer::Closed,
                None => Answer::Empty,
            },
            Operation::Len => Answer::Length(self.items.len()),
            Operation::Close => {
                self.closed = true;
                Answer::Done
            }
        }
    }
}

fn perform<P: Policy>(queue: &BoundedQueue<u32, P>, operation: Operation) -> Answer {
    match operation {
        Operation::TryPush(item) => match queue.try_push(item) {
            Ok(()) => Answer::Done,
            Err(TryPushError::Full(_)) => Answer::Full,
            Err(TryPushError::Closed(_)) => Answer::Closed,
        },
        Operation::PushTimeout(item) => match queue.push_timeout(item, PATIENCE) {
            Ok(()) => Answer::Done,
            Err(PushError::Timeout(_)) => Answer::Full,
            Err(PushError::Closed(_)) => Answer::Closed,
        },
        Operation::TryPop => match queue.try_pop() {
            Ok(item) => Answer::Item(item),
            Err(TryPopError::Empty) => Answer::Empty,
            Err(TryPopError::Closed) => Answer::Closed,
        },
        Operation::PopTimeout => match queue.pop_timeout(PATIENCE) {
            Ok(item) => Answer::Item(item),
            Err(PopError::Timeout) => Answer::Empty,
            Err(PopError::Closed) => Answer::Closed,
        },
        Operation::Len => Answer::Length(queue.len()),
        Operation::Close => {
            queue.close();
            Answer::Done
        }
    }
}

/// Each task performs its operations on one queue, and some order of all of them explains every answer.
///
/// # Panics
/// When there is no such order, with the shortest history that has none.
pub fn linearizable<P: Policy>(tasks: &[Vec<Operation>], capacity: usize) {
    let queue = Config::new(capacity).build_variant::<u32, P>();
    let queue = Arc::new(queue.expect("the capacity of a workload is small and not 0"));
    let history = History::new();
    let perform_all = |(number, operations): (usize, &Vec<Operation>)| {
        let (history, operations) = (history.clone(), operations.clone());
        start(format!("task {number}"), &queue, move |queue| {
            for operation in operations {
                history.record(operation, || perform(queue, operation));
            }
        })
    };
    let started: Vec<_> = tasks.iter().enumerate().map(perform_all).collect();
    started.into_iter().for_each(join);
    history.assert_linearizable(Sequential { capacity, items: VecDeque::new(), closed: false });
}
