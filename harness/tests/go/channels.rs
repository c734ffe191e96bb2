//! The language specification on channels, send statements, the receive operator, `close`, `len`, `cap` and `range`.

use reweave::go::{self, Chan, RecvChan, SendChan};
use reweave::time::Duration;

use crate::{go_says, go_says_in_every_schedule, panic_of};

/// Whether nothing can be received at the moment.
fn is_empty<T>(channel: &Chan<T>) -> bool {
    go::select! {
        recv(channel) => false,
        default => true,
    }
}

go_says_in_every_schedule! {
    /// "A channel provides a mechanism for concurrently executing functions to communicate by sending and receiving values of a
    /// specified element type."
    fn goroutines_communicate() {
        let channel = Chan::new(0);
        let theirs = channel.clone();
        go::spawn(move || theirs.send("hello".to_owned()));
        assert_eq!(channel.recv().as_deref(), Some("hello"));
    }

    /// "of a specified element type": a reference, too, and to what was made after the channel.
    fn a_channel_may_carry_references() {
        let channel = Chan::new(1);
        let number = 5;
        channel.send(&number);
        assert_eq!(channel.recv(), Some(&5));
    }

    /// "If the capacity is zero or absent, the channel is unbuffered and communication succeeds only when both a sender and receiver
    /// are ready."
    fn unbuffered_needs_both() {
        let channel = Chan::new(0);
        let sent = go::select! {
            send(channel, 1) => true,
            default => false,
        };
        assert!(!sent);
        assert!(is_empty(&channel));
        let theirs = channel.clone();
        go::spawn(move || theirs.send(2));
        assert_eq!(channel.recv(), Some(2));
    }

    /// "Communication blocks until the send can proceed."
    fn a_send_blocks() {
        let (channel, order) = (Chan::new(1), Chan::new(2));
        channel.send(1);
        let (theirs, told) = (channel.clone(), order.clone());
        go::spawn(move || {
            theirs.send(2);
            told.send("sent");
        });
        assert_eq!(channel.recv(), Some(1));
        assert_eq!(order.recv(), Some("sent"));
        assert_eq!(channel.recv(), Some(2));
    }

    /// "A receive … blocks until a value is available."
    fn a_receive_blocks() {
        let (channel, got) = (Chan::new(0), Chan::new(1));
        let (theirs, told) = (channel.clone(), got.clone());
        go::spawn(move || told.send(theirs.recv()));
        channel.send(7);
        assert_eq!(got.recv(), Some(Some(7)));
    }

    /// A sender that waits when the channel is closed proceeds, too: "by causing a run-time panic".
    fn a_waiting_sender_panics() {
        let (channel, told) = (Chan::new(0), Chan::new(1));
        let (theirs, tell) = (channel.clone(), told.clone());
        go::spawn(move || tell.send(panic_of(|| theirs.send(1))));
        channel.close();
        assert_eq!(told.recv().as_deref(), Some("send on closed channel"));
    }

    /// So does one that waits for room.
    fn a_sender_that_waits_for_room_panics() {
        let (channel, told) = (Chan::new(1), Chan::new(1));
        channel.send(0);
        let (theirs, tell) = (channel.clone(), told.clone());
        go::spawn(move || tell.send(panic_of(|| theirs.send(1))));
        channel.close();
        assert_eq!(told.recv().as_deref(), Some("send on closed channel"));
        assert_eq!([channel.recv(), channel.recv()], [Some(0), None]);
    }

    /// And every receiver that waits goes on.
    fn closing_wakes_all_receivers() {
        let channel = Chan::<()>::new(0);
        let group = go::WaitGroup::new();
        for _ in 0..2 {
            let theirs = channel.clone();
            group.go(move || assert_eq!(theirs.recv(), None));
        }
        channel.close();
        group.wait();
    }
}

go_says! {
    /// "The value of an uninitialized channel is nil."
    fn the_zero_value_is_nil() {
        assert!(Chan::<u8>::default().is_nil());
        assert!(SendChan::<u8>::default().is_nil());
        assert!(RecvChan::<u8>::default().is_nil());
        assert!(!Chan::<u8>::new(0).is_nil());
    }

    /// "The capacity, in number of elements, sets the size of the buffer in the channel."
    fn the_capacity_is_the_size_of_the_buffer() {
        let channel = Chan::new(2);
        let mut sent = 0;
        loop {
            go::select! {
                send(channel, sent) => sent += 1,
                default => break,
            }
        }
        assert_eq!((sent, channel.cap()), (2, 2));
    }

    /// "Otherwise, the channel is buffered and communication succeeds without blocking if the buffer is not full (sends) or not empty
    /// (receives)."
    fn buffered_does_not_block() {
        let channel = Chan::new(1);
        for number in 0..3 {
            channel.send(number);
            assert_eq!(channel.recv(), Some(number));
        }
    }

    /// "A nil channel is never ready for communication."
    fn nil_is_never_ready() {
        let nil = Chan::<u8>::nil();
        assert!(is_empty(&nil));
        let sent = go::select! {
            send(nil, 1) => true,
            default => false,
        };
        assert!(!sent);
    }

    /// "A send on a nil channel blocks forever." "Receiving from a nil channel blocks forever."
    fn nil_blocks_for_ever() {
        let nil = Chan::<u8>::nil();
        go::select! {
            send(nil, 1) => panic!("sent"),
            recv(nil) => panic!("received"),
            recv(go::after(Duration::from_millis(2))) => {}
        }
    }

    /// "The multi-valued assignment form of the receive operator reports whether a received value was sent before the channel was
    /// closed."
    fn the_second_value_says_whether_it_was_sent() {
        let channel = Chan::new(1);
        channel.send(0);
        channel.close();
        assert_eq!(channel.recv(), Some(0), "sent before");
        assert_eq!(channel.recv(), None, "the zero value");
    }

    /// "A single channel may be used in send statements, receive operations, and calls to the built-in functions cap and len by any
    /// number of goroutines without further synchronization."
    fn any_number_of_goroutines() {
        let (channel, sums) = (Chan::new(2), Chan::new(3));
        let senders = go::WaitGroup::new();
        for _ in 0..3 {
            let (theirs, sums) = (channel.clone(), sums.clone());
            go::spawn(move || sums.send(theirs.iter().sum::<u32>()));
            let theirs = channel.clone();
            senders.go(move || {
                for number in 1..=3 {
                    theirs.send(number);
                    assert!(theirs.len() <= theirs.cap());
                }
            });
        }
        senders.wait();
        channel.close();
        let total: u32 = (0..3).filter_map(|_| sums.recv()).sum();
        assert_eq!(total, 18);
    }

    /// "Channels act as first-in-first-out queues. For example, if one goroutine sends values on a channel and a second goroutine
    /// receives them, the values are received in the order sent."
    fn first_in_first_out() {
        for capacity in [0, 1, 5] {
            let channel = Chan::new(capacity);
            let theirs = channel.clone();
            go::spawn(move || {
                (0..5).for_each(|number| theirs.send(number));
                theirs.close();
            });
            assert_eq!(channel.iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        }
    }

    /// "A send on a buffered channel can proceed if there is room in the buffer."
    fn a_send_needs_room() {
        let channel = Chan::new(1);
        channel.send(1);
        assert_eq!(channel.len(), 1);
        let more = go::select! {
            send(channel, 2) => true,
            default => false,
        };
        assert!(!more);
    }

    /// "A send on a closed channel proceeds by causing a run-time panic."
    fn send_on_closed() {
        for capacity in [0, 1] {
            let channel = Chan::new(capacity);
            channel.close();
            assert_eq!(panic_of(|| channel.send(1)), "send on closed channel");
            assert_eq!(panic_of(|| channel.send_only().send(1)), "send on closed channel");
        }
    }

    /// "A receive operation on a closed channel can always proceed immediately, yielding the element type's zero value after any
    /// previously sent values have been received."
    fn receive_from_closed() {
        let channel = Chan::new(3);
        channel.send(1);
        channel.send(2);
        channel.close();
        assert_eq!([channel.recv(), channel.recv(), channel.recv(), channel.recv()], [Some(1), Some(2), None, None]);
    }

    /// "Sending to or closing a closed channel causes a run-time panic."
    fn close_of_closed() {
        for capacity in [0, 1] {
            let channel = Chan::<u8>::new(capacity);
            channel.close();
            assert_eq!(panic_of(|| channel.close()), "close of closed channel");
            assert_eq!(panic_of(|| channel.send_only().close()), "close of closed channel");
        }
    }

    /// "Closing the nil channel also causes a run-time panic."
    fn close_of_nil() {
        assert_eq!(panic_of(|| Chan::<u8>::nil().close()), "close of nil channel");
        assert_eq!(panic_of(|| SendChan::<u8>::nil().close()), "close of nil channel");
    }

    /// "len(s): chan T: number of elements queued in channel buffer". "cap(s): channel buffer capacity". "The length of a nil slice, map
    /// or channel is 0. The capacity of a nil slice or channel is 0."
    fn length_and_capacity() {
        let channel = Chan::new(3);
        channel.send(1);
        assert_eq!((channel.len(), channel.cap()), (1, 3));
        let halves = (channel.send_only(), channel.recv_only());
        assert_eq!((halves.0.len(), halves.0.cap(), halves.1.len(), halves.1.cap()), (1, 3, 1, 3));
        let hand = Chan::<u8>::new(0);
        assert_eq!((hand.len(), hand.cap()), (0, 0));
        let nil = Chan::<u8>::nil();
        assert_eq!((nil.len(), nil.cap()), (0, 0));
    }

    /// "For channels, the iteration values produced are the successive values sent on the channel until the channel is closed."
    fn range_over_a_channel() {
        let channel = Chan::new(2);
        channel.send(1);
        channel.send(2);
        channel.close();
        let mut seen = Vec::new();
        for value in &channel {
            seen.push(value);
        }
        assert_eq!(seen, [1, 2]);
        assert_eq!(channel.recv_only().into_iter().count() + channel.into_iter().count(), 0);
    }

    /// "A channel may be constrained only to send or only to receive by assignment or explicit conversion."
    fn halves() {
        let channel = Chan::new(1);
        let (sender, receiver): (SendChan<u8>, RecvChan<u8>) = (channel.clone().into(), channel.clone().into());
        sender.send(7);
        assert_eq!(receiver.recv(), Some(7));
        sender.close();
        assert_eq!(receiver.iter().next(), None);
        assert_eq!((sender, receiver), (channel.send_only(), channel.recv_only()));
    }

    /// "Two channel values are equal if they were created by the same call to make or if both have value nil."
    fn equality() {
        let channel = Chan::<u8>::new(0);
        assert_eq!(channel, channel.clone());
        assert_ne!(channel, Chan::new(0));
        assert_ne!(channel, Chan::nil());
        assert_eq!(Chan::<u8>::nil(), Chan::nil());
    }

    /// "makechan: size out of range"
    fn too_large() {
        assert_eq!(panic_of(|| Chan::<u64>::new(usize::MAX)), "makechan: size out of range");
        assert_eq!(panic_of(|| Chan::<u64>::new(isize::MAX as usize / 4)), "makechan: size out of range");
    }

    /// Nothing but `close` closes: there is no such thing as the last sender.
    fn dropped_handles_close_nothing() {
        let channel = Chan::<u8>::new(1);
        let receiver = channel.recv_only();
        drop(channel);
        go::select! {
            recv(receiver) -> value => panic!("{value:?}"),
            recv(go::after(Duration::from_millis(2))) => {}
        }
    }
}
