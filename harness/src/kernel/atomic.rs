//! Atomic variables of every width, sequentially consistent.
//!
//! A variable is 64 bits; narrower ones keep their value zero-extended, and arithmetic wraps at their width.
//! Orderings travel with the operations although every one of them means sequentially consistent today, so
//! that a weaker model can be put underneath without touching a caller.

pub(crate) use std::sync::atomic::Ordering;

/// The width at which arithmetic wraps and signed comparison looks for the sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Width {
    W8,
    W16,
    W32,
    W64,
}

impl Width {
    const fn bits(self) -> u32 {
        match self {
            Width::W8 => 8,
            Width::W16 => 16,
            Width::W32 => 32,
            Width::W64 => 64,
        }
    }

    const fn truncate(self, value: u64) -> u64 {
        value & (u64::MAX >> (64 - self.bits()))
    }

    const fn signed(self, value: u64) -> i64 {
        let shift = 64 - self.bits();
        ((value << shift) as i64) >> shift
    }
}

/// What a read-modify-write does to the value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rmw {
    Add,
    Sub,
    And,
    Nand,
    Or,
    Xor,
    Max,
    Min,
    SignedMax,
    SignedMin,
}

impl Rmw {
    /// The method that does it.
    #[cfg_attr(not(feature = "sim"), expect(dead_code, reason = "only findings name operations"))]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Rmw::Add => "fetch_add",
            Rmw::Sub => "fetch_sub",
            Rmw::And => "fetch_and",
            Rmw::Nand => "fetch_nand",
            Rmw::Or => "fetch_or",
            Rmw::Xor => "fetch_xor",
            Rmw::Max | Rmw::SignedMax => "fetch_max",
            Rmw::Min | Rmw::SignedMin => "fetch_min",
        }
    }

    #[inline]
    fn compute(self, width: Width, old: u64, operand: u64) -> u64 {
        let new = match self {
            Rmw::Add => old.wrapping_add(operand),
            Rmw::Sub => old.wrapping_sub(operand),
            Rmw::And => old & operand,
            Rmw::Nand => !(old & operand),
            Rmw::Or => old | operand,
            Rmw::Xor => old ^ operand,
            Rmw::Max => old.max(operand),
            Rmw::Min => old.min(operand),
            Rmw::SignedMax => width.signed(old).max(width.signed(operand)) as u64,
            Rmw::SignedMin => width.signed(old).min(width.signed(operand)) as u64,
        };
        width.truncate(new)
    }
}

/// An atomic variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Atomic {
    pub(crate) value: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    Load(Ordering),
    Store(u64, Ordering),
    Swap(u64, Ordering),
    Rmw { function: Rmw, width: Width, operand: u64, order: Ordering },
    CompareExchange { current: u64, new: u64, success: Ordering, failure: Ordering },
}

/// How an operation used the variable; a compare-exchange that failed only read it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    Read,
    Write,
}

impl Access {
    pub(crate) fn commutes(self, other: Access) -> bool {
        self == Access::Read && other == Access::Read
    }
}

impl Atomic {
    /// Performs `op`; returns the value before it, and whether it was written.
    #[inline(always)]
    pub(crate) fn apply(&mut self, op: &Op) -> (u64, bool) {
        let old = self.value;
        let (new, written) = match *op {
            Op::Load(_) => (old, false),
            Op::Store(new, _) | Op::Swap(new, _) => (new, true),
            Op::Rmw { function, width, operand, .. } => (function.compute(width, old, operand), true),
            Op::CompareExchange { current, new, .. } if old == current => (new, true),
            Op::CompareExchange { .. } => (old, false),
        };
        self.value = new;
        (old, written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rmw(function: Rmw, width: Width, value: u64, operand: u64) -> u64 {
        let mut atomic = Atomic { value };
        let order = Ordering::SeqCst;
        atomic.apply(&Op::Rmw { function, width, operand, order });
        atomic.value
    }

    #[test]
    fn arithmetic_wraps_at_the_width() {
        assert_eq!(rmw(Rmw::Add, Width::W8, 255, 2), 1);
        assert_eq!(rmw(Rmw::Sub, Width::W16, 0, 1), 0xffff);
        assert_eq!(rmw(Rmw::Sub, Width::W64, 0, 1), u64::MAX);
        assert_eq!(rmw(Rmw::Nand, Width::W8, 0xf0, 0xff), 0x0f);
    }

    #[test]
    fn signed_comparison_looks_at_the_sign_of_the_width() {
        let minus_one = u64::from(-1_i8 as u8);
        assert_eq!(rmw(Rmw::SignedMax, Width::W8, minus_one, 1), 1);
        assert_eq!(rmw(Rmw::Max, Width::W8, minus_one, 1), minus_one);
        assert_eq!(rmw(Rmw::SignedMin, Width::W32, 5, 0xffff_fffe), 0xffff_fffe);
    }
}
