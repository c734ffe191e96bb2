//! The values of channels, and the protocol by which they go from sender to receiver over the kernel.
//!
//! The kernel counts messages and decides who may proceed; the values wait here. What moves a value is always decided
//! by a step of the kernel, and the move happens before anybody else can step, so that the `i`-th value here is the
//! `i`-th message there. Who performs the steps is a matter of its own, a [`Driver`]: the engine, or real threads.
//! A [`Core`] knows neither its driver nor its number in the kernel; both come with every call, so that whoever has a
//! channel keeps them where he likes.
//!
//! ```text
//!                  line                   of a buffered channel: message after message
//!   sender ──►  or offer of a sender     of a rendezvous: it waits, and whoever meets it takes the value from there
//!               or delivery to a receiver   it waited, and whoever met it has laid the value there
//! ```
//!
//! *Late values.* A sender that selects may have its value only afterwards. What lies in its place until then is a
//! [`Promise`]. If the value comes before anybody else could step, it takes the place of the promise, and nobody
//! ever knows. Otherwise sender and receiver make a *handover* of it: a kernel channel of its own for this one message,
//! added by whoever needs it first, to which the one sends when he has the value and from which the other receives. So
//! waiting for a late value is a step that blocks, like any other. Which of the two ways it is depends on the sender
//! alone (on whether it stepped in between), so that schedules that differ only in the order of independent
//! steps agree about it.
//!
//! *Shelf.* Values that are in nobody's hands wait on the shelf of their channel, under a number: what a select may send
//! ([`Offer`]), what it received ([`Claim`]), and what is being handed over. So selects need not know the types
//! of what they choose among.
//!
//! *Guard.* A channel of an execution is alone with whoever was let in, one between real threads has a lock: see [`store`].
//! Values are dropped after it was released.

mod core;
mod driver;
#[cfg(feature = "sim")]
mod home;
mod late;
#[cfg(feature = "sim")]
mod quick;
mod select;
mod store;
#[cfg(all(test, feature = "sim"))]
mod tests;
mod values;

#[cfg(feature = "sim")]
pub(crate) use self::core::Reason;
pub(crate) use self::core::{Core, NotSent, Patience, buffered, unbuffered};
#[cfg(feature = "sim")]
pub(crate) use driver::Engine;
pub(crate) use driver::{Between, Driver, Inside};
#[cfg(feature = "sim")]
pub(crate) use home::{Home, Real};
#[cfg(feature = "sim")]
pub(crate) use select::ready;
pub(crate) use select::{Arm, Chosen, Taken, select};
pub(crate) use values::{Claim, Laid, Offer, Promise, Seats, Spot};
