//! The way out of a panic hook that must not return.
//!
//! std holds the hook for reading while it runs. A task that is suspended inside for ever would keep it so, and
//! whoever wants to replace the hook (the standard test harness does, at its end) would wait for ever. So the frames between
//! here and std's are unwound first, by a *forced* unwinding: it runs their cleanup, which releases the hook, and asks
//! before each frame whether to go on. Before it reaches the code that panicked it is told no, by never
//! answering. **Unsafe room**: the interface of the system's unwinder (Itanium C++ ABI, "Exception Handling", level I).

use super::execution::Execution;

#[cfg(unix)]
mod forced {
    use std::ffi::{c_int, c_void};

    use super::{Execution, Stay};

    /// `_Unwind_Exception`, with room for the largest private part of any unwinder.
    #[repr(C, align(16))]
    struct Exception {
        class: u64,
        cleanup: Option<extern "C" fn(c_int, *mut Exception)>,
        private: [usize; 16],
    }

    type Stop = extern "C-unwind" fn(c_int, c_int, u64, *mut Exception, *mut c_void, *mut c_void) -> c_int;

    unsafe extern "C-unwind" {
        fn _Unwind_ForcedUnwind(exception: *mut Exception, stop: Stop, argument: *mut c_void) -> c_int;
        fn _Unwind_GetCFA(context: *mut c_void) -> usize;
    }

    /// What the unwinder is asked to carry along.
    struct Argument {
        /// An address in the frame of the hook.
        marker: usize,
        /// How many frames beyond the hook were met.
        beyond: u32,
        stay: Stay,
        execution: *mut Execution,
    }

    /// The frames beyond the hook that are unwound: the one that called it, which holds the lock, and one more, in case
    /// that there is a shim between. What follows is std's own, too, and has nothing to clean up.
    const FRAMES: u32 = 2;

    extern "C-unwind" fn stop(
        _version: c_int,
        _actions: c_int,
        _class: u64,
        _exception: *mut Exception,
        context: *mut c_void,
        argument: *mut c_void,
    ) -> c_int {
        // SAFETY: the unwinder passes what `escape` gave it, which lives in a frame that is never popped, and the context
        // of the frame that it has come to.
        let (argument, frame) = unsafe { (&mut *argument.cast::<Argument>(), _Unwind_GetCFA(context)) };
        argument.beyond += u32::from(frame > argument.marker);
        if argument.beyond > FRAMES {
            (argument.stay)(argument.execution);
        }
        // _URC_NO_REASON: go on.
        0
    }

    pub(super) fn escape(marker: &u8, stay: Stay, execution: *mut Execution) {
        let marker = std::ptr::from_ref(marker) as usize;
        // Leaked, because the frames in which they could live are unwound, and overwritten by what cleans up.
        let exception = Box::into_raw(Box::new(Exception { class: 0, cleanup: None, private: [0; 16] }));
        let argument = Box::into_raw(Box::new(Argument { marker, beyond: 0, stay, execution }));
        // SAFETY: the exception and the argument live for ever; the frames that are unwound are this library's and
        // std's, none of which is in the middle of anything but calling the hook.
        unsafe { _Unwind_ForcedUnwind(exception, stop, argument.cast()) };
    }
}

/// Suspends the running task for ever.
type Stay = fn(*mut Execution);

/// Unwinds the frames down to the one that called the hook, and then calls `stay`, which does not return.
///
/// `marker` lies in the frame of the hook. Where the system's unwinder is another, `stay` is called at once.
pub(super) fn from_hook(marker: &u8, stay: Stay, execution: *mut Execution) {
    #[cfg(unix)]
    forced::escape(marker, stay, execution);
    #[cfg(not(unix))]
    let _ = marker;
    // The unwinder gave up before it got there.
    stay(execution);
}
