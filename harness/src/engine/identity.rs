//! Which kernel object a user's object is, in the current execution.
//!
//! Constructors are `const fn`, so that an object learns of its execution only when it is first used. It carries
//! the source place of its constructor and a *mark*: the execution that registered it last, and its number there.
//! While the mark is of the current execution, finding the object is one load and one comparison.
//!
//! An object may outlive an execution (a `static`, something that the test closure captured), be used by executions
//! on several OS threads, and by ordinary threads outside. Each execution registers it anew, with the
//! state that it has outside. Primitives that guard data of their own are used by one execution at a time; a
//! second one is started again later. What is used inside and outside at the same time waits for the other side
//! for a while, and then it is an error that names both.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustc_hash::FxHashMap;

use super::execution::{Ending, Execution};
use super::teardown::{end_here, give_way};
use super::{Place, current};
use crate::kernel::{Object, ObjectId};

/// Bits of a mark that hold the number of the object.
const INDEX_BITS: u32 = 24;
const INDEX: u64 = (1 << INDEX_BITS) - 1;

/// Never used.
const FRESH: u64 = 0;
/// Used outside executions.
const OUTSIDE: u64 = 1;
/// Used by several executions at once: found by address.
const SHARED: u64 = 2;

/// The part of a user's object by which executions know it.
pub(crate) struct Identity {
    /// `epoch << INDEX_BITS | index`, or one of the words above (epochs start at one).
    mark: AtomicU64,
    place: Place,
    holds_addresses: bool,
    /// What its vocabulary calls it, if not what the kernel does.
    called: Option<&'static str>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({})", self.place)
    }
}

/// What an execution knows of its objects besides their state.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    /// By object.
    pub(crate) objects: Vec<Registered>,
    /// Objects that other executions use at the same time, by address.
    by_address: FxHashMap<usize, ObjectId>,
}

/// See [`Registry`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registered {
    pub(crate) place: Place,
    pub(crate) address: usize,
    /// The values are addresses, which differ from run to run.
    pub(crate) holds_addresses: bool,
    /// What its vocabulary calls it, if not what the kernel does.
    pub(crate) called: Option<&'static str>,
}

impl Registry {
    /// The object at `address`, among those that other executions use, too. It may have been registered before
    /// they did.
    fn find(&mut self, address: usize) -> Option<ObjectId> {
        if let Some(id) = self.by_address.get(&address) {
            return Some(*id);
        }
        let id = self.registered(address)?;
        self.by_address.insert(address, id);
        Some(id)
    }

    /// The object that was registered last at `address`.
    fn registered(&self, address: usize) -> Option<ObjectId> {
        let at = self.objects.iter().rposition(|object| object.address == address)?;
        Some(ObjectId(at as u32))
    }

    pub(crate) fn reset(&mut self) {
        self.objects.clear();
        if !self.by_address.is_empty() {
            self.by_address.clear();
        }
    }
}

/// The mark of the object with this number in the execution `epoch`.
fn claim(epoch: u64, number: u64) -> u64 {
    assert!(number < INDEX, "reweave: an execution can use up to {INDEX} objects");
    epoch << INDEX_BITS | number
}

/// Whether data behind the object makes two executions that use it exclude each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sharing {
    /// All state is in the kernel, so that every execution has its own.
    Separate,
    /// There is data outside the kernel.
    Exclusive,
}

impl Identity {
    #[track_caller]
    pub(crate) const fn new() -> Identity {
        Identity::at(std::panic::Location::caller(), None)
    }

    /// The identity of an object that was made at `place` and has a name of its own in its vocabulary.
    pub(crate) const fn at(place: Place, called: Option<&'static str>) -> Identity {
        Identity { mark: AtomicU64::new(FRESH), place, holds_addresses: false, called }
    }

    /// The identity of an object whose values are addresses.
    #[track_caller]
    pub(crate) const fn of_addresses() -> Identity {
        Identity { holds_addresses: true, ..Identity::at(std::panic::Location::caller(), None) }
    }

    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// The kernel object in the current execution, registered with the state that `object` gives if this is
    /// its first use there.
    #[inline]
    pub(crate) fn in_execution(
        &self,
        this: *mut Execution,
        sharing: Sharing,
        object: impl FnOnce() -> Option<Object>,
    ) -> ObjectId {
        let mark = self.mark.load(Ordering::Relaxed);
        // SAFETY: the caller is a task inside `this`; no switch while it is used.
        let epoch = unsafe { (*this).epoch };
        if mark >> INDEX_BITS == epoch {
            return ObjectId((mark & INDEX) as u32);
        }
        self.register(this, sharing, object)
    }

    /// Registers an object that was made by the running task, and that nobody else knows yet.
    #[inline(always)]
    pub(crate) fn begin_here(&self, this: *mut Execution, object: impl FnOnce() -> Object) -> ObjectId {
        // SAFETY: as in `in_execution`.
        let execution = unsafe { &mut *this };
        let claimed = claim(execution.epoch, execution.world.objects.len() as u64);
        let id = execution.add_made(object);
        self.mark.store(claimed, Ordering::Relaxed);
        self.enter(execution);
        id
    }

    /// Notes what people may want to know of the object that was added last.
    #[inline]
    fn enter(&self, execution: &mut Execution) {
        let Identity { place, holds_addresses, called, .. } = *self;
        let address = std::ptr::from_ref(self) as usize;
        execution.registry.objects.push(Registered { place, address, holds_addresses, called });
    }

    #[cold]
    fn register(&self, this: *mut Execution, sharing: Sharing, object: impl FnOnce() -> Option<Object>) -> ObjectId {
        let address = std::ptr::from_ref(self) as usize;
        let mut mark = self.mark.load(Ordering::Relaxed);
        loop {
            // SAFETY: as in `in_execution`.
            let execution = unsafe { &mut *this };
            let claimed = claim(execution.epoch, execution.world.objects.len() as u64);
            let other =
                if mark == FRESH || mark == OUTSIDE || mark == SHARED { None } else { live(mark >> INDEX_BITS) };
            match (other, sharing) {
                (Some(other), Sharing::Exclusive) => contended(this, self.place, &other),
                (Some(_), Sharing::Separate) => {
                    let _ = self.mark.compare_exchange(mark, SHARED, Ordering::SeqCst, Ordering::Relaxed);
                    mark = self.mark.load(Ordering::SeqCst);
                    continue;
                }
                (None, _) if mark == SHARED => {
                    if let Some(id) = execution.registry.find(address) {
                        return id;
                    }
                }
                (None, _) => match self.mark.compare_exchange(mark, claimed, Ordering::SeqCst, Ordering::SeqCst) {
                    Ok(_) => {}
                    Err(now) => {
                        mark = now;
                        continue;
                    }
                },
            }
            let Some(object) = object() else {
                // An ordinary thread holds it.
                let _ = self.mark.compare_exchange(claimed, OUTSIDE, Ordering::SeqCst, Ordering::Relaxed);
                contended(this, self.place, "a thread outside any execution")
            };
            let id = execution.add_object(object);
            self.enter(execution);
            // Found by address from now on, should another execution come and share it.
            if mark == SHARED {
                execution.registry.by_address.insert(address, id);
            }
            return id;
        }
    }

    /// Forgets the execution: the object has its state outside again.
    pub(crate) fn forget(&mut self) {
        *self.mark.get_mut() = FRESH;
    }

    /// The kernel object, if the current execution knows it.
    #[inline]
    pub(crate) fn known(&self, this: *mut Execution) -> Option<ObjectId> {
        let mark = self.mark.load(Ordering::Relaxed);
        // SAFETY: as in `in_execution`.
        if mark >> INDEX_BITS == unsafe { (*this).epoch } {
            return Some(ObjectId((mark & INDEX) as u32));
        }
        if mark == SHARED { self.find(this) } else { None }
    }

    #[cold]
    fn find(&self, this: *mut Execution) -> Option<ObjectId> {
        // SAFETY: as in `in_execution`.
        let execution = unsafe { &*this };
        let address = std::ptr::from_ref(self) as usize;
        execution.registry.by_address.get(&address).copied().or_else(|| execution.registry.registered(address))
    }

    /// To be called before the real primitive is used outside executions: waits while an execution uses the object.
    ///
    /// # Panics
    /// If one keeps using it.
    #[inline]
    pub(crate) fn outside(&self) {
        let mark = self.mark.load(Ordering::SeqCst);
        if mark != OUTSIDE {
            self.settle_outside(mark);
        }
    }

    /// To be called after a lock was taken outside: whether an execution claimed the object meanwhile.
    #[inline]
    pub(crate) fn claimed_meanwhile(&self) -> bool {
        self.mark.load(Ordering::SeqCst) != OUTSIDE
    }

    #[cold]
    fn settle_outside(&self, mut mark: u64) {
        let mut waited = Duration::ZERO;
        while mark != OUTSIDE {
            let other = if mark == FRESH || mark == SHARED { None } else { live(mark >> INDEX_BITS) };
            match other {
                None if mark == SHARED => return,
                None => match self.mark.compare_exchange(mark, OUTSIDE, Ordering::SeqCst, Ordering::SeqCst) {
                    Ok(_) => return,
                    Err(now) => {
                        mark = now;
                        continue;
                    }
                },
                Some(execution) if waited >= PATIENCE => {
                    let me = std::thread::current();
                    panic!(
                        "reweave: the object created at {} is used by the thread `{}`, outside any execution, while \
                         {execution} uses it inside one: an object is either simulated or real; start the thread \
                         with `reweave::thread`, or give each side an object of its own",
                        self.place,
                        me.name().unwrap_or("unnamed"),
                    )
                }
                Some(_) => {}
            }
            pause(PAUSE);
            waited += PAUSE;
            mark = self.mark.load(Ordering::SeqCst);
        }
    }
}

/// How long one side waits for the other before it is an error, and how often it looks.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_micros(200);

#[expect(clippy::disallowed_methods, reason = "a real thread waits for an execution on another one")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Ends the current execution, to be started again when `other` is through with the object.
fn contended(this: *mut Execution, place: Place, other: &str) -> ! {
    let me = name_of_current(this);
    end_here(
        this,
        Ending::Contended(format!(
            "the object created at {place} is used by {other} while {me} uses it inside an execution: an object is \
             either simulated or real; start the thread with `reweave::thread`, or give each side an object of its own"
        )),
    );
    loop {
        give_way(this);
    }
}

pub(crate) fn name_of_current(this: *mut Execution) -> String {
    // SAFETY: the caller is a task inside `this`; nothing switches here.
    let execution = unsafe { &*this };
    live(execution.epoch).unwrap_or_else(|| "a test".to_owned())
}

/// What others see of an exploring thread: the epoch of the execution that it is in, zero between two.
#[derive(Debug)]
struct Live {
    epoch: AtomicU64,
    name: String,
}

/// An exploring thread, which numbers its executions.
#[derive(Debug)]
pub(crate) struct Explorer {
    live: Arc<Live>,
    /// The epochs that this thread may use: from the first to before the second.
    next_epoch: Cell<u64>,
    last_epoch: Cell<u64>,
}

static EXPLORERS: Mutex<Vec<Arc<Live>>> = Mutex::new(Vec::new());
static EPOCHS: AtomicU64 = AtomicU64::new(1);

/// Epochs are taken in batches, so that threads do not meet at the counter in every execution.
const EPOCHS_AT_ONCE: u64 = 1024;

/// Announces an exploring thread that runs executions of the test `name`.
pub(crate) fn announce(name: &str) -> Explorer {
    let live = Arc::new(Live { epoch: AtomicU64::new(0), name: format!("`{name}`") });
    EXPLORERS.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&live));
    Explorer { live, next_epoch: Cell::new(0), last_epoch: Cell::new(0) }
}

impl Explorer {
    /// A new execution begins; returns its epoch, which no other execution of this process ever has.
    pub(crate) fn begin(&self) -> u64 {
        let epoch = match self.next_epoch.get() {
            next if next < self.last_epoch.get() => next,
            _ => {
                let first = EPOCHS.fetch_add(EPOCHS_AT_ONCE, Ordering::Relaxed);
                self.last_epoch.set(first + EPOCHS_AT_ONCE);
                first
            }
        };
        self.next_epoch.set(epoch + 1);
        // Whoever reads this epoch from a mark sees that it is live: marks are written after it, with release order.
        self.live.epoch.store(epoch, Ordering::Relaxed);
        epoch
    }

    pub(crate) fn end(&self) {
        self.live.epoch.store(0, Ordering::Release);
    }

    pub(crate) fn retire(&self) {
        self.end();
        EXPLORERS.lock().unwrap_or_else(PoisonError::into_inner).retain(|other| !Arc::ptr_eq(other, &self.live));
    }
}

/// The name of the exploring thread that is in the execution `epoch`, if one is.
fn live(epoch: u64) -> Option<String> {
    let explorers = EXPLORERS.lock().unwrap_or_else(PoisonError::into_inner);
    let explorer = explorers.iter().find(|explorer| explorer.epoch.load(Ordering::SeqCst) == epoch)?;
    Some(explorer.name.clone())
}

/// Where the calling code runs: inside an execution, with a pointer to it, or outside.
#[inline]
pub(crate) fn inside() -> Option<*mut Execution> {
    let execution = current();
    (!execution.is_null()).then_some(execution)
}
