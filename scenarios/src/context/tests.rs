//! The layers and their twins, explored; and one request alone.

#[cfg(feature = "sim")]
use proptest::prelude::*;
use reweave::go::{Context, ContextError};
use reweave::time::Duration;

use super::server::{Pace, Server};
#[cfg(feature = "sim")]
use super::variant::Correct;
#[cfg(feature = "sim")]
use super::workload;
use super::{Database, Driver, Handler, QueryError, Request, Response, ServerError, Service, Status, Store, TraceId};

crate::testing::row!(super::scenario);

#[cfg(feature = "sim")]
#[test]
fn the_guarantees_hold_for_any_durations() {
    let numbers = (prop::option::of(0..4_u32), 1..4_u32, 1..4_u32, 1..5_u64);
    crate::testing::explore_with(&super::scenario(), numbers, |(work, query, limit, requests)| {
        workload::one_request::<Correct>(work, Some(limit));
        workload::hanging_server::<Correct>(query, limit);
        workload::hangs_up::<Correct>(work);
        workload::crowd::<Correct>(requests);
    });
}

fn database(pace: Pace, limit: Option<Duration>) -> Database<Server> {
    Database::new(Driver::new(Server::new(pace)), limit)
}

fn ask(context: &Context, databases: Vec<Database<Server>>, limit: Option<Duration>) -> Response {
    let handler: Handler<_> = Handler::new(Service::new(databases), limit);
    handler.handle(context, Request { trace: TraceId(1), statement: "select 1".to_owned() })
}

const LITTLE: Duration = Duration::from_millis(2);

#[test]
fn every_failure_has_a_status_of_its_own() {
    let context = Context::background();
    let status = |response: Response| response.status;
    assert_eq!(status(ask(&context, vec![database(Pace::Answers(Duration::ZERO), None)], None)), Status::Ok);
    assert_eq!(status(ask(&context, vec![database(Pace::Refuses, None)], None)), Status::BadGateway);
    assert_eq!(status(ask(&context, vec![database(Pace::Hangs, None)], Some(LITTLE))), Status::Timeout);
    assert_eq!(status(ask(&context, vec![database(Pace::Hangs, Some(LITTLE))], None)), Status::Timeout);
    assert_eq!(status(ask(&context, Vec::new(), None)), Status::Timeout);
    let (caller, hang_up) = context.with_cancel();
    hang_up.cancel();
    assert_eq!(status(ask(&caller, vec![database(Pace::Hangs, None)], None)), Status::Cancelled);
    let codes = [Status::Ok, Status::Cancelled, Status::BadGateway, Status::Timeout].map(Status::code);
    assert_eq!(codes, [200, 499, 502, 504]);
}

#[test]
fn the_deadline_of_the_caller_counts_if_it_comes_first() {
    let (caller, cancel) = Context::background().with_timeout(LITTLE);
    let hour = Some(Duration::from_secs(3600));
    let answer = database(Pace::Hangs, hour).query(&caller, "select 1");
    assert_eq!(answer, Err(QueryError::Cancelled(ContextError::DeadlineExceeded)));
    assert_eq!(ask(&caller, vec![database(Pace::Hangs, hour)], hour).status, Status::Timeout);
    cancel.cancel();
}

#[test]
fn a_refusal_is_passed_on_and_no_other_database_is_asked() {
    let other = Server::new(Pace::Answers(Duration::ZERO));
    let databases = vec![database(Pace::Refuses, None), Database::new(Driver::new(other.clone()), None)];
    let service = Service::new(databases);
    let answer = service.find(&Context::background(), "select 1");
    assert_eq!(answer.unwrap_err().to_string(), "the server refused: there is no such table");
    assert_eq!(other.log(), []);
}

#[test]
fn ids_and_errors_are_printed_as_in_logs() {
    assert_eq!(TraceId(255).to_string(), "00000000000000ff");
    assert_eq!(TraceId::of(&Context::background()), None);
    assert_eq!(QueryError::TimedOut.to_string(), "it took longer than a query may");
    let error = QueryError::Cancelled(ContextError::Canceled);
    assert_eq!(error.to_string(), "context canceled");
    assert!(std::error::Error::source(&error).is_some_and(|source| source.is::<ContextError>()));
    assert_eq!(ServerError::Killed.to_string(), "the statement was ended before it was done");
}
