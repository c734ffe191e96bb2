//! Package `sync`: `WaitGroup` and `Once`; goroutines and `recover`.

use reweave::go::{self, Chan, Once, WaitGroup};

use crate::{go_says, go_says_in_every_schedule, panic_of};

go_says_in_every_schedule! {
    /// "A WaitGroup is a counting semaphore typically used to wait for a group of goroutines or tasks to finish."
    fn it_waits_for_goroutines() {
        let (group, done) = (WaitGroup::new(), Chan::new(2));
        for _ in 0..2 {
            let done = done.clone();
            group.go(move || done.send(()));
        }
        group.wait();
        assert_eq!(done.len(), 2);
    }

    /// "If the counter becomes zero, all goroutines blocked on Wait are released."
    fn all_are_released() {
        let (group, out) = (WaitGroup::new(), Chan::new(2));
        group.add(1);
        for _ in 0..2 {
            let (group, out) = (group.clone(), out.clone());
            go::spawn(move || {
                group.wait();
                out.send(());
            });
        }
        group.done();
        assert_eq!([out.recv(), out.recv()], [Some(()); 2]);
    }

    /// "Do calls the function f if and only if Do is being called for the first time for this instance of Once."
    fn only_the_first_call() {
        let (once, calls, group) = (Once::new(), Chan::new(2), WaitGroup::new());
        for _ in 0..2 {
            let (once, calls) = (once.clone(), calls.clone());
            group.go(move || once.do_once(|| calls.send(())));
        }
        group.wait();
        assert_eq!(calls.len(), 1);
    }

    /// "Because no call to Do returns until the one call to f returns …"
    fn nobody_returns_before_it_is_done() {
        let (once, done, group) = (Once::new(), Chan::new(1), WaitGroup::new());
        for _ in 0..2 {
            let (once, done) = (once.clone(), done.clone());
            group.go(move || {
                once.do_once(|| done.send(()));
                assert_eq!(done.len(), 1);
            });
        }
        group.wait();
    }
}

go_says! {
    /// "If the WaitGroup's counter is zero", Wait returns at once.
    fn nothing_to_wait_for() {
        WaitGroup::new().wait();
        WaitGroup::default().wait();
    }

    /// "If the counter goes negative, Add panics."
    fn the_counter_is_never_negative() {
        let group = WaitGroup::new();
        assert_eq!(panic_of(|| group.add(-1)), "sync: negative WaitGroup counter");
        group.add(1);
        assert_eq!(panic_of(|| group.add(-2)), "sync: negative WaitGroup counter");
    }

    /// "Done decrements the WaitGroup counter by one. It is equivalent to Add(-1)."
    fn done_is_minus_one() {
        let group = WaitGroup::new();
        group.add(2);
        group.done();
        group.add(-1);
        group.wait();
        assert_eq!(panic_of(|| group.done()), "sync: negative WaitGroup counter");
    }

    /// "Add adds delta, which may be negative, to the WaitGroup counter."
    fn delta_may_be_anything() {
        let group = WaitGroup::new();
        group.add(5);
        group.add(-3);
        group.add(0);
        group.add(-2);
        group.wait();
    }

    /// "If a WaitGroup is reused to wait for several independent sets of events, new Add calls must happen after all previous Wait
    /// calls have returned."
    fn it_can_be_used_again() {
        let group = WaitGroup::new();
        for _ in 0..3 {
            let theirs = group.clone();
            group.add(1);
            go::spawn(move || theirs.done());
            group.wait();
        }
    }

    /// "Go calls f in a new goroutine and adds that task to the WaitGroup. When f returns, the task is removed from the WaitGroup."
    fn go_adds_and_removes() {
        let (group, values) = (WaitGroup::new(), Chan::new(1));
        let theirs = values.clone();
        group.go(move || theirs.send(7));
        group.wait();
        assert_eq!(values.recv(), Some(7));
        assert_eq!(panic_of(|| group.done()), "sync: negative WaitGroup counter");
    }

    /// "if once.Do(f) is called multiple times, only the first call will invoke f, even if f has a different value in each invocation."
    fn even_if_the_function_differs() {
        let (once, mut calls) = (Once::new(), 0);
        once.do_once(|| calls += 1);
        once.do_once(|| calls += 10);
        assert_eq!(calls, 1);
    }

    /// "A new instance of Once is required for each function to execute."
    fn one_instance_for_each_function() {
        let mut calls = 0;
        Once::new().do_once(|| calls += 1);
        Once::default().do_once(|| calls += 10);
        assert_eq!(calls, 11);
    }

    /// "If f panics, Do considers it to have returned; future calls of Do return without calling f."
    fn a_panic_counts_as_a_return() {
        let once = Once::new();
        assert_eq!(panic_of(|| once.do_once(|| panic!("oh no"))), "oh no");
        once.do_once(|| panic!("it has returned"));
    }

    /// "The return value of recover is nil if … the goroutine is not panicking"; else it is what was given to panic.
    fn recover_returns_what_was_given_to_panic() {
        assert_eq!(go::recover(|| 7).ok(), Some(7));
        assert_eq!(panic_of(|| -> () { panic!("{} of {}", 1, 2) }), "1 of 2");
        let panic = go::recover(|| std::panic::panic_any(42_u8)).unwrap_err();
        assert_eq!(panic.into_payload().downcast_ref(), Some(&42_u8));
    }

    /// "A go statement starts the execution of a function call as an independent concurrent thread of control … program execution does
    /// not wait for the invoked function to complete."
    fn a_go_statement_does_not_wait() {
        let channel = Chan::new(0);
        let theirs = channel.clone();
        go::spawn(move || {
            assert_eq!(theirs.recv(), Some("go on"));
        });
        channel.send("go on");
    }
}

/// "If the panicking sequence … reaches the top of the goroutine's stack, the program terminates": exit status 2.
#[test]
fn a_panic_of_a_goroutine_ends_the_process() {
    let me = std::env::current_exe().unwrap();
    let arguments = ["--ignored", "--exact", "waiting::end_of_a_process", "--nocapture"];
    let ended = std::process::Command::new(me).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("panic: close of closed channel"), "{said}");
}

#[test]
#[ignore = "it ends the process"]
fn end_of_a_process() {
    let channel = Chan::<()>::new(0);
    channel.close();
    go::spawn(move || channel.close());
    Chan::<()>::new(0).recv();
}
