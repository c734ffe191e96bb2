//! `select!`: one of several sends and receives, whichever can be done.
//!
//! The macro evaluates channels and values once, in the order of the source, into *arms*, and gives them to [`select`]. An arm knows
//! its types; what chooses among arms does not.

use std::panic::Location;

use smallvec::SmallVec;

use super::chan::{Chan, panic_closed};
use super::core::Taken;
use crate::driver::{Place, Scene, Subject, block_for_ever};
use crate::kernel::handles::Side;
use crate::kernel::select::{Arm as KernelArm, Arms, Form, Op as SelectOp, Pick};
use crate::kernel::{End, ObjectId, Op, Outcome, TaskId, World};

/// One of the sends and receives among which a select chooses.
pub trait Arm {
    /// What the kernel is to know of it; none if the channel is nil, which is never ready.
    #[doc(hidden)]
    fn target(&self, _: Sealed) -> Option<Target<'_>>;
    /// The select waits. One unit with the step that says so.
    #[doc(hidden)]
    fn wait(&mut self, me: Me);
    /// The arm was taken. One unit with the step.
    #[doc(hidden)]
    fn take(&mut self, how: How<'_>);
    /// The select has ended and the arm is the one, or not.
    #[doc(hidden)]
    fn end(&mut self, me: Me);
    /// The select has only this arm: do it, waiting.
    #[doc(hidden)]
    fn alone(&mut self, place: Place);
}

/// See [`Arm::target`].
pub struct Target<'a> {
    subject: &'a Subject,
    side: Side,
    /// Sender and receiver meet here.
    meets: bool,
}

/// The task that selects.
#[derive(Clone, Copy)]
pub struct Me(TaskId);

/// How an arm was taken.
pub struct How<'a> {
    taken: Taken,
    world: &'a World,
}

/// Nobody else calls what takes this.
#[derive(Clone, Copy)]
pub struct Sealed(());

macro_rules! opaque {
    ($($type:ident $(<$lifetime:lifetime>)?)*) => {$(
        impl std::fmt::Debug for $type $(<$lifetime>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($type))
            }
        }
    )*};
}

opaque!(Target<'_> Me How<'_> Sealed);

/// A receiving arm.
pub struct RecvArm<'a, T> {
    channel: &'a Chan<T>,
    received: Option<T>,
    taken: bool,
}

/// A sending arm.
pub struct SendArm<'a, T> {
    channel: &'a Chan<T>,
    value: Option<T>,
    taken: bool,
    closed: bool,
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
        SendArm { channel, value: Some(value), taken: false, closed: false }
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

impl<T> std::fmt::Debug for RecvArm<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecvArm").field("taken", &self.taken).finish_non_exhaustive()
    }
}

impl<T> std::fmt::Debug for SendArm<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SendArm").field("taken", &self.taken).finish_non_exhaustive()
    }
}

impl<T> Arm for RecvArm<'_, T> {
    fn target(&self, _: Sealed) -> Option<Target<'_>> {
        let core = self.channel.core()?;
        Some(Target { subject: core.subject(), side: Side::Receiving, meets: !core.has_buffer() })
    }

    fn wait(&mut self, _: Me) {}

    fn take(&mut self, how: How<'_>) {
        self.taken = true;
        self.received = self.channel.core().and_then(|core| core.received_in_select(how.taken, how.world));
    }

    fn end(&mut self, me: Me) {
        // Only after an unwinding.
        drop(self.channel.core().and_then(|core| core.take(me.0, Side::Receiving)));
    }

    fn alone(&mut self, place: Place) {
        self.received = self.channel.recv_at(place);
        self.taken = true;
    }
}

impl<T> Arm for SendArm<'_, T> {
    fn target(&self, _: Sealed) -> Option<Target<'_>> {
        let core = self.channel.core()?;
        Some(Target { subject: core.subject(), side: Side::Sending, meets: !core.has_buffer() })
    }

    fn wait(&mut self, me: Me) {
        if let Some(core) = self.channel.core() {
            core.offer(&mut self.value, me.0);
        }
    }

    fn take(&mut self, how: How<'_>) {
        self.taken = true;
        self.closed = how.taken.end != End::Done;
        if let Some(core) = self.channel.core() {
            core.sent_in_select(&mut self.value, how.taken);
        }
    }

    fn end(&mut self, me: Me) {
        drop(self.channel.core().and_then(|core| core.take(me.0, Side::Sending)));
    }

    fn alone(&mut self, place: Place) {
        if let Some(value) = self.value.take() {
            self.channel.send_at(value, place);
        }
        self.taken = true;
    }
}

/// The arms that wait; nothing of them is left behind, however the waiting ends.
struct Waiting<'a, 'b> {
    arms: &'a mut [&'b mut dyn Arm],
    me: Option<Me>,
}

impl Drop for Waiting<'_, '_> {
    fn drop(&mut self) {
        if let Some(me) = self.me {
            self.arms.iter_mut().for_each(|arm| arm.end(me));
        }
    }
}

/// What the kernel is given: the arms, and the number of each in the source.
#[derive(Default)]
struct Given {
    scene: Option<Scene>,
    arms: SmallVec<[KernelArm; 8]>,
    numbers: SmallVec<[usize; 8]>,
}

impl Given {
    #[track_caller]
    fn collect(arms: &[&mut dyn Arm], place: Place) -> Given {
        let mut given = Given::default();
        let mut rivals: SmallVec<[(ObjectId, u32); 4]> = SmallVec::new();
        for (number, arm) in arms.iter().enumerate() {
            let Some(target) = arm.target(Sealed(())) else { continue };
            let Some((scene, channel)) = target.subject.visit() else { continue };
            given.scene = Some(scene);
            let arm = KernelArm { channel, side: target.side };
            if let (true, Side::Sending, Some(at)) =
                (target.meets, target.side, given.arms.iter().position(|other| *other == arm))
            {
                // Only one value can lie on the seat of a sender. Whose is decided here: whenever one of them is ready, so are
                // all.
                let before = match rivals.iter_mut().find(|(rival, _)| *rival == channel) {
                    Some((_, before)) => {
                        *before += 1;
                        *before
                    }
                    None => {
                        rivals.push((channel, 1));
                        1
                    }
                };
                if draws(scene, before + 1, place) == 0 {
                    given.numbers[at] = number;
                }
                continue;
            }
            given.arms.push(arm);
            given.numbers.push(number);
        }
        given
    }
}

fn draws(scene: Scene, outcomes: u32, place: Place) -> u32 {
    match scene {
        #[cfg(feature = "sim")]
        Scene::Simulated(_) => {
            let op = Op::Choose(crate::kernel::choice::Op { outcomes });
            scene.step(op, place, |outcome, _, _| outcome.value as u32)
        }
        Scene::Native => {
            let _ = place;
            crate::rand::below_outside(outcomes)
        }
    }
}

/// How a step of a select ended.
enum Step {
    Taken,
    Nothing,
    Waits(Me),
}

/// Takes one of `arms`, waiting for one unless there is a default; says whether it took one.
#[track_caller]
pub fn select(arms: &mut [&mut dyn Arm], has_default: bool) -> bool {
    let place = Location::caller();
    if let ([only], false) = (&mut *arms, has_default) {
        only.alone(place);
        return true;
    }
    let given = Given::collect(arms, place);
    let Some(scene) = given.scene else {
        if has_default {
            return false;
        }
        block_for_ever(place)
    };
    let form = if has_default { Form::Try } else { Form::Wait };
    let op = SelectOp { arms: Arms::of(&given.arms), form, pick: Pick::Any };
    let mut waiting = Waiting { arms, me: None };
    let arms = &mut *waiting.arms;
    let step = scene.step(Op::Select(op), place, |outcome, me, world| {
        if outcome.end == End::Queued {
            given.numbers.iter().for_each(|number| arms[*number].wait(Me(me)));
            return Step::Waits(Me(me));
        }
        settle(arms, &given, outcome, me, world, false)
    });
    match step {
        Step::Taken => return true,
        Step::Nothing => return false,
        Step::Waits(me) => waiting.me = Some(me),
    }
    let arms = &mut *waiting.arms;
    scene.leave(op, place, |outcome, me, world| {
        // Whether a partner came.
        settle(arms, &given, outcome, me, world, true)
    });
    true
}

fn settle(arms: &mut [&mut dyn Arm], given: &Given, outcome: Outcome, me: TaskId, world: &World, waited: bool) -> Step {
    if !matches!(outcome.end, End::Done | End::Disconnected) {
        return Step::Nothing;
    }
    let (at, detail) = outcome.arm();
    let taken = Taken { end: outcome.end, detail, me, waited };
    arms[given.numbers[at]].take(How { taken, world });
    Step::Taken
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
