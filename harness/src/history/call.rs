//! A call in a history.

/// A call: an operation that a task began at some instant, and its answer if it came back.
///
/// Instants are numbers without a unit; only their order counts. No two events of a history have the same.
///
/// ```
/// use reweave::history::Call;
///
/// let call = Call::new("reader", "get", 3).answered("nothing", 5);
/// assert_eq!((call.invoked, call.returned()), (3, Some(5)));
/// assert!(!call.is_pending());
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Call<O, A> {
    /// The name of the task.
    pub task: String,
    /// What it asked for.
    pub operation: O,
    /// When it began.
    pub invoked: usize,
    /// The answer, and when it came; none if the call has not come back: then it may have had its effect or not.
    pub answer: Option<(A, usize)>,
}

impl<O, A> Call<O, A> {
    /// A call that `task` began at the instant `invoked` and that has not come back.
    #[must_use]
    pub fn new(task: &str, operation: O, invoked: usize) -> Call<O, A> {
        Call { task: task.to_owned(), operation, invoked, answer: None }
    }

    /// The same call, which came back with `answer` at the instant `returned`.
    ///
    /// # Panics
    /// If that is not after the call began.
    #[must_use]
    pub fn answered(mut self, answer: A, returned: usize) -> Call<O, A> {
        assert!(self.invoked < returned, "a call that began at {} cannot end at {returned}", self.invoked);
        self.answer = Some((answer, returned));
        self
    }

    /// When it came back.
    #[must_use]
    pub fn returned(&self) -> Option<usize> {
        self.answer.as_ref().map(|(_, returned)| *returned)
    }

    /// Whether it has not come back.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.answer.is_none()
    }
}
