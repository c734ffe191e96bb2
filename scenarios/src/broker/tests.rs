//! The broker, its shop and their twins, explored; and one operation at a time.

#[cfg(feature = "sim")]
use proptest::prelude::*;
use reweave::thread;
use reweave::time::Duration;

#[cfg(feature = "sim")]
use super::pipeline::Progress;
use super::pipeline::{Order, Shop, Station};
use super::variant::Correct;
#[cfg(feature = "sim")]
use super::workload::{self, Day, Size};
use super::{AcknowledgeError, Broker, Config, ConfigError, Position};
use crate::journal::{Durability, Scratch};

crate::testing::row!(super::scenario);

/// From the smallest to more consumers than partitions.
#[cfg(feature = "sim")]
fn sizes() -> impl Strategy<Value = Size> {
    (1..4_usize, 1..4_usize, 1..4_u64, 1..3_usize, 1..4_usize).prop_map(
        |(partitions, producers, messages, groups, consumers)| Size {
            partitions,
            producers,
            messages,
            groups,
            consumers,
        },
    )
}

#[cfg(feature = "sim")]
#[test]
fn every_group_has_every_message_at_any_size() {
    crate::testing::explore_with(&super::scenario(), (sizes(), 1..4_u32), |(size, attempts)| {
        workload::everybody_has_it::<Correct>(size);
        workload::dead_letters::<Correct>(size, attempts);
        workload::restart::<Correct>(size);
    });
}

#[cfg(feature = "sim")]
#[test]
fn every_order_counts_once_whoever_dies() {
    let station = prop_oneof![Just(Station::Stock), Just(Station::Points)];
    let progress = prop_oneof![Just(Progress::Begun), Just(Progress::Changed)];
    let day = (1..4_usize, 1..6_u64, 1..4_usize, prop::option::of((station, progress)));
    let day = day.prop_map(|(partitions, orders, workers, death)| Day { partitions, orders, workers, death });
    crate::testing::explore_with(&super::scenario(), day, workload::orders::<Correct>);
}

const LONG: Duration = Duration::from_secs(3600);

const SHORT: Duration = Duration::from_millis(2);

fn mails() -> Config {
    Config::new().topic("mails", 1, &["postman"]).attempts(2)
}

fn broker(config: Config) -> Broker<String> {
    config.build().expect("it can be built")
}

fn publish(broker: &Broker<String>, key: &str, message: &str) -> Position {
    broker.publish("mails", key, message.to_owned()).expect("it is open")
}

#[test]
fn messages_of_one_key_are_in_one_partition_in_order() {
    let broker = broker(Config::new().topic("mails", 7, &["postman"]));
    let keys = ["ada", "bob", "cyd", "dan", "eve"];
    let first = keys.map(|key| publish(&broker, key, "first"));
    let second = keys.map(|key| publish(&broker, key, "second"));
    for (first, second) in first.into_iter().zip(second) {
        assert_eq!(first.partition, second.partition);
        assert!(first.offset < second.offset);
    }
    assert!(first.iter().any(|position| position.partition != first[0].partition), "they are spread");
}

#[test]
fn a_partition_waits_for_what_is_in_hand_and_others_do_not() {
    let broker = broker(Config::new().topic("mails", 2, &["postman"]));
    let [ada, bob] = [publish(&broker, "ada", "1"), publish(&broker, "bob", "2")];
    assert_ne!(ada.partition, bob.partition, "choose other names");
    publish(&broker, "ada", "3");
    broker.close();
    let consumer = broker.subscribe("mails", "postman").expect("there is such a group");
    let receive = || consumer.receive().expect("there is no log").expect("there is more");
    let mut both = [receive(), receive()];
    both.sort_by_key(|delivery| delivery.key().to_owned());
    assert_eq!(both.each_ref().map(|delivery| delivery.message().as_str()), ["1", "2"], "3 waits for 1");
    let shown = format!("{:?}", both[0]);
    assert!(shown.starts_with(r#"Delivery { key: "ada", position: Position"#) && shown.ends_with("attempt: 1, .. }"));
    for delivery in both {
        delivery.acknowledge().expect("it has the lease");
    }
    assert_eq!(receive().message(), "3");
}

#[test]
fn what_is_given_back_or_dropped_is_delivered_again_until_it_is_dead() {
    let broker = broker(mails().lease(LONG));
    publish(&broker, "ada", "hello");
    publish(&broker, "ada", "goodbye");
    broker.close();
    let consumer = broker.subscribe("mails", "postman").expect("there is such a group");
    let mut seen = Vec::new();
    while let Some(delivery) = consumer.receive().expect("there is no log") {
        seen.push((delivery.message().clone(), delivery.attempt()));
        if seen.len() == 1 { drop(delivery) } else { delivery.give_back() }
    }
    let expected = [("hello", 1), ("hello", 2), ("goodbye", 1), ("goodbye", 2)];
    assert_eq!(seen, expected.map(|(message, attempt)| (message.to_owned(), attempt)));
    for message in ["hello", "goodbye"] {
        let letter = broker.take_dead_letter("mails", "postman").expect("there is such a group").expect("it is dead");
        assert_eq!((letter.message.as_str(), letter.key.as_str(), letter.attempts), (message, "ada", 2));
    }
    assert!(broker.take_dead_letter("mails", "postman").expect("there is such a group").is_none());
}

#[test]
fn who_is_too_late_cannot_acknowledge() {
    let broker = broker(mails().lease(SHORT));
    publish(&broker, "ada", "hello");
    let consumer = broker.subscribe("mails", "postman").expect("there is such a group");
    let slow = consumer.receive().expect("there is no log").expect("it was published");
    thread::sleep(SHORT * 2);
    let quick = consumer.receive().expect("there is no log").expect("the lease has run out");
    assert_eq!((slow.position(), slow.attempt(), quick.attempt()), (quick.position(), 1, 2));
    let error = slow.acknowledge().expect_err("it has no lease any more");
    assert!(matches!(error, AcknowledgeError::Expired));
    assert_eq!(error.to_string(), "the lease ran out, and the message is somebody else's");
    quick.acknowledge().expect("it has the lease");
}

#[test]
fn a_halted_broker_delivers_nothing_and_takes_what_is_done() {
    let broker = broker(mails().lease(LONG));
    publish(&broker, "ada", "hello");
    publish(&broker, "ada", "goodbye");
    let consumer = broker.subscribe("mails", "postman").expect("there is such a group");
    let delivery = consumer.receive().expect("there is no log").expect("it was published");
    broker.halt();
    broker.close();
    assert!(consumer.receive().expect("there is no log").is_none());
    delivery.acknowledge().expect("it has the lease");
    let refused = broker.publish("mails", "ada", "late".to_owned()).expect_err("it is halted");
    assert_eq!(refused.to_string(), "the broker is closed");
    assert_eq!(refused.into_message(), "late");
}

#[test]
fn the_next_process_has_what_was_not_settled_and_the_dead_letters() {
    let scratch = Scratch::new();
    let config = Config::new().topic("mails", 1, &["postman", "archive"]).attempts(1);
    let open =
        || -> Broker<String> { config.clone().open(&scratch.file("log"), Durability::Power).expect("the log is ours") };
    let broker = open();
    for message in ["dead", "done", "to do"] {
        publish(&broker, "ada", message);
    }
    let postman = broker.subscribe("mails", "postman").expect("there is such a group");
    let receive = || postman.receive().expect("the disk works").expect("there is more");
    receive().give_back();
    receive().acknowledge().expect("it has the lease");
    let in_hand = receive();
    assert_eq!(in_hand.message(), "to do");
    std::mem::forget(in_hand); // The process dies.
    drop(broker);

    let broker = open();
    broker.close();
    let all = |group: &str| {
        let consumer = broker.subscribe("mails", group).expect("there is such a group");
        let mut messages = Vec::new();
        let read = consumer.work(|delivery| -> Result<(), ()> {
            messages.push(delivery.message().clone());
            Ok(())
        });
        read.expect("the disk works");
        messages
    };
    assert_eq!(all("postman"), ["to do"]);
    assert_eq!(all("archive"), ["dead", "done", "to do"]);
    let letter = broker.take_dead_letter("mails", "postman").expect("the disk works").expect("one is dead");
    assert_eq!((letter.message.as_str(), letter.position.offset, letter.attempts), ("dead", 0, 1));
    drop(broker);
    assert_eq!(std::fs::read(scratch.file("log")).expect("it is there").len(), 8, "nothing is left to remember");

    let other = Config::new().topic("letters", 1, &["postman"]);
    publish(&open(), "ada", "one more");
    let error = other.open::<String>(&scratch.file("log"), Durability::Process).expect_err("it has no such topic");
    assert!(matches!(&error, ConfigError::Log(_)) && error.to_string().ends_with("holds records of somebody else"));
}

/// The process dies at every moment of a life, in the middle of a record or between two: the next one finds what was written whole.
#[test]
fn whenever_the_process_dies_each_message_is_there_or_settled() {
    let scratch = Scratch::new();
    let (log, cut_off) = (scratch.file("log"), scratch.file("cut-off"));
    let open = |path| -> Broker<String> { mails().open(path, Durability::Process).expect("the log is ours") };
    let left = |path| {
        let broker = open(path);
        broker.close();
        let (consumer, mut messages) = (broker.subscribe("mails", "postman").expect("it is known"), Vec::new());
        while let Some(delivery) = consumer.receive().expect("the disk works") {
            messages.push(delivery.message().clone());
            delivery.acknowledge().expect("it has the lease");
        }
        messages
    };
    let broker = open(&log);
    let consumer = broker.subscribe("mails", "postman").expect("there is such a group");
    let mut expected: Vec<String> = Vec::new();
    let mut before = std::fs::read(&log).expect("it is there");
    for step in 0..9 {
        let last = expected.clone();
        // Two come and one goes.
        if step % 3 == 2 {
            consumer.receive().expect("the disk works").expect("one is there").acknowledge().expect("it has the lease");
            expected.remove(0);
        } else {
            let message = format!("message {step}");
            publish(&broker, "ada", &message);
            expected.push(message);
        }
        let after = std::fs::read(&log).expect("it is there");
        for cut in before.len()..=after.len() {
            std::fs::write(&cut_off, &after[..cut]).expect("there is room");
            let whole = if cut == after.len() { &expected } else { &last };
            assert_eq!(&left(&cut_off), whole, "in step {step}, cut at {cut}");
        }
        before = after;
    }
}

#[test]
fn an_order_that_cannot_be_filled_is_put_aside() {
    let broker = Shop::<Correct>::config(1).attempts(3).build().expect("it can be built");
    let shop: Shop = Shop::open(broker, 4);
    for (id, pieces) in [(1, 3), (2, 2), (3, 1)] {
        shop.place(Order { id, customer: "ada".to_owned(), pieces }).expect("it is open");
    }
    shop.close();
    assert!(shop.place(Order { id: 4, customer: "ada".to_owned(), pieces: 1 }).is_err());
    for station in [Station::Stock, Station::Points] {
        shop.work(station, |_, _| ()).expect("there is such a station");
    }
    assert_eq!((shop.in_stock(), shop.points_of("ada"), shop.points_of("bob")), (0, 6, 0));
    let failed = shop.take_failed(Station::Stock).expect("there is such a station").expect("one order is too large");
    assert_eq!((failed.message.id, failed.attempts), (2, 3));
}

#[test]
fn what_cannot_be_is_refused() {
    let error = |config: Config| config.build::<String>().expect_err("it cannot be built").to_string();
    assert_eq!(error(Config::new().topic("a", 0, &["b"])), r#"the topic "a" has no partition, choose at least 1"#);
    assert_eq!(error(Config::new().topic("a", 1, &[])), r#"nobody reads the topic "a", name at least one group"#);
    let twice = Config::default().topic("a", 1, &["b"]).topic("a", 1, &["b"]);
    assert_eq!(error(twice), r#"the name "a" is given twice, choose another"#);
    assert_eq!(error(Config::new().topic("a", 1, &["b", "b"])), r#"the name "b" is given twice, choose another"#);
    assert_eq!(error(mails().attempts(0)), "a message has 0 attempts, choose at least 1");

    let broker = broker(mails());
    let error = broker.publish("letters", "ada", String::new()).expect_err("there is no such topic");
    assert_eq!(format!("{error:?}: {error}"), "UnknownTopic(..): there is no such topic");
    let unknown = |topic, group| broker.subscribe(topic, group).expect_err("it is unknown").to_string();
    assert_eq!(unknown("letters", "postman"), "there is no such topic");
    assert_eq!(unknown("mails", "milkman"), "the topic has no such group");
}
