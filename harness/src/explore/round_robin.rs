//! Every task in turn.

use super::Choices;
use crate::kernel::TaskId;

/// The enabled task that comes next after the current one in the order of creation, going round.
pub(super) fn task(choices: &Choices<'_>) -> TaskId {
    let oldest = TaskId(0);
    let after = choices.current.some().map_or(oldest, |current| TaskId(current.0 + 1));
    let next = choices.enabled.next_from(after).or_else(|| choices.enabled.next_from(oldest));
    // The clock has its turn when the round starts again, so that a spinning task does not keep it from moving.
    match next {
        Some(task) if choices.clock && task <= choices.current && choices.current != TaskId::NONE => TaskId::CLOCK,
        Some(task) => task,
        None => TaskId::CLOCK,
    }
}
