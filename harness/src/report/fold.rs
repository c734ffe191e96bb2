//! Loops, folded: what a program does over and over is shown once.

use rustc_hash::FxHashMap;
use std::ops::Range;

use crate::findings::Account;

/// One row of a rendering, by the indices of steps in the account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Row {
    Step(usize),
    /// The block of steps before was repeated so often, in these steps.
    Again {
        block: usize,
        times: usize,
        steps: Range<usize>,
    },
    /// Steps of a few kinds, in changing order.
    Mixed(Range<usize>),
}

/// The longest block that is looked for, in steps.
const LONGEST_BLOCK: usize = 8;

/// How often a block has to come in a row.
const FEWEST_TIMES: usize = 3;

/// Of how many kinds the steps of a run may be that only mixes them, how long it has to be, and how many of the last are
/// shown.
const KINDS: usize = 6;
const SHORTEST_RUN: usize = 32;
const SHOWN_OF_RUN: usize = 6;

/// The bit of a key that is the step's own.
const MARKED: u32 = 1 << 31;

/// The rows in which the steps of `account` are shown. Steps that are marked are never folded.
pub(super) fn fold(account: &Account) -> Vec<Row> {
    let mut known: FxHashMap<(u32, &str, &str), u32> = FxHashMap::default();
    let keys: Vec<u32> = account
        .steps
        .iter()
        .enumerate()
        .map(|(index, step)| {
            if account.marks_of(step.number).next().is_some() {
                return MARKED | index as u32;
            }
            let next = known.len() as u32;
            *known.entry((step.lane, step.brief.as_str(), step.place.as_str())).or_insert(next)
        })
        .collect();
    let mut rows = Vec::new();
    let mut at = 0;
    while at < keys.len() {
        let run = run_of_few_kinds(&keys[at..]);
        let (block, times) = block_at(&keys[at..]);
        if times >= FEWEST_TIMES && block * times >= run / 2 {
            rows.extend((at..at + block).map(Row::Step));
            rows.push(Row::Again { block, times: times - 1, steps: at + block..at + block * times });
            at += block * times;
        } else if run >= SHORTEST_RUN && recurs(&keys[at..at + run]) {
            rows.push(Row::Mixed(at..at + run - SHOWN_OF_RUN));
            rows.extend((at + run - SHOWN_OF_RUN..at + run).map(Row::Step));
            at += run;
        } else {
            rows.push(Row::Step(at));
            at += 1;
        }
    }
    rows
}

/// The block at the beginning that covers most when it is repeated, and how often it comes in a row.
fn block_at(keys: &[u32]) -> (usize, usize) {
    let times = |block: usize| keys.chunks(block).take_while(|chunk| *chunk == &keys[..block]).count();
    let blocks = (1..=LONGEST_BLOCK.min(keys.len())).map(|block| (block, times(block)));
    let repeated = blocks.filter(|(_, times)| *times >= FEWEST_TIMES);
    repeated.max_by_key(|(block, times)| (block * times, std::cmp::Reverse(*block))).unwrap_or((1, 1))
}

/// Whether the first step comes again and again.
fn recurs(keys: &[u32]) -> bool {
    keys.iter().filter(|key| **key == keys[0]).count() >= FEWEST_TIMES
}

/// How many steps there are at the beginning before there are too many kinds of them.
fn run_of_few_kinds(keys: &[u32]) -> usize {
    let mut kinds: Vec<u32> = Vec::with_capacity(KINDS);
    for (length, key) in keys.iter().enumerate() {
        if !kinds.contains(key) {
            if kinds.len() == KINDS || key & MARKED != 0 {
                return length;
            }
            kinds.push(*key);
        }
    }
    keys.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::StepAccount;

    fn account(kinds: &str) -> Account {
        let steps = kinds.chars().enumerate().map(|(index, kind)| StepAccount {
            number: index as u64 + 1,
            brief: kind.to_string(),
            ..StepAccount::default()
        });
        Account { steps: steps.collect(), ..Account::default() }
    }

    /// Every row in a word.
    fn folded(kinds: &str) -> String {
        let rows = fold(&account(kinds)).into_iter().map(|row| match row {
            Row::Step(at) => kinds[at..=at].to_owned(),
            Row::Again { block, times, .. } => format!("({block}×{times})"),
            Row::Mixed(steps) => format!("[{}]", steps.len()),
        });
        rows.collect()
    }

    #[test]
    fn blocks_that_are_repeated_are_shown_once() {
        assert_eq!(folded("abcabcabcx"), "abc(3×2)x");
        assert_eq!(folded("xaaaay"), "xa(1×3)y");
        assert_eq!(folded("xaay"), "xaay", "twice is no loop");
        assert_eq!(folded("aabaabaab"), "aab(3×2)");
        assert_eq!(folded(""), "");
    }

    #[test]
    fn steps_of_few_kinds_in_changing_order_are_counted() {
        let mut state = 1_u32;
        let kinds: String = (0..100)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ['a', 'b', 'c', 'd'][(state >> 30) as usize]
            })
            .collect();
        let rows = fold(&account(&format!("uvw{kinds}xyz")));
        let mixed: Vec<usize> =
            rows.iter().map(|row| if let Row::Mixed(steps) = row { steps.len() } else { 0 }).collect();
        assert!(mixed.iter().sum::<usize>() > 50, "{rows:?}");
        assert!(rows.len() < 30, "{rows:?}");
    }

    #[test]
    fn every_step_is_in_one_row() {
        for kinds in ["abcabcabcxyzxyzxyzxyzaaaab", "abababab", "aaa"] {
            let mut steps = Vec::new();
            for row in fold(&account(kinds)) {
                match row {
                    Row::Step(at) => steps.push(at),
                    Row::Again { steps: range, .. } | Row::Mixed(range) => steps.extend(range),
                }
            }
            assert_eq!(steps, (0..kinds.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_marked_step_is_shown() {
        let mut account = account("aaaaaaaa");
        account.mark(5, "here");
        let rows = fold(&account);
        assert!(rows.contains(&Row::Step(4)), "{rows:?}");
    }
}
