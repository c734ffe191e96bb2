//! Channels: `std::sync::mpsc`, unbounded, bounded and rendezvous.

use crate::Program;
use crate::table::program;

/// The programs over unbounded channels, over the peer's types in scope.
macro_rules! channels {
    () => {
        use crate::Outcome;

        /// Two senders and the order in which their messages arrive.
        pub(super) fn two_senders() -> Outcome {
            let (first, receiver) = mpsc::channel::<u64>();
            let second = first.clone();
            let senders =
                [thread::spawn(move || first.send(1).unwrap()), thread::spawn(move || second.send(2).unwrap())];
            let received = [receiver.recv().unwrap(), receiver.recv().unwrap()];
            for sender in senders {
                sender.join().unwrap();
            }
            format!("received={received:?}")
        }

        /// `try_recv` beside a send, with another sender in reserve.
        pub(super) fn try_recv_against_a_send() -> Outcome {
            let (sender, receiver) = mpsc::channel::<u64>();
            let reserve = sender.clone();
            let sends = thread::spawn(move || sender.send(7).unwrap());
            let received = receiver.try_recv();
            sends.join().unwrap();
            drop(reserve);
            format!("received={received:?}")
        }

        /// `try_recv` beside the end of the last sender.
        pub(super) fn try_recv_against_a_drop() -> Outcome {
            let (sender, receiver) = mpsc::channel::<u64>();
            let drops = thread::spawn(move || drop(sender));
            let received = receiver.try_recv();
            drops.join().unwrap();
            format!("received={received:?}")
        }

        /// One message, then the end of the last sender, and two receives.
        pub(super) fn recv_after_the_last_sender() -> Outcome {
            let (sender, receiver) = mpsc::channel::<u64>();
            let sends = thread::spawn(move || sender.send(7).unwrap());
            let received = [receiver.recv().ok(), receiver.recv().ok()];
            sends.join().unwrap();
            format!("received={received:?}")
        }

        /// A send beside the end of the receiver.
        pub(super) fn send_against_a_drop() -> Outcome {
            let (sender, receiver) = mpsc::channel::<u64>();
            let drops = thread::spawn(move || drop(receiver));
            let sent = sender.send(7).is_ok();
            drops.join().unwrap();
            format!("sent={sent}")
        }
    };
}

/// Programs that need `sync_channel`.
macro_rules! sync_channels {
    () => {
        /// Whether a send to a rendezvous channel can end before the receive begins.
        pub(super) fn rendezvous() -> Outcome {
            let (sender, receiver) = mpsc::sync_channel::<u64>(0);
            let sent = Arc::new(AtomicU64::new(0));
            let flag = Arc::clone(&sent);
            let sends = thread::spawn(move || {
                sender.send(7).unwrap();
                flag.store(1, SeqCst);
            });
            let before = sent.load(SeqCst);
            let received = receiver.recv();
            sends.join().unwrap();
            format!("sent before={before} received={received:?}")
        }

        /// `try_send` on a rendezvous channel.
        pub(super) fn rendezvous_try_send() -> Outcome {
            let (sender, receiver) = mpsc::sync_channel::<u64>(0);
            let receives = thread::spawn(move || receiver.recv().ok());
            let sent = sender.try_send(7).is_ok();
            drop(sender);
            format!("sent={sent} received={:?}", receives.join().unwrap())
        }

        /// A second `try_send` on a channel of capacity one, beside a receive.
        pub(super) fn try_send_against_a_recv() -> Outcome {
            let (sender, receiver) = mpsc::sync_channel::<u64>(1);
            sender.try_send(1).unwrap();
            let receives = thread::spawn(move || (receiver.recv(), receiver));
            let second = sender.try_send(2);
            drop(receives.join().unwrap());
            format!("second={}", if second.is_ok() { "sent" } else { "full" })
        }

        /// A send on a full channel, which waits for the receive.
        pub(super) fn send_waits_for_room() -> Outcome {
            let (sender, receiver) = mpsc::sync_channel::<u64>(1);
            let sends = thread::spawn(move || (sender.send(1).is_ok(), sender.send(2).is_ok()));
            let received = [receiver.recv().ok(), receiver.recv().ok(), receiver.recv().ok()];
            let sent = sends.join().unwrap();
            format!("sent={sent:?} received={received:?}")
        }
    };
}

/// Programs that need timeouts.
macro_rules! recv_timeout {
    () => {
        use std::time::Duration;

        /// A message that comes just when the receiver stops waiting for it.
        pub(super) fn recv_timeout() -> Outcome {
            let (sender, receiver) = mpsc::channel::<u64>();
            let sends = thread::spawn(move || {
                thread::sleep(Duration::from_millis(1));
                let _ = sender.send(7);
                sender
            });
            let received = receiver.recv_timeout(Duration::from_millis(1));
            drop(sends.join().unwrap());
            format!("received={received:?}")
        }
    };
}

mod std {
    use crate::peers::std::api::{Arc, AtomicU64, SeqCst, mpsc, thread};
    channels!();
    sync_channels!();
    recv_timeout!();
}

mod reweave {
    use crate::peers::reweave::api::{Arc, AtomicU64, SeqCst, mpsc, thread};
    channels!();
    sync_channels!();
    recv_timeout!();
}

mod shuttle {
    use crate::peers::shuttle::api::{Arc, AtomicU64, SeqCst, mpsc, thread};
    channels!();
    sync_channels!();
    recv_timeout!();
}

mod loom {
    use crate::peers::loom::api::{mpsc, thread};
    channels!();
}

/// The rows.
pub const PROGRAMS: &[Program] = &[
    program! {
        two_senders,
        may: ["received=[1, 2]", "received=[2, 1]"],
        because: "messages arrive in the order in which they were sent, and the senders are equal",
        std: Agrees, reweave: Agrees, shuttle: Agrees, loom: Agrees,
    },
    program! {
        try_recv_against_a_send,
        may: ["received=Ok(7)", "received=Err(Empty)"],
        because: "the attempt may come before or after the send",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Differs {
            outcomes: ["received=Err(Empty)"],
            why: "`try_recv` of an empty channel is no operation, so it always comes first",
        },
    },
    program! {
        try_recv_against_a_drop,
        may: ["received=Err(Empty)", "received=Err(Disconnected)"],
        because: "the attempt may come before or after the last sender ends",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Differs {
            outcomes: ["received=Err(Empty)"],
            why: "a channel never becomes disconnected",
        },
    },
    program! {
        recv_after_the_last_sender,
        may: ["received=[Some(7), None]"],
        because: "what was sent is received, and then the channel is disconnected",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Differs {
            outcomes: ["deadlock"],
            why: "a channel never becomes disconnected",
        },
    },
    program! {
        send_against_a_drop,
        may: ["sent=true", "sent=false"],
        because: "the send may come before or after the receiver ends",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Differs {
            outcomes: ["sent=true"],
            why: "the end of a receiver is no operation, so the send always comes first",
        },
    },
    program! {
        rendezvous,
        may: ["sent before=0 received=Ok(7)"],
        because: "a send without a buffer ends only when the message is taken",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Lacks { why: "loom has no `sync_channel`" },
    },
    program! {
        rendezvous_try_send,
        may: ["sent=true received=Some(7)", "sent=false received=None"],
        because: "without a buffer there has to be a receiver waiting",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Lacks { why: "loom has no `sync_channel`" },
    },
    program! {
        try_send_against_a_recv,
        may: ["second=sent", "second=full"],
        because: "there is room for one message, and the receive may come before or after",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Lacks { why: "loom has no `sync_channel`" },
    },
    program! {
        send_waits_for_room,
        may: ["sent=(true, true) received=[Some(1), Some(2), None]"],
        because: "the sender waits for room, the receiver for messages, until the sender ends",
        std: Agrees, reweave: Agrees, shuttle: Agrees,
        loom: Lacks { why: "loom has no `sync_channel`" },
    },
    program! {
        recv_timeout,
        may: ["received=Ok(7)", "received=Err(Timeout)"],
        because: "of two deadlines at the same instant, either may fire first",
        std: Agrees, reweave: Agrees,
        shuttle: Differs {
            outcomes: ["received=Ok(7)"],
            why: "there is no clock, and a timed receive never times out",
        },
        loom: Lacks { why: "loom has no `sleep`" },
    },
];
