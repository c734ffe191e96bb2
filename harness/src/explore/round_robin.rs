//! Every task in turn.

use super::Choices;
use crate::kernel::TaskId;

/// The enabled task that comes next after the current one in the order of creation, going round.
pub(super) fn task(choices: &Choices<'_>) -> TaskId {
    let after = |task: &TaskId| choices.current == TaskId::NONE || *task > choices.current;
    let tasks = || choices.enabled.iter().copied();
    let next = tasks().filter(after).min().or_else(|| tasks().min());
    // The clock has its turn when the round starts again, so that a spinning task does not keep it from moving.
    match next {
        Some(task) if choices.clock && task <= choices.current && choices.current != TaskId::NONE => TaskId::CLOCK,
        Some(task) => task,
        None => TaskId::CLOCK,
    }
}
