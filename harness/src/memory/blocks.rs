//! Blocks of memory that are used again.
//!
//! A channel, its messages, and what a thread returns are allocated and freed once in every execution of most tests, and each time that
//! takes as long as several steps. So what is freed inside an execution is kept for whoever allocates next on the same thread; when the
//! explorer of the thread is through, [`Kept`] gives it back. Blocks come from the global allocator, each as long as its class, so that it
//! does not matter where one is freed.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ptr::NonNull;

/// Blocks of one class are longer than those of the class before it by so much.
const STEP: usize = 64;
/// How a block is aligned.
const ALIGN: usize = 16;
/// How many classes there are; what is longer is not kept.
#[cfg(feature = "sim")]
const CLASSES: usize = 8;

/// The class of blocks for this layout, and how they are laid out; none if there is no such class.
#[cfg(feature = "sim")]
#[inline(always)]
fn class_of(layout: Layout) -> Option<(usize, Layout)> {
    let class = layout.size().wrapping_sub(1) / STEP;
    if class >= CLASSES || layout.align() > ALIGN {
        return None;
    }
    Some((class, layout_of(class)))
}

/// How the blocks of a class are laid out.
#[cfg(feature = "sim")]
#[inline(always)]
fn layout_of(class: usize) -> Layout {
    Layout::from_size_align((class + 1) * STEP, ALIGN).expect("a few steps are no more than a layout can be")
}

/// Memory for this layout, which is not of size zero.
#[inline(always)]
pub(super) fn allocate(layout: Layout) -> NonNull<u8> {
    debug_assert!(layout.size() > 0);
    #[cfg(feature = "sim")]
    if let Some((class, block)) = class_of(layout) {
        return kept::take(class).unwrap_or_else(|| from_system(block));
    }
    from_system(layout)
}

/// Frees it.
///
/// # Safety
/// `block` came from [`allocate`] with the same layout, and nobody uses it any more.
#[inline(always)]
unsafe fn free(block: NonNull<u8>, layout: Layout) {
    #[cfg(feature = "sim")]
    if let Some((class, layout)) = class_of(layout) {
        if !kept::keep(class, block) {
            // SAFETY: it was allocated with the layout of its class.
            unsafe { dealloc(block.as_ptr(), layout) };
        }
        return;
    }
    // SAFETY: as the caller says.
    unsafe { dealloc(block.as_ptr(), layout) };
}

#[inline(never)]
fn from_system(layout: Layout) -> NonNull<u8> {
    // SAFETY: the size is not zero: whoever asks for memory says so, and no class is empty.
    NonNull::new(unsafe { alloc(layout) }).unwrap_or_else(|| handle_alloc_error(layout))
}

#[cfg(feature = "sim")]
mod kept {
    use std::alloc::dealloc;
    use std::cell::Cell;
    use std::ptr::NonNull;

    use super::{CLASSES, layout_of};
    use crate::engine::identity::inside;

    /// How many blocks of a class are kept.
    const MOST: usize = 32;

    struct Class {
        count: Cell<usize>,
        blocks: [Cell<NonNull<u8>>; MOST],
    }

    thread_local! {
        // Nothing to be dropped, so that using it asks nothing.
        static KEPT: [Class; CLASSES] = const {
            [const { Class { count: Cell::new(0), blocks: [const { Cell::new(NonNull::dangling()) }; MOST] } }; CLASSES]
        };
    }

    /// A block of this class, if one is kept.
    #[inline(always)]
    pub(super) fn take(class: usize) -> Option<NonNull<u8>> {
        KEPT.with(|kept| {
            let class = kept.get(class)?;
            let count = class.count.get().checked_sub(1)?;
            let block = class.blocks.get(count)?.get();
            class.count.set(count);
            Some(block)
        })
    }

    /// Keeps a block of this class, if the caller is inside an execution and not too many are kept.
    #[inline(always)]
    pub(super) fn keep(class: usize, block: NonNull<u8>) -> bool {
        if inside().is_none() {
            return false;
        }
        KEPT.with(|kept| {
            let Some(class) = kept.get(class) else { return false };
            let count = class.count.get();
            let Some(place) = class.blocks.get(count) else { return false };
            place.set(block);
            class.count.set(count + 1);
            true
        })
    }

    /// Gives back what is kept on this thread.
    pub(super) fn clear() {
        for class in 0..CLASSES {
            while let Some(block) = take(class) {
                // SAFETY: whoever freed it has allocated it with this layout, see `free`, and nobody uses it.
                unsafe { dealloc(block.as_ptr(), layout_of(class)) };
            }
        }
    }
}

/// Gives back what is kept on the thread where this is dropped.
#[cfg(feature = "sim")]
#[derive(Debug)]
pub(crate) struct Kept;

#[cfg(feature = "sim")]
impl Drop for Kept {
    fn drop(&mut self) {
        kept::clear();
    }
}

/// Memory for a `T`, with what `make` makes.
#[inline(always)]
pub(super) fn put<T>(make: impl FnOnce() -> T) -> NonNull<T> {
    assert!(size_of::<T>() > 0, "there is always a count beside it");
    let block = allocate(Layout::new::<T>()).cast();
    // SAFETY: the block is as long as a `T` and aligned as one, and nobody else's.
    unsafe { block.write(make()) };
    block
}

/// Drops what is there and frees the memory, even if the drop unwinds.
///
/// # Safety
/// It came from [`put`], and nobody uses it any more.
#[inline(always)]
pub(super) unsafe fn drop_at<T>(block: NonNull<T>) {
    // SAFETY: as the caller says.
    let _free = unsafe { Free::after(block.cast(), Layout::new::<T>()) };
    // SAFETY: as the caller says.
    unsafe { block.drop_in_place() };
}

/// Frees a block at the end of a scope, be it left in order or not.
pub(super) struct Free(NonNull<u8>, Layout);

impl Free {
    /// # Safety
    /// As for [`free`], when this is dropped; but if the layout is of size zero there is nothing to be freed.
    #[inline(always)]
    pub(super) unsafe fn after(block: NonNull<u8>, layout: Layout) -> Free {
        Free(block, layout)
    }
}

impl Drop for Free {
    #[inline(always)]
    fn drop(&mut self) {
        if self.1.size() > 0 {
            // SAFETY: whoever made this has promised it.
            unsafe { free(self.0, self.1) };
        }
    }
}

#[cfg(all(test, feature = "sim"))]
mod tests {
    use super::*;
    use crate::trial::run;

    #[test]
    fn a_block_is_used_again_inside_and_given_back_outside() {
        let kept = Kept;
        let place = || {
            let block = put(|| [1_u64; 9]);
            // SAFETY: it is not used any more.
            unsafe { drop_at(block) };
            block.as_ptr() as usize
        };
        run(1, move || {
            let first = place();
            let other = put(|| [2_u64; 12]);
            assert_eq!(other.as_ptr() as usize, first, "of the same class");
            assert_eq!(place(), place());
            // SAFETY: it is not used any more.
            unsafe { drop_at(other) };
            let many: Vec<_> = (0..100).map(|number| put(|| [number; 10])).collect();
            for (number, block) in many.into_iter().enumerate() {
                // SAFETY: it is there, and not used after that.
                unsafe {
                    assert_eq!(*block.as_ref(), [number; 10]);
                    drop_at(block);
                }
            }
        });
        drop(kept);
        assert!((0..CLASSES).all(|class| kept::take(class).is_none()));
        place();
        assert!((0..CLASSES).all(|class| kept::take(class).is_none()), "nobody keeps anything outside");
    }

    #[test]
    fn what_is_long_or_aligned_is_not_kept() {
        #[repr(align(64))]
        struct Aligned(u8);
        assert!(class_of(Layout::new::<Aligned>()).is_none());
        assert!(class_of(Layout::new::<[u8; 513]>()).is_none());
        assert_eq!(class_of(Layout::new::<[u8; 512]>()).unwrap().1.size(), 512);
        let block = put(|| Aligned(7));
        // SAFETY: it is there, and not used after that.
        unsafe {
            assert_eq!((block.as_ref().0, block.as_ptr() as usize % 64), (7, 0));
            drop_at(block);
        }
    }
}
