//! The part of a cell by which executions know it.

use crate::engine::Place;
use crate::engine::identity::{Identity, Sharing, inside};
pub(super) use crate::engine::races::Kind;
use crate::engine::races::{self, UnderWay};
use crate::kernel::Object;

#[derive(Debug)]
pub(super) struct Checks(Identity);

impl Checks {
    #[track_caller]
    pub(super) const fn new() -> Checks {
        Checks(Identity::new())
    }

    pub(super) fn place(&self) -> Place {
        self.0.place()
    }

    /// For real threads, as a lock would have it: see [`Identity::outside`].
    pub(super) fn identity(&self) -> &Identity {
        &self.0
    }

    /// The caller begins an access, which ends when what is returned is dropped; none if it is outside executions. A race
    /// ends the execution. `is_free` says whether no real thread uses the cell.
    #[inline]
    pub(super) fn begin(&self, kind: Kind, place: Place, is_free: impl FnOnce() -> bool) -> Option<UnderWay> {
        let this = inside()?;
        let cell = self.0.in_execution(this, Sharing::Exclusive, || is_free().then_some(Object::Cell));
        let address = std::ptr::from_ref(&self.0) as usize;
        Some(races::begin(this, (cell, address), kind, place))
    }

    /// Whether the caller is a task in the middle of an access of this cell.
    pub(super) fn is_under_way(&self) -> bool {
        inside().is_some_and(|this| self.0.known(this).is_some_and(|cell| races::is_under_way(this, cell)))
    }
}
