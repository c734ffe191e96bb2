//! The core by itself, with the engine as its driver.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::driver::Place;
use crate::engine::identity::inside;
use crate::kernel::ObjectId;
use crate::kernel::handles::Side;
use crate::kernel::select::Pick;
use crate::sync::atomic::{AtomicU32, Ordering};
use crate::thread;
use crate::trial::{run, values};

/// A channel whose handles are not counted.
struct Bare<T> {
    core: Core<T>,
    id: ObjectId,
}

fn engine() -> Engine {
    Engine(inside().expect("inside an execution"))
}

fn place() -> Place {
    std::panic::Location::caller()
}

fn bare<T>(capacity: Option<u64>) -> Arc<Bare<T>> {
    let core = Core::new(capacity);
    let object = if core.capacity() == Some(0) { unbuffered() } else { buffered(core.capacity()) };
    let id = engine().add_object(object, place());
    Arc::new(Bare { core, id })
}

impl<T> Bare<T> {
    fn send(&self, value: T, patience: Patience) -> Result<(), Reason> {
        let sent = match patience {
            // SAFETY: the tests use what they make in the execution where they make it.
            Patience::Forever => unsafe { self.core.send_inside(engine().0, self.id, value, place()) },
            _ => self.core.send(engine(), self.id, value, patience, place()),
        };
        sent.map_err(|NotSent(_, reason)| reason)
    }

    fn receive(&self, patience: Patience) -> Result<T, Reason> {
        match patience {
            // SAFETY: as in `send`.
            Patience::Forever => unsafe { self.core.receive_inside(engine().0, self.id, place()) },
            _ => self.core.receive(engine(), self.id, patience, place()),
        }
    }

    fn arm(&self, side: Side, offer: Option<Offer>) -> Arm<'_> {
        Arm { channel: self.id, side, seats: self.core.seats(), offer }
    }

    fn redeem(&self, chosen: Chosen) -> T {
        match chosen.taken {
            Taken::Received(claim) => self.core.redeem(engine(), claim, place()).expect("it was received"),
            other => panic!("{other:?}"),
        }
    }

    /// Keeps the promise of a send that was chosen, after a step of its own if it is late.
    fn fulfil(&self, chosen: Chosen, value: T, late: bool) {
        let Taken::Promised(promise) = chosen.taken else { panic!("{:?}", chosen.taken) };
        if late {
            thread::yield_now();
        }
        self.core.fulfil(engine(), promise, value, place());
    }
}

fn choose(arms: &[Arm<'_>]) -> Chosen {
    select(engine(), arms, Pick::Any, Patience::Forever, place()).expect("it waits for ever")
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn values_go_from_sender_to_receiver() {
    for capacity in [None, Some(0), Some(1), Some(3)] {
        run(30, || {
            let channel = bare(capacity);
            let same = Arc::clone(&channel);
            let sender = thread::spawn(move || (0..4).for_each(|n| same.send(n, Patience::Forever).unwrap()));
            let received: Vec<_> = (0..4).map(|_| channel.receive(Patience::Forever).unwrap()).collect();
            assert_eq!(received, [0, 1, 2, 3]);
            sender.join().unwrap();
            assert_eq!(channel.receive(Patience::Never), Err(Reason::NotReady));
            assert_eq!(channel.receive(Patience::Within(SECOND)), Err(Reason::NotReady));
        });
    }
}

#[test]
fn sending_can_time_out() {
    run(10, || {
        for capacity in [0, 1] {
            let channel = bare(Some(capacity));
            if capacity == 1 {
                assert_eq!(channel.send(0, Patience::Within(SECOND)), Ok(()));
            }
            assert_eq!(channel.send(1, Patience::Never), Err(Reason::NotReady));
            assert_eq!(channel.send(2, Patience::Within(SECOND)), Err(Reason::NotReady));
            let same = Arc::clone(&channel);
            let receiver = thread::spawn(move || same.receive(Patience::Forever).unwrap());
            assert_eq!(channel.send(3, Patience::Within(SECOND)), Ok(()));
            assert_eq!(receiver.join().unwrap(), if capacity == 0 { 3 } else { 0 });
        }
    });
}

#[test]
fn a_closed_channel_gives_what_it_has() {
    run(1, || {
        let channel = bare(Some(2));
        channel.send(1, Patience::Forever).unwrap();
        assert!(channel.core.close(engine(), channel.id, place(), |open| open));
        assert!(!channel.core.close(engine(), channel.id, place(), |open| open));
        assert_eq!(channel.send(2, Patience::Forever), Err(Reason::Disconnected));
        assert_eq!(channel.receive(Patience::Forever), Ok(1));
        assert_eq!(channel.receive(Patience::Forever), Err(Reason::Disconnected));
    });
}

/// A sender that selects brings its value at once or after a step, and the receiver receives or selects.
#[test]
fn a_late_value_is_waited_for() {
    for (capacity, late, selects) in [0, 1]
        .into_iter()
        .flat_map(|capacity| [(capacity, false), (capacity, true)])
        .flat_map(|(c, l)| [(c, l, false), (c, l, true)])
    {
        run(50, || {
            let channel = bare(Some(capacity));
            let same = Arc::clone(&channel);
            let receiver = thread::spawn(move || {
                let receive = || match selects {
                    false => same.receive(Patience::Forever).unwrap(),
                    true => same.redeem(choose(&[same.arm(Side::Receiving, None)])),
                };
                [receive(), receive()]
            });
            for value in ["first", "second"] {
                let chosen = choose(&[channel.arm(Side::Sending, None)]);
                channel.fulfil(chosen, value, late);
            }
            assert_eq!(receiver.join().unwrap(), ["first", "second"]);
        });
    }
}

#[test]
fn messages_behind_a_late_one_need_not_wait_for_it() {
    let waited: Vec<bool> = values(100, || {
        let channel = bare(None);
        let same = Arc::clone(&channel);
        let taken = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&taken);
        let sender = thread::spawn(move || {
            let chosen = choose(&[same.arm(Side::Sending, None)]);
            same.send("second", Patience::Forever).unwrap();
            let before = seen.load(Ordering::SeqCst);
            same.fulfil(chosen, "first", true);
            before == 1
        });
        let receivers: Vec<_> = (0..2)
            .map(|_| {
                let (channel, taken) = (Arc::clone(&channel), Arc::clone(&taken));
                thread::spawn(move || {
                    let value = channel.receive(Patience::Forever).unwrap();
                    taken.fetch_add(1, Ordering::SeqCst);
                    value
                })
            })
            .collect();
        let mut received: Vec<_> = receivers.into_iter().map(|receiver| receiver.join().unwrap()).collect();
        received.sort_unstable();
        assert_eq!(received, ["first", "second"]);
        sender.join().unwrap()
    });
    assert!(waited.contains(&true) && waited.contains(&false));
}

#[test]
fn what_was_offered_is_sent_or_can_be_taken_back() {
    run(50, || {
        let channels = [bare(Some(0)), bare(Some(1))];
        let same = channels.clone();
        let sender = thread::spawn(move || {
            let offers = [same[0].core.offer("hand"), same[1].core.offer("line")];
            let arms = [0, 1].map(|at| same[at].arm(Side::Sending, Some(offers[at])));
            let chosen = choose(&arms);
            assert!(matches!(chosen.taken, Taken::Sent));
            let other = 1 - chosen.arm;
            assert!(same[other].core.take_back(offers[other]).is_some());
            assert!(same[chosen.arm].core.take_back(offers[chosen.arm]).is_none());
        });
        let [hand, line] = &channels;
        let arms = [hand.arm(Side::Receiving, None), line.arm(Side::Receiving, None)];
        let chosen = choose(&arms);
        let received = channels[chosen.arm].redeem(chosen);
        assert_eq!(received, ["hand", "line"][chosen.arm]);
        sender.join().unwrap();
    });
}

/// Go's generator of random bits: which arm is taken is known only when somebody has come.
#[test]
fn two_offers_to_one_channel() {
    let bits = values(100, || {
        let channel = bare(Some(0));
        let same = Arc::clone(&channel);
        let sender = thread::spawn(move || {
            let offers = [0, 1].map(|bit| same.core.offer(bit));
            let chosen = choose(&offers.map(|offer| same.arm(Side::Sending, Some(offer))));
            assert!(same.core.take_back(offers[1 - chosen.arm]).is_some());
        });
        let bit = channel.receive(Patience::Forever).unwrap();
        sender.join().unwrap();
        bit
    });
    assert!(bits.contains(&0) && bits.contains(&1));
}

#[test]
fn selects_on_both_sides_of_the_same_channels() {
    run(100, || {
        let channel = bare(Some(0));
        let tasks: Vec<_> = (0..2)
            .map(|me| {
                let channel = Arc::clone(&channel);
                thread::spawn(move || {
                    let offer = channel.core.offer(me);
                    let chosen = choose(&[channel.arm(Side::Sending, Some(offer)), channel.arm(Side::Receiving, None)]);
                    match chosen.arm {
                        0 => None,
                        _ => Some((me, channel.redeem(chosen), channel.core.take_back(offer).unwrap())),
                    }
                })
            })
            .collect();
        let got: Vec<_> = tasks.into_iter().filter_map(|task| task.join().unwrap()).collect();
        assert!(matches!(got[..], [(me, other, mine)] if other == 1 - me && mine == me));
    });
}
