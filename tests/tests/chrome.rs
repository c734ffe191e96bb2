//! The explanation as a Chrome trace: pinned, and with what Perfetto asks of it.

use reweave_tests::json::Json;
use reweave_tests::samples::{self, finding, stable};

#[test]
fn a_lost_update() {
    let finding = finding("lost_update", samples::lost_update);
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!(stable(&finding, &finding.chrome_trace()));
    });
}

#[test]
fn events_are_what_the_format_asks_for() {
    let programs: [(&str, fn()); 3] = [
        ("opposite_order", samples::opposite_order),
        ("wide_names", samples::wide_names),
        ("many_tasks", samples::many_tasks),
    ];
    for (name, program) in programs {
        let finding = finding(name, program);
        let trace = Json::parse(&finding.chrome_trace()).unwrap();
        let events = trace.get("traceEvents").items();
        let of = |phase: &'static str| events.iter().filter(move |event| event.get("ph").text() == phase);
        let named: Vec<u64> = of("M")
            .filter(|event| event.get("name").text() == "thread_name")
            .map(|event| event.get("tid").number() as u64)
            .collect();
        for event in events {
            assert_eq!(event.get("pid").number(), 1.0, "{name}: {event:?}");
            assert!(event.get("tid").number() >= 0.0, "{name}: {event:?}");
            assert!(event.get("ph").text() == "M" || event.get("ts").number() >= 1.0, "{name}: {event:?}");
        }
        assert!(of("X").count() > 3, "{name}");
        for slice in of("X") {
            assert!(
                slice.get("dur").number() > 0.0 && named.contains(&(slice.get("tid").number() as u64)),
                "{slice:?}"
            );
        }
        // Every arrow has two ends, and each is inside a slice of its thread.
        let ends = |phase| -> Vec<&str> { of(phase).map(|event| event.get("id").text()).collect() };
        assert_eq!(ends("s"), ends("f"), "{name}");
        assert!(!ends("s").is_empty(), "{name}");
        for end in of("s").chain(of("f")) {
            let within = |slice: &Json| {
                let (start, at) = (slice.get("ts").number(), end.get("ts").number());
                slice.get("tid") == end.get("tid") && start <= at && at <= start + slice.get("dur").number()
            };
            assert!(of("X").any(within), "{name}: {end:?}");
        }
    }
}
