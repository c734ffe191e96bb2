//! Panics inside executions: caught quietly, remembered with their place, and kept apart task by task.
//!
//! The process-wide hook is replaced once by one that looks whether the panicking thread is exploring. If not, the
//! hook that was there before runs as ever. If so, message and place are noted for the execution and nothing is
//! printed: most panics of an exploration are the program's own business.
//!
//! std counts panics per OS thread, but many tasks share one. The engine therefore sees to it that every unwinding
//! that starts on a carrier also ends there (see `teardown`), and knows which suspended tasks are in the
//! middle of one.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};
use std::panic::{self, PanicHookInfo};
use std::sync::Once;

use super::execution::Execution;
use super::source_path::portable;

/// What the hook noted of a panic.
#[derive(Clone, Debug)]
pub(crate) struct PanicNote {
    pub(crate) message: String,
    /// `file:line:column`, if known.
    pub(crate) place: Option<String>,
    /// Captured only while recording.
    pub(crate) backtrace: Option<String>,
}

thread_local! {
    /// The last panic on this exploring thread.
    static NOTED: RefCell<Option<PanicNote>> = const { RefCell::new(None) };
    /// Whether panics on this thread are the engine's to keep quiet.
    static EXPLORING: Cell<bool> = const { Cell::new(false) };
}

/// The payload that unwinds an abandoned task.
pub(crate) struct Abandoned;

/// Makes panics on this thread quiet and noted, from now on.
pub(crate) fn explore_on_this_thread() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if EXPLORING.get() && !super::current().is_null() {
                let marker = 0;
                note(info, std::hint::black_box(&marker));
            } else {
                before(info);
            }
        }));
    });
    EXPLORING.set(true);
}

fn note(info: &PanicHookInfo<'_>, marker: &u8) {
    let execution: *mut Execution = super::current();
    // SAFETY: non-null, so this thread is inside the execution, whose driver keeps it alive; only this thread uses
    // it, and no reference to it is held across user code.
    let recording = unsafe { Execution::note_panic(execution) };
    let message = message_of(info.payload());
    let place = info.location().map(|place| portable(&place.to_string()).into_owned());
    let backtrace = recording.then(|| Backtrace::force_capture().to_string());
    NOTED.with_borrow_mut(|noted| *noted = Some(PanicNote { message, place, backtrace }));
    super::teardown::stop_if_fatal(execution, marker);
}

/// What is to be noted of a panic that was caught just now.
pub(crate) fn note_of(payload: &(dyn Any + Send)) -> Box<PanicNote> {
    let noted = NOTED.with_borrow_mut(Option::take);
    let (place, backtrace) = noted.map_or((None, None), |note| (note.place, note.backtrace));
    Box::new(PanicNote { message: message_of(payload), place, backtrace })
}

/// The message of a panic payload, as the default hook prints it.
fn message_of(payload: &(dyn Any + Send)) -> String {
    if let Some(message) = payload.downcast_ref::<&'static str>() {
        (*message).to_owned()
    } else if let Some(message) = payload.downcast_ref::<String>() {
        message.clone()
    } else {
        "a panic whose payload is not a string".to_owned()
    }
}

/// Unwinds the calling task, quietly.
pub(crate) fn abandon() -> ! {
    panic::resume_unwind(Box::new(Abandoned))
}
