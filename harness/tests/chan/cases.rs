// What holds of crossbeam's channels, and so of Reweave's. Included where `chan`, `thread`, `Duration`, `Instant` and `run`
// are defined; `run` runs a case once or under many schedules.

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// The message of the panic that `of` ends with.
fn panic_of<R>(of: impl FnOnce() -> R) -> String {
    let payload = match std::panic::catch_unwind(std::panic::AssertUnwindSafe(of)) {
        Ok(_) => panic!("there was no panic"),
        Err(payload) => payload,
    };
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => (*payload.downcast::<&str>().expect("a message")).to_owned(),
    }
}

macro_rules! cases {
    ($($(#[$attribute:meta])* $name:ident { $($body:tt)* })+) => {$(
        #[test]
        $(#[$attribute])*
        fn $name() {
            run(|| { $($body)* });
        }
    )+};
}

cases! {
    unbounded_takes_any_number {
        let (s, r) = chan::unbounded();
        (0..100).for_each(|n| s.send(n).unwrap());
        assert_eq!((s.len(), r.len()), (100, 100));
        assert_eq!((s.capacity(), r.capacity()), (None, None));
        assert!(!s.is_full() && !r.is_full());
        assert_eq!(r.try_iter().collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
        assert!(s.is_empty() && r.is_empty());
    }
    bounded_is_full_and_empty {
        let (s, r) = chan::bounded(2);
        assert_eq!((s.capacity(), r.capacity()), (Some(2), Some(2)));
        assert!(s.is_empty() && !s.is_full());
        s.send(1).unwrap();
        assert!(!s.is_empty() && !s.is_full() && !r.is_empty() && !r.is_full());
        s.send(2).unwrap();
        assert!(s.is_full() && r.is_full());
        assert_eq!((s.len(), r.len()), (2, 2));
    }
    a_rendezvous_is_full_and_empty {
        let (s, r) = chan::bounded::<u8>(0);
        assert_eq!((s.capacity(), r.capacity()), (Some(0), Some(0)));
        assert!(s.is_empty() && s.is_full() && r.is_empty() && r.is_full());
        assert_eq!((s.len(), r.len()), (0, 0));
    }
    try_send_says_why_not {
        let (s, r) = chan::bounded(1);
        assert_eq!(s.try_send(1), Ok(()));
        assert_eq!(s.try_send(2), Err(chan::TrySendError::Full(2)));
        drop(r);
        assert_eq!(s.try_send(3), Err(chan::TrySendError::Disconnected(3)));
    }
    try_send_to_nobody {
        let (s, r) = chan::bounded(0);
        assert_eq!(s.try_send(1), Err(chan::TrySendError::Full(1)));
        drop(r);
        assert_eq!(s.try_send(2), Err(chan::TrySendError::Disconnected(2)));
    }
    try_recv_says_why_not {
        for capacity in [None, Some(0), Some(1)] {
            let (s, r) = match capacity {
                None => chan::unbounded::<u8>(),
                Some(capacity) => chan::bounded(capacity),
            };
            assert_eq!(r.try_recv(), Err(chan::TryRecvError::Empty));
            drop(s);
            assert_eq!(r.try_recv(), Err(chan::TryRecvError::Disconnected));
            assert_eq!(r.recv(), Err(chan::RecvError));
        }
    }
    what_was_sent_outlives_the_senders {
        let (s, r) = chan::bounded(2);
        s.send(1).unwrap();
        let other = s.clone();
        drop(s);
        other.send(2).unwrap();
        drop(other);
        assert_eq!(r.recv(), Ok(1));
        assert_eq!(r.try_recv(), Ok(2));
        assert_eq!(r.recv(), Err(chan::RecvError));
    }
    sending_to_no_receiver_gives_the_message_back {
        let (s, r) = chan::unbounded();
        drop(r.clone());
        s.send(1).unwrap();
        drop(r);
        assert_eq!(s.send(2), Err(chan::SendError(2)));
        assert_eq!(s.send(3).unwrap_err().into_inner(), 3);
    }
    send_blocks_while_it_is_full {
        let (s, r) = chan::bounded(1);
        let sender = thread::spawn(move || (0..5).for_each(|n| s.send(n).unwrap()));
        assert_eq!(r.iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        sender.join().unwrap();
    }
    a_blocked_sender_learns_that_the_receiver_is_gone {
        for capacity in [0, 1] {
            let (s, r) = chan::bounded(capacity);
            let sender = thread::spawn(move || {
                if capacity == 1 {
                    let _ = s.send(0);
                }
                s.send(1)
            });
            thread::sleep(ms(2));
            drop(r);
            assert_eq!(sender.join().unwrap(), Err(chan::SendError(1)));
        }
    }
    a_blocked_receiver_learns_that_the_sender_is_gone {
        for capacity in [0, 1] {
            let (s, r) = chan::bounded::<u8>(capacity);
            let receiver = thread::spawn(move || r.recv());
            thread::sleep(ms(2));
            drop(s);
            assert_eq!(receiver.join().unwrap(), Err(chan::RecvError));
        }
    }
    a_rendezvous_hands_over {
        let (s, r) = chan::bounded(0);
        let sender = thread::spawn(move || (0..3).for_each(|n| s.send(n).unwrap()));
        assert_eq!([r.recv(), r.recv(), r.recv()], [Ok(0), Ok(1), Ok(2)]);
        assert_eq!(r.recv(), Err(chan::RecvError));
        sender.join().unwrap();
    }
    try_send_meets_who_waits {
        let (s, r) = chan::bounded(0);
        let receiver = thread::spawn(move || r.recv());
        thread::sleep(ms(5));
        while s.try_send(7).is_err() {
            thread::sleep(ms(1));
        }
        assert_eq!(receiver.join().unwrap(), Ok(7));
    }
    try_recv_meets_who_waits {
        let (s, r) = chan::bounded(0);
        let sender = thread::spawn(move || s.send(7));
        thread::sleep(ms(5));
        let mut received = r.try_recv();
        while received == Err(chan::TryRecvError::Empty) {
            thread::sleep(ms(1));
            received = r.try_recv();
        }
        assert_eq!(received, Ok(7));
        assert_eq!(sender.join().unwrap(), Ok(()));
    }
    sending_times_out {
        for capacity in [0, 1] {
            let (s, r) = chan::bounded(capacity);
            if capacity == 1 {
                assert_eq!(s.send_timeout(0, ms(1)), Ok(()));
            }
            let start = Instant::now();
            assert_eq!(s.send_timeout(1, ms(5)), Err(chan::SendTimeoutError::Timeout(1)));
            assert!(start.elapsed() >= ms(5));
            assert_eq!(s.send_deadline(2, start), Err(chan::SendTimeoutError::Timeout(2)));
            drop(r);
            assert_eq!(s.send_timeout(3, ms(5)), Err(chan::SendTimeoutError::Disconnected(3)));
            assert_eq!(s.send_deadline(4, start), Err(chan::SendTimeoutError::Disconnected(4)));
        }
    }
    sending_in_time {
        for capacity in [0, 1] {
            let (s, r) = chan::bounded(capacity);
            let receiver = thread::spawn(move || {
                thread::sleep(ms(2));
                r.iter().collect::<Vec<_>>()
            });
            assert_eq!(s.send_timeout(1, Duration::from_secs(60)), Ok(()));
            assert_eq!(s.send_deadline(2, Instant::now() + Duration::from_secs(60)), Ok(()));
            drop(s);
            assert_eq!(receiver.join().unwrap(), [1, 2]);
        }
    }
    receiving_times_out {
        for capacity in [0, 1] {
            let (s, r) = chan::bounded::<u8>(capacity);
            let start = Instant::now();
            assert_eq!(r.recv_timeout(ms(5)), Err(chan::RecvTimeoutError::Timeout));
            assert!(start.elapsed() >= ms(5));
            assert_eq!(r.recv_deadline(start), Err(chan::RecvTimeoutError::Timeout));
            drop(s);
            assert_eq!(r.recv_timeout(ms(5)), Err(chan::RecvTimeoutError::Disconnected));
            assert_eq!(r.recv_deadline(start), Err(chan::RecvTimeoutError::Disconnected));
        }
    }
    receiving_in_time {
        for capacity in [0, 1] {
            let (s, r) = chan::bounded(capacity);
            let sender = thread::spawn(move || {
                thread::sleep(ms(2));
                s.send(1).unwrap();
                s.send(2).unwrap();
            });
            assert_eq!(r.recv_timeout(Duration::from_secs(60)), Ok(1));
            assert_eq!(r.recv_deadline(Instant::now() + Duration::from_secs(60)), Ok(2));
            sender.join().unwrap();
        }
    }
    a_timeout_beyond_the_end_of_time {
        let (s, r) = chan::bounded(1);
        assert_eq!(s.send_timeout(1, Duration::MAX), Ok(()));
        assert_eq!(r.recv_timeout(Duration::MAX), Ok(1));
    }
    every_message_goes_to_one_receiver {
        let (s, r) = chan::bounded(1);
        let receivers: Vec<_> = (0..2)
            .map(|_| {
                let r = r.clone();
                thread::spawn(move || r.iter().collect::<Vec<_>>())
            })
            .collect();
        drop(r);
        (0..6).for_each(|n| s.send(n).unwrap());
        drop(s);
        let mut all: Vec<i32> = receivers.into_iter().flat_map(|receiver| receiver.join().unwrap()).collect();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3, 4, 5]);
    }
    messages_of_every_sender_arrive {
        for capacity in [None, Some(0), Some(1), Some(3)] {
            let (s, r) = match capacity {
                None => chan::unbounded(),
                Some(capacity) => chan::bounded(capacity),
            };
            let senders: Vec<_> = (0..3)
                .map(|sender| {
                    let s = s.clone();
                    thread::spawn(move || (0..3).for_each(|n| s.send((sender, n)).unwrap()))
                })
                .collect();
            drop(s);
            let mut all: Vec<_> = r.into_iter().collect();
            for sender in 0..3 {
                let own = all.iter().filter(|(other, _)| *other == sender).map(|(_, n)| *n);
                assert_eq!(own.collect::<Vec<_>>(), [0, 1, 2], "in order");
            }
            all.sort_unstable();
            assert_eq!(all.len(), 9);
            senders.into_iter().for_each(|sender| sender.join().unwrap());
        }
    }
    iterators {
        let (s, r) = chan::unbounded();
        s.send(1).unwrap();
        s.send(2).unwrap();
        s.send(3).unwrap();
        let mut waiting: chan::Iter<'_, i32> = r.iter();
        assert_eq!(waiting.next(), Some(1));
        let mut taking: chan::TryIter<'_, i32> = r.try_iter();
        assert_eq!((taking.next(), taking.next(), taking.next()), (Some(2), Some(3), None));
        s.send(4).unwrap();
        drop(s);
        for message in &r {
            assert_eq!(message, 4);
        }
        let mut owning: chan::IntoIter<i32> = r.into_iter();
        assert_eq!((owning.next(), owning.next()), (None, None));
    }
    how_they_are_shown {
        let (s, r) = chan::bounded::<u8>(1);
        assert_eq!(format!("{s:?} {r:?}"), "Sender { .. } Receiver { .. }");
        assert_eq!(format!("{:?} {:?}", r.iter(), r.try_iter()), "Iter { .. } TryIter { .. }");
        assert_eq!(format!("{:?}", chan::Select::new()), "Select { .. }");
        assert_eq!(format!("{:?}", r.into_iter()), "IntoIter { .. }");
    }
    errors_in_words {
        let (s, r) = chan::bounded(1);
        assert_eq!(r.try_recv().unwrap_err().to_string(), "receiving on an empty channel");
        assert_eq!(r.recv_timeout(ms(1)).unwrap_err().to_string(), "timed out waiting on receive operation");
        s.send(1).unwrap();
        assert_eq!(s.try_send(2).unwrap_err().to_string(), "sending on a full channel");
        assert_eq!(s.send_timeout(2, ms(1)).unwrap_err().to_string(), "timed out waiting on send operation");
        let gone = s.clone();
        drop(r);
        assert_eq!(gone.send(2).unwrap_err().to_string(), "sending on a disconnected channel");
        let (s, r) = chan::bounded::<u8>(1);
        drop(s);
        assert_eq!(r.recv().unwrap_err().to_string(), "receiving on an empty and disconnected channel");
        assert_eq!(chan::Select::new().try_select().unwrap_err().to_string(), "all operations in select would block");
        assert_eq!(
            chan::Select::new().select_timeout(ms(1)).unwrap_err().to_string(),
            "timed out waiting on select",
        );
    }
    handles_of_one_channel {
        let (s, r) = chan::bounded::<u8>(1);
        let (s2, r2) = chan::bounded::<u8>(1);
        let (s3, r3) = chan::unbounded::<u8>();
        assert!(s.same_channel(&s.clone()) && r.same_channel(&r.clone()));
        assert!(!s.same_channel(&s2) && !r.same_channel(&r2));
        assert!(!s.same_channel(&s3) && !r.same_channel(&r3));
    }
    handles_are_shared_by_threads {
        fn shared<T: Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>(_: &T) {}
        fn sent<T: Send + Sync>(_: &T) {}
        let (s, r) = chan::bounded::<std::cell::Cell<u8>>(1);
        shared(&s);
        shared(&r);
        sent(&chan::Select::new());
        sent(&r.iter());
    }
    values_are_dropped_once {
        use std::sync::atomic::{AtomicUsize, Ordering};
        struct Counted(std::sync::Arc<AtomicUsize>);
        impl Drop for Counted {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let drops = std::sync::Arc::new(AtomicUsize::new(0));
        let counted = || Counted(std::sync::Arc::clone(&drops));
        let (s, r) = chan::unbounded();
        (0..3).for_each(|_| assert!(s.send(counted()).is_ok()));
        drop(r.recv().unwrap());
        assert_eq!(drops.load(Ordering::SeqCst), 1);
        drop(r);
        assert_eq!(drops.load(Ordering::SeqCst), 3, "with the last receiver of an unbounded channel");
        assert!(s.send(counted()).is_err());
        assert_eq!(drops.load(Ordering::SeqCst), 4);
        let (s, r) = chan::bounded(2);
        assert!(s.send(counted()).is_ok());
        drop(r);
        assert_eq!(drops.load(Ordering::SeqCst), 4, "a bounded channel keeps them");
        drop(s);
        assert_eq!(drops.load(Ordering::SeqCst), 5);
    }
    never_is_never_ready {
        let r = chan::never::<u8>();
        assert_eq!(r.try_recv(), Err(chan::TryRecvError::Empty));
        assert_eq!(r.recv_timeout(ms(2)), Err(chan::RecvTimeoutError::Timeout));
        assert_eq!(r.recv_deadline(Instant::now() + ms(2)), Err(chan::RecvTimeoutError::Timeout));
        assert!(r.is_empty() && r.is_full());
        assert_eq!((r.len(), r.capacity()), (0, Some(0)));
        assert!(r.same_channel(&chan::never()) && r.same_channel(&r.clone()));
        assert!(r.try_iter().next().is_none());
    }
    never_is_constant {
        const NEVER: chan::Receiver<u8> = chan::never();
        assert!(NEVER.try_recv().is_err());
    }
    after_gives_one_message {
        let start = Instant::now();
        let r = chan::after(ms(100));
        assert_eq!(r.capacity(), Some(1));
        assert!(r.is_empty() && !r.is_full());
        assert_eq!(r.len(), 0);
        assert_eq!(r.try_recv(), Err(chan::TryRecvError::Empty));
        thread::sleep(ms(110));
        assert!(!r.is_empty() && r.is_full() && r.len() == 1);
        let moment = r.recv().unwrap();
        assert!(moment - start >= ms(100) && moment <= Instant::now());
        assert_eq!(r.try_recv(), Err(chan::TryRecvError::Empty), "it stays connected");
        assert_eq!(r.recv_timeout(ms(2)), Err(chan::RecvTimeoutError::Timeout));
    }
    after_wakes_whoever_waits {
        let start = Instant::now();
        assert!(chan::after(ms(5)).recv().unwrap() - start >= ms(5));
        assert!(start.elapsed() >= ms(5));
        assert_eq!(chan::after(Duration::from_secs(60)).recv_timeout(ms(2)), Err(chan::RecvTimeoutError::Timeout));
    }
    after_can_be_shared {
        let r = chan::after(ms(3));
        let other = r.clone();
        assert!(r.same_channel(&other) && !r.same_channel(&chan::after(ms(3))));
        let waiter = thread::spawn(move || other.recv_timeout(ms(30)).is_ok());
        let here = r.recv_timeout(ms(30)).is_ok();
        assert!(here != waiter.join().unwrap(), "one of them gets it");
    }
    after_no_time {
        assert!(chan::after(Duration::ZERO).recv().is_ok());
        assert!(chan::after(Duration::MAX).try_recv().is_err());
    }
    at_a_moment {
        let when = Instant::now() + ms(5);
        let r = chan::at(when);
        assert_eq!(r.recv(), Ok(when));
        assert!(Instant::now() >= when);
        assert!(r.try_recv().is_err());
        let past = Instant::now();
        thread::sleep(ms(2));
        assert!(chan::at(past).recv().is_ok());
    }
    tick_comes_again {
        let start = Instant::now();
        let r = chan::tick(ms(10));
        assert_eq!(r.capacity(), Some(1));
        for n in 1..=3 {
            let moment = r.recv().unwrap();
            assert!(moment - start >= ms(10) * n, "{n}");
        }
        assert!(r.same_channel(&r.clone()) && !r.same_channel(&chan::tick(ms(10))));
    }
    ticks_that_nobody_takes_are_dropped {
        let start = Instant::now();
        let r = chan::tick(ms(50));
        thread::sleep(ms(225));
        assert_eq!(r.len(), 1);
        let missed = r.recv().unwrap() - start;
        assert!(missed >= ms(50) && missed < ms(150), "the first is still there");
        assert!(r.recv().unwrap() - start >= ms(225));
    }
    select_takes_what_is_ready {
        let (s1, r1) = chan::unbounded::<u8>();
        let (_s2, r2) = chan::unbounded::<u8>();
        s1.send(1).unwrap();
        chan::select! {
            recv(r1) -> message => assert_eq!(message, Ok(1)),
            recv(r2) -> _ => panic!(),
        }
        chan::select! {
            recv(r1) -> _ => panic!(),
            recv(r2) -> _ => panic!(),
            default => {}
        }
    }
    select_waits {
        let (s1, r1) = chan::bounded(0);
        let (s2, r2) = chan::unbounded::<u8>();
        let sender = thread::spawn(move || {
            s1.send("rendezvous").unwrap();
            s2.send(2).unwrap();
            (s1, s2)
        });
        let mut got = (None, None);
        while got.0.is_none() || got.1.is_none() {
            chan::select! {
                recv(r1) -> message => if let Ok(message) = message { got.0 = Some(message) },
                recv(r2) -> message => if let Ok(message) = message { got.1 = Some(message) },
            }
        }
        assert_eq!(got, (Some("rendezvous"), Some(2)));
        drop(sender.join().unwrap());
    }
    select_sends {
        let (s1, r1) = chan::bounded(1);
        let (s2, _r2) = chan::bounded(0);
        chan::select! {
            send(s1, "kept") -> sent => assert_eq!(sent, Ok(())),
            send(s2, "nobody there") -> _ => panic!(),
        }
        assert_eq!(r1.recv(), Ok("kept"));
    }
    select_sends_to_whoever_waits {
        let (s1, r1) = chan::bounded(0);
        let (s2, r2) = chan::bounded(0);
        let receiver = thread::spawn(move || (r1.recv(), r2.recv()));
        for _ in 0..2 {
            chan::select! {
                send(s1, 1) -> sent => sent.unwrap(),
                send(s2, 2) -> sent => sent.unwrap(),
            }
        }
        assert_eq!(receiver.join().unwrap(), (Ok(1), Ok(2)));
    }
    the_message_is_made_for_the_case_that_is_chosen {
        let (s, r) = chan::bounded(1);
        let (full, _full) = chan::bounded(0);
        let mut made = 0;
        chan::select! {
            send(s, { made += 1; made }) -> sent => sent.unwrap(),
            send(full, { made += 10; made }) -> _ => panic!(),
        }
        assert_eq!((made, r.recv()), (1, Ok(1)));
        chan::select! {
            send(full, { made += 10; made }) -> _ => panic!(),
            default => {}
        }
        assert_eq!(made, 1);
    }
    a_message_that_takes_long_to_make {
        let (s, r) = chan::bounded(0);
        let (made, done) = chan::unbounded();
        let receiver = thread::spawn(move || r.recv());
        made.send(5).unwrap();
        chan::select! {
            send(s, { thread::sleep(ms(2)); done.recv().unwrap() }) -> sent => sent.unwrap(),
        }
        assert_eq!(receiver.join().unwrap(), Ok(5));
    }
    two_selects_meet {
        let (s, r) = chan::bounded(0);
        let (_other, nothing) = chan::bounded::<u8>(0);
        let nothing_there = nothing.clone();
        let receiver = thread::spawn(move || {
            chan::select! {
                recv(r) -> message => message.unwrap(),
                recv(nothing_there) -> _ => panic!(),
            }
        });
        chan::select! {
            send(s, 7) -> sent => sent.unwrap(),
            recv(nothing) -> _ => panic!(),
        }
        assert_eq!(receiver.join().unwrap(), 7);
    }
    a_select_does_not_meet_itself {
        let (s, r) = chan::bounded(0);
        chan::select! {
            send(s, 1) -> _ => panic!(),
            recv(r) -> _ => panic!(),
            default(ms(2)) => {}
        }
    }
    select_sees_that_a_side_is_gone {
        let (s1, r1) = chan::unbounded::<u8>();
        let (s2, r2) = chan::bounded::<u8>(0);
        drop((s1, r2));
        let mut seen = 0;
        for _ in 0..4 {
            chan::select! {
                recv(r1) -> message => assert_eq!(message, Err(chan::RecvError)),
                send(s2, 1) -> sent => assert_eq!(sent, Err(chan::SendError(1))),
            }
            seen += 1;
        }
        assert_eq!(seen, 4);
    }
    a_waiting_select_learns_that_a_side_is_gone {
        let (s1, r1) = chan::bounded::<u8>(0);
        let (_s2, r2) = chan::bounded::<u8>(1);
        let waiter = thread::spawn(move || {
            chan::select! {
                recv(r1) -> message => assert!(message.is_err()),
                recv(r2) -> _ => panic!(),
            }
        });
        thread::sleep(ms(2));
        drop(s1);
        waiter.join().unwrap();
    }
    select_times_out {
        let (_s, r) = chan::bounded::<u8>(0);
        let (full, _full) = chan::bounded::<u8>(0);
        let start = Instant::now();
        let timed_out = chan::select! {
            recv(r) -> _ => false,
            send(full, 1) -> _ => false,
            default(ms(5)) => true,
        };
        assert!(timed_out && start.elapsed() >= ms(5));
    }
    select_in_time {
        let (s, r) = chan::bounded(0);
        let (_s2, r2) = chan::unbounded::<u8>();
        let sender = thread::spawn(move || {
            thread::sleep(ms(2));
            s.send(1).unwrap();
        });
        let got = chan::select! {
            recv(r) -> message => message.ok(),
            recv(r2) -> _ => None,
            default(Duration::from_secs(60)) => None,
        };
        assert_eq!(got, Some(1));
        sender.join().unwrap();
    }
    select_with_a_timer {
        let (_s, r) = chan::unbounded::<u8>();
        let start = Instant::now();
        chan::select! {
            recv(r) -> _ => panic!(),
            recv(chan::after(ms(5))) -> moment => assert!(moment.unwrap() - start >= ms(5)),
        }
        let ticks = chan::tick(ms(2));
        for _ in 0..3 {
            chan::select! {
                recv(r) -> _ => panic!(),
                recv(ticks) -> moment => assert!(moment.is_ok()),
            }
        }
    }
    select_with_never {
        let (s, r) = chan::unbounded();
        s.send(1).unwrap();
        let none: Option<chan::Receiver<i32>> = None;
        chan::select! {
            recv(none.as_ref().unwrap_or(&chan::never())) -> _ => panic!(),
            recv(r) -> message => assert_eq!(message, Ok(1)),
        }
        chan::select! {
            recv(chan::never::<u8>()) -> _ => panic!(),
            default(ms(1)) => {}
        }
        chan::select! {
            recv(chan::never::<u8>()) -> _ => panic!(),
            recv(chan::never::<u8>()) -> _ => panic!(),
            default => {}
        }
    }
    one_receive {
        let (s, r) = chan::unbounded();
        chan::select! {
            recv(r) -> _ => panic!(),
            default => {}
        }
        chan::select!(recv(r) -> _ => panic!(), default(ms(1)) => ());
        s.send(1).unwrap();
        chan::select! { recv(r) -> message => assert_eq!(message, Ok(1)) }
        s.send(2).unwrap();
        chan::select! {
            recv(r) -> message => assert_eq!(message, Ok(2)),
            default => panic!(),
        }
        drop(s);
        chan::select! {
            recv(r) -> message => assert_eq!(message, Err(chan::RecvError)),
            default() => panic!(),
        }
        chan::select! {
            recv(r) -> message => assert_eq!(message, Err(chan::RecvError)),
            default(ms(1),) => panic!(),
        }
    }
    one_send {
        let (s, r) = chan::bounded(1);
        chan::select! { send(s, 1) -> sent => assert_eq!(sent, Ok(())) }
        chan::select! {
            send(s, 2) -> _ => panic!(),
            default => {}
        }
        chan::select! {
            send(s, 2) -> _ => panic!(),
            default(ms(1)) => {}
        }
        assert_eq!(r.recv(), Ok(1));
    }
    only_a_default {
        let value = chan::select! { default => 5 };
        assert_eq!(value, 5);
        let start = Instant::now();
        chan::select! { default(ms(3)) => {} }
        assert!(start.elapsed() >= ms(3));
    }
    forms_of_cases {
        let (s, r) = chan::bounded(4);
        let (t, q) = chan::bounded(1);
        let condition = true;
        let both = (&s, &r);
        chan::select! {
            recv(if condition { &r } else { &q },) -> _message => panic!(),
            send(both.0, 1,) -> _ => (),
        }
        chan::select! {
            recv(q) -> (Ok(_) | Err(_)) => panic!(),
            default => {}
        };
        let got: i32 = chan::select! {
            recv(&&r) -> message => { message.unwrap() }
            recv(q) -> message => message.unwrap()
        };
        assert_eq!(got, 1);
        t.send(got).unwrap();
        let (one, two) = chan::select! {
            recv(r) -> _ => (0, 0),
            recv(q) -> message => match message { Ok(n) => (n, n + 1), Err(_) => (0, 0) },
        };
        assert_eq!((one, two), (1, 2));
    }
    bodies_are_part_of_their_function {
        let (s, r) = chan::unbounded();
        let (_t, q) = chan::unbounded::<u8>();
        (0..5).for_each(|n| s.send(n).unwrap());
        let mut sum = 0;
        let last = loop {
            chan::select! {
                recv(r) -> message => {
                    let Ok(n) = message else { panic!() };
                    if n == 1 {
                        continue;
                    }
                    if n == 3 {
                        break n;
                    }
                    sum += n;
                }
                recv(q) -> _ => panic!(),
            }
        };
        assert_eq!((sum, last), (2, 3));
        let first = |r: &chan::Receiver<i32>| -> Result<i32, chan::RecvError> {
            let n = chan::select! {
                recv(r) -> message => message?,
                recv(q) -> _ => return Ok(0),
            };
            Ok(n * 10)
        };
        assert_eq!(first(&r), Ok(40));
        drop(s);
        assert_eq!(first(&r), Err(chan::RecvError));
    }
    a_body_may_change_the_channels {
        let (s, mut r) = chan::unbounded::<u8>();
        let (t, mut q) = chan::unbounded::<u8>();
        drop((s, t));
        for _ in 0..2 {
            chan::select! {
                recv(r) -> message => { assert!(message.is_err()); r = chan::never(); }
                recv(q) -> message => { assert!(message.is_err()); q = chan::never(); }
            }
        }
        chan::select! {
            recv(r) -> _ => panic!(),
            recv(q) -> _ => panic!(),
            default => { drop(r); drop(q); }
        }
    }
    biased_takes_the_first {
        let (s, r) = chan::unbounded();
        let (t, q) = chan::unbounded();
        for n in 0..3 {
            s.send(n).unwrap();
            t.send(n).unwrap();
        }
        for n in 0..3 {
            chan::select_biased! {
                recv(q) -> message => assert_eq!(message, Ok(n)),
                recv(r) -> _ => panic!(),
            }
        }
        chan::select_biased! {
            recv(q) -> _ => panic!(),
            recv(r) -> message => assert_eq!(message, Ok(0)),
            default => panic!(),
        }
    }
    many_cases {
        let channels: Vec<_> = (0..8).map(|_| chan::bounded::<usize>(1)).collect();
        let r = |at: usize| &channels[at].1;
        channels[6].0.send(6).unwrap();
        let got = chan::select! {
            recv(r(0)) -> n => n, recv(r(1)) -> n => n, recv(r(2)) -> n => n, recv(r(3)) -> n => n,
            recv(r(4)) -> n => n, recv(r(5)) -> n => n, recv(r(6)) -> n => n, recv(r(7)) -> n => n,
        };
        assert_eq!(got, Ok(6));
    }
    selects_inside_each_other {
        let (s, r) = chan::unbounded();
        let (t, q) = chan::unbounded();
        s.send(1).unwrap();
        t.send(2).unwrap();
        let got = chan::select! {
            recv(r) -> first => chan::select! {
                recv(q) -> second => (first.unwrap(), second.unwrap()),
                recv(r) -> _ => panic!(),
            },
            recv(chan::never::<u8>()) -> _ => panic!(),
        };
        assert_eq!(got, (1, 2));
    }
    dynamic_select {
        let (s1, r1) = chan::unbounded();
        let (_s2, r2) = chan::unbounded::<i32>();
        let (s3, r3) = chan::bounded(1);
        s1.send(1).unwrap();
        let mut select = chan::Select::new();
        let operations = [select.recv(&r1), select.recv(&r2), select.send(&s3)];
        assert_eq!(operations, [0, 1, 2]);
        for _ in 0..2 {
            let operation = select.select();
            assert_eq!(format!("{operation:?}"), "SelectedOperation { .. }");
            match operation.index() {
                0 => assert_eq!(operation.recv(&r1), Ok(1)),
                2 => assert_eq!(operation.send(&s3, 3), Ok(())),
                _ => panic!(),
            }
        }
        assert_eq!(r3.recv(), Ok(3));
    }
    dynamic_select_without_waiting {
        let (s, r) = chan::unbounded();
        let mut select = chan::Select::new();
        select.recv(&r);
        assert!(matches!(select.try_select(), Err(chan::TrySelectError)));
        s.send(1).unwrap();
        assert_eq!(select.try_select().unwrap().recv(&r), Ok(1));
        let mut copy = select.clone();
        drop(s);
        assert_eq!(copy.try_select().unwrap().recv(&r), Err(chan::RecvError));
    }
    dynamic_select_with_a_limit {
        let (s, r) = chan::bounded(0);
        let mut select = chan::Select::new();
        select.recv(&r);
        let start = Instant::now();
        assert!(matches!(select.select_timeout(ms(3)), Err(chan::SelectTimeoutError)));
        assert!(start.elapsed() >= ms(3));
        assert!(select.select_deadline(start).is_err());
        let sender = thread::spawn(move || s.send(1));
        let operation = select.select_deadline(Instant::now() + Duration::from_secs(60)).unwrap();
        assert_eq!(operation.recv(&r), Ok(1));
        assert_eq!(sender.join().unwrap(), Ok(()));
        assert!(select.select_timeout(Duration::MAX).unwrap().recv(&r).is_err());
    }
    an_operation_that_was_removed_is_not_selected {
        let (s1, r1) = chan::unbounded();
        let (s2, r2) = chan::unbounded();
        s1.send(1).unwrap();
        s2.send(2).unwrap();
        let mut select = chan::Select::new_biased();
        let [first, second, third] = [select.recv(&r1), select.recv(&r2), select.recv(&r1)];
        select.remove(first);
        select.remove(third);
        let operation = select.select();
        assert_eq!(operation.index(), second);
        assert_eq!(operation.recv(&r2), Ok(2));
        assert_eq!(select.recv(&r1), 3, "indices are not used again");
        assert_eq!(panic_of(|| select.remove(9)), "index out of bounds; 9 >= 4");
        assert_eq!(panic_of(|| select.remove(first)), "no operation with this index");
    }
    biased_dynamic_select {
        let (s1, r1) = chan::unbounded();
        let (s2, r2) = chan::unbounded();
        s1.send(1).unwrap();
        s2.send(2).unwrap();
        let mut select = chan::Select::new_biased();
        select.recv(&r2);
        select.recv(&r1);
        let operation = select.select();
        assert_eq!(operation.index(), 0);
        assert_eq!(operation.recv(&r2), Ok(2));
        assert_eq!(select.ready(), 1);
        let operation = select.select();
        assert_eq!(operation.index(), 1);
        assert_eq!(operation.recv(&r1), Ok(1));
    }
    ready_takes_nothing {
        let (s, r) = chan::unbounded();
        let (full, _full) = chan::bounded::<u8>(0);
        let mut select = chan::Select::new();
        let receives = select.recv(&r);
        select.send(&full);
        assert_eq!(select.try_ready(), Err(chan::TryReadyError));
        assert_eq!(select.ready_timeout(ms(2)), Err(chan::ReadyTimeoutError));
        assert_eq!(select.ready_deadline(Instant::now() + ms(2)), Err(chan::ReadyTimeoutError));
        s.send(1).unwrap();
        assert_eq!(select.ready(), receives);
        assert_eq!(select.try_ready(), Ok(receives));
        assert_eq!(select.ready_timeout(ms(2)), Ok(receives));
        assert_eq!(select.ready_deadline(Instant::now() + ms(2)), Ok(receives));
        assert_eq!(r.try_recv(), Ok(1));
        drop(s);
        assert_eq!(select.ready(), receives, "it would say that the senders are gone");
    }
    ready_waits {
        for capacity in [0, 1] {
            let (s, r) = chan::bounded(capacity);
            let sender = thread::spawn(move || {
                thread::sleep(ms(2));
                s.send(1).unwrap();
            });
            let mut select = chan::Select::new();
            select.recv(&r);
            assert_eq!(select.ready(), 0);
            assert_eq!(r.recv(), Ok(1));
            sender.join().unwrap();
        }
    }
    ready_of_timers_and_never {
        let (timer, never) = (chan::after(ms(100)), chan::never::<u8>());
        let mut select = chan::Select::new();
        select.recv(&never);
        let expires = select.recv(&timer);
        assert!(select.try_ready().is_err());
        assert_eq!(select.ready(), expires);
        let operation = select.select();
        assert_eq!(operation.index(), expires);
        assert!(operation.recv(&timer).is_ok());
        assert!(select.try_select().is_err());
    }
    a_select_of_nothing {
        let mut select = chan::Select::new();
        let words = "no operations have been added to `Select`";
        assert_eq!(panic_of(|| select.select().index()), words);
        assert_eq!(panic_of(|| select.ready()), words);
        assert!(select.try_select().is_err() && select.try_ready().is_err());
        let start = Instant::now();
        assert!(select.select_timeout(ms(2)).is_err());
        assert!(select.ready_timeout(ms(2)).is_err());
        assert!(start.elapsed() >= ms(4));
    }
    an_operation_has_to_be_completed {
        let (s, r) = chan::unbounded();
        s.send(1).unwrap();
        let mut select = chan::Select::new();
        select.recv(&r);
        assert_eq!(
            panic_of(|| drop(select.select())),
            "dropped `SelectedOperation` without completing the operation",
        );
    }
    late_values_by_hand {
        for capacity in [0, 1] {
            let (s, r) = chan::bounded(capacity);
            let receiver = thread::spawn(move || (r.recv(), r.recv()));
            let mut select = chan::Select::new();
            select.send(&s);
            let operation = select.select();
            thread::sleep(ms(2));
            assert_eq!(operation.send(&s, 1), Ok(()));
            assert_eq!(select.select().send(&s, 2), Ok(()));
            assert_eq!(receiver.join().unwrap(), (Ok(1), Ok(2)));
        }
    }
    a_late_value_for_a_select {
        let (s, r) = chan::bounded(0);
        let receiver = thread::spawn(move || {
            let mut select = chan::Select::new();
            select.recv(&r);
            select.select().recv(&r)
        });
        let mut select = chan::Select::new();
        select.send(&s);
        let operation = select.select();
        thread::sleep(ms(2));
        assert_eq!(operation.send(&s, 1), Ok(()));
        assert_eq!(receiver.join().unwrap(), Ok(1));
    }
    a_channel_in_several_operations {
        let (s, r) = chan::bounded(0);
        let receiver = thread::spawn(move || [r.recv(), r.recv()]);
        for n in 0..2 {
            chan::select! {
                send(s, n) -> sent => sent.unwrap(),
                send(s, n) -> sent => sent.unwrap(),
            }
        }
        assert_eq!(receiver.join().unwrap(), [Ok(0), Ok(1)]);
    }
    a_pipeline {
        let (numbers, to_square) = chan::bounded(1);
        let (squares, to_sum) = chan::bounded(0);
        let square = thread::spawn(move || to_square.iter().for_each(|n: u32| squares.send(n * n).unwrap()));
        let sum = thread::spawn(move || to_sum.iter().sum::<u32>());
        (1..=3).for_each(|n| numbers.send(n).unwrap());
        drop(numbers);
        assert_eq!(sum.join().unwrap(), 14);
        square.join().unwrap();
    }
    channels_of_channels {
        let (requests, serve) = chan::unbounded::<(u32, chan::Sender<u32>)>();
        let server = thread::spawn(move || serve.iter().for_each(|(n, answer)| answer.send(n + 1).unwrap()));
        let (s, r) = chan::bounded(1);
        requests.send((1, s)).unwrap();
        assert_eq!(r.recv(), Ok(2));
        assert_eq!(r.recv(), Err(chan::RecvError));
        drop(requests);
        server.join().unwrap();
    }
}
