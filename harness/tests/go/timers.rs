//! Package `time`: `Timer`, `Ticker`, `After`, `AfterFunc`, `Tick`; as of Go 1.23.

use reweave::go::{self, Chan, Ticker, Timer};
use reweave::time::{Duration, Instant};

use crate::{go_says, go_says_in_time, panic_of};

const SOON: Duration = Duration::from_millis(2);
const LATE: Duration = Duration::from_secs(3600);

#[cfg(not(feature = "sim"))]
#[expect(clippy::disallowed_methods, reason = "here time is real")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(feature = "sim")]
fn now() -> Instant {
    Instant::now()
}

go_says! {
    /// "NewTimer creates a new Timer that will send the current time on its channel after at least duration d."
    fn a_timer_sends_the_time() {
        let start = now();
        let timer = Timer::new(SOON);
        let fired = timer.c().recv().unwrap();
        assert!(fired.duration_since(start) >= SOON);
        assert!(now() >= fired);
    }

    /// "It returns true if the call stops the timer, false if the timer has already expired or been stopped."
    fn stop_says_whether_it_stopped() {
        let timer = Timer::new(LATE);
        assert!(timer.stop());
        assert!(!timer.stop());
        let timer = Timer::new(SOON);
        timer.c().recv();
        assert!(!timer.stop());
    }

    /// "For a chan-based timer created with NewTimer(d), as of Go 1.23, any receive from t.C after Stop has returned is guaranteed to
    /// block rather than receive any stale time value from before the Stop."
    fn nothing_is_received_after_stop() {
        let timer = Timer::new(Duration::ZERO);
        go::after(SOON).recv();
        assert!(timer.stop(), "nobody has received anything");
        go::select! {
            recv(timer.c()) => panic!("stale"),
            recv(go::after(SOON)) => {}
        }
    }

    /// "Reset changes the timer to expire after duration d. It returns true if the timer had been active, false if the timer had expired
    /// or been stopped."
    fn reset_changes_the_timer() {
        let timer = Timer::new(LATE);
        assert!(timer.reset(SOON));
        timer.c().recv();
        assert!(!timer.reset(SOON));
        timer.c().recv();
        timer.stop();
        assert!(!timer.reset(LATE));
        assert!(timer.stop());
    }

    /// "… any receive from t.C after Reset has returned is guaranteed not to correspond to a previous timer setting."
    fn nothing_old_is_received_after_reset() {
        let timer = Timer::new(Duration::ZERO);
        go::after(SOON).recv();
        let start = now();
        timer.reset(SOON);
        assert!(timer.c().recv().unwrap().duration_since(start) >= SOON);
    }

    /// "The timer channel associated with a Timer is unbuffered (synchronous), so len and cap of the timer's channel return 0."
    fn the_channel_looks_unbuffered() {
        let timer = Timer::new(Duration::ZERO);
        go::after(SOON).recv();
        assert_eq!((timer.c().len(), timer.c().cap()), (0, 0));
        assert!(timer.c().recv().is_some());
    }

    /// "After waits for the duration to elapse and then sends the current time on the returned channel."
    fn after_waits() {
        let start = now();
        assert!(go::after(SOON).recv().unwrap().duration_since(start) >= SOON);
    }

    /// "AfterFunc waits for the duration to elapse and then calls f in its own goroutine."
    fn after_func_calls() {
        let called = Chan::new(0);
        let theirs = called.clone();
        let timer = go::after_func(SOON, move || theirs.send("called"));
        assert_eq!(called.recv(), Some("called"));
        assert!(!timer.stop());
    }

    /// "NewTicker returns a new Ticker containing a channel that will send the current time on the channel after each tick."
    fn a_ticker_ticks() {
        let start = now();
        let ticker = Ticker::new(SOON);
        let ticks = [ticker.c().recv().unwrap(), ticker.c().recv().unwrap()];
        assert!(ticks[0] <= ticks[1]);
        // Not before its time, but for the first tick of an elastic clock, which runs ahead with it.
        assert!(ticks[1].duration_since(start) >= SOON);
        ticker.stop();
    }

    /// "The ticker will adjust the time interval or drop ticks to make up for slow receivers."
    fn slow_receivers_miss_ticks() {
        let ticker = Ticker::new(SOON);
        go::after(SOON * 5).recv();
        let seen = (0..5).filter(|_| go::select! {
            recv(ticker.c()) => true,
            default => false,
        });
        assert!(seen.count() <= 2);
        ticker.stop();
    }

    /// "The duration d must be greater than zero; if not, NewTicker will panic."
    fn no_ticker_without_an_interval() {
        assert_eq!(panic_of(|| Ticker::new(Duration::ZERO)), "non-positive interval for NewTicker");
    }

    /// "Stop turns off a ticker. After Stop, no more ticks will be sent. Stop does not close the channel."
    fn a_stopped_ticker_is_silent() {
        let ticker = Ticker::new(SOON);
        ticker.c().recv();
        ticker.stop();
        go::select! {
            recv(ticker.c()) -> tick => panic!("{tick:?}"),
            recv(go::after(SOON * 2)) => {}
        }
    }

    /// "Reset stops a ticker and resets its period to the specified duration. The next tick will arrive after the new period elapses."
    fn a_ticker_can_be_reset() {
        let ticker = Ticker::new(LATE);
        let start = now();
        ticker.reset(SOON);
        assert!(ticker.c().recv().unwrap().duration_since(start) >= SOON);
        ticker.stop();
    }

    /// "The duration d must be greater than zero; if not, Reset will panic."
    fn no_reset_without_an_interval() {
        let ticker = Ticker::new(LATE);
        assert_eq!(panic_of(|| ticker.reset(Duration::ZERO)), "non-positive interval for Ticker.Reset");
        ticker.stop();
    }

    /// "Tick is a convenience wrapper for NewTicker providing access to the ticking channel only." "Unlike NewTicker, Tick will return nil if
    /// d <= 0."
    fn tick_gives_the_channel() {
        assert!(go::tick(Duration::ZERO).is_nil());
        let ticks = go::tick(SOON);
        assert!(ticks.recv().is_some());
        assert!(ticks.recv().is_some());
    }
}

go_says_in_time! {
    /// "It returns a Timer that can be used to cancel the call using its Stop method. The returned Timer's C field is not used and will be
    /// nil."
    fn after_func_can_be_stopped() {
        let timer = go::after_func(LATE, || panic!("it was stopped"));
        assert!(timer.c().is_nil());
        assert!(timer.stop());
        assert!(!timer.stop());
    }

    /// "For a func-based timer created with AfterFunc(d, f), Reset either reschedules when f will run, in which case Reset returns true, or
    /// schedules f to run again, in which case it returns false."
    fn after_func_can_be_reset() {
        let called = Chan::new(2);
        let theirs = called.clone();
        let timer = go::after_func(LATE, move || theirs.send(()));
        assert!(timer.reset(SOON));
        called.recv();
        assert!(!timer.reset(SOON));
        called.recv();
        assert_eq!(called.len(), 0);
    }
}
