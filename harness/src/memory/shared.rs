//! Shared data whose handles are counted, as with `Arc`, with fewer locked instructions.
//!
//! An instruction that locks the bus costs as much as a third of a step. What is made in an execution mostly has two handles from the beginning
//! and loses one after the other: `Arc` takes three such instructions for that, and this takes one.

use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering, fence};

use super::blocks;

/// A handle to a value that goes with the last of them.
///
/// As with `Arc`, what the value borrows may go before the handle if nothing in the value looks at it when it is dropped: it is
/// [`Handle`], which knows nothing of the type, that has a destructor.
pub(crate) struct Shared<T> {
    handle: Handle,
    /// It may drop one.
    owns: PhantomData<Counted<T>>,
}

/// A handle to a value of some type.
struct Handle(NonNull<Header>);

/// What is known of every value.
struct Header {
    handles: AtomicUsize,
    /// Drops the value of which this is the header, and frees both.
    drop: unsafe fn(NonNull<Header>),
}

#[repr(C)]
struct Counted<T> {
    header: Header,
    value: T,
}

// SAFETY: as `Arc`: every handle gives out shared references from wherever it is, and the last one drops the value where it is.
unsafe impl<T: Send + Sync> Send for Shared<T> {}
// SAFETY: as above; a shared handle can be cloned.
unsafe impl<T: Send + Sync> Sync for Shared<T> {}

// As `Arc`.
impl<T: RefUnwindSafe> UnwindSafe for Shared<T> {}
impl<T: RefUnwindSafe> RefUnwindSafe for Shared<T> {}
impl<T> Unpin for Shared<T> {}

impl<T> Shared<T> {
    /// A handle to what `make` makes, where it will stay.
    #[inline(always)]
    pub(crate) fn new(make: impl FnOnce() -> T) -> Shared<T> {
        Shared::of(Counted::put(1, make))
    }

    /// Two handles to what `make` makes, where it will stay.
    #[inline(always)]
    pub(crate) fn pair(make: impl FnOnce() -> T) -> (Shared<T>, Shared<T>) {
        let counted = Counted::put(2, make);
        (Shared::of(counted), Shared::of(counted))
    }

    #[inline(always)]
    fn of(counted: NonNull<Counted<T>>) -> Shared<T> {
        // A value begins with its header.
        Shared { handle: Handle(counted.cast()), owns: PhantomData }
    }

    /// Whether both are handles to the same value.
    pub(crate) fn is_same(&self, other: &Shared<T>) -> bool {
        self.handle.0 == other.handle.0
    }
}

impl<T> Counted<T> {
    #[inline(always)]
    fn put(handles: usize, make: impl FnOnce() -> T) -> NonNull<Counted<T>> {
        let header = Header { handles: AtomicUsize::new(handles), drop: Counted::<T>::drop };
        blocks::put(|| Counted { header, value: make() })
    }

    /// # Safety
    /// The header is that of a value of this type, to which there is no handle any more.
    unsafe fn drop(header: NonNull<Header>) {
        // SAFETY: as the caller says; it is what `put` has put there.
        unsafe { blocks::drop_at(header.cast::<Counted<T>>()) };
    }
}

impl Handle {
    #[inline(always)]
    fn header(&self) -> &Header {
        // SAFETY: it was made by `of`, and the value lives until its last handle is dropped, which this one is not.
        unsafe { self.0.as_ref() }
    }

    #[inline(never)]
    fn drop_value(&mut self) {
        let drop = self.header().drop;
        // SAFETY: this was the last handle, and the function is the one of the value.
        unsafe { drop(self.0) };
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: as in `header`; the handle is to a value of this type.
        unsafe { &self.handle.0.cast::<Counted<T>>().as_ref().value }
    }
}

impl<T> Clone for Shared<T> {
    #[inline]
    fn clone(&self) -> Shared<T> {
        // Whoever has a handle got it in an ordered way, so that the new one needs no order of its own.
        let handles = self.handle.header().handles.fetch_add(1, Ordering::Relaxed);
        if handles > isize::MAX as usize {
            // Handles were forgotten again and again. The count must not come round to zero.
            std::process::abort();
        }
        Shared { handle: Handle(self.handle.0), owns: PhantomData }
    }
}

impl Drop for Handle {
    #[inline]
    fn drop(&mut self) {
        let handles = &self.header().handles;
        // A handle is made from another: if there is one, it is this one, and nobody can make a second meanwhile. What the others did
        // with the value before they were dropped has happened, because they were dropped with release order.
        if handles.load(Ordering::Acquire) == 1 {
            return self.drop_value();
        }
        if handles.fetch_sub(1, Ordering::Release) == 1 {
            // The others were dropped meanwhile.
            fence(Ordering::Acquire);
            self.drop_value();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_value_goes_with_the_last_handle() {
        let witness = Arc::new(());
        let (one, two) = Shared::pair(|| Arc::clone(&witness));
        let three = one.clone();
        assert!(one.is_same(&three) && two.is_same(&three));
        drop((one, three));
        assert_eq!(Arc::strong_count(&witness), 2);
        assert!(Arc::ptr_eq(&two, &witness));
        drop(two);
        assert_eq!(Arc::strong_count(&witness), 1);
        assert!(!Shared::pair(|| 1).0.is_same(&Shared::pair(|| 1).0));
    }

    #[test]
    fn what_is_borrowed_may_go_first() {
        let shared = Shared::new(|| std::cell::Cell::new(None));
        let number = 5;
        shared.set(Some(&number));
        assert_eq!(shared.get(), Some(&5));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "real threads drop at the same moment")]
    fn handles_can_be_made_and_dropped_anywhere() {
        for _ in 0..200 {
            let witness = Arc::new(());
            let (one, two) = Shared::pair(|| Arc::clone(&witness));
            let dropped = [one, two].map(|handle| {
                std::thread::spawn(move || {
                    let more: Vec<_> = (0..10).map(|_| handle.clone()).collect();
                    drop((handle, more));
                })
            });
            dropped.into_iter().for_each(|thread| thread.join().unwrap());
            assert_eq!(Arc::strong_count(&witness), 1);
        }
    }
}
