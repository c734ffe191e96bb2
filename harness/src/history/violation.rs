//! A history that has no explanation, and how it is told.

use std::fmt;

use super::Call;

/// How many calls are shown before the rest is only counted, the latest of them.
const SHOWN: usize = 24;

/// The shortest history that has no explanation: with its last return left out, it has one.
///
/// It displays as a picture of the calls in time, the longest order that the model explains, and what the model would have answered
/// next:
///
/// ```text
/// not linearizable: no order of these 3 calls explains their answers
///
///   writer (1)  Write(1) → 1  ├─────────
///   reader (2)  Read → 1        ├─┤
///   reader (2)  Read → 0            ├─┤
///
/// the model explains Write(1), Read → 1
/// then Read would have answered 1, not 0
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation<O, A> {
    pub(super) calls: Vec<Call<O, A>>,
    /// How many calls there were in the whole history.
    pub(super) all: usize,
    /// The longest order that the model explains.
    pub(super) best: Vec<usize>,
    /// What could come next behind that, and what the model would have answered.
    pub(super) next: Vec<(usize, A)>,
}

impl<O, A> Violation<O, A> {
    /// The calls of the shortest history that has no explanation. Those that had not come back at its end are pending.
    #[must_use]
    pub fn calls(&self) -> &[Call<O, A>] {
        &self.calls
    }

    /// Of the orders that the model explains as far as they go, the longest.
    pub fn longest_explained(&self) -> impl Iterator<Item = &Call<O, A>> {
        self.best.iter().map(|index| &self.calls[*index])
    }
}

impl<O: fmt::Debug, A: fmt::Debug> fmt::Display for Violation<O, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = match self.calls.len() {
            1 => "this call explains its answer".to_owned(),
            calls => format!("these {calls} calls explains their answers"),
        };
        let of = if self.all > self.calls.len() { format!(" (of {} in all)", self.all) } else { String::new() };
        writeln!(f, "not linearizable: no order of {counted}{of}\n")?;
        self.picture(f)?;
        let told = self.longest_explained().map(told).collect::<Vec<_>>();
        match told.len() {
            0 => writeln!(f, "\nthe model explains none of them")?,
            _ => writeln!(f, "\nthe model explains {}", told.join(", "))?,
        }
        for (at, (index, expected)) in self.next.iter().enumerate() {
            let call = &self.calls[*index];
            let (operation, answer) = (&call.operation, call.answer.as_ref().map(|(answer, _)| answer));
            let or = if at == 0 { "then" } else { "or" };
            let end = if at + 1 == self.next.len() { "" } else { "\n" };
            match answer {
                Some(answer) => write!(f, "{or} {operation:?} would have answered {expected:?}, not {answer:?}{end}")?,
                None => write!(f, "{or} {operation:?} would have answered {expected:?}{end}")?,
            }
        }
        Ok(())
    }
}

impl<O: fmt::Debug, A: fmt::Debug> Violation<O, A> {
    /// A line for each call, with a bar from where it began to where it came back.
    fn picture(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = self.calls.len().saturating_sub(SHOWN);
        let calls = &self.calls[hidden..];
        if hidden > 0 {
            writeln!(f, "  … {hidden} before")?;
        }
        let mut instants: Vec<usize> = calls.iter().map(|call| call.invoked).collect();
        instants.extend(calls.iter().filter_map(Call::returned));
        instants.sort_unstable();
        let column = |instant: usize| 2 * instants.partition_point(|earlier| *earlier < instant);
        let told: Vec<String> = calls.iter().map(told).collect();
        let wide = |text: &str| text.chars().count();
        let tasks = calls.iter().map(|call| wide(&call.task)).max().unwrap_or(0);
        let width = told.iter().map(|told| wide(told)).max().unwrap_or(0);
        for (call, told) in calls.iter().zip(told) {
            let begin = column(call.invoked);
            let bar = match call.returned() {
                Some(returned) => format!("├{}┤", "─".repeat(column(returned) - begin - 1)),
                None => format!("├{}", "─".repeat((2 * instants.len()).saturating_sub(begin + 1))),
            };
            writeln!(f, "  {:tasks$}  {told:width$}  {:begin$}{bar}", call.task, "")?;
        }
        Ok(())
    }
}

/// `Push(1) → Ok(())`
fn told<O: fmt::Debug, A: fmt::Debug>(call: &Call<O, A>) -> String {
    match &call.answer {
        Some((answer, _)) => format!("{:?} → {answer:?}", call.operation),
        None => format!("{:?}", call.operation),
    }
}

impl<O: fmt::Debug, A: fmt::Debug> std::error::Error for Violation<O, A> {}
