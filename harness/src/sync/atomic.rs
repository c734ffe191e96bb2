//! Atomic types, as in [`std::sync::atomic`].
//!
//! Inside an execution every operation is a step, and the variable is sequentially consistent whatever the
//! ordering. Each execution starts from the value that the variable has outside.

pub use std::sync::atomic::Ordering;

use std::fmt;
use std::sync::atomic as real;

use crate::engine::identity::{Identity, Sharing, inside};
use crate::engine::{self, Execution, Place};
use crate::kernel::atomic::{Atomic as State, Op as AtomicOp, Rmw, Width};
use crate::kernel::{Object, ObjectId, Op, Outcome};

/// A value that fits the 64 bits of a kernel atomic.
trait Word: Copy {
    const WIDTH: Width;
    const SIGNED: bool;
    fn to_bits(self) -> u64;
    fn from_bits(bits: u64) -> Self;
}

macro_rules! word {
    ($($int:ty => $unsigned:ty, $width:ident, $signed:literal;)*) => {$(
        impl Word for $int {
            const WIDTH: Width = Width::$width;
            const SIGNED: bool = $signed;
            #[inline]
            fn to_bits(self) -> u64 {
                self as $unsigned as u64
            }
            #[inline]
            fn from_bits(bits: u64) -> Self {
                bits as $int
            }
        }
    )*};
}

word! {
    u8 => u8, W8, false; i8 => u8, W8, true;
    u16 => u16, W16, false; i16 => u16, W16, true;
    u32 => u32, W32, false; i32 => u32, W32, true;
    u64 => u64, W64, false; i64 => u64, W64, true;
    usize => usize, W64, false; isize => usize, W64, true;
}

impl Word for bool {
    const WIDTH: Width = Width::W8;
    const SIGNED: bool = false;
    #[inline]
    fn to_bits(self) -> u64 {
        self.into()
    }
    #[inline]
    fn from_bits(bits: u64) -> Self {
        bits != 0
    }
}

/// Performs one operation on the variable behind `identity`; `value` is what it holds outside.
#[inline(always)]
fn step(this: *mut Execution, identity: &Identity, value: impl FnOnce() -> u64, op: AtomicOp, place: Place) -> Outcome {
    let id: ObjectId =
        identity.in_execution(this, Sharing::Separate, || Some(Object::Atomic(State { value: value() })));
    match op {
        AtomicOp::Load(order) => engine::perform_load(this, id, order, place),
        AtomicOp::Store(value, order) => engine::perform_store(this, id, value, order, place),
        AtomicOp::Rmw { function, width, operand, order } => {
            engine::perform_rmw(this, id, (function, width, order), operand, place)
        }
        _ => engine::perform(this, Op::Atomic(id, op), place),
    }
}

/// The value in the current execution, if it knows the variable: for owners, who cannot race with anybody.
fn owned(identity: &Identity) -> Option<u64> {
    let this = inside()?;
    let id = identity.known(this)?;
    // SAFETY: the caller is a task inside `this`, and nothing switches here.
    match unsafe { &(&(*this).world.objects)[id.index()] } {
        Object::Atomic(state) => Some(state.value),
        _ => None,
    }
}

fn check_load(order: Ordering) {
    match order {
        Ordering::Release => panic!("there is no such thing as a release load"),
        Ordering::AcqRel => panic!("there is no such thing as an acquire-release load"),
        _ => {}
    }
}

fn check_store(order: Ordering) {
    match order {
        Ordering::Acquire => panic!("there is no such thing as an acquire store"),
        Ordering::AcqRel => panic!("there is no such thing as an acquire-release store"),
        _ => {}
    }
}

fn check_failure(order: Ordering) {
    match order {
        Ordering::Release => panic!("there is no such thing as a release failure ordering"),
        Ordering::AcqRel => panic!("there is no such thing as an acquire-release failure ordering"),
        _ => {}
    }
}

/// The methods that every atomic type has.
macro_rules! common {
    ($value:ty, $real:ty, $doc_value:literal) => {
        /// Returns a mutable reference to the value, which needs no synchronisation.
        #[must_use]
        pub fn get_mut(&mut self) -> &mut $value {
            if let Some(bits) = owned(&self.identity) {
                *self.real.get_mut() = Word::from_bits(bits);
            }
            self.identity.forget();
            self.real.get_mut()
        }

        /// Consumes the atomic and returns the value.
        #[must_use]
        pub fn into_inner(self) -> $value {
            match owned(&self.identity) {
                Some(bits) => Word::from_bits(bits),
                None => self.real.into_inner(),
            }
        }

        /// A pointer to the value *outside* executions: what an execution does to the variable is not
        /// visible through it.
        #[must_use]
        pub const fn as_ptr(&self) -> *mut $value {
            self.real.as_ptr()
        }

        #[inline(always)]
        fn perform(&self, this: *mut Execution, op: AtomicOp, place: Place) -> Outcome {
            step(this, &self.identity, || self.real.load(Ordering::Relaxed).to_bits(), op, place)
        }

        #[inline]
        fn outside(&self) -> &$real {
            self.identity.outside();
            &self.real
        }

        /// Loads the value.
        ///
        /// # Panics
        /// If `order` is `Release` or `AcqRel`.
        #[inline]
        #[track_caller]
        pub fn load(&self, order: Ordering) -> $value {
            let place = std::panic::Location::caller();
            match inside() {
                None => self.outside().load(order),
                Some(this) => {
                    check_load(order);
                    Word::from_bits(self.perform(this, AtomicOp::Load(order), place).value)
                }
            }
        }

        /// Stores a value.
        ///
        /// # Panics
        /// If `order` is `Acquire` or `AcqRel`.
        #[inline]
        #[track_caller]
        pub fn store(&self, value: $value, order: Ordering) {
            let place = std::panic::Location::caller();
            match inside() {
                None => self.outside().store(value, order),
                Some(this) => {
                    check_store(order);
                    self.perform(this, AtomicOp::Store(value.to_bits(), order), place);
                }
            }
        }

        /// Stores a value and returns the previous one.
        #[inline]
        #[track_caller]
        pub fn swap(&self, value: $value, order: Ordering) -> $value {
            let place = std::panic::Location::caller();
            match inside() {
                None => self.outside().swap(value, order),
                Some(this) => Word::from_bits(self.perform(this, AtomicOp::Swap(value.to_bits(), order), place).value),
            }
        }

        /// Stores `new` if the value is `current`; returns the previous value.
        ///
        /// # Errors
        /// The previous value, if it is not `current`.
        ///
        /// # Panics
        /// If `failure` is `Release` or `AcqRel`.
        #[inline]
        #[track_caller]
        pub fn compare_exchange(
            &self,
            current: $value,
            new: $value,
            success: Ordering,
            failure: Ordering,
        ) -> Result<$value, $value> {
            let place = std::panic::Location::caller();
            match inside() {
                None => self.outside().compare_exchange(current, new, success, failure),
                Some(this) => {
                    check_failure(failure);
                    let (current, new) = (current.to_bits(), new.to_bits());
                    let op = AtomicOp::CompareExchange { current, new, success, failure };
                    let outcome = self.perform(this, op, place);
                    let value = Word::from_bits(outcome.value);
                    if outcome.is_done() { Ok(value) } else { Err(value) }
                }
            }
        }

        /// Like [`Self::compare_exchange`]; on some machines it may fail although the value is `current`, in an
        /// execution it does not.
        ///
        /// # Errors
        /// The previous value.
        ///
        /// # Panics
        /// If `failure` is `Release` or `AcqRel`.
        #[inline]
        #[track_caller]
        pub fn compare_exchange_weak(
            &self,
            current: $value,
            new: $value,
            success: Ordering,
            failure: Ordering,
        ) -> Result<$value, $value> {
            match inside() {
                None => self.outside().compare_exchange_weak(current, new, success, failure),
                Some(_) => self.compare_exchange(current, new, success, failure),
            }
        }

        /// Loads the value and stores what `update` makes of it, again and again until nobody came between.
        ///
        /// # Errors
        /// The value for which `update` returned `None`.
        #[track_caller]
        pub fn fetch_update<F>(
            &self,
            set_order: Ordering,
            fetch_order: Ordering,
            mut update: F,
        ) -> Result<$value, $value>
        where
            F: FnMut($value) -> Option<$value>,
        {
            let mut old = self.load(fetch_order);
            while let Some(new) = update(old) {
                match self.compare_exchange_weak(old, new, set_order, fetch_order) {
                    Ok(previous) => return Ok(previous),
                    Err(now) => old = now,
                }
            }
            Err(old)
        }

        /// [`Self::fetch_update`] under the name that the standard library is moving to.
        ///
        /// # Errors
        /// The value for which `update` returned `None`.
        #[track_caller]
        pub fn try_update(
            &self,
            set_order: Ordering,
            fetch_order: Ordering,
            update: impl FnMut($value) -> Option<$value>,
        ) -> Result<$value, $value> {
            self.fetch_update(set_order, fetch_order, update)
        }

        /// Stores what `update` makes of the value, and returns the previous one.
        #[track_caller]
        pub fn update(
            &self,
            set_order: Ordering,
            fetch_order: Ordering,
            mut update: impl FnMut($value) -> $value,
        ) -> $value {
            let mut old = self.load(fetch_order);
            loop {
                match self.compare_exchange_weak(old, update(old), set_order, fetch_order) {
                    Ok(previous) => return previous,
                    Err(now) => old = now,
                }
            }
        }
    };
}

/// Read-modify-write methods: name, kernel function, doc.
macro_rules! rmw {
    ($value:ty; $($(#[doc = $doc:literal])* $method:ident => $function:expr;)*) => {$(
        $(#[doc = $doc])*
        #[inline]
        #[track_caller]
        pub fn $method(&self, value: $value, order: Ordering) -> $value {
            let place = std::panic::Location::caller();
            match inside() {
                None => self.outside().$method(value, order),
                Some(this) => {
                    let (function, width) = ($function, <$value as Word>::WIDTH);
                    let op = AtomicOp::Rmw { function, width, operand: value.to_bits(), order };
                    Word::from_bits(self.perform(this, op, place).value)
                }
            }
        }
    )*};
}

macro_rules! integer {
    ($($name:ident, $value:ident, $literal:literal;)*) => {$(
        #[doc = concat!("An atomic [`", $literal, "`], as in the standard library.")]
        ///
        /// ```
        #[doc = concat!("use reweave::sync::atomic::{", stringify!($name), ", Ordering};")]
        #[doc = concat!("let x = ", stringify!($name), "::new(1);")]
        /// assert_eq!(x.fetch_add(2, Ordering::SeqCst), 1);
        /// assert_eq!(x.load(Ordering::SeqCst), 3);
        /// ```
        pub struct $name {
            real: real::$name,
            identity: Identity,
        }

        impl $name {
            /// An atomic with the given value.
            #[must_use]
            #[track_caller]
            pub const fn new(value: $value) -> $name {
                $name { real: real::$name::new(value), identity: Identity::new() }
            }

            common!($value, real::$name, $literal);

            rmw! { $value;
                /// Adds to the value, wrapping around, and returns the previous one.
                fetch_add => Rmw::Add;
                /// Subtracts from the value, wrapping around, and returns the previous one.
                fetch_sub => Rmw::Sub;
                /// Bitwise "and"; returns the previous value.
                fetch_and => Rmw::And;
                /// Bitwise "nand"; returns the previous value.
                fetch_nand => Rmw::Nand;
                /// Bitwise "or"; returns the previous value.
                fetch_or => Rmw::Or;
                /// Bitwise "xor"; returns the previous value.
                fetch_xor => Rmw::Xor;
                /// Stores the maximum of the two; returns the previous value.
                fetch_max => if <$value as Word>::SIGNED { Rmw::SignedMax } else { Rmw::Max };
                /// Stores the minimum of the two; returns the previous value.
                fetch_min => if <$value as Word>::SIGNED { Rmw::SignedMin } else { Rmw::Min };
            }
        }

        atomic_traits!($name, $value);
    )*};
}

macro_rules! atomic_traits {
    ($name:ident, $value:ty) => {
        impl Default for $name {
            #[track_caller]
            fn default() -> $name {
                $name::new(Default::default())
            }
        }

        impl From<$value> for $name {
            fn from(value: $value) -> $name {
                $name::new(value)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.load(Ordering::Relaxed), f)
            }
        }

        impl std::panic::RefUnwindSafe for $name {}
    };
}

integer! {
    AtomicU8, u8, "u8"; AtomicI8, i8, "i8";
    AtomicU16, u16, "u16"; AtomicI16, i16, "i16";
    AtomicU32, u32, "u32"; AtomicI32, i32, "i32";
    AtomicU64, u64, "u64"; AtomicI64, i64, "i64";
    AtomicUsize, usize, "usize"; AtomicIsize, isize, "isize";
}

/// An atomic [`bool`], as in the standard library.
pub struct AtomicBool {
    real: real::AtomicBool,
    identity: Identity,
}

impl AtomicBool {
    /// An atomic with the given value.
    #[must_use]
    #[track_caller]
    pub const fn new(value: bool) -> AtomicBool {
        AtomicBool { real: real::AtomicBool::new(value), identity: Identity::new() }
    }

    common!(bool, real::AtomicBool, "bool");

    rmw! { bool;
        /// Logical "and"; returns the previous value.
        fetch_and => Rmw::And;
        /// Logical "or"; returns the previous value.
        fetch_or => Rmw::Or;
        /// Logical "xor"; returns the previous value.
        fetch_xor => Rmw::Xor;
    }

    /// Logical "nand"; returns the previous value.
    #[inline]
    #[track_caller]
    pub fn fetch_nand(&self, value: bool, order: Ordering) -> bool {
        // Bitwise "nand" would set the bits that a bool does not have.
        if value { self.fetch_xor(true, order) } else { self.swap(true, order) }
    }

    /// Logical "not"; returns the previous value.
    #[inline]
    #[track_caller]
    pub fn fetch_not(&self, order: Ordering) -> bool {
        self.fetch_xor(true, order)
    }
}

atomic_traits!(AtomicBool, bool);

/// An atomic raw pointer, as in the standard library.
pub struct AtomicPtr<T> {
    real: real::AtomicPtr<T>,
    identity: Identity,
}

impl<T> Word for *mut T {
    const WIDTH: Width = Width::W64;
    const SIGNED: bool = false;
    #[inline]
    fn to_bits(self) -> u64 {
        self.expose_provenance() as u64
    }
    #[inline]
    fn from_bits(bits: u64) -> Self {
        std::ptr::with_exposed_provenance_mut(bits as usize)
    }
}

impl<T> AtomicPtr<T> {
    /// An atomic with the given value.
    #[must_use]
    #[track_caller]
    pub const fn new(value: *mut T) -> AtomicPtr<T> {
        AtomicPtr { real: real::AtomicPtr::new(value), identity: Identity::of_addresses() }
    }

    common!(*mut T, real::AtomicPtr<T>, "*mut T");
}

impl<T> Default for AtomicPtr<T> {
    #[track_caller]
    fn default() -> AtomicPtr<T> {
        AtomicPtr::new(std::ptr::null_mut())
    }
}

impl<T> From<*mut T> for AtomicPtr<T> {
    fn from(value: *mut T) -> AtomicPtr<T> {
        AtomicPtr::new(value)
    }
}

impl<T> fmt::Debug for AtomicPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.load(Ordering::Relaxed), f)
    }
}

impl<T> fmt::Pointer for AtomicPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&self.load(Ordering::Relaxed), f)
    }
}

impl<T> std::panic::RefUnwindSafe for AtomicPtr<T> {}

/// An atomic fence. Executions are sequentially consistent, so that a fence orders nothing more, but it is a step.
///
/// # Panics
/// If `order` is `Relaxed`.
#[track_caller]
pub fn fence(order: Ordering) {
    let place = std::panic::Location::caller();
    match inside() {
        None => real::fence(order),
        Some(this) => {
            assert!(order != Ordering::Relaxed, "there is no such thing as a relaxed fence");
            engine::perform(this, Op::Fence(order), place);
        }
    }
}

pub use real::compiler_fence;
