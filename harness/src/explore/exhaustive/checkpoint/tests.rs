//! What is written comes back, and what nobody wrote is refused.

use super::super::moves::{Move, TaskName};
use super::super::tree::{Edge, EdgeState, Node, NodeId, Plan};
use super::read::Reader;
use super::write::encode;
use super::*;
use crate::findings::FindingKind;
use proptest::prelude::*;

fn plan(seed: u64) -> Plan {
    let made = |task: u64, outcome| Move { task: TaskName(task), outcome };
    let branch = Plan { moves: vec![made(seed, u64::MAX - seed), made(1, 2)], branches: Vec::new() };
    let inner = Plan { moves: vec![made(0, 0)], branches: Vec::new() };
    let twice = vec![(1, Plan { branches: vec![(1, inner)], ..branch.clone() }), (1, branch.clone())];
    Plan { moves: vec![made(seed, 0), made(seed, 1), made(2, u64::MAX)], branches: twice }
}

/// Something of everything; not what any program leads to.
fn sample() -> (Head, Tree) {
    let settings = Settings::new("a test".to_owned());
    let a_loop = |line| Loop { file: "src/a.rs".to_owned(), line, column: 9 };
    let failure = Failure {
        execution: 3,
        kind: FindingKind::Deadlock,
        decisions: [1, 2, 70_000].into_iter().collect(),
        detail: Some("because".to_owned()),
        steered: false,
    };
    let head = Head {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        test: settings.name.clone(),
        rules: Rules::of(&settings),
        fingerprint: 0x0123_4567_89ab_cdef,
        finish_apart: true,
        single_steps: false,
        loses_timers: true,
        executed: 300,
        failed: 2,
        steps: 70_000,
        cut: 1,
        gave_up: 4,
        blocked: 0,
        elapsed: Duration::from_millis(1_234),
        estimate: Estimate::from_parts(7.5, 290),
        failures: vec![("deadlock x".to_owned(), failure)],
        free_loops: vec![a_loop(7)],
        tried_loops: vec![a_loop(7), a_loop(300)],
    };
    let edge = |state, plan: &Plan| Edge { made: plan.moves[0], state };
    let (a, b) = (plan(1 << 40), plan(u64::MAX));
    let node = |parent, depth, edges: Vec<Edge>| Node {
        parent,
        depth,
        sleep: a.moves.iter().copied().collect(),
        edges: edges.into(),
        version: 1,
        ..Node::default()
    };
    let mut nodes = vec![
        node(None, 0, vec![edge(EdgeState::Open(Some(NodeId(1))), &a), edge(EdgeState::Planned(b.clone()), &b)]),
        node(
            Some((NodeId(0), 0)),
            1,
            vec![
                edge(EdgeState::Done(Some(NodeId(2))), &a),
                edge(EdgeState::Planned(b.clone()), &b),
                edge(EdgeState::Done(None), &b),
            ],
        ),
        node(Some((NodeId(1), 0)), 2, vec![edge(EdgeState::Done(None), &a)]),
    ];
    (nodes[0].planned, nodes[0].unfinished, nodes[0].listed) = (1, 2, true);
    (nodes[1].planned, nodes[1].unfinished, nodes[1].listed) = (1, 1, true);
    nodes[2].free = true;
    let planned_moves = b.len() * 2;
    (
        head,
        Tree {
            nodes,
            free: vec![],
            agenda: vec![vec![NodeId(0)], vec![NodeId(1)]],
            planned_moves,
            kept: 1,
            sweep_at: 20_000,
            version: 1,
            part: false,
        },
    )
}

fn bytes() -> Vec<u8> {
    let (head, tree) = sample();
    encode(&head, &tree).unwrap()
}

/// Gives what was changed the right checksum.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.len() - AFTER;
    let sum = checksum(&bytes[..end]).to_le_bytes();
    bytes[end..].copy_from_slice(&sum);
    bytes
}

fn decode(bytes: &[u8]) -> Result<(Head, Tree), String> {
    let mut reader = Reader::new(Path::new("x"), bytes).map_err(|error| error.to_string())?;
    let head = reader.head(|_| Ok(())).map_err(|error| error.to_string())?;
    reader.rest(head)
}

#[test]
fn what_was_written_comes_back() {
    let (head, tree) = decode(&bytes()).unwrap();
    let (same_head, same_tree) = sample();
    assert_eq!(format!("{head:?}"), format!("{same_head:?}"));
    assert_eq!(format!("{tree:?}"), format!("{same_tree:?}"));
}

#[test]
fn another_version_is_refused() {
    let (head, tree) = sample();
    let other = Head { version: "0.0.9".to_owned(), ..head };
    let error = decode(&encode(&other, &tree).unwrap()).unwrap_err();
    let this = env!("CARGO_PKG_VERSION");
    assert_eq!(
        error,
        format!(
            "the checkpoint x was made with reweave 0.0.9, and this is reweave {this}: \
             go on with that version, or remove it to begin anew"
        )
    );
    let mut other = bytes();
    other[3] = b'2';
    let error = decode(&sealed(other)).unwrap_err();
    assert!(error.starts_with("the checkpoint x has format 2, and this version reads format 3"), "{error}");
}

#[test]
fn content_that_makes_no_sense_is_refused() {
    // What is planned and on no agenda would never be explored.
    let (head, mut tree) = sample();
    tree.agenda[1].clear();
    assert!(decode(&encode(&head, &tree).unwrap()).unwrap_err().starts_with("its content makes no sense at byte "));
}

#[test]
fn plans_that_are_nested_too_deep_are_not_written() {
    let (head, mut tree) = sample();
    let made = tree.nodes[0].edges[1].made;
    let mut deep = Plan { moves: vec![made, made], branches: Vec::new() };
    for _ in 0..=MAX_NESTING {
        deep = Plan { moves: vec![made, made], branches: vec![(1, deep)] };
    }
    tree.nodes[0].edges[1].state = EdgeState::Planned(deep);
    assert!(encode(&head, &tree).is_none());
}

proptest! {
    #[test]
    fn any_content_is_an_exploration_or_an_error(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut bytes = bytes();
        for (at, value) in changes {
            let at = BEFORE + at.index(bytes.len() - BEFORE - AFTER);
            bytes[at] = value;
        }
        let _ = decode(&sealed(bytes));
    }

    #[test]
    fn any_bytes_are_an_exploration_or_an_error(bytes: Vec<u8>) {
        prop_assert!(decode(&bytes).is_err());
    }
}
