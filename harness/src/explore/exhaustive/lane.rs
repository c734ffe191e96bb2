//! A lane: where executions are led and their races looked for, one after the other.
//!
//! It keeps the trace of the last, so that what the next has in common with that need not be noted again.

use super::guide::{Guide, Led};
use super::loops::{Loops, try_loop};
use super::moves::Move;
use super::races::{Rest, Reversal, Search as Races, Standing};
use super::shadow::Shadow;
use super::tree::{Planning, Task, View};
use crate::engine::teardown::Remains;
use crate::explore::exploration::Shared;
use crate::explore::led::{Outcome, lead};
use crate::explore::worker::Worker;

/// What an execution needs, and what it leaves behind: its trace.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// None until the lane is used.
    pub(super) guide: Option<Box<Guide>>,
    pub(super) shadow: Shadow,
}

impl Lane {
    /// Leads an execution and looks for its races.
    pub(super) fn explore(
        &mut self,
        task: &Task,
        (planning, loops): (Planning, &Loops),
        reversals: &mut Vec<Reversal>,
        shared: &Shared,
        worker: &mut Worker,
    ) -> (Outcome, Remains) {
        let Some(mut guide) = self.guide.take() else { return (Outcome::none(), Remains::Clean) };
        guide.planning = planning;
        loops.teach(&mut guide.loops);
        let prepare = |guide: &mut Guide| guide.prepare(&task.prefix, &task.moves, &task.sleep);
        let (mut guide, outcome, mut remains) = lead(shared, worker, guide, prepare);
        if !matches!(guide.led, Led::Astray { .. } | Led::TooLarge) {
            self.look_for_races(&mut guide, &task.views, reversals);
        }
        // A thread that is spoiled runs nothing more.
        if remains == Remains::Clean {
            remains = try_loop(shared, worker, &mut guide);
        }
        self.guide = Some(guide);
        (outcome, remains)
    }

    fn look_for_races(&mut self, guide: &mut Guide, views: &[View], reversals: &mut Vec<Reversal>) {
        let shadow = &mut self.shadow;
        let branch = guide.branch();
        let mut known = std::mem::take(&mut guide.races);
        let planning = guide.planning;
        // The steps that are asleep or were taken before at a node that was there, or asleep at one that is new.
        let resting = |at: usize, look: &mut dyn FnMut(&Move) -> bool| -> bool {
            match views.get(at) {
                Some(view) => view.at_rest().any(look),
                None => guide.sleep(at - branch).iter().any(look),
            }
        };
        let mut races = Races::new(&guide.trace, shadow, branch);
        races.run(&mut known, resting, |trace, shadow, reversal| {
            let mut rest = Rest::new(trace, shadow, &reversal);
            let covered = match views.get(reversal.at) {
                Some(view) => view.covers(&mut rest, planning),
                None => {
                    let asleep = guide.sleep(reversal.at - branch);
                    asleep.iter().any(|made| rest.standing_for(planning, *made) != Standing::Against)
                }
            };
            if !covered {
                reversals.push(reversal);
            }
        });
        guide.races = known;
    }
}
