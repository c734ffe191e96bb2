//! The language specification on select statements.

use std::cell::RefCell;

use reweave::go::{self, Chan};
use reweave::time::Duration;

use crate::{go_says, go_says_in_every_schedule, panic_of};

go_says! {
    /// "For all the cases in the statement, the channel operands of receive operations and the channel and right-hand-side
    /// expressions of send statements are evaluated exactly once, in source order, upon entering the select statement."
    fn evaluated_once_in_source_order() {
        let (a, b, seen) = (Chan::new(1), Chan::new(1), RefCell::new(Vec::new()));
        let note = |what, channel: &Chan<i32>| {
            seen.borrow_mut().push(what);
            channel.clone()
        };
        let value = |what: &'static str, value| {
            seen.borrow_mut().push(what);
            value
        };
        go::select! {
            recv(note("first channel", &a)) => panic!("empty"),
            send(note("second channel", &b), value("second value", 7)) => {}
            recv(note("third channel", &Chan::nil())) => panic!("nil"),
        }
        assert_eq!(*seen.borrow(), ["first channel", "second channel", "second value", "third channel"]);
        assert_eq!(b.recv(), Some(7));
    }

    /// "Any side effects in that evaluation will occur irrespective of which (if any) communication operation is selected to proceed."
    fn side_effects_occur() {
        let mut count = 0;
        go::select! {
            send(Chan::nil(), { count += 1; count }) => panic!("nil"),
            default => {}
        }
        assert_eq!(count, 1);
    }

    /// "Expressions on the left-hand side of a RecvStmt with a short variable declaration or assignment are not yet evaluated."
    fn what_was_received_is_bound() {
        let channel = Chan::new(1);
        channel.send((1, "one"));
        let (number, word) = go::select! {
            recv(channel) -> pair => pair.unwrap(),
        };
        assert_eq!((number, word), (1, "one"));
    }

    /// "If one or more of the communications can proceed, a single one that can proceed is chosen via a uniform pseudo-random
    /// selection."
    fn one_is_chosen() {
        let (a, b) = (Chan::new(1), Chan::new(1));
        a.send(());
        b.send(());
        let chosen = go::select! {
            recv(a) => 'a',
            recv(b) => 'b',
        };
        let left = if chosen == 'a' { &b } else { &a };
        assert_eq!((a.len() + b.len(), left.len()), (1, 1));
    }

    /// "Otherwise, if there is a default case, that case is chosen."
    fn the_default() {
        let (channel, full) = (Chan::<u8>::new(0), Chan::new(1));
        full.send(1);
        let chosen = go::select! {
            recv(channel) => "received",
            send(full, 2) => "sent",
            default => "default",
        };
        assert_eq!(chosen, "default");
    }

    /// The default is not chosen if something can proceed, wherever it is written.
    fn the_default_is_the_last_resort() {
        let channel = Chan::new(1);
        let chosen = go::select! {
            default => "default",
            send(channel, 1) => "sent",
        };
        assert_eq!(chosen, "sent");
    }

    /// "If there is no default case, the select statement blocks until at least one of the communications can proceed."
    fn it_blocks() {
        let (a, b) = (Chan::<u8>::new(0), Chan::new(0));
        let theirs = b.clone();
        go::spawn(move || {
            go::after(Duration::from_millis(1)).recv();
            theirs.send(7);
        });
        let got = go::select! {
            recv(a) -> got => got,
            recv(b) -> got => got,
        };
        assert_eq!(got, Some(7));
    }

    /// "Unless the selected case is the default case, the respective communication operation is executed." "If the selected case is a
    /// RecvStmt …, the received value (or values) are assigned."
    fn the_operation_is_executed() {
        let (a, b) = (Chan::new(1), Chan::<u8>::nil());
        go::select! {
            send(a, 3) => {}
            recv(b) => {}
        }
        let mut got = None;
        go::select! {
            recv(a) -> value => got = value,
            recv(b) => {}
        }
        assert_eq!(got, Some(3));
    }

    /// "Since communication on nil channels can never proceed, a select with only nil channels and no default case blocks forever."
    fn nil_arms_are_left_out() {
        let channel = Chan::new(1);
        channel.send(1);
        let nil = Chan::<u8>::nil();
        go::select! {
            recv(nil) => panic!("nil"),
            send(nil, 1) => panic!("nil"),
            recv(channel) -> one => assert_eq!(one, Some(1)),
        }
    }

    /// A receive from a closed channel can proceed.
    fn closed_is_ready() {
        let closed = Chan::<u8>::new(0);
        closed.close();
        let value = go::select! {
            recv(closed) -> value => value,
            recv(Chan::<u8>::nil()) => panic!("nil"),
        };
        assert_eq!(value, None);
    }

    /// And so can a send, by a panic.
    fn a_send_to_closed_panics() {
        for capacity in [0, 1] {
            let closed = Chan::new(capacity);
            closed.close();
            let select = || go::select! {
                send(closed, 1) => {}
                recv(Chan::<u8>::nil()) => {}
            };
            assert_eq!(panic_of(select), "send on closed channel");
            let select = || go::select! {
                send(closed, 1) => {}
                default => {}
            };
            assert_eq!(panic_of(select), "send on closed channel");
            let select = || go::select! { send(closed, 1) => {} };
            assert_eq!(panic_of(select), "send on closed channel");
        }
    }

    /// Go's idiom: a channel that is at its end is set to nil, and the loop goes on with the others.
    fn a_channel_can_be_set_to_nil() {
        let (mut a, mut b) = (Chan::new(2), Chan::new(2));
        a.send(1);
        a.send(2);
        b.send(3);
        a.close();
        b.close();
        let mut sum = 0;
        while !(a.is_nil() && b.is_nil()) {
            go::select! {
                recv(a) -> value => match value {
                    Some(value) => sum += value,
                    None => a = Chan::nil(),
                },
                recv(b) -> value => match value {
                    Some(value) => sum += value,
                    None => b = Chan::nil(),
                },
            }
        }
        assert_eq!(sum, 6);
    }

    /// Bodies may leave the loop or the function.
    fn bodies_may_leave() {
        let channel = Chan::new(3);
        (0..3).for_each(|number| channel.send(number));
        let mut seen = 0;
        loop {
            go::select! {
                recv(channel) -> number => {
                    if number == Some(0) {
                        continue;
                    }
                    seen += 1;
                }
                default => break,
            }
        }
        assert_eq!(seen, 2);
    }

    /// What is not sent is dropped, and what is sent is not.
    fn values_go_where_they_belong() {
        let (a, b) = (Chan::new(1), Chan::new(0));
        let value = std::sync::Arc::new(());
        go::select! {
            send(a, value.clone()) => {}
            send(b, value.clone()) => panic!("nobody receives"),
        }
        assert_eq!(std::sync::Arc::strong_count(&value), 2);
        drop(a.recv());
        assert_eq!(std::sync::Arc::strong_count(&value), 1);
    }
}

go_says_in_every_schedule! {
    /// A select does not meet itself.
    fn nobody_meets_himself() {
        let channel = Chan::new(0);
        let theirs = channel.clone();
        go::spawn(move || go::select! {
            send(theirs, 2) => {}
            recv(theirs) -> value => assert_eq!(value, Some(1)),
        });
        go::select! {
            send(channel, 1) => {}
            recv(channel) -> value => assert_eq!(value, Some(2)),
        }
    }

    /// Two sends of one select to one channel: one is executed, with its own value.
    fn two_values_for_one_channel() {
        let channel = Chan::new(0);
        let (theirs, got) = (channel.clone(), Chan::new(1));
        let told = got.clone();
        go::spawn(move || told.send(theirs.recv()));
        let sent = go::select! {
            send(channel, 1) => 1,
            send(channel, 2) => 2,
        };
        assert_eq!(got.recv(), Some(Some(sent)));
    }

    /// Whoever meets a select at one channel takes it from the others.
    fn a_select_is_met_once() {
        let (a, b) = (Chan::new(0), Chan::new(0));
        let (to_a, to_b) = (a.clone(), b.clone());
        go::spawn(move || to_a.send('a'));
        go::spawn(move || to_b.send('b'));
        let mut seen = Vec::new();
        for _ in 0..2 {
            go::select! {
                recv(a) -> value => seen.extend(value),
                recv(b) -> value => seen.extend(value),
            }
        }
        seen.sort_unstable();
        assert_eq!(seen, ['a', 'b']);
    }

    /// A select that waits with a value is met, or sees the channel with a buffer.
    fn with_and_without_a_buffer() {
        let (hand, buffer) = (Chan::new(0), Chan::new(1));
        buffer.send(0);
        let (from_hand, from_buffer, got) = (hand.clone(), buffer.clone(), Chan::new(1));
        let told = got.clone();
        go::spawn(move || {
            go::select! {
                recv(from_hand) -> value => told.send(value),
                recv(from_buffer) -> value => told.send(value),
            }
        });
        let sent = go::select! {
            send(hand, 1) => 1,
            send(buffer, 2) => 2,
        };
        assert_eq!(got.recv(), Some(if sent == 1 { Some(1) } else { Some(0) }));
    }

    /// A select that waits to send panics when its channel is closed.
    fn a_waiting_select_panics() {
        let (channel, told) = (Chan::new(0), Chan::new(1));
        let (theirs, tell) = (channel.clone(), told.clone());
        go::spawn(move || {
            let select = || go::select! {
                send(theirs, 1) => {}
                recv(Chan::<u8>::nil()) => {}
                recv(Chan::<u8>::new(0)) => {}
            };
            tell.send(panic_of(select));
        });
        channel.close();
        assert_eq!(told.recv().as_deref(), Some("send on closed channel"));
    }
}

/// "… a uniform pseudo-random selection", on real threads.
#[test]
fn every_arm_is_chosen_sometimes() {
    let mut counts = [0; 3];
    for _ in 0..3000 {
        let (a, b, c) = (Chan::new(1), Chan::new(1), Chan::new(1));
        a.send(());
        b.send(());
        let at = go::select! {
            recv(a) => 0,
            recv(b) => 1,
            send(c, ()) => 2,
        };
        counts[at] += 1;
    }
    assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
}
