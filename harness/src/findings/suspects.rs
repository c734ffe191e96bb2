//! What may have made two runs of one schedule differ, told by what differs first.
//!
//! The schedule decides everything that is simulated. What is left are the usual suspects: the order of a hash map, the real
//! clock, addresses, real locks and threads, and statics that an earlier execution left otherwise. The first step that differs
//! does not prove which of them it was, but it says where to look first.

use super::StepAccount;

/// Where to look, given the first step of either run that is not the same; none where a run had ended.
pub(crate) fn suspects(first: Option<&StepAccount>, second: Option<&StepAccount>) -> &'static str {
    let (Some(a), Some(b)) = (first, second) else {
        return "something is done in one run only; look for a static that the first run initialised, such as a `OnceLock` or \
                a `Once` of std";
    };
    let result = |step: &StepAccount| step.what.split_once(" → ").map(|(what, _)| what.to_owned());
    let without_ranks = |step: &StepAccount| ranks_removed(&step.what);
    if a.task != b.task {
        "another task steps; look for a real lock, channel or thread that decides who can go on, and for tasks that are spawned \
         in the order of a hash map"
    } else if a.place != b.place {
        "the task took another branch; look for what it depends on: the real clock, a hash, an address, or a lock or an atomic \
         of std"
    } else if a.what == b.what {
        "only the virtual time differs; look for a duration that is computed from the real clock"
    } else if without_ranks(a) == without_ranks(b) {
        "it is another of several objects that were made in one place; look for the order of a hash map or set, or for a choice \
         by address"
    } else if result(a).is_some() && result(a) == result(b) {
        "the same is done, and the result is another; look for a static that keeps what an earlier execution left, and for \
         real threads"
    } else {
        "a value differs; look for the real clock, random numbers, hashes and addresses in what computes it"
    }
}

/// The text without ` #1` and the like, which tell objects of one place apart.
fn ranks_removed(text: &str) -> String {
    let mut kept = String::new();
    let mut parts = text.split('#');
    kept.push_str(parts.next().unwrap_or_default());
    for part in parts {
        kept.push('#');
        kept.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn step(task: &str, what: &str, place: &str) -> StepAccount {
        StepAccount { task: task.to_owned(), what: what.to_owned(), place: place.to_owned(), ..StepAccount::default() }
    }

    #[test]
    fn what_differs_says_where_to_look() {
        let is = step("main", "load atomic a.rs:1 → 1", "a.rs:2:3");
        let look = |other: StepAccount| suspects(Some(&is), Some(&other));
        assert!(suspects(Some(&is), None).contains("static that the first run initialised"));
        assert!(look(step("task 1", &is.what, &is.place)).contains("another task"));
        assert!(look(step("main", &is.what, "a.rs:9:3")).contains("another branch"));
        assert!(look(step("main", "load atomic a.rs:1 → 2", &is.place)).contains("the result is another"));
        assert!(look(StepAccount { time: Duration::from_nanos(1), ..is.clone() }).contains("virtual time"));
        let one = |rank: u32| step("main", &format!("lock mutex a.rs:1 #{rank}"), "a.rs:2:3");
        assert!(suspects(Some(&one(1)), Some(&one(12))).contains("hash map"));
        let store = |value: u32| step("main", &format!("store {value} in atomic a.rs:1"), "a.rs:2:3");
        assert!(suspects(Some(&store(1)), Some(&store(2))).contains("a value differs"));
    }
}
