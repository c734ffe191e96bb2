//! The row of the gallery: what the layers and their twins are put through.

use reweave::time::Duration;

use super::variant::{BeginsAnew, Correct, DeafDriver, NeverCancels};
use super::workload;
use crate::gallery::{Kind, Scenario, Variant};

/// The row of the gallery.
pub fn scenario() -> Scenario {
    Scenario {
        number: 11,
        name: "context",
        about: "a context that goes with a request from the handler down to the driver of a database",
        variants: vec![
            Variant::proved("answers", "a request without a limit is answered", || {
                workload::answers::<Correct>(1, None);
            }),
            Variant::proved("just-in-time", "the answer comes just when the time of the request is up", || {
                workload::one_request::<Correct>(Some(1), Some(1));
            })
            // Who waits for how long is known on a clock that nobody else moves.
            .simulated(),
            Variant::proved("hanging-server", "the server never answers, and the statement is ended", || {
                workload::hanging_server::<Correct>(3, 1);
            })
            .simulated(),
            Variant::proved("hangs-up", "the client hangs up just when the answer comes", || {
                workload::hangs_up::<Correct>(Some(1));
            })
            .simulated(),
            Variant::proved("second-try", "a query is given up, and the request goes on", || {
                workload::second_try::<Correct>();
            })
            .simulated(),
            Variant::survives("many-answers", "four requests are answered at once", || {
                workload::answers::<Correct>(4, Some(Duration::from_secs(3600)));
            })
            // An hour is over at once on a clock that may move at any step.
            .under_its_rules()
            .schedules(100),
            Variant::survives("crowd", "five requests have work for none to four ticks, and time for two", || {
                workload::crowd::<Correct>(5);
            })
            .simulated()
            .schedules(100),
            Variant::fails(
                "deaf-driver",
                "the request is answered in time, and its driver waits for a server that never answers",
                Kind::Leak,
                "can never finish: it waits",
                || workload::one_request::<DeafDriver>(None, Some(1)),
            ),
            Variant::fails(
                "timer-runs-on",
                "the request is answered, and its timer runs until the deadline",
                Kind::Panic,
                "its context is not done: its timer runs on",
                || workload::one_request::<NeverCancels>(Some(1), Some(1_000)),
            ),
            Variant::fails(
                "never-cancelled",
                "the request is answered, and who watches its context waits for ever",
                Kind::Leak,
                "can never finish: it waits",
                || workload::answers::<NeverCancels>(1, None),
            ),
            Variant::fails(
                "begins-anew",
                "the query derives its context from the background, and the limit of the request is lost",
                Kind::Panic,
                "the request took",
                || workload::hanging_server::<BeginsAnew>(3, 1),
            ),
        ],
    }
}
