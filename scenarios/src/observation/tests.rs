//! Observation and its twins, explored; and one thread alone.

use reweave::time::Duration;

use super::variant::Correct;
#[cfg(feature = "sim")]
use super::workload;
use super::{Config, ConfigError, Histogram, Outcome, ParseContextError, Requests, TraceContext, Tracer};

crate::testing::row!(super::scenario);

#[cfg(feature = "sim")]
#[test]
fn the_guarantees_hold_for_any_number_of_tasks() {
    let numbers = (1..5_usize, 1..4_usize, 0..4_usize);
    crate::testing::explore_with(&super::scenario(), numbers, |(tasks, each, scrapes)| {
        workload::scrapes_agree::<Correct>(tasks, each, scrapes);
        workload::traces_follow::<Correct>(tasks, each, 2);
        workload::requests_are_counted::<Correct>(tasks, each, scrapes);
    });
}

#[test]
fn a_latency_that_equals_a_bound_is_below_it() {
    let bounds = [1, 2, 4].map(Duration::from_millis);
    let histogram: Histogram = Histogram::new(bounds.to_vec());
    for micros in [0, 1_000, 1_001, 2_000, 4_000, 4_001, 1_000_000] {
        histogram.observe(Outcome::Success, Duration::from_micros(micros));
    }
    assert_eq!(histogram.scrape().buckets(), [2, 2, 1, 2]);
    assert_eq!(histogram.scrape(), histogram.scrape(), "a scrape changes nothing");
}

#[test]
fn the_text_is_what_prometheus_reads() {
    let config = Config::default().buckets([Duration::from_millis(5), Duration::from_secs(2)]);
    let requests: Requests = config.route("a \"b\"\\c\n").build().expect("one route is no two");
    // Nothing was finished, so no number depends on the clock.
    let _in_flight = requests.begin("a \"b\"\\c\n").expect("it is known");
    let expected = r##"# HELP requests_total Requests that have come to their end.
# TYPE requests_total counter
requests_total{route="a \"b\"\\c\n",outcome="success"} 0
requests_total{route="a \"b\"\\c\n",outcome="failure"} 0
# HELP request_duration_seconds How long they took.
# TYPE request_duration_seconds histogram
request_duration_seconds_bucket{route="a \"b\"\\c\n",le="0.005"} 0
request_duration_seconds_bucket{route="a \"b\"\\c\n",le="2"} 0
request_duration_seconds_bucket{route="a \"b\"\\c\n",le="+Inf"} 0
request_duration_seconds_sum{route="a \"b\"\\c\n"} 0
request_duration_seconds_count{route="a \"b\"\\c\n"} 0
# HELP requests_in_flight Requests that are under way.
# TYPE requests_in_flight gauge
requests_in_flight{route="a \"b\"\\c\n"} 1
"##;
    assert_eq!(requests.scrape().to_string(), expected);
}

#[test]
fn buckets_of_the_text_are_cumulative() {
    let requests: Requests =
        Config::default().buckets([Duration::from_secs(600), Duration::from_secs(900)]).route("r").build().unwrap();
    requests.begin("r").unwrap().finish(Outcome::Success);
    requests.begin("r").unwrap().finish(Outcome::Failure);
    let text = requests.scrape().to_string();
    for line in [
        r#"requests_total{route="r",outcome="success"} 1"#,
        r#"requests_total{route="r",outcome="failure"} 1"#,
        r#"request_duration_seconds_bucket{route="r",le="600"} 2"#,
        r#"request_duration_seconds_bucket{route="r",le="900"} 2"#,
        r#"request_duration_seconds_bucket{route="r",le="+Inf"} 2"#,
        r#"request_duration_seconds_count{route="r"} 2"#,
    ] {
        assert!(text.lines().any(|is| is == line), "{line} is not in\n{text}");
    }
}

#[test]
fn contexts_are_read_as_the_standard_says() {
    let read = |header: &str| header.parse::<TraceContext>();
    let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let unsampled = read(&format!("00-{trace}-{span}-00")).expect("it is well formed");
    assert!(!unsampled.is_sampled());
    let later = read(&format!("cc-{trace}-{span}-03-what-the-future-will-bring")).expect("later versions may say more");
    assert_eq!(later.to_string(), format!("00-{trace}-{span}-01"), "what is not understood is not passed on");
    for (header, error) in [
        (String::new(), ParseContextError::Malformed),
        (format!("00-{trace}-{span}"), ParseContextError::Malformed),
        (format!("00-{trace}-{span}-01-more"), ParseContextError::Malformed),
        (format!("00-{}-{span}-01", trace.to_uppercase()), ParseContextError::Malformed),
        (format!("00-{}-{span}-01", &trace[1..]), ParseContextError::Malformed),
        (format!("00-{trace}-+{}-01", &span[1..]), ParseContextError::Malformed),
        (format!("ff-{trace}-{span}-01"), ParseContextError::Version),
        (format!("00-{}-{span}-01", "0".repeat(32)), ParseContextError::Zero),
        (format!("00-{trace}-{}-01", "0".repeat(16)), ParseContextError::Zero),
    ] {
        assert_eq!(read(&header), Err(error), "{header}");
    }
}

#[test]
fn ids_are_not_given_out_twice() {
    let tracer = Tracer::new(u64::MAX - 5);
    for _ in 0..1_000 {
        drop(tracer.root("span"));
    }
    let spans = tracer.take_finished();
    let ids = |id: fn(TraceContext) -> u128| spans.iter().map(move |span| id(span.context()));
    let mut all: Vec<_> = ids(|context| context.span_id().get().into()).collect();
    all.extend(ids(|context| context.trace_id().get()));
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 2_000);
    assert!(tracer.take_finished().is_empty(), "what is taken is gone");
}

#[test]
fn what_cannot_be_used_is_refused() {
    let second = Duration::from_secs(1);
    let error = Config::default().buckets([second, second]).build::<Correct>().expect_err("they do not ascend");
    assert_eq!(error, ConfigError::NotAscending { bound: second, after: second });
    assert_eq!(error.to_string(), "the bound 1s follows 1s, sort the bounds");
    let error = Config::default().route("r").route("r").build::<Correct>().expect_err("it is there twice");
    assert_eq!(error.to_string(), "the route \"r\" is there twice, name it once");
}
