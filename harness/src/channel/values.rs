//! Where the values of a channel are, and how they move between those places.

use super::core::buffered;
use super::driver::{Between, Inside};
use super::store::Store;
use crate::driver::Place;
use crate::kernel::handles::Side;
use crate::kernel::row::Row;
use crate::kernel::{Object, ObjectId, TaskId};
use crate::memory::ring::Ring;

/// What lies where a value belongs. It is moved often, so that what is rare is boxed.
pub(super) enum Content<T> {
    Value(T),
    /// The value is still to come, and nobody waits for it yet.
    Late(Box<Promise>),
    Handed(Box<Handover>),
}

/// The value is handed over at this object, and lies on the shelf under this number when it is there.
pub(super) struct Handover {
    pub(super) at: ObjectId,
    pub(super) number: u64,
}

/// A message that was sent without its value: see [`super::Core::fulfil`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Promise {
    pub(super) number: u64,
    /// How many steps there were when it was given.
    pub(super) steps: u64,
    /// Where, which names the handover if there has to be one.
    pub(super) place: Place,
}

/// A value that a select may send: see [`super::Core::offer`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer(pub(super) u64);

/// A message that a select received: see [`super::Core::redeem`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim(pub(super) u64);

impl Claim {
    pub(crate) fn of(number: u64) -> Claim {
        Claim(number)
    }

    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

/// A place for a value on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Spot {
    /// The end of the line, to put something there; its beginning, to take from there.
    Line,
    /// What this task, which waits, sends to whoever meets it.
    Offer(TaskId),
    /// What this task, which waited, is given by whoever met it.
    Delivery(TaskId),
}

/// What a select puts somewhere.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Laid {
    Offer(Offer),
    Promise(Promise),
}

/// What lies on the seats of those who wait on one side.
type Seated<T> = Row<(TaskId, Content<T>)>;

/// The values of a channel.
pub(super) struct Values<T> {
    /// The messages in a buffer, in order.
    pub(super) line: Ring<Content<T>>,
    /// Partners meet in order of arrival, so that the one to be found is in front, unless somebody before it gave up.
    pub(super) offers: Seated<T>,
    pub(super) deliveries: Seated<T>,
    /// Only selects have a use for these.
    numbered: Option<Box<Numbered<T>>>,
}

/// Values and promises that have a number.
struct Numbered<T> {
    shelf: Vec<(u64, Content<T>)>,
    /// The promises for which somebody waits, and where they are handed over.
    awaited: Vec<(u64, ObjectId)>,
    numbers: u64,
}

impl<T> Default for Numbered<T> {
    fn default() -> Numbered<T> {
        Numbered { shelf: Vec::new(), awaited: Vec::new(), numbers: 0 }
    }
}

impl<T> Values<T> {
    /// Of a channel with room for so many messages, or for any number.
    #[inline(always)]
    pub(super) fn new(capacity: Option<u64>) -> Values<T> {
        Values { line: Ring::new(capacity), offers: Seated::default(), deliveries: Seated::default(), numbered: None }
    }

    fn numbered(&mut self) -> &mut Numbered<T> {
        self.numbered.get_or_insert_default()
    }

    pub(super) fn number(&mut self) -> u64 {
        let numbered = self.numbered();
        numbered.numbers += 1;
        numbered.numbers
    }

    #[inline(always)]
    pub(super) fn put(&mut self, spot: Spot, content: Content<T>) {
        match spot {
            Spot::Line => self.line.push_back(content),
            Spot::Offer(task) => self.offers.push((task, content)),
            Spot::Delivery(task) => self.deliveries.push((task, content)),
        }
    }

    /// The value that was promised is waited for, and will be handed over there.
    fn wait_for(&mut self, promise: Promise, at: ObjectId) -> Content<T> {
        self.numbered().awaited.push((promise.number, at));
        Content::Handed(Box::new(Handover { at, number: promise.number }))
    }

    /// Takes what lies there as it is.
    ///
    /// Nothing lies there only if somebody was unwound from it because the execution ended.
    #[inline(always)]
    pub(super) fn pick_up(&mut self, spot: Spot) -> Option<Content<T>> {
        let (seats, task) = match spot {
            Spot::Line => return self.line.pop_front(),
            Spot::Offer(task) => (&mut self.offers, task),
            Spot::Delivery(task) => (&mut self.deliveries, task),
        };
        seats.take(|(owner, _)| *owner == task).map(|(_, content)| content)
    }

    pub(super) fn shelve(&mut self, number: u64, content: Content<T>) {
        self.numbered().shelf.push((number, content));
    }

    pub(super) fn unshelve(&mut self, number: u64) -> Option<Content<T>> {
        let shelf = &mut self.numbered.as_mut()?.shelf;
        let at = shelf.iter().position(|(other, _)| *other == number)?;
        Some(shelf.swap_remove(at).1)
    }

    /// Where somebody waits for the value of this promise, if anybody does.
    pub(super) fn awaited(&mut self, promise: Promise) -> Option<ObjectId> {
        let awaited = &mut self.numbered.as_mut()?.awaited;
        let at = awaited.iter().position(|(number, _)| *number == promise.number)?;
        Some(awaited.swap_remove(at).1)
    }

    /// The place that is kept for the value of this promise, if nobody has come there.
    pub(super) fn promised(&mut self, promise: Promise) -> Option<&mut Content<T>> {
        let seats = self.offers.iter_mut().chain(self.deliveries.iter_mut()).map(|(_, content)| content);
        let mut places = self.line.iter_mut_from_last().chain(seats);
        places.find(|content| matches!(content, Content::Late(other) if other.number == promise.number))
    }

    /// All messages of the line, which nobody will receive; none if there are none.
    pub(super) fn clear_line(&mut self) -> Option<Ring<Content<T>>> {
        (!self.line.is_empty()).then(|| std::mem::replace(&mut self.line, Ring::new(Some(0))))
    }
}

/// The object at which one value is handed over.
pub(super) fn handover() -> Object {
    buffered(Some(1))
}

impl<T> Store<Values<T>> {
    /// What was picked up, with a handover arranged if its value is still to come.
    #[inline(always)]
    pub(super) fn ready(&self, content: Content<T>, between: &mut dyn Between) -> Content<T> {
        match content {
            Content::Late(promise) => self.arrange(*promise, between),
            content => content,
        }
    }

    /// Arranges where the value is handed over that was promised.
    #[cold]
    fn arrange(&self, promise: Promise, between: &mut dyn Between) -> Content<T> {
        let at = between.add_object(handover(), promise.place);
        self.with(between.execution(), |values| values.wait_for(promise, at))
    }
}

/// What a select needs of a channel, whatever its values are. Between a step and the next it is told the execution, if it is in one.
pub(crate) trait Seats {
    /// A promise given after so many steps.
    fn promise(&self, inside: Inside<'_>, steps: u64, place: Place) -> Promise;

    fn put(&self, inside: Inside<'_>, spot: Spot, what: Laid);

    /// Sets aside what lies there. It is the caller's from now on. (Nothing may lie there when the execution has ended.)
    fn claim(&self, spot: Spot, between: &mut dyn Between) -> Claim;

    /// `me` does not wait on this side any more: an offer that nobody took is back on the shelf.
    fn rise(&self, me: TaskId, side: Side, offer: Option<Offer>);

    /// Keeps a promise for which somebody waits with what was offered. Says where it is to be handed over.
    fn keep(&self, promise: Promise, offer: Offer) -> Option<ObjectId>;
}

impl<T> Seats for Store<Values<T>> {
    fn promise(&self, inside: Inside<'_>, steps: u64, place: Place) -> Promise {
        let number = self.with(inside, Values::number);
        Promise { number, steps, place }
    }

    fn put(&self, inside: Inside<'_>, spot: Spot, what: Laid) {
        self.with(inside, |values| {
            let content = match what {
                Laid::Promise(promise) => Some(Content::Late(Box::new(promise))),
                Laid::Offer(offer) => values.unshelve(offer.0),
            };
            if let Some(content) = content {
                values.put(spot, content);
            }
        });
    }

    fn claim(&self, spot: Spot, between: &mut dyn Between) -> Claim {
        let (number, content) = self.with(between.execution(), |values| (values.number(), values.pick_up(spot)));
        if let Some(content) = content {
            let content = self.ready(content, between);
            self.with(between.execution(), |values| values.shelve(number, content));
        }
        Claim(number)
    }

    fn rise(&self, me: TaskId, side: Side, offer: Option<Offer>) {
        let spot = match side {
            Side::Sending => Spot::Offer(me),
            Side::Receiving => Spot::Delivery(me),
        };
        let mut values = self.open();
        let left = match (values.pick_up(spot), offer) {
            (Some(content @ Content::Value(_)), Some(offer)) if side == Side::Sending => {
                values.shelve(offer.0, content);
                None
            }
            (left, _) => left,
        };
        drop(values);
        drop(left);
    }

    fn keep(&self, promise: Promise, offer: Offer) -> Option<ObjectId> {
        let mut values = self.open();
        let at = values.awaited(promise)?;
        let content = values.unshelve(offer.0)?;
        values.shelve(promise.number, content);
        Some(at)
    }
}
