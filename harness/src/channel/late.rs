//! Values that come after their message: how a promise is kept, and how its receiver waits for that.

use super::core::Core;
use super::driver::Driver;
use super::values::{Content, Handover, Promise, handover};
use crate::driver::Place;
use crate::kernel::channel::Op as ChannelOp;
use crate::kernel::{ObjectId, Op};

impl<T> Core<T> {
    /// Brings the value of a message that was sent without it.
    ///
    /// In an execution it depends on the steps of the caller alone whether there is a handover. A driver that does not count
    /// steps makes one only if somebody waits already.
    pub(crate) fn fulfil<D: Driver>(&self, driver: D, promise: Promise, value: T, place: Place) {
        if let Some(at) = self.bring(driver, promise, value) {
            driver.perform(Op::Channel(at, ChannelOp::Send), place);
        }
    }

    /// Puts the value where it belongs. Says where that has to be announced, if it has.
    fn bring<D: Driver>(&self, driver: D, promise: Promise, value: T) -> Option<ObjectId> {
        let mut values = self.values();
        if let Some(at) = values.awaited(promise) {
            values.shelve(promise.number, Content::Value(value));
            return Some(at);
        }
        let Some(content) = values.promised(promise) else {
            // Nobody will ever come for it. The destructor may use the channel.
            drop(values);
            drop(value);
            return None;
        };
        if driver.steps() == promise.steps {
            *content = Content::Value(value);
            return None;
        }
        let at = driver.add_object(handover(), promise.place);
        *content = Content::Handed(Box::new(Handover { at, number: promise.number }));
        values.shelve(promise.number, Content::Value(value));
        Some(at)
    }

    /// The value of what was received, which may be late. `None` only if the execution ends.
    pub(super) fn open<D: Driver>(&self, driver: D, content: Content<T>, place: Place) -> Option<T> {
        let Content::Handed(handover) = content else {
            return value_of(content);
        };
        let Handover { at, number } = *handover;
        driver
            .step(Op::Channel(at, ChannelOp::Receive), place, |_, _| self.values().unshelve(number).and_then(value_of))
    }
}

fn value_of<T>(content: Content<T>) -> Option<T> {
    match content {
        Content::Value(value) => Some(value),
        Content::Late(_) | Content::Handed(_) => None,
    }
}
