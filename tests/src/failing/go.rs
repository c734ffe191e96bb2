//! Go's vocabulary.

use reweave::FindingKind::{Deadlock, Leak, Panic};
use reweave::go;

use super::{Failing, in_tasks};

pub(super) const ALL: &[Failing] = &[
    Failing::new("add after spawn", Panic, add_after_spawn),
    Failing::new("closed twice", Panic, closed_twice),
    Failing::new("send on a closed channel", Panic, send_on_a_closed_channel),
    Failing::new("answer that nobody takes", Leak, answer_that_nobody_takes),
    Failing::new("context that nobody cancels", Leak, context_that_nobody_cancels),
    Failing::new("semaphore in two halves", Deadlock, semaphore_in_two_halves),
];

fn add_after_spawn() {
    let (group, results) = (go::WaitGroup::new(), go::Chan::new(1));
    let (theirs, out) = (group.clone(), results.clone());
    go::spawn(move || {
        theirs.add(1);
        out.send(1);
        theirs.done();
    });
    group.wait();
    assert_eq!(results.len(), 1, "it was waited for");
}

fn closed_twice() {
    let (done, closed) = (go::Chan::<()>::new(0), reweave::sync::atomic::AtomicBool::new(false));
    in_tasks(2, move |_| {
        use reweave::sync::atomic::Ordering::SeqCst;
        if !closed.load(SeqCst) {
            closed.store(true, SeqCst);
            done.close();
        }
    });
}

fn send_on_a_closed_channel() {
    let jobs = go::Chan::new(1);
    let theirs = jobs.clone();
    go::spawn(move || theirs.send(1));
    jobs.close();
}

fn answer_that_nobody_takes() {
    let (answers, stop) = (go::Chan::new(0), go::Chan::<()>::new(1));
    let theirs = answers.clone();
    go::spawn(move || theirs.send(1));
    stop.send(());
    go::select! {
        recv(answers) -> answer => assert_eq!(answer, Some(1)),
        recv(stop) => (),
    }
}

fn context_that_nobody_cancels() {
    let (context, cancel) = go::Context::background().with_cancel();
    let (ready, theirs) = (go::Chan::new(1), context.clone());
    let out = ready.clone();
    go::spawn(move || {
        out.send(());
        theirs.done().recv();
    });
    // It is cancelled only if the other was quick.
    if ready.len() == 1 {
        cancel.cancel();
    }
    std::mem::forget(cancel);
}

fn semaphore_in_two_halves() {
    let semaphore = go::Semaphore::new(2);
    in_tasks(2, move |_| {
        let context = go::Context::background();
        semaphore.acquire(&context, 1).unwrap();
        semaphore.acquire(&context, 1).unwrap();
        semaphore.release(2);
    });
}
