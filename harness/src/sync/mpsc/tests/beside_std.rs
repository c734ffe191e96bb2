//! A simulated channel beside one of the standard library: whatever one thread does with them, it sees the same.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Copy, Debug)]
enum Action {
    TrySend,
    /// Where it cannot block for ever.
    Send,
    TryReceive,
    /// Where it cannot block for ever.
    Receive,
    ReceiveNow,
    CloneSender,
    DropSender,
    DropReceiver,
    Collect,
}

fn action() -> impl Strategy<Value = Action> {
    use Action::*;
    prop_oneof![
        4 => Just(TrySend),
        3 => Just(Send),
        3 => Just(TryReceive),
        3 => Just(Receive),
        2 => Just(ReceiveNow),
        1 => Just(CloneSender),
        1 => Just(DropSender),
        1 => Just(DropReceiver),
        1 => Just(Collect),
    ]
}

/// Performs the actions on a new channel and writes down what they return.
fn perform(bound: Option<usize>, actions: &[Action]) -> Vec<String> {
    let (sender, receiver) = open(bound);
    let (mut senders, mut receiver) = (vec![sender], Some(receiver));
    let mut seen = Vec::new();
    // How many messages are queued.
    let mut queued = 0;
    for (number, action) in actions.iter().enumerate() {
        let has_room = receiver.is_none() || bound.is_none_or(|bound| queued < bound);
        let will_come = queued > 0 || senders.is_empty();
        let result = match (action, senders.last(), &receiver) {
            (Action::TrySend, Some(sender), _) => match sender.try_send(number) {
                Ok(()) => {
                    queued += 1;
                    "sent".to_owned()
                }
                Err(TrySendError::Full(value)) => format!("full {value}"),
                Err(TrySendError::Disconnected(value)) => format!("disconnected {value}"),
            },
            (Action::Send, Some(sender), _) if has_room => match sender.send(number) {
                Ok(()) => {
                    queued += 1;
                    "sent".to_owned()
                }
                Err(SendError(value)) => format!("disconnected {value}"),
            },
            (Action::TryReceive, _, Some(receiver)) => {
                let received = receiver.try_recv();
                queued -= usize::from(received.is_ok());
                format!("{received:?}")
            }
            (Action::Receive, _, Some(receiver)) if will_come => {
                let received = receiver.recv();
                queued -= usize::from(received.is_ok());
                format!("{received:?}")
            }
            (Action::ReceiveNow, _, Some(receiver)) => {
                let received = receiver.recv_timeout(Duration::ZERO);
                queued -= usize::from(received.is_ok());
                format!("{received:?}")
            }
            (Action::Collect, _, Some(receiver)) => {
                queued = 0;
                format!("{:?}", receiver.try_iter().collect::<Vec<_>>())
            }
            (Action::CloneSender, Some(sender), _) => {
                let sender = sender.clone();
                senders.push(sender);
                continue;
            }
            (Action::DropSender, ..) => {
                senders.pop();
                continue;
            }
            (Action::DropReceiver, ..) => {
                receiver = None;
                continue;
            }
            _ => continue,
        };
        seen.push(format!("{action:?}: {result}"));
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_thread_sees_the_same(
        bound in prop::sample::select(&BOUNDS[..]),
        actions in prop::collection::vec(action(), 0..40),
    ) {
        let real = perform(bound, &actions);
        for clock in [Clock::Idle, Clock::Elastic] {
            for ended in explore_with(clock, 3, || perform(bound, &actions)) {
                prop_assert_eq!(&ended.value(), &real);
            }
        }
    }
}
