//! Channels that are used where they do not belong.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::values::Counted;
use super::*;
use crate::trial::run;

/// The message of the panic that `of` ends with.
fn message<R>(of: impl FnOnce() -> R) -> String {
    match catch_unwind(AssertUnwindSafe(of)) {
        Ok(_) => panic!("there was no panic"),
        Err(payload) => payload.downcast_ref::<String>().unwrap().clone(),
    }
}

#[track_caller]
fn assert_names(found: &str, parts: &[&str]) {
    for part in parts {
        assert!(found.contains(part), "`{part}` in `{found}`");
    }
}

#[test]
fn a_channel_from_outside_is_refused_inside() {
    let (sender, receiver) = channel::<u8>();
    let (sync_sender, _sync_receiver) = sync_channel::<u8>(0);
    let shared = (sender, receiver, sync_sender);
    let line = line!() - 3;
    run(1, || {
        let (sender, receiver, sync_sender) = &shared;
        for found in [
            message(|| sender.send(1)),
            message(|| sender.clone()),
            message(|| receiver.recv()),
            message(|| receiver.try_recv()),
            message(|| receiver.recv_timeout(SECOND)),
            message(|| receiver.iter().next()),
        ] {
            assert_names(&found, &["outside executions", "main of `trial`", &format!("{}:{line}:", file!())]);
            assert_names(&found, &["create it inside the tested closure"]);
        }
        message(|| sync_sender.send(1));
        message(|| sync_sender.try_send(1));
        message(|| sync_sender.clone());
    });
    let (sender, receiver, _) = shared;
    sender.send(1).unwrap();
    assert_eq!(receiver.recv(), Ok(1), "it still works where it belongs");
}

#[test]
fn a_simulated_channel_is_refused_elsewhere() {
    for bound in [0, 1] {
        let kept: RefCell<Option<(SyncSender<u8>, Receiver<u8>)>> = RefCell::new(None);
        run(1, || *kept.borrow_mut() = Some(sync_channel(bound)));
        run(1, || {
            let kept = kept.borrow();
            let (sender, receiver) = kept.as_ref().unwrap();
            for found in [
                message(|| sender.send(1)),
                message(|| sender.clone()),
                message(|| receiver.recv()),
                message(|| receiver.recv_timeout(SECOND)),
            ] {
                assert_names(&found, &["inside one execution", "main of `trial`", file!(), "inside another"]);
            }
        });
        let (sender, receiver) = kept.into_inner().unwrap();
        for found in [message(|| sender.try_send(1)), message(|| sender.clone()), message(|| receiver.try_recv())] {
            assert_names(&found, &["inside an execution", "outside", "the thread `", "`reweave::thread`", file!()]);
        }
    }
}

#[test]
fn handles_can_be_dropped_anywhere() {
    let drops = Arc::new(AtomicUsize::new(0));
    let real = RefCell::new(Some((channel::<u8>(), sync_channel::<u8>(0))));
    let simulated = RefCell::new(Vec::new());
    run(1, || {
        drop(real.take());
        let (sender, receiver) = channel();
        sender.send(Counted(Arc::clone(&drops))).ok().unwrap();
        simulated.borrow_mut().push((sender, receiver, sync_channel::<u8>(0), sync_channel::<u8>(1)));
    });
    run(1, || {
        let (sender, receiver) = channel();
        sender.send(Counted(Arc::clone(&drops))).ok().unwrap();
        simulated.borrow_mut().push((sender, receiver, sync_channel::<u8>(0), sync_channel::<u8>(1)));
        drop(simulated.borrow_mut().remove(0));
        assert_eq!(drops.load(Ordering::SeqCst), 1);
    });
    let (sender, receiver, ..) = simulated.borrow_mut().remove(0);
    std::thread::scope(|scope| scope.spawn(move || drop(receiver)).join().unwrap());
    assert_eq!(drops.load(Ordering::SeqCst), 2, "values go with the receiver, wherever that is");
    drop(sender);
}

#[test]
fn a_destructor_that_uses_the_wrong_side_while_its_thread_unwinds_does_not_abort() {
    struct Goodbye<'a>(&'a Sender<u8>, &'a Receiver<u8>);
    impl Drop for Goodbye<'_> {
        fn drop(&mut self) {
            assert_eq!(self.0.send(1), Err(SendError(1)));
            assert_eq!(self.1.recv(), Err(RecvError));
        }
    }
    let (sender, receiver) = channel();
    run(1, || {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _goodbye = Goodbye(&sender, &receiver);
            panic!("on purpose");
        }));
        assert!(panicked.is_err());
    });
}
