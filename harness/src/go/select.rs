//! `select!`: one of several sends and receives, whichever can be done.
//!
//! The macro evaluates channels and values once, in the order of the source, into *arms*, and gives them to [`select`]. An arm knows
//! its types; what chooses among arms, [`channel::select`], does not.

use std::fmt;
use std::panic::Location;

use smallvec::SmallVec;

use super::chan::{Chan, panic_closed};
use crate::channel::{self, Chosen, Offer, Patience, Seats, Taken};
use crate::driver::{Place, Subject, block_for_ever};
use crate::kernel::handles::Side;
use crate::kernel::select::Pick;

/// One of the sends and receives among which a select chooses.
pub trait Arm {
    /// The channel; none if it is nil, which is never ready.
    #[doc(hidden)]
    fn target(&self) -> Option<Target<'_>>;
    /// Lays aside what is to be sent.
    #[doc(hidden)]
    fn lay_aside(&mut self);
    /// The select has ended: what was laid aside and not sent is dropped.
    #[doc(hidden)]
    fn end(&mut self);
    /// The arm was taken.
    #[doc(hidden)]
    fn take(&mut self, how: How);
    /// The select has only this arm: do it, waiting.
    #[doc(hidden)]
    fn alone(&mut self, place: At);
}

/// See [`Arm::target`].
pub struct Target<'a> {
    subject: &'a Subject,
    side: Side,
    seats: &'a dyn Seats,
    offer: Option<Offer>,
}

/// How an arm was taken.
#[derive(Debug)]
pub struct How {
    taken: Taken,
    place: Place,
}

/// Where a select is.
#[derive(Clone, Copy, Debug)]
pub struct At(Place);

/// A receiving arm.
pub struct RecvArm<'a, T> {
    channel: &'a Chan<T>,
    received: Option<T>,
    taken: bool,
}

/// A sending arm.
pub struct SendArm<'a, T> {
    channel: &'a Chan<T>,
    value: Value<T>,
    taken: bool,
    closed: bool,
}

/// What is to be sent.
enum Value<T> {
    Here(T),
    Aside(Offer),
    Gone,
}

impl<'a, T> RecvArm<'a, T> {
    pub(super) fn new(channel: &'a Chan<T>) -> RecvArm<'a, T> {
        RecvArm { channel, received: None, taken: false }
    }

    /// Whether this is the arm that was taken.
    pub fn taken(&self) -> bool {
        self.taken
    }

    /// What was received; none if the channel is closed.
    pub fn received(self) -> Option<T> {
        self.received
    }
}

impl<'a, T> SendArm<'a, T> {
    pub(super) fn new(channel: &'a Chan<T>, value: T) -> SendArm<'a, T> {
        SendArm { channel, value: Value::Here(value), taken: false, closed: false }
    }

    /// Whether this is the arm that was taken.
    ///
    /// # Panics
    /// With "send on closed channel" if it is, and the channel is closed.
    #[track_caller]
    pub fn taken(&self) -> bool {
        if self.taken && self.closed {
            panic_closed();
        }
        self.taken
    }
}

impl fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("side", &self.side).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for RecvArm<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvArm").field("taken", &self.taken).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for SendArm<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendArm").field("taken", &self.taken).finish_non_exhaustive()
    }
}

impl<T> Arm for RecvArm<'_, T> {
    fn target(&self) -> Option<Target<'_>> {
        let core = self.channel.core()?;
        Some(Target { subject: core.subject(), side: Side::Receiving, seats: core.seats(), offer: None })
    }

    fn lay_aside(&mut self) {}

    fn take(&mut self, how: How) {
        self.taken = true;
        if let (Taken::Received(claim), Some(core)) = (how.taken, self.channel.core()) {
            self.received = core.redeem(claim, how.place);
        }
    }

    fn end(&mut self) {}

    fn alone(&mut self, place: At) {
        self.received = self.channel.recv_at(place.0);
        self.taken = true;
    }
}

impl<T> Arm for SendArm<'_, T> {
    fn target(&self) -> Option<Target<'_>> {
        let core = self.channel.core()?;
        let Value::Aside(offer) = self.value else { return None };
        Some(Target { subject: core.subject(), side: Side::Sending, seats: core.seats(), offer: Some(offer) })
    }

    #[track_caller]
    fn lay_aside(&mut self) {
        if let (Value::Here(value), Some(core)) = (std::mem::replace(&mut self.value, Value::Gone), self.channel.core())
        {
            self.value = core.offer(value).map_or(Value::Gone, Value::Aside);
        }
    }

    fn take(&mut self, how: How) {
        self.taken = true;
        self.closed = matches!(how.taken, Taken::Disconnected);
        if !self.closed {
            self.value = Value::Gone;
        }
    }

    fn end(&mut self) {
        if let (Value::Aside(offer), Some(core)) =
            (std::mem::replace(&mut self.value, Value::Gone), self.channel.core())
        {
            core.take_back(offer);
        }
    }

    fn alone(&mut self, place: At) {
        if let Value::Here(value) = std::mem::replace(&mut self.value, Value::Gone) {
            self.channel.send_at(value, place.0);
        }
        self.taken = true;
    }
}

/// The arms of a select; nothing is left behind of what was not sent, however it ends.
struct Arms<'a, 'b>(&'a mut [&'b mut dyn Arm]);

impl Drop for Arms<'_, '_> {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|arm| arm.end());
    }
}

/// Takes one of `arms`, waiting for one unless there is a default; says whether it took one.
#[track_caller]
pub fn select(arms: &mut [&mut dyn Arm], has_default: bool) -> bool {
    let place = Location::caller();
    if let ([only], false) = (&mut *arms, has_default) {
        only.alone(At(place));
        return true;
    }
    let arms = Arms(arms);
    arms.0.iter_mut().for_each(|arm| arm.lay_aside());
    let patience = if has_default { Patience::Never } else { Patience::Forever };
    let mut scene = None;
    let mut numbers: SmallVec<[usize; 8]> = SmallVec::new();
    let mut given: SmallVec<[channel::Arm<'_>; 4]> = SmallVec::new();
    for (number, arm) in arms.0.iter().enumerate() {
        let Some(Target { subject, side, seats, offer }) = arm.target() else { continue };
        let Some((here, channel)) = subject.visit() else { continue };
        scene = Some(here);
        numbers.push(number);
        given.push(channel::Arm { channel, side, seats, offer });
    }
    let chosen = match scene {
        Some(scene) => channel::select(scene, &given, Pick::Any, patience, place),
        None if has_default => None,
        None => block_for_ever(place),
    };
    drop(given);
    let Some(Chosen { arm, taken }) = chosen else { return false };
    arms.0[numbers[arm]].take(How { taken, place });
    true
}

/// One of several sends and receives, whichever can be done: Go's `select`.
///
/// ```
/// use reweave::go;
///
/// let (numbers, words, done) = (go::Chan::new(1), go::Chan::new(1), go::Chan::<()>::new(0));
/// numbers.send(7);
/// words.send("full");
/// let told = go::select! {
///     recv(numbers) -> number => format!("received {number:?}"),
///     send(words, "more") => "sent".to_owned(),
///     recv(done) => "done".to_owned(),
///     default => "nothing is ready".to_owned(),
/// };
/// assert_eq!(told, "received Some(7)");
/// ```
///
/// | Go | here |
/// | --- | --- |
/// | `case v, ok := <-c:` | `recv(c) -> v => …`, with an `Option` |
/// | `case <-c:` | `recv(c) => …` |
/// | `case c <- v:` | `send(c, v) => …` |
/// | `default:` | `default => …` |
/// | `select {}` | `select! {}`, which never ends |
///
/// "For all the cases in the statement, the channel operands of receive operations and the channel and right-hand-side expressions of
/// send statements are evaluated exactly once, in source order, upon entering the select statement." If several arms are ready, one
/// is drawn, each with the same probability; in an exhaustive exploration each is tried. A nil channel is never ready. With a
/// default nothing blocks.
///
/// Arms are expressions of the type of the whole; `break` and `continue` are those of the loop around, where Go's `break` would end the
/// select only.
///
/// # Panics
/// With "send on closed channel" if an arm that sends is taken and its channel is closed.
#[macro_export]
#[doc(hidden)]
macro_rules! __go_select {
    () => { $crate::go::__private::for_ever() };
    ($($arms:tt)+) => { $crate::__go_select_arms!([] [] $($arms)+) };
}

/// First the arms are read one by one: `[arms that were read] [the default] the rest`. Then they are made, each inside the
/// `match` of the one before, so that what their expressions borrow lives as long as the whole.
#[macro_export]
#[doc(hidden)]
macro_rules! __go_select_arms {
    ([$($read:tt)*] [$($default:tt)*] recv($channel:expr) -> $value:pat => $body:block, $($rest:tt)*) => {
        $crate::__go_select_arms!([$($read)* (recv [$channel] [$value] $body)] [$($default)*] $($rest)*)
    };
    ([$($read:tt)*] [$($default:tt)*] recv($channel:expr) -> $value:pat => $body:block $($rest:tt)*) => {
        $crate::__go_select_arms!([$($read)* (recv [$channel] [$value] $body)] [$($default)*] $($rest)*)
    };
    ([$($read:tt)*] [$($default:tt)*] recv($channel:expr) -> $value:pat => $body:expr, $($rest:tt)*) => {
        $crate::__go_select_arms!([$($read)* (recv [$channel] [$value] $body)] [$($default)*] $($rest)*)
    };
    ([$($read:tt)*] [$($default:tt)*] recv($channel:expr) -> $value:pat => $body:expr) => {
        $crate::__go_select_arms!([$($read)* (recv [$channel] [$value] $body)] [$($default)*])
    };
    ([$($read:tt)*] [$($default:tt)*] recv($channel:expr) => $($rest:tt)*) => {
        $crate::__go_select_arms!([$($read)*] [$($default)*] recv($channel) -> _ => $($rest)*)
    };
    ([$($read:tt)*] [$($default:tt)*] send($channel:expr, $value:expr $(,)?) => $body:block, $($rest:tt)*) => {
        $crate::__go_select_arms!([$($read)* (send [$channel] [$value] $body)] [$($default)*] $($rest)*)
    };
    ([$($read:tt)*] [$($default:tt)*] send($channel:expr, $value:expr $(,)?) => $body:block $($rest:tt)*) => {
        $crate::__go_select_arms!([$($read)* (send [$channel] [$value] $body)] [$($default)*] $($rest)*)
    };
    ([$($read:tt)*] [$($default:tt)*] send($channel:expr, $value:expr $(,)?) => $body:expr, $($rest:tt)*) => {
        $crate::__go_select_arms!([$($read)* (send [$channel] [$value] $body)] [$($default)*] $($rest)*)
    };
    ([$($read:tt)*] [$($default:tt)*] send($channel:expr, $value:expr $(,)?) => $body:expr) => {
        $crate::__go_select_arms!([$($read)* (send [$channel] [$value] $body)] [$($default)*])
    };
    ([$($read:tt)*] [] default => $body:block, $($rest:tt)*) => {
        $crate::__go_select_arms!([$($read)*] [$body] $($rest)*)
    };
    ([$($read:tt)*] [] default => $body:block $($rest:tt)*) => {
        $crate::__go_select_arms!([$($read)*] [$body] $($rest)*)
    };
    ([$($read:tt)*] [] default => $body:expr, $($rest:tt)*) => {
        $crate::__go_select_arms!([$($read)*] [$body] $($rest)*)
    };
    ([$($read:tt)*] [] default => $body:expr) => {
        $crate::__go_select_arms!([$($read)*] [$body])
    };
    ([$($read:tt)*] [$($default:tt)*]) => {
        $crate::__go_select_made!([] [$($default)*] $($read)*)
    };
}

#[macro_export]
#[doc(hidden)]
macro_rules! __go_select_made {
    ([$($made:tt)*] [$($default:tt)*] (recv [$channel:expr] [$value:pat] $body:expr) $($rest:tt)*) => {
        match (&$channel).__recv_arm() {
            mut arm => $crate::__go_select_made!([$($made)* (recv arm [$value] $body)] [$($default)*] $($rest)*),
        }
    };
    ([$($made:tt)*] [$($default:tt)*] (send [$channel:expr] [$value:expr] $body:expr) $($rest:tt)*) => {
        match (&$channel).__send_arm($value) {
            mut arm => $crate::__go_select_made!([$($made)* (send arm [_] $body)] [$($default)*] $($rest)*),
        }
    };
    ([$(($kind:ident $arm:ident [$value:pat] $body:expr))*] []) => {{
        $crate::go::__private::select(&mut [$(&mut $arm),*], false);
        $(if $arm.taken() { $crate::__go_select_body!($kind $arm [$value] $body) } else)*
        { $crate::go::__private::no_arm() }
    }};
    ([$(($kind:ident $arm:ident [$value:pat] $body:expr))*] [$default:expr]) => {
        if !$crate::go::__private::select(&mut [$(&mut $arm),*], true) {
            $default
        } else $(if $arm.taken() { $crate::__go_select_body!($kind $arm [$value] $body) } else)*
        { $crate::go::__private::no_arm() }
    };
}

#[macro_export]
#[doc(hidden)]
macro_rules! __go_select_body {
    (recv $arm:ident [$value:pat] $body:expr) => {{
        let $value = $arm.received();
        $body
    }};
    (send $arm:ident [$value:pat] $body:expr) => {
        $body
    };
}

/// A select of nothing.
#[track_caller]
pub fn for_ever() -> ! {
    block_for_ever(Location::caller())
}

/// Where every arm was asked.
#[cold]
pub fn no_arm() -> ! {
    unreachable!("a select takes one of its arms")
}
