//! A queue in which there is mostly nobody, or one.

/// Items in order of arrival. The first is at hand, and nothing is allocated for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Row<T> {
    /// None only if there are no more.
    first: Option<T>,
    more: Vec<T>,
}

impl<T> Default for Row<T> {
    #[inline]
    fn default() -> Row<T> {
        Row { first: None, more: Vec::new() }
    }
}

impl<T> Row<T> {
    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(crate) fn last(&self) -> Option<&T> {
        self.more.last().or(self.first.as_ref())
    }

    /// Adds the first item.
    #[inline(always)]
    pub(crate) fn begin(&mut self, item: T) {
        debug_assert!(self.is_empty());
        // What was there is none, so that nothing has to be dropped.
        std::mem::forget(self.first.replace(item));
    }

    pub(crate) fn push(&mut self, item: T) {
        if self.is_empty() { self.begin(item) } else { self.more.push(item) }
    }

    /// Takes the first, if it is the only one and `is_it`.
    #[inline(always)]
    pub(crate) fn take_only_if(&mut self, is_it: impl FnOnce(&T) -> bool) -> Option<T> {
        match &self.first {
            Some(item) if self.more.is_empty() && is_it(item) => self.first.take(),
            _ => None,
        }
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        let next = if self.more.is_empty() { None } else { Some(self.more.remove(0)) };
        std::mem::replace(&mut self.first, next)
    }

    /// Takes the first that `is_it`.
    pub(crate) fn take(&mut self, is_it: impl Fn(&T) -> bool) -> Option<T> {
        if self.first.as_ref().is_some_and(&is_it) {
            return self.pop();
        }
        let at = self.more.iter().position(is_it)?;
        Some(self.more.remove(at))
    }

    pub(crate) fn retain(&mut self, stays: impl Fn(&T) -> bool) {
        self.more.retain(&stays);
        if self.first.as_ref().is_some_and(|first| !stays(first)) {
            self.pop();
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.first.iter().chain(&self.more)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.first.iter_mut().chain(&mut self.more)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Act {
        Push(u8),
        Pop,
        TakeOnly(u8),
        Take(u8),
        Retain(u8),
    }

    fn act() -> impl Strategy<Value = Act> {
        let of = |make: fn(u8) -> Act| (0_u8..4).prop_map(make);
        prop_oneof![of(Act::Push), of(Act::Push), Just(Act::Pop), of(Act::TakeOnly), of(Act::Take), of(Act::Retain)]
    }

    proptest! {
        #[test]
        fn it_is_a_queue(acts in proptest::collection::vec(act(), 0..30)) {
            let (mut row, mut model) = (Row::default(), Vec::new());
            for act in acts {
                match act {
                    Act::Push(item) => {
                        row.push(item);
                        model.push(item);
                    }
                    Act::Pop => {
                        let first = if model.is_empty() { None } else { Some(model.remove(0)) };
                        prop_assert_eq!(row.pop(), first);
                    }
                    Act::TakeOnly(item) => {
                        let only = if model == [item] { model.pop() } else { None };
                        prop_assert_eq!(row.take_only_if(|other| *other == item), only);
                    }
                    Act::Take(item) => {
                        let at = model.iter().position(|other| *other == item);
                        prop_assert_eq!(row.take(|other| *other == item), at.map(|at| model.remove(at)));
                    }
                    Act::Retain(item) => {
                        row.retain(|other| *other != item);
                        model.retain(|other| *other != item);
                    }
                }
                prop_assert_eq!(row.iter().copied().collect::<Vec<_>>(), model.clone());
                prop_assert_eq!(row.iter_mut().map(|item| *item).collect::<Vec<_>>(), model.clone());
                prop_assert_eq!((row.last(), row.is_empty()), (model.last(), model.is_empty()));
            }
        }
    }
}
