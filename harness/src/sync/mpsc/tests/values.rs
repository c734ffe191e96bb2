//! What becomes of values and handles.

use super::*;

/// A value that counts how often it was dropped.
pub(super) struct Counted(pub(super) Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn every_value_is_dropped_once() {
    for bound in BOUNDS {
        for receive in [0, 1, 3] {
            everywhere(|| {
                let drops = Arc::new(AtomicUsize::new(0));
                let values = [0; 3].map(|_| Counted(Arc::clone(&drops)));
                let (sender, receiver) = open(bound);
                let thread = thread::spawn(move || {
                    for value in values {
                        drop(sender.send(value));
                    }
                });
                for received in 0..receive {
                    assert!(drops.load(Ordering::SeqCst) >= received);
                    drop(receiver.recv().unwrap());
                }
                drop(receiver);
                thread.join().unwrap();
                assert_eq!(drops.load(Ordering::SeqCst), 3);
            });
        }
    }
}

#[test]
fn the_receiver_takes_what_is_queued_with_it() {
    everywhere(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let (sender, receiver) = channel();
        sender.send(Counted(Arc::clone(&drops))).ok().unwrap();
        sender.send(Counted(Arc::clone(&drops))).ok().unwrap();
        assert_eq!(drops.load(Ordering::SeqCst), 0);
        drop(receiver);
        assert_eq!(drops.load(Ordering::SeqCst), 2);
        drop(sender.send(Counted(Arc::clone(&drops))));
        assert_eq!(drops.load(Ordering::SeqCst), 3);
    });
}

/// A message that carries a sender of its own channel, as a request carries the way to answer it.
struct Looped(#[expect(dead_code, reason = "keeps the channel alive")] Either<Looped>, Arc<AtomicUsize>);

impl Drop for Looped {
    fn drop(&mut self) {
        self.1.fetch_add(1, Ordering::SeqCst);
    }
}

impl Looped {
    fn new(sender: &Either<Looped>, drops: &Arc<AtomicUsize>) -> Looped {
        Looped(sender.clone(), Arc::clone(drops))
    }
}

#[test]
fn a_channel_that_holds_its_own_sender_is_freed() {
    for bound in [None, Some(1)] {
        everywhere(|| {
            let drops = Arc::new(AtomicUsize::new(0));
            let (sender, receiver) = open(bound);
            sender.send(Looped::new(&sender, &drops)).ok().unwrap();
            drop(sender);
            drop(receiver);
            assert_eq!(drops.load(Ordering::SeqCst), 1);
        });
    }
}

#[test]
fn nothing_is_left_of_an_execution_that_failed() {
    for bound in BOUNDS {
        let drops = Arc::new(AtomicUsize::new(0));
        let ended = explore(100, || {
            let (sender, receiver) = open(bound);
            let values = [0; 5].map(|_| Looped::new(&sender, &drops));
            let thread = thread::spawn(move || {
                for value in values {
                    drop(sender.send(value));
                }
            });
            drop(receiver.recv());
            // Nobody ever sends this one a message.
            let (_silent, silence) = channel::<u8>();
            let _ = silence.recv();
            drop((receiver, thread));
        });
        assert!(ended.iter().all(|ended| ended.ending == Ending::Deadlock(Vec::new())));
        assert_eq!(drops.load(Ordering::SeqCst), 500);
    }
}

#[test]
fn nothing_is_left_of_a_message_that_was_on_its_way() {
    let drops = Arc::new(AtomicUsize::new(0));
    let ended = explore(100, || {
        let (sender, receiver) = open(Some(0));
        let thread = thread::spawn(move || drop(receiver.recv()));
        drop(sender.send(Looped::new(&sender, &drops)));
        // The receiver may not have noticed yet.
        std::panic::resume_unwind(Box::new(thread.is_finished()));
    });
    assert!(ended.iter().all(|ended| matches!(ended.ending, Ending::Panicked(_))));
    assert_eq!(drops.load(Ordering::SeqCst), 100);
}

/// Sends when it is dropped.
struct Farewell(SyncSender<u8>);

impl Drop for Farewell {
    fn drop(&mut self) {
        let _ = self.0.try_send(1);
        for number in 2..5 {
            self.0.send(number).unwrap();
        }
    }
}

/// Receives when it is dropped, to the last message.
struct Mourner(Receiver<u8>, Arc<AtomicUsize>);

impl Drop for Mourner {
    fn drop(&mut self) {
        let at_once = usize::from(self.0.try_recv().is_ok());
        self.1.fetch_add(at_once + self.0.iter().count(), Ordering::SeqCst);
    }
}

#[test]
fn destructors_may_use_channels_while_an_execution_is_torn_down() {
    for bound in [0, 1] {
        for farewell_first in [false, true] {
            let heard = Arc::new(AtomicUsize::new(0));
            let ended = explore(100, || {
                let (sender, receiver) = sync_channel(bound);
                let farewell = move || {
                    let _farewell = Farewell(sender);
                    thread::park();
                };
                let mourner = Mourner(receiver, Arc::clone(&heard));
                let mourn = move || {
                    let _mourner = mourner;
                    thread::park();
                };
                if farewell_first {
                    thread::spawn(farewell);
                    thread::spawn(mourn);
                } else {
                    thread::spawn(mourn);
                    thread::spawn(farewell);
                }
                thread::park();
            });
            assert!(ended.iter().all(|ended| ended.ending == Ending::Deadlock(Vec::new())));
            let heard = heard.load(Ordering::SeqCst);
            assert!((300..=400).contains(&heard), "all but perhaps what was only tried: {heard}");
        }
    }
}
