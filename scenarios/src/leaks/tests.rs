//! The client and its twins, explored; and one call alone.

#[cfg(feature = "sim")]
use proptest::prelude::*;
use reweave::time::Duration;

#[cfg(feature = "sim")]
use super::variant::Correct;
#[cfg(feature = "sim")]
use super::workload;
use super::{Abandoned, CallError, Client};

crate::testing::row!(super::scenario);

#[cfg(feature = "sim")]
#[test]
fn the_guarantees_hold_for_any_durations_and_any_number_of_items() {
    let numbers = (prop::collection::vec(0..5_u32, 1..5), 0..4_u32, 0..5_usize, 0..5_usize);
    crate::testing::explore_with(&super::scenario(), numbers, |(work, limit, sent, wanted)| {
        workload::calls::<Correct>(&work, limit);
        workload::items::<Correct>(sent, wanted);
        workload::told::<Correct>(wanted);
        workload::slow_items::<Correct>(work[0], limit);
    });
}

const LONG: Duration = Duration::from_secs(3600);

#[test]
fn work_that_panics_has_answered() {
    let client: Client = Client::new(LONG);
    assert_eq!(client.limit(), LONG);
    let error = client.call(|| -> u8 { panic!("no route") }).unwrap_err();
    assert_eq!(error.to_string(), "the work panicked: no route");
}

#[test]
fn a_stream_whose_work_panics_ends_with_the_panic() {
    let client: Client = Client::new(LONG);
    let mut stream = client.stream(|outlet| {
        outlet.send(1).expect("it is taken");
        panic!("no route");
    });
    assert_eq!(stream.next(), Some(Ok(1)));
    assert_eq!(stream.next(), Some(Err(CallError::Panicked("no route".to_owned()))));
    assert_eq!(stream.next(), None);
}

#[test]
fn a_stream_that_is_given_no_time_is_abandoned() {
    let client: Client = Client::new(Duration::ZERO);
    let (told, news) = (reweave::go::Chan::new(1), reweave::go::Chan::<()>::new(0));
    let (tell, wait) = (told.clone(), news.clone());
    let mut stream = client.stream(move |outlet| {
        wait.recv();
        tell.send(outlet.send(1));
    });
    assert_eq!(stream.next(), Some(Err(CallError::TimedOut)));
    drop(stream);
    news.close();
    assert_eq!(told.recv(), Some(Err(Abandoned)));
    assert_eq!(Abandoned.to_string(), "nobody takes the items of the stream any more");
    assert_eq!(CallError::TimedOut.to_string(), "the time was up before the answer was there");
}
