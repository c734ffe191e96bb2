//! The explanation as JSON: it is what its schema says, and the numbers in it lead somewhere.

use reweave::Finding;
use reweave_tests::json::{Json, complaints};
use reweave_tests::samples::{self, finding, stable};

const SCHEMA: &str = include_str!("../../harness/docs/finding.schema.json");

const PROGRAMS: [(&str, fn()); 5] = [
    ("lost_update", samples::lost_update),
    ("opposite_order", samples::opposite_order),
    ("wide_names", samples::wide_names),
    ("many_tasks", samples::many_tasks),
    ("long_loop", samples::long_loop),
];

fn read(finding: &Finding) -> Json {
    Json::parse(&finding.json()).unwrap_or_else(|error| panic!("{error} in {}", finding.json()))
}

/// Without the frames of the backtrace, which depend on the compiler.
fn pinned(finding: &Finding) -> String {
    let json = stable(finding, &finding.json());
    let Some((before, rest)) = json.split_once("\"backtrace\": [\n") else { return json };
    let (frames, after) = rest.split_once("\n  ]").expect("the list ends");
    assert!(frames.contains("samples.rs"), "{frames}");
    format!("{before}\"backtrace\": […]{after}")
}

#[test]
fn a_lost_update() {
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!(pinned(&finding("lost_update", samples::lost_update)));
    });
}

#[test]
fn a_deadlock() {
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!(pinned(&finding("opposite_order", samples::opposite_order)));
    });
}

#[test]
fn every_document_is_what_the_schema_says() {
    let schema = Json::parse(SCHEMA).unwrap();
    for (name, program) in PROGRAMS {
        let found = complaints(&schema, &read(&finding(name, program)));
        assert!(found.is_empty(), "{name}: {found:#?}");
    }
}

#[test]
fn numbers_lead_to_what_they_mention() {
    for (name, program) in PROGRAMS {
        let json = read(&finding(name, program));
        let numbers = |list: &Json, member: &str| -> Vec<u64> {
            list.items().iter().map(|item| item.get(member).number() as u64).collect()
        };
        let (tasks, objects) = (numbers(json.get("tasks"), "id"), numbers(json.get("objects"), "id"));
        let steps = numbers(json.get("steps"), "number");
        assert!(!steps.is_empty() && steps.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{name}");
        for step in json.get("steps").items() {
            let number = step.get("number").number() as u64;
            let task = step.get("task").number() as u64;
            assert!(task == 0 || tasks.contains(&task), "{name}: {step:?}");
            assert!(step.get("objects").items().iter().all(|id| objects.contains(&(id.number() as u64))), "{step:?}");
            let after = step.get("after").items();
            assert!(after.iter().all(|cause| (cause.number() as u64) < number), "{name}: {step:?}");
        }
    }
}

#[test]
fn a_value_comes_from_the_step_that_wrote_it() {
    let json = read(&finding("lost_update", samples::lost_update));
    let steps = json.get("steps").items();
    let find = |brief: &'static str| steps.iter().filter(move |step| step.get("brief").text() == brief);
    let last = find("load hits → 1").next_back().expect("main reads what is left");
    let stores: Vec<f64> = find("store 1 in hits").map(|step| step.get("number").number()).collect();
    assert_eq!(stores.len(), 2);
    let after: Vec<f64> = last.get("after").items().iter().map(Json::number).collect();
    assert_eq!(after, [stores[1]], "it reads the later store");
    for (join, name) in [("join left (1)", "left (1)"), ("join right (2)", "right (2)")] {
        let cause = find(join).next().expect("both are joined").get("after").items()[0].number();
        let finish = &steps[cause as usize - 1];
        assert_eq!(finish.get("brief").text(), "finish", "{name}");
    }
}
