//! What observation is put through: small programs that check its guarantees from outside.

use reweave::sync::Arc;
use reweave::thread::{self, JoinHandle};
use reweave::time::Duration;

use super::variant::Policy;
use super::{Config, FinishedSpan, Histogram, Outcome, Requests, Snapshot, TraceContext, Tracer, channel};

/// How long every request of [`scrapes_agree`] takes.
const LATENCY: Duration = Duration::from_millis(3);

/// The route of the workloads that have one.
const ROUTE: &str = "/search";

/// Observers count requests that all take the same time, while somebody scrapes.
///
/// # Panics
/// When a guarantee does not hold.
pub fn scrapes_agree<P: Policy>(observers: usize, each: usize, scrapes: usize) {
    let histogram = Arc::new(Histogram::<P>::new(vec![LATENCY]));
    let observe = |observer: usize| {
        let histogram = Arc::clone(&histogram);
        start(format!("observer {observer}"), move || {
            let outcome = Outcome::ALL[observer % Outcome::ALL.len()];
            (0..each).for_each(|_| histogram.observe(outcome, LATENCY));
        })
    };
    let observing: Vec<_> = (0..observers).map(observe).collect();

    let mut last = 0;
    for _ in 0..scrapes {
        let seen = histogram.scrape();
        agrees(&seen);
        assert!(seen.count() >= last, "a scrape of {} requests follows one of {last}", seen.count());
        last = seen.count();
    }
    observing.into_iter().for_each(join);
    let all = histogram.scrape();
    agrees(&all);
    assert_eq!(all.count(), (observers * each) as u64, "every request is counted once");
}

/// The numbers of one scrape are of the same requests.
fn agrees(seen: &Snapshot) {
    let (count, sum) = (seen.count(), seen.sum());
    let expected = LATENCY * u32::try_from(count).expect("the workload counts few requests");
    assert_eq!(sum, expected, "an inconsistent scrape: {count} requests of {LATENCY:?} took {sum:?}");
    let ended: u64 = Outcome::ALL.into_iter().map(|outcome| seen.ended_in(outcome)).sum();
    assert_eq!(ended, count, "an inconsistent scrape: of {count} requests {ended} ended");
    let sorted: u64 = seen.buckets().iter().sum();
    assert_eq!(sorted, count, "an inconsistent scrape: of {count} requests {sorted} are in a bucket");
}

/// What the spans of a request are named after, in the order in which it goes through them.
const STAGES: [&str; 3] = ["call", "work", "store"];

/// Callers send requests through one or two `stages` more, and each appears in its own trace from end to end.
///
/// # Panics
/// When a guarantee does not hold.
pub fn traces_follow<P: Policy>(callers: usize, each: usize, stages: usize) {
    let tracer = Tracer::new(1);
    let (first, mut receiver) = channel::<usize, P>();
    let mut threads = Vec::new();
    for &stage in &STAGES[1..=stages] {
        let (sender, next) = channel::<usize, P>();
        let received = std::mem::replace(&mut receiver, next);
        let sender = (stage != STAGES[stages]).then_some(sender);
        let tracer = tracer.clone();
        threads.push(start(stage.to_owned(), move || {
            while let Ok((context, number)) = received.recv() {
                let span = tracer.child(format!("{stage} {number}"), context);
                if let Some(sender) = &sender {
                    sender.send(&span, number).expect("a stage leaves after the one before");
                }
            }
        }));
    }
    for caller in 0..callers {
        let (tracer, first) = (tracer.clone(), first.clone());
        threads.push(start(format!("caller {caller}"), move || {
            for number in caller * each..(caller + 1) * each {
                let span = tracer.child(format!("call {number}"), upstream(number));
                first.send(&span, number).expect("a stage leaves after the callers");
            }
        }));
    }
    drop(first);
    threads.into_iter().for_each(join);

    let spans = tracer.take_finished();
    assert_eq!(spans.len(), (stages + 1) * callers * each, "every span is finished once");
    for number in 0..callers * each {
        let mut parent = upstream(number);
        for stage in &STAGES[..=stages] {
            let span = find(&spans, stage, number);
            assert_eq!(span.context().trace_id(), parent.trace_id(), "`{}` is in a wrong trace", span.name());
            assert_eq!(span.parent(), Some(parent.span_id()), "`{}` has a wrong parent", span.name());
            parent = span.context();
        }
    }
}

/// Callers of a service are counted while somebody scrapes.
///
/// # Panics
/// When a guarantee does not hold.
pub fn requests_are_counted<P: Policy>(callers: usize, each: usize, scrapes: usize) {
    let requests: Arc<Requests<P>> = Arc::new(Config::default().route(ROUTE).build().expect("one route is no two"));
    let call = |caller: usize| {
        let requests = Arc::clone(&requests);
        start(format!("caller {caller}"), move || {
            for _ in 0..each {
                requests.begin(ROUTE).expect("the route is known").finish(Outcome::Success);
            }
        })
    };
    let calling: Vec<_> = (0..callers).map(call).collect();
    for _ in 0..scrapes {
        let under_way = requests.scrape().routes()[0].in_flight();
        assert!(under_way <= callers as u64, "{under_way} requests of {callers} callers are under way");
    }
    calling.into_iter().for_each(join);
    let scrape = requests.scrape();
    let route = &scrape.routes()[0];
    assert_eq!(route.latencies().ended_in(Outcome::Success), (callers * each) as u64, "every request is counted");
    assert_eq!(route.in_flight(), 0, "nothing is under way any more");
}

/// The context with which a request comes from another process.
fn upstream(number: usize) -> TraceContext {
    let header = format!("00-{:032x}-00f067aa0ba902b7-01", number + 1);
    header.parse().expect("this is how a header looks")
}

fn find<'a>(spans: &'a [FinishedSpan], name: &str, number: usize) -> &'a FinishedSpan {
    let name = format!("{name} {number}");
    spans.iter().find(|span| span.name() == name).expect("every request has all its spans")
}

/// A request panics on its way: it is counted as failed, in flight no longer, and its span is finished.
///
/// # Panics
/// When a guarantee does not hold.
pub fn a_request_dies<P: Policy>() {
    let requests: Arc<Requests<P>> = Arc::new(Config::default().route(ROUTE).build().expect("one route is no two"));
    let tracer = Tracer::new(1);
    let dies = start("dies".to_owned(), {
        let (requests, tracer) = (Arc::clone(&requests), tracer.clone());
        move || {
            let _in_flight = requests.begin(ROUTE);
            let _span = tracer.root("dies");
            std::panic::resume_unwind(Box::new("in the middle of a request"));
        }
    });
    let other = start("other".to_owned(), {
        let requests = Arc::clone(&requests);
        move || requests.begin(ROUTE).expect("the route is known").finish(Outcome::Success)
    });
    assert!(dies.join().is_err());
    join(other);

    let scrape = requests.scrape();
    let route = &scrape.routes()[0];
    let ended = Outcome::ALL.map(|outcome| route.latencies().ended_in(outcome));
    assert_eq!((ended, route.in_flight()), ([1, 1], 0), "a request that dies has failed");
    assert_eq!(tracer.take_finished().len(), 1, "its span ends with it");
}

fn start(name: String, run: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    thread::Builder::new().name(name).spawn(run).expect("there are threads enough")
}

fn join(thread: JoinHandle<()>) {
    thread.join().expect("a thread comes to its end");
}
