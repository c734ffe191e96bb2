//! Data races on checked cells.
//!
//! Two accesses of one cell race if one of them writes and neither [happens before](crate::kernel::happens_before) the other.
//! Whether they do is asked of vector clocks, so that a race shows in every execution in which both accesses occur, however
//! far apart they are in its schedule. Accesses are no steps: they add nothing to the space of schedules. The algorithm is
//! FastTrack (Flanagan, Freund: FastTrack: efficient and precise dynamic race detection, PLDI 2009): of the accesses
//! that are known to be ordered only the last write is kept, and the reads after it that are not ordered among
//! themselves.
//!
//! An access lasts as long as the closure that makes it, in which its task may take steps. Until it has ended it is ordered
//! before nothing.
//!
//! The clocks are off, and cost nothing, until an execution uses its first cell. They need not know what was before: see the
//! module of the order. From then on every step is performed with care.
//!
//! An execution ends with its first race: what a program does after one means nothing. The task is unwound before it
//! touches the memory. **Unsafe room**: the rule of the module above.

use smallvec::SmallVec;

use super::breakpoint::breakpoint;
use super::execution::{Ending, Execution, flag};
use super::record::Step;
use super::teardown::{end_here, give_way};
use super::{Place, moment};
use crate::kernel::happens_before::HappensBefore;
use crate::kernel::{ObjectId, Op, Outcome, TaskId, World};

/// What an access does to the memory.
pub(crate) use crate::kernel::cell::Op as Kind;

/// An access of a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Access {
    pub(crate) task: TaskId,
    pub(crate) kind: Kind,
    pub(crate) place: Place,
    /// How many accesses of all cells there were before it.
    number: u64,
    /// Its number in the record, if there is one.
    pub(crate) step: u64,
    /// The epoch of its task in which it ended, or [`UNDER_WAY`].
    epoch: u32,
}

/// The epoch of an access that has not ended: nobody's past reaches it.
const UNDER_WAY: u32 = u32::MAX;

impl Access {
    pub(crate) fn is_under_way(&self) -> bool {
        self.epoch == UNDER_WAY
    }
}

/// Two accesses that nothing orders; the first was made before the second in this execution.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Race {
    pub(crate) cell: ObjectId,
    pub(crate) first: Access,
    pub(crate) second: Access,
}

/// What is known of the accesses of an execution.
#[derive(Debug, Default)]
pub(crate) struct Races {
    order: HappensBefore,
    /// By object; those that are no cells are empty.
    cells: Vec<Cell>,
    accesses: u64,
    /// How many were recorded since the last step.
    in_a_row: u32,
}

/// How many accesses are recorded between two steps: a loop without steps may go on for ever.
const MOST_IN_A_ROW: u32 = 1_000;

/// The accesses of a cell with which others may race.
#[derive(Debug, Default)]
struct Cell {
    write: Option<Access>,
    /// At most one of each task that has ended.
    reads: SmallVec<[Access; 2]>,
}

impl Races {
    fn reset(&mut self) {
        self.order.reset();
        self.cells.clear();
        self.accesses = 0;
        self.in_a_row = 0;
    }

    /// `task` has just performed `op`.
    pub(super) fn performed(&mut self, world: &World, task: TaskId, op: &Op, outcome: Outcome) {
        self.order.performed(world, task, op, outcome);
        self.in_a_row = 0;
    }

    pub(super) fn spawned(&mut self, parent: TaskId, child: TaskId) {
        self.order.spawned(parent, child);
    }

    fn cell(&mut self, id: ObjectId) -> &mut Cell {
        if self.cells.len() <= id.index() {
            self.cells.resize_with(id.index() + 1, Cell::default);
        }
        &mut self.cells[id.index()]
    }

    /// The earlier access with which `access`, which is about to begin, races.
    fn race(&mut self, id: ObjectId, access: &Access) -> Option<Access> {
        self.cell(id);
        let (order, cell) = (&mut self.order, &self.cells[id.index()]);
        let mut races = |earlier: &&Access| !precedes(order, earlier, access.task);
        let reads = if access.kind == Kind::Write { &cell.reads[..] } else { &[] };
        cell.write.iter().chain(reads).find(&mut races).copied()
    }

    /// `access` begins.
    fn begin(&mut self, id: ObjectId, access: Access) {
        self.accesses += 1;
        self.cell(id);
        let (order, cell) = (&mut self.order, &mut self.cells[id.index()]);
        // Whatever races with one that is left out here, because it comes before this access, races with this access, too.
        match access.kind {
            Kind::Read => {
                cell.reads.retain(|read| read.is_under_way() || !precedes(order, read, access.task));
                cell.reads.push(access);
            }
            Kind::Write => {
                cell.reads.retain(|read| read.is_under_way());
                cell.write = Some(access);
            }
        }
    }

    /// The access with this number ends.
    fn end(&mut self, id: ObjectId, (task, number): (TaskId, u64)) {
        let epoch = self.order.epoch(task);
        let cell = self.cell(id);
        let mut known = cell.reads.iter_mut().chain(&mut cell.write);
        if let Some(access) = known.find(|access| access.number == number) {
            access.epoch = epoch;
        }
    }

    /// Whether an access of `kind` by `task` would overlap with one that has not ended.
    fn overlaps(&self, id: ObjectId, task: TaskId, kind: Kind) -> bool {
        let Some(cell) = self.cells.get(id.index()) else { return false };
        let reads = cell.reads.iter().filter(|_| kind == Kind::Write);
        reads.chain(&cell.write).any(|access| access.task != task && access.is_under_way())
    }
}

/// An access that has begun, and ends when this is dropped.
#[derive(Debug)]
pub(crate) struct UnderWay {
    this: *mut Execution,
    cell: ObjectId,
    task: TaskId,
    number: u64,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let UnderWay { this, cell, task, number } = *self;
        moment(this, |execution| execution.races.end(cell, (task, number)));
    }
}

/// Whether `earlier` happens before the present moment of `task`.
fn precedes(order: &mut HappensBefore, earlier: &Access, task: TaskId) -> bool {
    earlier.task == task || order.is_ordered((earlier.task, earlier.epoch), task)
}

/// How an access began.
enum Beginning {
    Begun(UnderWay),
    /// It did not: it races with another.
    Races(Race),
    /// It did not: another has not ended, and the execution is over anyhow.
    Overlaps,
}

/// The running task begins an access of a cell. If it races with another, the execution ends, and the task is unwound. One that
/// is unwinding already goes on, as soon as no other access is under way.
///
/// A cell is given with its address: one that was moved was somebody's own, so that whatever was before is over.
pub(crate) fn begin(this: *mut Execution, cell: (ObjectId, usize), kind: Kind, place: Place) -> UnderWay {
    loop {
        match moment(this, |execution| execution.begin_access(this, cell, (kind, place))) {
            Beginning::Begun(access) => return access,
            Beginning::Races(race) => end_here(this, Ending::DataRace(Box::new(race))),
            Beginning::Overlaps => give_way(this),
        }
    }
}

/// Whether the running task is in the middle of an access of `cell`.
pub(crate) fn is_under_way(this: *mut Execution, cell: ObjectId) -> bool {
    moment(this, |execution| {
        let is_open = |access: &Access| access.task == execution.running && access.is_under_way();
        let known = execution.races.cells.get(cell.index());
        execution.flags & flag::CELLS != 0
            && known.is_some_and(|cell| cell.reads.iter().chain(&cell.write).any(is_open))
    })
}

impl Execution {
    fn begin_access(
        &mut self,
        this: *mut Execution,
        (cell, address): (ObjectId, usize),
        (kind, place): (Kind, Place),
    ) -> Beginning {
        if self.flags & flag::CELLS == 0 {
            self.races.reset();
            self.set_flag(flag::CELLS);
        }
        let registered = &mut self.registry.objects[cell.index()].address;
        if std::mem::replace(registered, address) != address {
            *self.races.cell(cell) = Cell::default();
        }
        let (task, number) = (self.running, self.races.accesses);
        let step = self.recorder.steps.len() as u64 + 1;
        let access = Access { task, kind, place, number, step, epoch: UNDER_WAY };
        if self.ending.is_some() || self.flags & flag::TEARDOWN != 0 {
            if self.races.overlaps(cell, task, kind) {
                return Beginning::Overlaps;
            }
        } else {
            let first = self.races.race(cell, &access);
            if self.flags & flag::RECORDING != 0 && (first.is_some() || self.races.in_a_row < MOST_IN_A_ROW) {
                self.record_access(cell, &access);
            }
            if let Some(first) = first {
                return Beginning::Races(Race { cell, first, second: access });
            }
        }
        self.races.begin(cell, access);
        Beginning::Begun(UnderWay { this, cell, task, number })
    }

    /// Puts an access among the steps.
    fn record_access(&mut self, cell: ObjectId, access: &Access) {
        if self.recorder.breaks() {
            breakpoint(access.step);
        }
        self.races.in_a_row += 1;
        let Access { task, kind, place, .. } = *access;
        let (left, time, woke) = (self.left_for(task), self.world.time.now, SmallVec::new());
        let (op, outcome, alternative) = (Op::Cell(cell, kind), Outcome::DONE, 0);
        self.recorder.step(Step { task, op, outcome, alternative, place, time, left, woke });
    }
}
