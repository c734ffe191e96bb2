//! Channels, and their halves.

use std::fmt;
use std::panic::Location;

use super::core::Core;
use super::select::{RecvArm, SendArm};
use crate::driver::{Place, block_for_ever};
use crate::iteration::Iteration;
use crate::memory::shared::Shared;

/// A channel: Go's `chan T`.
///
/// A handle: clones are the same channel, and `==` asks for that. As in Go, a channel does not end when handles are dropped,
/// only [`close`](Chan::close) closes it: a goroutine that waits for a value that nobody will send waits for ever. The zero value is
/// [`nil`](Chan::nil).
///
/// | Go | here |
/// | --- | --- |
/// | `make(chan T)`, `make(chan T, n)` | `Chan::new(0)`, `Chan::new(n)` |
/// | `c <- v` | `c.send(v)` |
/// | `v, ok := <-c` | `let v = c.recv()`, an `Option` |
/// | `for v := range c` | `for v in &c` |
/// | `close(c)`, `len(c)`, `cap(c)` | `c.close()`, `c.len()`, `c.cap()` |
/// | `chan<- T`, `<-chan T` | [`SendChan`], [`RecvChan`] |
///
/// ```
/// use reweave::go;
///
/// let numbers = go::Chan::new(2);
/// numbers.send(1);
/// numbers.send(2);
/// numbers.close();
/// assert_eq!(numbers.iter().collect::<Vec<_>>(), [1, 2]);
/// assert_eq!(numbers.recv(), None);
/// ```
pub struct Chan<T>(Option<Shared<Core<T>>>);

/// The sending half of a channel: Go's `chan<- T`.
///
/// ```
/// use reweave::go;
///
/// let numbers = go::Chan::new(1);
/// let half: go::SendChan<i32> = numbers.send_only();
/// half.send(7);
/// assert_eq!(numbers.recv(), Some(7));
/// ```
pub struct SendChan<T>(Chan<T>);

/// The receiving half of a channel: Go's `<-chan T`. It cannot be closed.
///
/// ```
/// use reweave::go;
///
/// let numbers = go::Chan::new(1);
/// let half: go::RecvChan<i32> = numbers.recv_only();
/// numbers.send(7);
/// assert_eq!(half.recv(), Some(7));
/// ```
///
/// "It is an error if ch is a receive-only channel", says Go of `close`:
///
/// ```compile_fail
/// reweave::go::Chan::<u8>::new(0).recv_only().close();
/// ```
pub struct RecvChan<T>(Chan<T>);

const SEND_ON_CLOSED: &str = "send on closed channel";

impl<T> Chan<T> {
    /// A channel with room for `capacity` values: `make(chan T, capacity)`. Without room, sender and receiver meet.
    ///
    /// # Panics
    /// With "makechan: size out of range" if so many values do not fit in memory.
    #[must_use]
    #[track_caller]
    pub fn new(capacity: usize) -> Chan<T> {
        let bytes = capacity.checked_mul(size_of::<T>().max(1));
        if bytes.is_none_or(|bytes| bytes > isize::MAX as usize) {
            panic!("makechan: size out of range");
        }
        Chan(Some(Core::new(capacity, "chan", Location::caller())))
    }

    pub(super) fn of(core: Shared<Core<T>>) -> Chan<T> {
        Chan(Some(core))
    }

    /// Buffered, made by this vocabulary for itself.
    pub(super) fn internal(capacity: usize, called: &'static str, place: Place) -> Chan<T> {
        Chan(Some(Core::new(capacity, called, place)))
    }

    pub(super) fn core(&self) -> Option<&Shared<Core<T>>> {
        self.0.as_ref()
    }

    /// The channel that is none: `var c chan T`. Sending to it and receiving from it block for ever, and in a
    /// [`select!`](crate::go::select) it is never ready.
    #[must_use]
    pub const fn nil() -> Chan<T> {
        Chan(None)
    }

    /// Whether this is [`nil`](Chan::nil).
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.0.is_none()
    }

    /// Sends `value`: `c <- value`. Blocks while the buffer is full, or, without one, until somebody receives.
    ///
    /// # Panics
    /// With "send on closed channel" if the channel is closed, also while this blocks.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn send(&self, value: T) {
        self.send_at(value, Location::caller());
    }

    #[inline(always)]
    #[track_caller]
    pub(super) fn send_at(&self, value: T, place: Place) {
        let Some(core) = &self.0 else { block_for_ever(place) };
        if core.send(value, place).is_err() {
            panic_closed();
        }
    }

    /// Receives a value: `v, ok := <-c`. Blocks until there is one. `None` once the channel is closed and everything that was sent
    /// before has been received.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn recv(&self) -> Option<T> {
        self.recv_at(Location::caller())
    }

    #[inline(always)]
    #[track_caller]
    pub(super) fn recv_at(&self, place: Place) -> Option<T> {
        let Some(core) = &self.0 else { block_for_ever(place) };
        core.receive(place)
    }

    /// Says that no more values will be sent: `close(c)`.
    ///
    /// # Panics
    /// With "close of closed channel" and with "close of nil channel".
    #[track_caller]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn close(&self) {
        let Some(core) = &self.0 else { panic!("close of nil channel") };
        if core.close(Location::caller(), |closed| closed) == Some(false) {
            panic!("close of closed channel");
        }
    }

    /// How many values are in the buffer: `len(c)`. Zero for nil.
    #[must_use]
    #[track_caller]
    #[expect(clippy::len_without_is_empty, reason = "Go has no such thing")]
    pub fn len(&self) -> usize {
        let place = Location::caller();
        self.0.as_ref().map_or(0, |core| core.len(place))
    }

    /// How many values fit into the buffer: `cap(c)`. Zero for nil.
    #[must_use]
    pub fn cap(&self) -> usize {
        self.0.as_ref().map_or(0, |core| core.capacity())
    }

    /// The values as they come, until the channel is closed: `for v := range c`.
    #[track_caller]
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { channel: self, iteration: Iteration::new(Location::caller()) }
    }

    /// The half that sends: `chan<- T(c)`.
    #[must_use]
    pub fn send_only(&self) -> SendChan<T> {
        SendChan(self.clone())
    }

    /// The half that receives: `<-chan T(c)`.
    #[must_use]
    pub fn recv_only(&self) -> RecvChan<T> {
        RecvChan(self.clone())
    }

    /// An arm of [`select!`](crate::go::select), which calls this.
    #[doc(hidden)]
    pub fn __recv_arm(&self) -> RecvArm<'_, T> {
        RecvArm::new(self)
    }

    /// An arm of [`select!`](crate::go::select), which calls this.
    #[doc(hidden)]
    pub fn __send_arm(&self, value: T) -> SendArm<'_, T> {
        SendArm::new(self, value)
    }
}

#[cold]
#[track_caller]
pub(super) fn panic_closed() -> ! {
    panic!("{SEND_ON_CLOSED}")
}

impl<T> SendChan<T> {
    /// The half of [`Chan::nil`].
    #[must_use]
    pub const fn nil() -> SendChan<T> {
        SendChan(Chan::nil())
    }

    /// See [`Chan::is_nil`].
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.0.is_nil()
    }

    /// See [`Chan::send`].
    ///
    /// # Panics
    /// As [`Chan::send`].
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn send(&self, value: T) {
        self.0.send_at(value, Location::caller());
    }

    /// See [`Chan::close`].
    ///
    /// # Panics
    /// As [`Chan::close`].
    #[track_caller]
    pub fn close(&self) {
        self.0.close();
    }

    /// See [`Chan::len`].
    #[must_use]
    #[track_caller]
    #[expect(clippy::len_without_is_empty, reason = "Go has no such thing")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// See [`Chan::cap`].
    #[must_use]
    pub fn cap(&self) -> usize {
        self.0.cap()
    }

    /// An arm of [`select!`](crate::go::select), which calls this.
    #[doc(hidden)]
    pub fn __send_arm(&self, value: T) -> SendArm<'_, T> {
        SendArm::new(&self.0, value)
    }
}

impl<T> RecvChan<T> {
    /// The half of [`Chan::nil`].
    #[must_use]
    pub const fn nil() -> RecvChan<T> {
        RecvChan(Chan::nil())
    }

    /// See [`Chan::is_nil`].
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.0.is_nil()
    }

    /// See [`Chan::recv`].
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn recv(&self) -> Option<T> {
        self.0.recv_at(Location::caller())
    }

    /// See [`Chan::len`].
    #[must_use]
    #[track_caller]
    #[expect(clippy::len_without_is_empty, reason = "Go has no such thing")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// See [`Chan::cap`].
    #[must_use]
    pub fn cap(&self) -> usize {
        self.0.cap()
    }

    /// See [`Chan::iter`].
    #[track_caller]
    pub fn iter(&self) -> Iter<'_, T> {
        self.0.iter()
    }

    /// An arm of [`select!`](crate::go::select), which calls this.
    #[doc(hidden)]
    pub fn __recv_arm(&self) -> RecvArm<'_, T> {
        RecvArm::new(&self.0)
    }
}

/// The values of a channel until it is closed; see [`Chan::iter`].
pub struct Iter<'a, T> {
    channel: &'a Chan<T>,
    iteration: Iteration,
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[inline(always)]
    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.channel.recv_at(self.iteration.at(Location::caller()))
    }
}

/// [`Iter`] for a handle of its own.
pub struct IntoIter<T> {
    channel: Chan<T>,
    iteration: Iteration,
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[inline(always)]
    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.channel.recv_at(self.iteration.at(Location::caller()))
    }
}

impl<'a, T> IntoIterator for &'a Chan<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    #[track_caller]
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<'a, T> IntoIterator for &'a RecvChan<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    #[track_caller]
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Chan<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    #[track_caller]
    fn into_iter(self) -> IntoIter<T> {
        IntoIter { channel: self, iteration: Iteration::new(Location::caller()) }
    }
}

impl<T> IntoIterator for RecvChan<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    #[track_caller]
    fn into_iter(self) -> IntoIter<T> {
        IntoIter { channel: self.0, iteration: Iteration::new(Location::caller()) }
    }
}

impl<T> Clone for Chan<T> {
    fn clone(&self) -> Chan<T> {
        Chan(self.0.clone())
    }
}

impl<T> Default for Chan<T> {
    /// [`Chan::nil`], the zero value.
    fn default() -> Chan<T> {
        Chan::nil()
    }
}

impl<T> PartialEq for Chan<T> {
    /// Whether both are nil, or were made by the same call of [`Chan::new`].
    fn eq(&self, other: &Chan<T>) -> bool {
        match (&self.0, &other.0) {
            (Some(mine), Some(theirs)) => mine.is_same(theirs),
            (None, None) => true,
            _ => false,
        }
    }
}

impl<T> Eq for Chan<T> {}

impl<T> fmt::Debug for Chan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_nil() { "Chan(nil)" } else { "Chan" })
    }
}

macro_rules! half {
    ($half:ident) => {
        impl<T> Clone for $half<T> {
            fn clone(&self) -> $half<T> {
                $half(self.0.clone())
            }
        }

        impl<T> Default for $half<T> {
            fn default() -> $half<T> {
                $half::nil()
            }
        }

        impl<T> PartialEq for $half<T> {
            fn eq(&self, other: &$half<T>) -> bool {
                self.0 == other.0
            }
        }

        impl<T> Eq for $half<T> {}

        impl<T> From<Chan<T>> for $half<T> {
            fn from(channel: Chan<T>) -> $half<T> {
                $half(channel)
            }
        }

        impl<T> fmt::Debug for $half<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(if self.is_nil() { concat!(stringify!($half), "(nil)") } else { stringify!($half) })
            }
        }
    };
}

half!(SendChan);
half!(RecvChan);

impl<T> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for IntoIter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoIter").finish_non_exhaustive()
    }
}
