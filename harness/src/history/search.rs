//! The search for an order of calls that a model explains, after Wing and Gong, with Lowe's memory.
//!
//! The events of a history, calls and returns, stand in a list in the order of time. A call that stands in front of the first return
//! can be the next: no other was over before it began. If the model gives its answer it is taken out of the list, with its return, and
//! the search goes on with what is left; where no call can be the next, the last one is put back and the one behind it is
//! tried. A set of calls that were taken, together with the state of the model, is a *configuration*: what follows depends
//! on nothing else, so one that was visited is not visited again. Calls that have not come back have no return in the list: they
//! may be taken at any time, with whatever answer, and need not be.

use rustc_hash::FxHashSet;
use smallvec::{SmallVec, smallvec};

use super::{Call, Model, Violation};

/// An order of `calls` that `initial` explains: all that came back, and those of the others that had an effect.
///
/// ```
/// use reweave::history::{Call, Model, linearize};
///
/// /// A cell: `Some` writes, `None` reads.
/// #[derive(Clone, PartialEq, Eq, Hash)]
/// struct Cell(u32);
///
/// impl Model for Cell {
///     type Operation = Option<u32>;
///     type Answer = u32;
///
///     fn apply(&mut self, write: &Option<u32>) -> u32 {
///         self.0 = write.unwrap_or(self.0);
///         self.0
///     }
/// }
///
/// // While one task writes, another reads twice: first the new value, and then the old.
/// let calls = [
///     Call::new("writer", Some(1), 0).answered(1, 5),
///     Call::new("reader", None, 1).answered(1, 2),
///     Call::new("reader", None, 3).answered(0, 4),
/// ];
/// assert_eq!(linearize(&calls[..2], &Cell(0)).unwrap(), calls[..2]);
/// assert!(linearize(&calls, &Cell(0)).is_err());
/// ```
///
/// # Errors
/// With the shortest history that has no such order: the calls up to the first return after which there is none.
pub fn linearize<M, O, A>(calls: &[Call<O, A>], initial: &M) -> Result<Vec<Call<O, A>>, Violation<O, A>>
where
    M: Model<Operation = O, Answer = A>,
    O: Clone,
    A: Clone,
{
    let order = match search(calls, initial) {
        Search::Found(order) => order,
        Search::Stuck(_) => return Err(shortest(calls, initial)),
    };
    Ok(order.into_iter().map(|index| calls[index].clone()).collect())
}

/// The shortest prefix of `calls`, which have no explanation, that has none.
///
/// Every prefix of a history that has an explanation has one, too, so that halving finds it.
fn shortest<M, O, A>(calls: &[Call<O, A>], initial: &M) -> Violation<O, A>
where
    M: Model<Operation = O, Answer = A>,
    O: Clone,
    A: Clone,
{
    let mut returns: Vec<usize> = calls.iter().filter_map(Call::returned).collect();
    returns.sort_unstable();
    let stuck_at = |end: usize| search(&prefix(calls, end), initial).stuck();
    let first = returns.partition_point(|end| stuck_at(*end).is_none());
    let prefix = prefix(calls, returns[first]);
    let Search::Stuck(best) = search(&prefix, initial) else {
        unreachable!("the search came back without an explanation before, and depends on nothing else")
    };
    let mut model = initial.clone();
    for index in &best {
        take(&mut model, &prefix[*index]);
    }
    let expected = |index: usize| (index, model.clone().apply(&prefix[index].operation));
    let next = candidates(&prefix, &best).map(expected).collect();
    Violation { calls: prefix, all: calls.len(), best, next }
}

/// Performs a call that can be the next.
fn take<M: Model>(model: &mut M, call: &Call<M::Operation, M::Answer>) -> bool {
    match &call.answer {
        Some((answer, _)) => model.admits(&call.operation, answer),
        None => {
            model.apply(&call.operation);
            true
        }
    }
}

/// What had happened at the instant `end`.
fn prefix<O: Clone, A: Clone>(calls: &[Call<O, A>], end: usize) -> Vec<Call<O, A>> {
    let mut prefix: Vec<Call<O, A>> = calls.iter().filter(|call| call.invoked <= end).cloned().collect();
    for call in &mut prefix {
        call.answer.take_if(|(_, returned)| *returned > end);
    }
    prefix
}

/// The calls that came back and can be the next once `taken` are.
fn candidates<O, A>(calls: &[Call<O, A>], taken: &[usize]) -> impl Iterator<Item = usize> {
    let left = move |index: &usize| !taken.contains(index) && !calls[*index].is_pending();
    let first = (0..calls.len()).filter(left).filter_map(|index| calls[index].returned()).min();
    (0..calls.len()).filter(left).filter(move |index| first.is_some_and(|first| calls[*index].invoked <= first))
}

/// What came of a search.
enum Search {
    /// An order that the model explains, as indices.
    Found(Vec<usize>),
    /// There is none; of those that the model explains as far as they go, one with the most calls that came back.
    Stuck(Vec<usize>),
}

impl Search {
    fn stuck(self) -> Option<Vec<usize>> {
        match self {
            Search::Found(_) => None,
            Search::Stuck(best) => Some(best),
        }
    }
}

fn search<M: Model>(calls: &[Call<M::Operation, M::Answer>], initial: &M) -> Search {
    let mut events = Events::new(calls);
    let all = events.returns;
    let mut taken = Taken::none_of(calls.len());
    let mut visited: FxHashSet<(Taken, M)> = FxHashSet::default();
    let mut model = initial.clone();
    // What was taken, the latest behind, each with the model before it.
    let mut path: Vec<(usize, M)> = Vec::new();
    let (mut best, mut most): (Vec<usize>, usize) = (Vec::new(), 0);
    let mut at = events.first();
    while events.returns > 0 {
        match events.at(at) {
            Some(Event::Call(index)) => {
                let mut after = model.clone();
                let fits = take(&mut after, &calls[index]);
                taken.insert(index);
                if fits && visited.insert((taken.clone(), after.clone())) {
                    path.push((index, std::mem::replace(&mut model, after)));
                    events.remove(index);
                    at = events.first();
                } else {
                    taken.remove(index);
                    at = events.next(at);
                }
            }
            // All that stands in front was tried, and the call that ends here was not taken.
            Some(Event::Return) | None => {
                let returned = all - events.returns;
                if returned > most {
                    (most, best) = (returned, path.iter().map(|(index, _)| *index).collect());
                    // Calls without an answer that were taken last explain none.
                    best.truncate(
                        best.iter().rposition(|index| !calls[*index].is_pending()).map_or(0, |last| last + 1),
                    );
                }
                let Some((index, before)) = path.pop() else { return Search::Stuck(best) };
                model = before;
                taken.remove(index);
                events.put_back(index);
                at = events.next(events.call_of(index));
            }
        }
    }
    Search::Found(path.into_iter().map(|(index, _)| index).collect())
}

/// A set of calls.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Taken(SmallVec<[u64; 2]>);

impl Taken {
    fn none_of(calls: usize) -> Taken {
        Taken(smallvec![0; calls.div_ceil(64).max(1)])
    }

    fn insert(&mut self, index: usize) {
        self.0[index / 64] |= 1 << (index % 64);
    }

    fn remove(&mut self, index: usize) {
        self.0[index / 64] &= !(1 << (index % 64));
    }
}

/// The events of a history in the order of time: a list from which a call can be taken out, with its return, and put back at its
/// place, if that is done in the reverse order.
struct Events {
    list: Vec<Event>,
    /// Around each event, those beside it that were not taken out; [`Events::END`] stands before the first and behind the last.
    next: Vec<usize>,
    before: Vec<usize>,
    /// Where the call and the return of each call stand.
    places: Vec<(usize, Option<usize>)>,
    /// How many returns are in the list.
    returns: usize,
}

#[derive(Clone, Copy)]
enum Event {
    Call(usize),
    Return,
}

impl Events {
    /// The place of the sentinel.
    const END: usize = 0;

    fn new<O, A>(calls: &[Call<O, A>]) -> Events {
        let begin = calls.iter().enumerate().map(|(index, call)| (call.invoked, index, Event::Call(index)));
        let ends = calls.iter().enumerate();
        let end = ends.filter_map(|(index, call)| call.returned().map(|returned| (returned, index, Event::Return)));
        let mut all: Vec<(usize, usize, Event)> = begin.chain(end).collect();
        all.sort_by_key(|(instant, ..)| *instant);
        let mut places = vec![(Events::END, None); calls.len()];
        let mut list = vec![Event::Return];
        for (place, (_, index, event)) in (1..).zip(all) {
            match event {
                Event::Call(_) => places[index].0 = place,
                Event::Return => places[index].1 = Some(place),
            }
            list.push(event);
        }
        let size = list.len();
        let next = (0..size).map(|place| (place + 1) % size).collect();
        let before = (0..size).map(|place| (place + size - 1) % size).collect();
        let returns = places.iter().filter(|(_, end)| end.is_some()).count();
        Events { list, next, before, places, returns }
    }

    fn first(&self) -> usize {
        self.next[Events::END]
    }

    fn next(&self, place: usize) -> usize {
        self.next[place]
    }

    fn at(&self, place: usize) -> Option<Event> {
        (place != Events::END).then(|| self.list[place])
    }

    fn call_of(&self, index: usize) -> usize {
        self.places[index].0
    }

    fn remove(&mut self, index: usize) {
        let (call, end) = self.places[index];
        self.unlink(call);
        if let Some(end) = end {
            self.unlink(end);
            self.returns -= 1;
        }
    }

    fn put_back(&mut self, index: usize) {
        let (call, end) = self.places[index];
        if let Some(end) = end {
            self.link(end);
            self.returns += 1;
        }
        self.link(call);
    }

    fn unlink(&mut self, place: usize) {
        let (before, next) = (self.before[place], self.next[place]);
        self.next[before] = next;
        self.before[next] = before;
    }

    fn link(&mut self, place: usize) {
        let (before, next) = (self.before[place], self.next[place]);
        self.next[before] = place;
        self.before[next] = place;
    }
}
