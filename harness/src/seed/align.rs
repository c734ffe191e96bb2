//! Which steps of an edited program are which of a saved trace.
//!
//! Tasks are matched by their paths, unless another task does what the old one did and the one with its path does not: a
//! spawn was moved. The steps of two tasks are then aligned like two texts (Needleman, Wunsch: A general method applicable to
//! the search for similarities, 1970): a step on the same object counts more than one that is only of the same kind, because
//! an object that was added shifts the ranks of the others.

use std::collections::BTreeMap;

use super::{Mark, Trace, Who};

/// What two steps count that are the same, or the same but for the rank of the object.
const SAME: u32 = 3;
const SAME_KIND: u32 = 2;

/// By how much, of a hundred, another task has to be more like the old one than that with its path.
const CLEARLY: u32 = 20;

/// Of every task of the old trace, which task it is now, and of every step of it, which step.
pub(crate) type Alignment = BTreeMap<Who, (Who, Vec<Option<usize>>)>;

/// Aligns the tasks and steps of `old` with those of `new`.
pub(crate) fn align(old: &Trace, new: &Trace) -> Alignment {
    let (ours, theirs) = (by_task(old), by_task(new));
    let mut taken: Vec<&Who> = Vec::new();
    let mut alignment = Alignment::new();
    for (who, steps) in &ours {
        let fixed = matches!(who, Who::Clock) || *who == Who::Task(Vec::new());
        let likeness = |other: &Who| theirs.get(other).map_or(0, |theirs| likeness(steps, theirs));
        let mut best = theirs.get_key_value(who).map(|(who, _)| who).filter(|who| !taken.contains(who));
        if !fixed {
            let mut most = best.map_or(0, |best| likeness(best) + CLEARLY);
            for other in theirs.keys().filter(|other| !taken.contains(other) && is_plain(other)) {
                let like = likeness(other);
                if like > most {
                    (best, most) = (Some(other), like);
                }
            }
        }
        let Some(best) = best else { continue };
        taken.push(best);
        alignment.insert(who.clone(), (best.clone(), align_steps(steps, &theirs[best])));
    }
    alignment
}

/// Neither the clock nor the root.
fn is_plain(who: &Who) -> bool {
    matches!(who, Who::Task(path) if !path.is_empty())
}

/// The steps of each task.
pub(crate) fn by_task(trace: &Trace) -> BTreeMap<Who, Vec<&Mark>> {
    let mut tasks: BTreeMap<Who, Vec<&Mark>> = BTreeMap::new();
    for mark in &trace.steps {
        tasks.entry(mark.who.clone()).or_default().push(mark);
    }
    tasks
}

fn score(a: &Mark, b: &Mark) -> u32 {
    let kind = |mark: &str| mark.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    if a.what == b.what {
        SAME
    } else if a.what[..kind(&a.what)] == b.what[..kind(&b.what)] {
        SAME_KIND
    } else {
        0
    }
}

/// The best sums of scores of all beginnings: of `a` up to a row, of `b` up to a column.
fn table(a: &[&Mark], b: &[&Mark]) -> Vec<Vec<u32>> {
    let mut table = vec![vec![0_u32; b.len() + 1]; a.len() + 1];
    for (i, ours) in a.iter().enumerate() {
        for (j, theirs) in b.iter().enumerate() {
            let matched = match score(ours, theirs) {
                0 => 0,
                score => table[i][j] + score,
            };
            table[i + 1][j + 1] = matched.max(table[i][j + 1]).max(table[i + 1][j]);
        }
    }
    table
}

/// How alike two tasks are, of a hundred.
fn likeness(a: &[&Mark], b: &[&Mark]) -> u32 {
    let most = SAME as usize * a.len().max(b.len());
    let best = table(a, b)[a.len()][b.len()] as usize;
    u32::try_from(best * 100 / most.max(1)).unwrap_or(100)
}

/// Which step of `b` each step of `a` is.
fn align_steps(a: &[&Mark], b: &[&Mark]) -> Vec<Option<usize>> {
    let table = table(a, b);
    let mut steps = vec![None; a.len()];
    let (mut i, mut j) = (a.len(), b.len());
    while i > 0 && j > 0 {
        let score = score(a[i - 1], b[j - 1]);
        if table[i][j] == table[i - 1][j] {
            i -= 1;
        } else if table[i][j] == table[i][j - 1] {
            j -= 1;
        } else {
            debug_assert_eq!(table[i][j], table[i - 1][j - 1] + score);
            (i, j) = (i - 1, j - 1);
            steps[i] = Some(j);
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(lines: &[&str]) -> Trace {
        Trace::parse(lines.iter().copied()).unwrap()
    }

    fn task(path: &[u32]) -> Who {
        Who::Task(path.to_vec())
    }

    #[test]
    fn a_lock_that_was_added_is_passed_over() {
        let old = trace(&["1: lock mutex1, load atomic1, unlock mutex1"]);
        let new = trace(&["1: lock mutex1, lock mutex2, load atomic1, unlock mutex2, unlock mutex1"]);
        let (who, steps) = &align(&old, &new)[&task(&[1])];
        assert_eq!(*who, task(&[1]));
        assert_eq!(steps[1], Some(2), "{steps:?}");
        assert!(steps.iter().all(Option::is_some));
    }

    #[test]
    fn a_spawn_that_was_moved_is_followed() {
        let old = trace(&["1: load atomic1, store atomic1", "2: lock mutex1, unlock mutex1, notify_one condvar1"]);
        let new = trace(&["1: lock mutex1, unlock mutex1, notify_one condvar1", "2: load atomic1, store atomic1"]);
        let alignment = align(&old, &new);
        assert_eq!(alignment[&task(&[1])].0, task(&[2]));
        assert_eq!(alignment[&task(&[2])].0, task(&[1]));
    }

    #[test]
    fn tasks_that_are_alike_keep_their_paths() {
        let old = trace(&["1: load atomic1", "2: load atomic1"]);
        for (who, (now, _)) in align(&old, &old) {
            assert_eq!(who, now);
        }
    }
}
