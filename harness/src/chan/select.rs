//! Select over a list of channels that is known at run time, and the operation that it selected. **Unsafe room.**
//!
//! Whether the channels are real or simulated is asked when a choice is made: outside executions crossbeam's `Select`
//! is made of the real channels, inside the kernel chooses. A channel of the other kind is refused then, as everywhere.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;

use smallvec::SmallVec;

use super::{
    ReadyTimeoutError, Receiver, RecvError, SelectTimeoutError, SendError, Sender, TryReadyError, TrySelectError,
    receiver, sender,
};
use crate::channel::{Arm, Engine, Patience, Taken, ready, select};
use crate::engine::Place;
use crate::engine::identity::inside;
use crate::kernel::handles::Side;
use crate::kernel::select::Pick;
use crate::time::{Duration, Instant};

/// Chooses one of several operations on channels: the first that can be done, or one of those that can be.
///
/// ```
/// use reweave::chan::{Select, unbounded};
///
/// let (sender_1, receiver_1) = unbounded();
/// let (_sender_2, receiver_2) = unbounded::<u32>();
/// sender_1.send(10).unwrap();
///
/// let mut select = Select::new();
/// let first = select.recv(&receiver_1);
/// let second = select.recv(&receiver_2);
/// let operation = select.select();
/// match operation.index() {
///     index if index == first => assert_eq!(operation.recv(&receiver_1), Ok(10)),
///     index if index == second => assert_eq!(operation.recv(&receiver_2), Ok(20)),
///     _ => unreachable!(),
/// }
/// ```
///
/// Inside an execution every operation that can be done may be taken, and which is explored. Where the message of a
/// send is made only after the choice, whoever receives it waits for it. Use [`select!`](super::select!) where the list of operations is
/// known.
#[derive(Clone)]
pub struct Select<'a> {
    operations: Vec<Operation<'a>>,
    next_index: usize,
    pick: Pick,
}

#[derive(Clone, Copy)]
struct Operation<'a> {
    handle: &'a dyn Handle,
    index: usize,
    /// Where the handle is, by which it is recognised later.
    address: usize,
}

// SAFETY: the handles may be of channels whose values are `!Send`. Without those types a select can only move values between
// places in the memory of their channel, under its lock; to bring one in or take one out it takes the typed handle, which
// does not leave its thread. Real channels it gives to crossbeam's `Select`, which is `Send` and `Sync` for the same reason.
unsafe impl Send for Select<'_> {}
// SAFETY: as above; besides, choosing takes `&mut self`.
unsafe impl Sync for Select<'_> {}

/// What a handle is to a select inside an execution.
enum Candidate<'a> {
    Arm(Arm<'a>),
    /// It can never be taken.
    Never,
    /// The caller unwinds and the channel is from elsewhere: it looks disconnected.
    Lost,
}

/// A sender or a receiver, whatever it sends or receives.
trait Handle {
    /// For a caller outside executions: adds itself to crossbeam's select. Fails if it is lost, as above.
    fn add_to<'a>(&'a self, select: &mut crossbeam_channel::Select<'a>) -> bool;

    /// For a caller inside.
    fn candidate(&self) -> Candidate<'_>;
}

impl<T> Handle for Sender<T> {
    fn add_to<'a>(&'a self, select: &mut crossbeam_channel::Select<'a>) -> bool {
        match &self.0 {
            sender::Repr::Real(sender) => sender.visit().map(|sender| select.send(sender)).is_some(),
            sender::Repr::Simulated(channel) => channel.visit().is_some(),
        }
    }

    fn candidate(&self) -> Candidate<'_> {
        match &self.0 {
            sender::Repr::Real(sender) => {
                sender.visit();
                Candidate::Lost
            }
            sender::Repr::Simulated(channel) => channel.visit().map_or(Candidate::Lost, |(_, id)| {
                Candidate::Arm(Arm { channel: id, side: Side::Sending, seats: channel.core.seats(), offer: None })
            }),
        }
    }
}

impl<T> Handle for Receiver<T> {
    fn add_to<'a>(&'a self, select: &mut crossbeam_channel::Select<'a>) -> bool {
        match &self.0 {
            receiver::Repr::Real(receiver) => receiver.visit().map(|receiver| select.recv(receiver)).is_some(),
            receiver::Repr::RealTimer(receiver, _) => receiver.visit().map(|receiver| select.recv(receiver)).is_some(),
            receiver::Repr::Never(receiver) => {
                select.recv(receiver);
                true
            }
            receiver::Repr::Simulated(channel) => channel.visit().is_some(),
            receiver::Repr::Timer(timer, _) => timer.visit().is_some(),
        }
    }

    fn candidate(&self) -> Candidate<'_> {
        let (channel, seats): (_, &dyn crate::channel::Seats) = match &self.0 {
            receiver::Repr::Never(_) => return Candidate::Never,
            receiver::Repr::Real(receiver) => {
                receiver.visit();
                return Candidate::Lost;
            }
            receiver::Repr::RealTimer(receiver, _) => {
                receiver.visit();
                return Candidate::Lost;
            }
            receiver::Repr::Simulated(channel) => (channel.visit(), channel.core.seats()),
            receiver::Repr::Timer(timer, _) => (timer.visit(), &**timer),
        };
        channel.map_or(Candidate::Lost, |(_, id)| {
            Candidate::Arm(Arm { channel: id, side: Side::Receiving, seats, offer: None })
        })
    }
}

/// What there is to choose from inside an execution.
struct Candidates<'a> {
    arms: SmallVec<[Arm<'a>; 8]>,
    /// Which operation each arm is.
    operations: SmallVec<[Operation<'a>; 8]>,
}

impl<'a> Select<'a> {
    /// A select without operations. Of several that can be done it takes any.
    ///
    /// ```
    /// let mut select = reweave::chan::Select::new();
    /// assert!(select.try_select().is_err());
    /// ```
    #[must_use]
    pub fn new() -> Select<'a> {
        Select { operations: Vec::with_capacity(4), next_index: 0, pick: Pick::Any }
    }

    /// A select without operations. Of several that can be done it takes the one that was added first.
    ///
    /// ```
    /// use reweave::chan::{Select, unbounded};
    ///
    /// let (sender, receiver) = unbounded();
    /// let mut select = Select::new_biased();
    /// let first = select.send(&sender);
    /// select.send(&sender);
    /// let operation = select.select();
    /// assert_eq!(operation.index(), first);
    /// operation.send(&sender, 1).unwrap();
    /// assert_eq!(receiver.recv(), Ok(1));
    /// ```
    #[must_use]
    pub fn new_biased() -> Select<'a> {
        Select { pick: Pick::First, ..Select::new() }
    }

    /// Adds sending by `s`. Returns the index of the operation.
    ///
    /// ```
    /// use reweave::chan::{Select, bounded};
    ///
    /// let (sender, _receiver) = bounded::<u8>(0);
    /// let mut select = Select::new();
    /// assert_eq!(select.send(&sender), 0);
    /// assert_eq!(select.send(&sender), 1);
    /// ```
    pub fn send<T>(&mut self, s: &'a Sender<T>) -> usize {
        self.add(s, std::ptr::from_ref(s).addr())
    }

    /// Adds receiving by `r`. Returns the index of the operation.
    ///
    /// ```
    /// use reweave::chan::{Select, never};
    ///
    /// let receiver = never::<u8>();
    /// let mut select = Select::new();
    /// assert_eq!(select.recv(&receiver), 0);
    /// assert!(select.try_select().is_err());
    /// ```
    pub fn recv<T>(&mut self, r: &'a Receiver<T>) -> usize {
        self.add(r, std::ptr::from_ref(r).addr())
    }

    fn add(&mut self, handle: &'a dyn Handle, address: usize) -> usize {
        let index = self.next_index;
        self.operations.push(Operation { handle, index, address });
        self.next_index += 1;
        index
    }

    /// Removes the operation `index`. The others keep theirs.
    ///
    /// ```
    /// use reweave::chan::{Select, unbounded};
    ///
    /// let (sender, receiver) = unbounded();
    /// let mut select = Select::new();
    /// let first = select.recv(&receiver);
    /// sender.send(1).unwrap();
    /// select.remove(first);
    /// assert!(select.try_select().is_err());
    /// ```
    ///
    /// # Panics
    /// If there is no operation with this index.
    #[track_caller]
    pub fn remove(&mut self, index: usize) {
        assert!(index < self.next_index, "index out of bounds; {index} >= {}", self.next_index);
        let at = self.operations.iter().position(|operation| operation.index == index);
        self.operations.swap_remove(at.expect("no operation with this index"));
    }

    /// Selects an operation that can be done, if there is one.
    ///
    /// ```
    /// use reweave::chan::{Select, TrySelectError, unbounded};
    ///
    /// let (sender, receiver) = unbounded();
    /// let mut select = Select::new();
    /// select.recv(&receiver);
    /// assert!(matches!(select.try_select(), Err(TrySelectError)));
    /// sender.send(1).unwrap();
    /// assert_eq!(select.try_select().unwrap().recv(&receiver), Ok(1));
    /// ```
    ///
    /// # Errors
    /// If no operation can be done.
    ///
    /// # Panics
    /// If a channel was not created where it is used: in this execution, or outside all of them.
    #[track_caller]
    pub fn try_select(&mut self) -> Result<SelectedOperation<'a>, TrySelectError> {
        self.choose(Patience::Never, Location::caller()).ok_or(TrySelectError)
    }

    /// Selects an operation that can be done, waiting for one. See [`Select`].
    ///
    /// # Panics
    /// If there are no operations, or if a channel was not created where it is used: in this execution, or outside all of them.
    #[track_caller]
    pub fn select(&mut self) -> SelectedOperation<'a> {
        assert!(!self.operations.is_empty(), "no operations have been added to `Select`");
        self.choose(Patience::Forever, Location::caller()).expect("it waits for ever")
    }

    /// Selects an operation that can be done, waiting for one, but not longer than `timeout`.
    ///
    /// ```
    /// use reweave::chan::{Select, unbounded};
    /// use reweave::time::Duration;
    ///
    /// let (_sender, receiver) = unbounded::<u8>();
    /// let mut select = Select::new();
    /// select.recv(&receiver);
    /// assert!(select.select_timeout(Duration::from_millis(5)).is_err());
    /// ```
    ///
    /// # Errors
    /// If no operation could be done in time.
    ///
    /// # Panics
    /// If a channel was not created where it is used: in this execution, or outside all of them.
    #[track_caller]
    pub fn select_timeout(&mut self, timeout: Duration) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        self.choose(Patience::Within(timeout), Location::caller()).ok_or(SelectTimeoutError)
    }

    /// Selects an operation that can be done, waiting for one, but not longer than until `deadline`.
    ///
    /// ```
    /// use reweave::chan::{Select, unbounded};
    /// use reweave::time::{Duration, Instant};
    ///
    /// let (_sender, receiver) = unbounded::<u8>();
    /// let mut select = Select::new();
    /// select.recv(&receiver);
    /// assert!(select.select_deadline(Instant::now() + Duration::from_millis(5)).is_err());
    /// ```
    ///
    /// # Errors
    /// If no operation could be done in time.
    ///
    /// # Panics
    /// If a channel was not created where it is used, or `deadline` is a moment of another clock.
    #[track_caller]
    pub fn select_deadline(&mut self, deadline: Instant) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        self.choose(Patience::Within(deadline.until()), Location::caller()).ok_or(SelectTimeoutError)
    }

    /// Says which operation can be done, if there is one, without doing it.
    ///
    /// ```
    /// use reweave::chan::{Select, TryReadyError, unbounded};
    ///
    /// let (sender, receiver) = unbounded();
    /// let mut select = Select::new();
    /// let receives = select.recv(&receiver);
    /// assert_eq!(select.try_ready(), Err(TryReadyError));
    /// sender.send(1).unwrap();
    /// assert_eq!(select.try_ready(), Ok(receives));
    /// assert_eq!(receiver.try_recv(), Ok(1));
    /// ```
    ///
    /// # Errors
    /// If no operation can be done.
    ///
    /// # Panics
    /// If a channel was not created where it is used: in this execution, or outside all of them.
    #[track_caller]
    pub fn try_ready(&mut self) -> Result<usize, TryReadyError> {
        self.look(Patience::Never, Location::caller()).ok_or(TryReadyError)
    }

    /// Waits until an operation can be done, and says which, without doing it. Somebody else may do it first.
    ///
    /// ```
    /// use reweave::chan::{Select, unbounded};
    ///
    /// let (sender, receiver) = unbounded();
    /// sender.send(1).unwrap();
    /// let mut select = Select::new();
    /// let receives = select.recv(&receiver);
    /// assert_eq!(select.ready(), receives);
    /// assert_eq!(receiver.try_recv(), Ok(1));
    /// ```
    ///
    /// # Panics
    /// If there are no operations, or if a channel was not created where it is used: in this execution, or outside all of them.
    #[track_caller]
    pub fn ready(&mut self) -> usize {
        assert!(!self.operations.is_empty(), "no operations have been added to `Select`");
        self.look(Patience::Forever, Location::caller()).expect("it waits for ever")
    }

    /// Waits until an operation can be done, but not longer than `timeout`, and says which, without doing it.
    ///
    /// ```
    /// use reweave::chan::{ReadyTimeoutError, Select, unbounded};
    /// use reweave::time::Duration;
    ///
    /// let (_sender, receiver) = unbounded::<u8>();
    /// let mut select = Select::new();
    /// select.recv(&receiver);
    /// assert_eq!(select.ready_timeout(Duration::from_millis(5)), Err(ReadyTimeoutError));
    /// ```
    ///
    /// # Errors
    /// If no operation could be done in time.
    ///
    /// # Panics
    /// If a channel was not created where it is used: in this execution, or outside all of them.
    #[track_caller]
    pub fn ready_timeout(&mut self, timeout: Duration) -> Result<usize, ReadyTimeoutError> {
        self.look(Patience::Within(timeout), Location::caller()).ok_or(ReadyTimeoutError)
    }

    /// Waits until an operation can be done, but not longer than until `deadline`, and says which, without doing it.
    ///
    /// ```
    /// use reweave::chan::{ReadyTimeoutError, Select, unbounded};
    /// use reweave::time::{Duration, Instant};
    ///
    /// let (_sender, receiver) = unbounded::<u8>();
    /// let mut select = Select::new();
    /// select.recv(&receiver);
    /// let deadline = Instant::now() + Duration::from_millis(5);
    /// assert_eq!(select.ready_deadline(deadline), Err(ReadyTimeoutError));
    /// ```
    ///
    /// # Errors
    /// If no operation could be done in time.
    ///
    /// # Panics
    /// If a channel was not created where it is used, or `deadline` is a moment of another clock.
    #[track_caller]
    pub fn ready_deadline(&mut self, deadline: Instant) -> Result<usize, ReadyTimeoutError> {
        self.look(Patience::Within(deadline.until()), Location::caller()).ok_or(ReadyTimeoutError)
    }

    #[track_caller]
    fn choose(&mut self, patience: Patience, place: Place) -> Option<SelectedOperation<'a>> {
        let selected = |operation: Operation<'a>, state| SelectedOperation {
            index: operation.index,
            address: operation.address,
            state: Some(state),
            here: PhantomData,
        };
        let Some(this) = inside() else {
            let mut real = match self.real() {
                Ok(real) => real,
                Err(lost) => return Some(selected(lost, State::Simulated(Taken::Disconnected))),
            };
            let chosen = match patience {
                Patience::Forever => real.select(),
                Patience::Never => real.try_select().ok()?,
                Patience::Within(timeout) => real.select_timeout(timeout).ok()?,
            };
            return Some(selected(self.operations[chosen.index()], State::Real(chosen)));
        };
        match self.candidates() {
            Err(lost) => Some(selected(lost, State::Simulated(Taken::Disconnected))),
            Ok(Candidates { arms, operations }) => {
                let chosen = select(Engine(this), &arms, self.pick, patience, place)?;
                Some(selected(operations[chosen.arm], State::Simulated(chosen.taken)))
            }
        }
    }

    #[track_caller]
    fn look(&mut self, patience: Patience, place: Place) -> Option<usize> {
        let Some(this) = inside() else {
            let mut real = match self.real() {
                Ok(real) => real,
                Err(lost) => return Some(lost.index),
            };
            let ready = match patience {
                Patience::Forever => real.ready(),
                Patience::Never => real.try_ready().ok()?,
                Patience::Within(timeout) => real.ready_timeout(timeout).ok()?,
            };
            return Some(self.operations[ready].index);
        };
        match self.candidates() {
            Err(lost) => Some(lost.index),
            Ok(Candidates { arms, operations }) => {
                let ready = ready(Engine(this), &arms, self.pick, patience, place)?;
                Some(operations[ready].index)
            }
        }
    }

    /// Crossbeam's select of the same operations, in the same order; or one that is lost.
    #[track_caller]
    fn real(&self) -> Result<crossbeam_channel::Select<'a>, Operation<'a>> {
        let mut real = match self.pick {
            Pick::Any => crossbeam_channel::Select::new(),
            Pick::First => crossbeam_channel::Select::new_biased(),
        };
        let lost = self.operations.iter().find(|operation| !operation.handle.add_to(&mut real));
        lost.map_or(Ok(real), |lost| Err(*lost))
    }

    /// The arms of the operations that may ever be done; or one that is lost.
    #[track_caller]
    fn candidates(&self) -> Result<Candidates<'a>, Operation<'a>> {
        let mut candidates = Candidates { arms: SmallVec::new(), operations: SmallVec::new() };
        for operation in &self.operations {
            match operation.handle.candidate() {
                Candidate::Arm(arm) => {
                    candidates.arms.push(arm);
                    candidates.operations.push(*operation);
                }
                Candidate::Never => {}
                Candidate::Lost => return Err(*operation),
            }
        }
        Ok(candidates)
    }
}

impl Default for Select<'_> {
    fn default() -> Self {
        Select::new()
    }
}

impl fmt::Debug for Select<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Select { .. }")
    }
}

/// An operation that was selected and has to be completed: see [`Select`].
///
/// # Panics
/// If it is dropped without that.
#[must_use]
pub struct SelectedOperation<'a> {
    index: usize,
    address: usize,
    /// Until it is completed.
    state: Option<State<'a>>,
    /// It stays on its thread.
    here: PhantomData<*const ()>,
}

enum State<'a> {
    Real(crossbeam_channel::SelectedOperation<'a>),
    Simulated(Taken),
}

impl SelectedOperation<'_> {
    /// The index of the operation.
    ///
    /// ```
    /// use reweave::chan::{Select, bounded};
    ///
    /// let (sender, receiver) = bounded::<u8>(0);
    /// drop(sender);
    /// let mut select = Select::new();
    /// let receives = select.recv(&receiver);
    /// let operation = select.select();
    /// assert_eq!(operation.index(), receives);
    /// assert!(operation.recv(&receiver).is_err());
    /// ```
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Completes sending, by the sender that was added.
    ///
    /// ```
    /// use reweave::chan::{Select, SendError, bounded};
    ///
    /// let (sender, receiver) = bounded(1);
    /// let mut select = Select::new();
    /// select.send(&sender);
    /// assert_eq!(select.select().send(&sender, 10), Ok(()));
    /// assert_eq!(receiver.recv(), Ok(10));
    /// drop(receiver);
    /// assert_eq!(select.select().send(&sender, 20), Err(SendError(20)));
    /// ```
    ///
    /// # Errors
    /// The message, if every receiver is gone.
    ///
    /// # Panics
    /// If `s` is another sender.
    #[track_caller]
    pub fn send<T>(mut self, s: &Sender<T>, msg: T) -> Result<(), SendError<T>> {
        assert!(std::ptr::from_ref(s).addr() == self.address, "passed a sender that wasn't selected");
        match (self.state.take(), &s.0) {
            (Some(State::Real(operation)), sender::Repr::Real(sender)) => match sender.visit() {
                Some(sender) => operation.send(sender, msg),
                None => {
                    std::mem::forget(operation);
                    Err(SendError(msg))
                }
            },
            (Some(State::Simulated(Taken::Promised(promise))), _) => {
                s.fulfil(promise, msg, Location::caller());
                Ok(())
            }
            _ => Err(SendError(msg)),
        }
    }

    /// Completes receiving, by the receiver that was added.
    ///
    /// ```
    /// use reweave::chan::{Select, bounded};
    ///
    /// let (sender, receiver) = bounded(1);
    /// sender.send(10).unwrap();
    /// let mut select = Select::new();
    /// select.recv(&receiver);
    /// assert_eq!(select.select().recv(&receiver), Ok(10));
    /// ```
    ///
    /// # Errors
    /// If there is nothing to receive and every sender is gone.
    ///
    /// # Panics
    /// If `r` is another receiver.
    #[track_caller]
    pub fn recv<T>(mut self, r: &Receiver<T>) -> Result<T, RecvError> {
        assert!(std::ptr::from_ref(r).addr() == self.address, "passed a receiver that wasn't selected");
        match (self.state.take(), &r.0) {
            (Some(State::Real(operation)), receiver::Repr::Real(receiver)) => match receiver.visit() {
                Some(receiver) => operation.recv(receiver),
                None => lose(operation),
            },
            (Some(State::Real(operation)), receiver::Repr::RealTimer(receiver, make)) => match receiver.visit() {
                Some(receiver) => operation.recv(receiver).map(|moment| make(Instant::of_real(moment))),
                None => lose(operation),
            },
            (Some(State::Simulated(Taken::Received(claim))), _) => r.redeem(claim, Location::caller()),
            _ => Err(RecvError),
        }
    }
}

/// Completes nothing, where a thread unwinds on the wrong side.
fn lose<T>(operation: crossbeam_channel::SelectedOperation<'_>) -> Result<T, RecvError> {
    std::mem::forget(operation);
    Err(RecvError)
}

impl fmt::Debug for SelectedOperation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("SelectedOperation { .. }")
    }
}

impl Drop for SelectedOperation<'_> {
    fn drop(&mut self) {
        let Some(state) = self.state.take() else { return };
        if let State::Real(operation) = state {
            // It would say the same, but where a thread unwinds that would be an abort.
            std::mem::forget(operation);
        }
        if !crate::thread::panicking() {
            panic!("dropped `SelectedOperation` without completing the operation");
        }
    }
}
