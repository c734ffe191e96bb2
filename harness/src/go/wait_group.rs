//! Waiting for goroutines to end.

use std::fmt;
use std::panic::Location;

use super::spawn::spawn_at;
use crate::channel::Driver;
use crate::driver::{Place, Scene, Subject};
use crate::kernel::gate::{Gate, Op as GateOp};
use crate::kernel::{End, Object, Op, choice};
use crate::memory::shared::Shared;

/// Waits for a number of goroutines to end: Go's `sync.WaitGroup`.
///
/// A handle: clones are the same group. In Go one passes a pointer.
///
/// ```
/// use reweave::go;
///
/// let group = go::WaitGroup::new();
/// let results = go::Chan::new(3);
/// for number in 0..3 {
///     let results = results.clone();
///     group.go(move || results.send(number));
/// }
/// group.wait();
/// results.close();
/// assert_eq!(results.iter().sum::<i32>(), 3);
/// ```
#[derive(Clone)]
pub struct WaitGroup(Shared<Subject>);

/// The counter overflows a lot later than Go's does.
const NEGATIVE: &str = "sync: negative WaitGroup counter";
const REUSED: &str = "sync: WaitGroup is reused before previous Wait has returned";
const CONCURRENT: &str = "sync: WaitGroup misuse: Add called concurrently with Wait";

impl WaitGroup {
    /// A group whose counter is zero: Go's `var wg sync.WaitGroup`.
    #[must_use]
    #[track_caller]
    pub fn new() -> WaitGroup {
        WaitGroup::at(Location::caller())
    }

    pub(super) fn at(place: Place) -> WaitGroup {
        let group = Shared::new(|| Subject::new("WaitGroup", place));
        group.register(|| Object::Gate(Gate::default()));
        WaitGroup(group)
    }

    /// Adds `delta`, which may be negative, to the counter: `wg.Add(delta)`. When the counter becomes zero, all who wait go on.
    ///
    /// # Panics
    /// As in Go: with "sync: negative WaitGroup counter" if the counter would become negative; with "sync: WaitGroup misuse: Add
    /// called concurrently with Wait" if it grows again while somebody who waited has not gone on yet. Go sees this only if the
    /// call falls into the moment in which those who wait are let go; else it is they who see it, see [`Self::wait`]. In an
    /// execution which of the two happens is a decision of the schedule.
    #[inline]
    #[track_caller]
    pub fn add(&self, delta: i64) {
        self.add_at(delta, Location::caller());
    }

    #[track_caller]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn add_at(&self, delta: i64, place: Place) {
        let Some((scene, id)) = self.0.visit() else { return };
        let outcome = match scene {
            #[cfg(feature = "sim")]
            Scene::Simulated(this) => crate::engine::add_to_gate(this, id, delta, place),
            Scene::Native => scene.perform(Op::Gate(id, GateOp::Add(delta)), place),
        };
        if outcome.end == End::Failed {
            panic!("{NEGATIVE}");
        }
        if outcome.value == 1 && falls_into_the_moment(place) {
            panic!("{CONCURRENT}");
        }
    }

    /// Takes one from the counter: `wg.Done()`.
    ///
    /// # Panics
    /// With "sync: negative WaitGroup counter" if it is zero.
    #[inline]
    #[track_caller]
    pub fn done(&self) {
        self.add_at(-1, Location::caller());
    }

    /// Waits until the counter is zero: `wg.Wait()`.
    ///
    /// # Panics
    /// With "sync: WaitGroup is reused before previous Wait has returned" if the counter had become zero and has grown again before
    /// this returned.
    #[track_caller]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn wait(&self) {
        self.wait_at(Location::caller());
    }

    #[track_caller]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn wait_at(&self, place: Place) {
        let Some((scene, id)) = self.0.visit() else { return };
        let count = match scene {
            #[cfg(feature = "sim")]
            Scene::Simulated(this) => crate::engine::wait_at_gate(this, id, place),
            Scene::Native => match scene.perform(Op::Gate(id, GateOp::Enroll), place).end {
                End::Queued => Some(scene.perform(Op::Gate(id, GateOp::Leave), place).value),
                _ => None,
            },
        };
        if count.is_some_and(|count| count != 0) {
            panic!("{REUSED}");
        }
    }

    /// Starts a goroutine of the group: `wg.Go(f)`, since Go 1.25.
    ///
    /// `run` must not panic, says Go: if it does, the goroutine is not counted as done, and the panic is the end of the program.
    ///
    /// # Panics
    /// As [`Self::add`].
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn go(&self, run: impl FnOnce() + Send + 'static) {
        let place = Location::caller();
        self.add_at(1, place);
        let group = self.clone();
        spawn_at(place, move || {
            run();
            group.add_at(-1, place);
        });
    }
}

/// Whether an `add` that comes too early is the one that sees it.
fn falls_into_the_moment(place: Place) -> bool {
    Scene::here().perform(Op::Choose(choice::Op { outcomes: 2 }), place).value == 0
}

impl Default for WaitGroup {
    #[track_caller]
    fn default() -> WaitGroup {
        WaitGroup::new()
    }
}

impl fmt::Debug for WaitGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitGroup").finish_non_exhaustive()
    }
}
