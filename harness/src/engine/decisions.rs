//! The schedule of an execution, written compactly: one variable-length integer a decision.
//!
//! A decision is a task (which of several steps next) or an alternative (which of several outcomes). Where
//! there is nothing to choose nothing is written: the program says by itself what comes next.

/// A list of decisions, one byte for each below 128.
#[derive(Default)]
pub(crate) struct Decisions {
    /// Those of the list, and after them some that mean nothing: room, in which to write is a store and an addition.
    bytes: Vec<u8>,
    len: usize,
}

/// How much room there is at first, in bytes.
const ROOM: usize = 64;

impl Decisions {
    /// Empties the list, and sees to it that there is some room: whoever decides quickly asks for it, even where there is nothing to decide.
    pub(crate) fn clear(&mut self) {
        self.len = 0;
        if self.bytes.is_empty() {
            self.bytes.resize(ROOM, 0);
        }
    }

    fn written(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn push_byte(&mut self, byte: u8) {
        if self.len == self.bytes.len() {
            self.bytes.resize((2 * self.len).max(ROOM), 0);
        }
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    #[inline]
    pub(crate) fn push(&mut self, decision: u32) {
        if decision < 0x80 {
            self.push_byte(decision as u8);
        } else {
            self.push_long(decision);
        }
    }

    /// Whether there is room for one more that takes one byte.
    #[inline(always)]
    pub(crate) fn has_room(&self) -> bool {
        self.len < self.bytes.len()
    }

    /// Adds a decision if that takes one byte and there is room for it.
    #[inline(always)]
    pub(crate) fn push_at_once(&mut self, decision: u32) -> Option<()> {
        if decision >= 0x80 {
            return None;
        }
        self.push_small_if(decision, true)
    }

    /// Adds what takes one byte, if there is a decision at all: if `it_is_one`. `None` if there is no room for one. To add it takes no longer
    /// than not to.
    #[inline(always)]
    pub(crate) fn push_small_if(&mut self, decision: u32, it_is_one: bool) -> Option<()> {
        debug_assert!(decision < 0x80);
        *self.bytes.get_mut(self.len)? = decision as u8;
        self.len += usize::from(it_is_one);
        Some(())
    }

    #[cold]
    fn push_long(&mut self, mut decision: u32) {
        while decision >= 0x80 {
            self.push_byte(decision as u8 | 0x80);
            decision >>= 7;
        }
        self.push_byte(decision as u8);
    }

    /// The decisions in order. An integer that is cut short or too long ends the list.
    pub(crate) fn iter(&self) -> Iter<'_> {
        Iter { bytes: self.written().iter() }
    }

    /// How long it is, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.len
    }

    /// How many decisions its first `bytes` bytes are.
    pub(crate) fn count_in(&self, bytes: usize) -> usize {
        self.written().iter().take(bytes).filter(|byte| **byte < 0x80).count()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl Clone for Decisions {
    /// Without the room.
    fn clone(&self) -> Decisions {
        Decisions { bytes: self.written().to_vec(), len: self.len }
    }
}

impl PartialEq for Decisions {
    fn eq(&self, other: &Decisions) -> bool {
        self.written() == other.written()
    }
}

impl Eq for Decisions {}

impl std::fmt::Debug for Decisions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl FromIterator<u32> for Decisions {
    fn from_iter<I: IntoIterator<Item = u32>>(decisions: I) -> Decisions {
        let mut list = Decisions::default();
        decisions.into_iter().for_each(|decision| list.push(decision));
        list
    }
}

/// See [`Decisions::iter`].
#[derive(Clone, Debug)]
pub(crate) struct Iter<'a> {
    bytes: std::slice::Iter<'a, u8>,
}

impl Iterator for Iter<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let mut value = 0_u32;
        for shift in (0..32).step_by(7) {
            let byte = *self.bytes.next()?;
            value |= u32::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_pushed_comes_back(decisions: Vec<u32>) {
            let list: Decisions = decisions.iter().copied().collect();
            prop_assert_eq!(list.count_in(list.bytes()), decisions.len());
            prop_assert_eq!(list.iter().collect::<Vec<_>>(), decisions);
        }
    }
}
