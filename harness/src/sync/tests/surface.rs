//! The surface is that of the standard library: auto traits, constness, `Debug` output.

use super::*;
use crate::sync;
use std::cell::Cell;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

/// Answers for a concrete type whether it has a trait: an inherent constant, if its bounds hold, goes before that of
/// a trait.
struct Probe<T: ?Sized>(PhantomData<T>);

trait Not {
    const SEND: bool = false;
    const SYNC: bool = false;
    const UNPIN: bool = false;
    const UNWIND_SAFE: bool = false;
    const REF_UNWIND_SAFE: bool = false;
}

impl<T: ?Sized> Not for Probe<T> {}

impl<T: ?Sized + Send> Probe<T> {
    const SEND: bool = true;
}
impl<T: ?Sized + Sync> Probe<T> {
    const SYNC: bool = true;
}
impl<T: ?Sized + Unpin> Probe<T> {
    const UNPIN: bool = true;
}
impl<T: ?Sized + UnwindSafe> Probe<T> {
    const UNWIND_SAFE: bool = true;
}
impl<T: ?Sized + RefUnwindSafe> Probe<T> {
    const REF_UNWIND_SAFE: bool = true;
}

macro_rules! same_auto_traits {
    ($($name:ident $([$($arguments:tt)*])?;)*) => {$(
        const _: () = {
            type Ours = sync::$name $(<$($arguments)*>)?;
            type Theirs = std::sync::$name $(<$($arguments)*>)?;
            assert!(Probe::<Ours>::SEND == Probe::<Theirs>::SEND, "Send");
            assert!(Probe::<Ours>::SYNC == Probe::<Theirs>::SYNC, "Sync");
            assert!(Probe::<Ours>::UNPIN == Probe::<Theirs>::UNPIN, "Unpin");
            assert!(Probe::<Ours>::UNWIND_SAFE == Probe::<Theirs>::UNWIND_SAFE, "UnwindSafe");
            assert!(Probe::<Ours>::REF_UNWIND_SAFE == Probe::<Theirs>::REF_UNWIND_SAFE, "RefUnwindSafe");
        };
    )*};
}

macro_rules! same_auto_traits_for_all_data {
    ($($data:ty),*) => {$(
        same_auto_traits! {
            Mutex[$data];
            MutexGuard['static, $data];
            RwLock[$data];
            RwLockReadGuard['static, $data];
            RwLockWriteGuard['static, $data];
            OnceLock[$data];
            LazyLock[$data];
            LazyLock[u32, Closure<$data>];
            LazyLock[$data, Closure<$data>];
        }
    )*};
}

type Closure<T> = PhantomData<T>;
type Pinned = std::marker::PhantomPinned;

same_auto_traits_for_all_data!(u32, Cell<u32>, Rc<u32>, std::sync::MutexGuard<'static, u32>, &'static Cell<u32>);
same_auto_traits_for_all_data!(*const u32, Pinned, &'static mut u32, Box<dyn Send>, Box<dyn Sync>);

same_auto_traits! {
    Barrier; BarrierWaitResult; Condvar; WaitTimeoutResult; Once; OnceState;
    Mutex[[u32]]; RwLock[[Cell<u32>]]; RwLockReadGuard['static, str]; RwLockWriteGuard['static, dyn Send];
}

// The probe can say no.
const _: () = assert!(!Probe::<sync::RwLockReadGuard<'static, u32>>::SEND);
const _: () = assert!(!Probe::<sync::RwLockWriteGuard<'static, u32>>::SEND);
const _: () = assert!(!Probe::<sync::MutexGuard<'static, u32>>::SEND);
const _: () = assert!(!Probe::<sync::OnceState>::SYNC);

// Every constructor is one of constants.
static _CONSTANTS: (
    sync::Barrier,
    sync::Condvar,
    sync::Once,
    sync::RwLock<i32>,
    sync::OnceLock<i32>,
    sync::LazyLock<i32>,
) = (
    sync::Barrier::new(1),
    sync::Condvar::new(),
    sync::Once::new(),
    sync::RwLock::new(1),
    sync::OnceLock::new(),
    sync::LazyLock::new(|| 1),
);

/// What `Debug` says of everything, in every state, with the types of `$sync`.
macro_rules! debug_output {
    ($($sync:ident)::*) => {{
        use $($sync)::*::*;
        let mut said: Vec<String> = Vec::new();
        macro_rules! say {
            ($value:expr) => {{
                let value = $value;
                said.push(format!("{value:?} {value:#?}"));
            }};
        }
        let barrier = Barrier::new(1);
        say!(&barrier);
        say!(barrier.wait());
        let (mutex, condvar) = (Mutex::new(1), Condvar::new());
        say!(&condvar);
        let timeout = condvar.wait_timeout(mutex.lock().unwrap(), std::time::Duration::from_nanos(1)).unwrap();
        say!(&timeout);
        drop(timeout);

        let lock = RwLock::new("data");
        say!(&lock);
        {
            let reader = lock.read().unwrap();
            said.push(format!("{reader} {reader:?} {lock:?}"));
        }
        {
            let writer = lock.write().unwrap();
            said.push(format!("{writer} {writer:?} {lock:?}"));
            said.push(format!("{:?} {:?}", lock.try_read(), lock.try_write()));
        }
        panics(|| {
            let _writer = lock.write().unwrap();
            panic!("poison");
        });
        say!(&lock);
        say!(lock.read());
        say!(lock.try_write());
        said.push(lock.write().unwrap_err().to_string());

        let once = Once::new();
        say!(&once);
        once.call_once_force(|state| say!(state));

        let cell = OnceLock::new();
        say!(&cell);
        cell.set(Some(1)).unwrap();
        say!(&cell);
        say!(OnceLock::from(1));

        let lazy: LazyLock<u32> = LazyLock::new(|| 1);
        say!(&lazy);
        LazyLock::force(&lazy);
        say!(&lazy);
        said
    }};
}

#[test]
fn debug_output_is_that_of_the_standard_library() {
    let theirs = debug_output!(std::sync);
    assert_eq!(debug_output!(crate::sync), theirs);
    explore(|| assert_eq!(debug_output!(crate::sync), theirs));
}

#[test]
fn results_can_be_compared() {
    let timed_out = || {
        let (mutex, condvar) = (sync::Mutex::new(()), sync::Condvar::default());
        condvar.wait_timeout(mutex.lock().unwrap(), std::time::Duration::ZERO).unwrap().1
    };
    assert_eq!(timed_out(), timed_out());
    explore(|| assert_eq!(timed_out(), timed_out()));
}

#[test]
fn panics_are_blamed_on_the_caller() {
    let caught = |misuse: &dyn Fn()| {
        let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(misuse)).unwrap_err();
        crate::engine::panics::note_of(&*payload).place.unwrap_or_default()
    };
    explore(|| {
        let once = sync::Once::new();
        panics(|| once.call_once(|| panic!("poison")));
        let lazy: sync::LazyLock<u32> = sync::LazyLock::new(|| panic!("poison"));
        panics(|| *lazy);
        let misuses: [&dyn Fn(); 4] =
            [&|| once.call_once(|| {}), &|| once.wait(), &|| _ = *lazy, &|| _ = sync::LazyLock::force(&lazy)];
        for misuse in misuses {
            let place = caught(misuse);
            assert!(place.contains("surface.rs"), "{place}");
        }
    });
}

#[test]
fn the_old_constant_still_works() {
    #[expect(deprecated, reason = "the standard library still has it")]
    static START: sync::Once = sync::ONCE_INIT;
    START.call_once(|| {});
    assert!(START.is_completed());
}
