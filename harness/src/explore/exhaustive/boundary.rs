//! What happens between rounds: one worker, alone, enters what the regions found.
//!
//! In this order. What was found out about the program is learned; if that changes what a step is, the exploration starts again.
//! Executions are counted, region by region. What they found above their regions is entered into the whole tree and from
//! there, where that is another region's, into that region. Only then are regions that are finished put back, so that nothing is given back
//! before the last that could be planned in it. At last new regions are made of what is planned nearest to the root; if
//! there is too little, the region with the most plans is put back first.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};

use super::guide::Led;
use super::loops::Loops;
use super::races::Rest;
use super::region::{Berth, Execution, Region};
use super::resume::Gate;
use super::search::{Course, Search};
use super::tree::{Task, Tree};
use crate::engine::execution::Ending;
use crate::explore::exploration::{Shared, lock};

/// How many executions a region has in a round at most while there are few regions.
const SHORT: u64 = 4;

/// How many classes are remembered.
const MOST_CLASSES: usize = 1 << 20;

/// After how many steps in all an exploration ends that is only a try: their states are kept, some 200 bytes each.
const TENTATIVE_STEPS: u64 = 500_000;

impl Search {
    /// Enters what was found in the `berths` of a round. Returns those of the next; `None` if it is over.
    pub(super) fn end_round(&self, shared: &Shared, berths: &[usize]) -> Option<Vec<Vec<usize>>> {
        let mut course = lock(&self.course);
        let gate = self.pass_gate(shared);
        let mut all: Vec<_> = self.berths.iter().map(lock).collect();
        let mut tree = lock(&self.tree);
        match gate {
            Gate::Refused => return None,
            Gate::Resumed => {
                self.release(&mut all, berths);
                all.iter_mut().for_each(|berth| berth.region = None);
            }
            Gate::Enter => {
                if self.learn(&mut course, &mut all, berths) {
                    self.release(&mut all, berths);
                    drop((all, tree));
                    self.start_again(shared, &mut course);
                    return Some(vec![vec![0]]);
                }
                for berth in berths {
                    let Some(region) = &mut all[*berth].region else { continue };
                    for execution in &mut region.executions {
                        if !self.count(shared, execution) {
                            self.end_checkpoint();
                            return None;
                        }
                    }
                }
                for berth in berths {
                    self.insert_deferred(&mut tree, &mut all, *berth);
                }
            }
        }
        for berth in all.iter_mut() {
            if let Some(region) = berth.region.take_if(|region| region.tree.is_finished() || !region.tree.part) {
                tree.graft(region.step, region.tree);
            }
        }
        tree.sweep();
        let left = shared.limit.load(Ordering::Relaxed).saturating_sub(shared.executed.load(Ordering::Relaxed));
        let over = shared.stop.load(Ordering::Relaxed) || left == 0 || tree.is_finished();
        let parts: Vec<_> =
            all.iter().map(|berth| berth.region.as_ref().map(|region| (region.step, &region.tree))).collect();
        self.settle(shared, &tree, &parts, &course, over);
        if over {
            let left_out = self.cut.load(Ordering::Relaxed)
                + self.gave_up.load(Ordering::Relaxed)
                + u64::from(self.loses_timers.load(Ordering::Relaxed));
            shared.complete.store(tree.is_finished() && left_out == 0, Ordering::Relaxed);
            return None;
        }
        drop(parts);
        self.divide(&mut tree, &mut all);
        Some(vec![self.begin_round(&tree, &mut all, &course.loops, left)])
    }

    /// Enters what the executions in a berth found above their region, in their order.
    fn insert_deferred(&self, tree: &mut Tree, all: &mut [MutexGuard<'_, Berth>], berth: usize) {
        let Some(region) = &mut all[berth].region else { return };
        let task = std::mem::take(&mut region.task);
        for mut execution in std::mem::take(&mut region.executions) {
            let Some(number) = execution.lane else { continue };
            let lane = &mut *lock(&self.lanes[number]);
            let Some(guide) = &lane.guide else { continue };
            for reversal in execution.deferred.drain(..) {
                let mut rest = Rest::new(&guide.trace, &mut lane.shadow, &reversal);
                let step = (task.path[reversal.at], task.from(reversal.at));
                if let Some(other) = tree.insert(step, &mut rest, guide.planning)
                    && let Some(region) = &mut all[other as usize].region
                {
                    region.tree.insert_into_part(&mut rest, guide.planning);
                }
            }
            self.taken[number].store(false, Ordering::Release);
        }
        if let Some(region) = &mut all[berth].region {
            region.task = task;
        }
    }

    /// Makes regions until there are as many as there may be.
    fn divide(&self, tree: &mut Tree, all: &mut [MutexGuard<'_, Berth>]) {
        loop {
            let Some(free) = all.iter().position(|berth| berth.region.is_none()) else { return };
            if let Some((step, part)) = tree.carve(free as u32) {
                all[free].region = Some(Region::new(step, part, Task::default()));
                continue;
            }
            if all.iter().filter(|berth| berth.region.is_some()).count() * 2 > self.breadth {
                return;
            }
            let planned = |berth: &Berth| berth.region.as_ref().map_or(0, |region| region.tree.planned());
            let Some(largest) = (0..all.len()).rev().max_by_key(|berth| planned(&all[*berth])) else { return };
            if planned(&all[largest]) < 2 {
                return;
            }
            if let Some(region) = all[largest].region.take() {
                tree.graft(region.step, region.tree);
            }
        }
    }

    /// Shows every region what is above it. Returns the berths of a round of at most `left` executions.
    fn begin_round(
        &self,
        tree: &Tree,
        all: &mut [MutexGuard<'_, Berth>],
        loops: &Arc<Loops>,
        mut left: u64,
    ) -> Vec<usize> {
        let parts = all.iter().filter_map(|berth| berth.region.as_ref());
        let planned_moves = tree.planned_moves + parts.clone().map(|region| region.tree.planned_moves).sum::<usize>();
        if planned_moves > self.max_planned_moves {
            self.single_steps.store(true, Ordering::Relaxed);
        }
        // While there are few, what they find is divided soon.
        let episode = if parts.count() * 2 > self.breadth { self.episode } else { self.episode.min(SHORT) };
        let mut begin = Vec::new();
        for (number, berth) in all.iter_mut().enumerate() {
            let Berth { region: Some(region), planning, loops: taught, quota } = &mut **berth else { continue };
            if left == 0 {
                break;
            }
            *quota = episode.min(left);
            left -= *quota;
            tree.load(region.step, &mut region.task);
            *planning = self.planning();
            if !Arc::ptr_eq(taught, loops) {
                *taught = Arc::clone(loops);
            }
            begin.push(number);
        }
        begin
    }

    /// Gives back the lanes of what will not be entered.
    fn release(&self, all: &mut [MutexGuard<'_, Berth>], berths: &[usize]) {
        for berth in berths {
            let Some(region) = &mut all[*berth].region else { continue };
            for execution in region.executions.drain(..) {
                if let Some(lane) = execution.lane {
                    self.taken[lane].store(false, Ordering::Release);
                }
            }
        }
    }

    /// Takes note of what was found out about the program in `berths`. Returns whether that changes what a step is.
    fn learn(&self, course: &mut Course, all: &mut [MutexGuard<'_, Berth>], berths: &[usize]) -> bool {
        let mut changed = false;
        for berth in berths {
            let Some(region) = &mut all[*berth].region else { continue };
            changed |= region.asks && !self.finish_apart.swap(region.asks, Ordering::Relaxed);
            if course.loops.lacks(&region.loops) {
                changed |= Arc::make_mut(&mut course.loops).learn(&region.loops);
            }
            region.loops = Loops::default();
            region.asks = false;
        }
        changed
    }

    /// What contradicts that exploration is optimal: an execution came to a state in which all that could be done is asleep (with
    /// single steps it may), or a class was executed twice. Looked for in debug builds, and only the first classes are
    /// remembered, so that memory stays small.
    fn contradiction(&self, execution: &Execution) -> Option<&'static str> {
        if !cfg!(debug_assertions) {
            return None;
        }
        let single_steps = execution.single_steps || self.single_steps.load(Ordering::Relaxed);
        if execution.led == Led::Blocked && !single_steps {
            return Some("nothing was left to do in an execution that had to differ from all others");
        }
        let key = execution.key?;
        let mut classes = lock(&self.classes);
        let new = classes.len() >= MOST_CLASSES || classes.insert(key);
        (!new).then_some("an execution that had to differ from all others was the same as one of them")
    }

    /// Counts an execution. Returns whether to go on.
    fn count(&self, shared: &Shared, execution: &mut Execution) -> bool {
        shared.steps.fetch_add(execution.outcome.steps, Ordering::Relaxed);
        self.blocked.fetch_add((execution.led == Led::Blocked).into(), Ordering::Relaxed);
        let contradiction = self.contradiction(execution);
        if let Some(detail) = contradiction {
            execution.outcome.contradict(detail);
        }
        if execution.led == Led::Blocked && contradiction.is_none() {
            // Explored elsewhere.
            return true;
        }
        if execution.led == Led::TooLarge {
            self.cut.fetch_add(1, Ordering::Relaxed);
            shared.stop.store(true, Ordering::Relaxed);
            return true;
        }
        let number = shared.executed.fetch_add(1, Ordering::Relaxed);
        self.loses_timers.fetch_or(execution.loses_timers, Ordering::Relaxed);
        if execution.outcome.is_cut() {
            self.cut.fetch_add(1, Ordering::Relaxed);
            shared.stop.fetch_or(shared.settings.tentative, Ordering::Relaxed);
        }
        if shared.settings.tentative && shared.steps.load(Ordering::Relaxed) > TENTATIVE_STEPS {
            shared.stop.store(true, Ordering::Relaxed);
        }
        if execution.released && execution.outcome.ending != Ending::StepLimit {
            self.gave_up.fetch_add(1, Ordering::Relaxed);
        }
        #[cfg(test)]
        if let (Some(seen), Some(class)) = (&self.seen, execution.class.take()) {
            let end = super::tests::brute::ending(&execution.outcome.ending);
            lock(seen).entry(class).or_insert((end, 0)).1 += 1;
        }
        execution.outcome.enter(shared, number)
    }
}
