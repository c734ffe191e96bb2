//! What the cache is put through: small programs that check its guarantees from outside.
//!
//! The source that is loaded from is played by the workload. It counts the loads, and answers with the version that is current
//! when a load begins.

use reweave::sync::Arc;
use reweave::sync::atomic::{AtomicUsize, Ordering};
use reweave::thread::{self, JoinHandle};
use reweave::time::Duration;

use super::variant::Policy;
use super::{Cache, Config};

type Pages<P> = Arc<Cache<usize, usize, &'static str, P>>;

/// What is loaded from.
struct Source {
    version: AtomicUsize,
    loads: AtomicUsize,
}

impl Source {
    fn new() -> Arc<Self> {
        Arc::new(Self { version: AtomicUsize::new(0), loads: AtomicUsize::new(0) })
    }

    fn load(&self) -> usize {
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.version.load(Ordering::SeqCst)
    }

    fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }
}

/// Callers ask at the same time for a few keys, in turn: each is loaded once, and all who ask for it share the value.
///
/// # Panics
/// When a guarantee of the cache does not hold.
pub fn loads_once<P: Policy>(callers: usize, keys: usize) {
    let loads: Arc<Vec<AtomicUsize>> = Arc::new((0..keys).map(|_| AtomicUsize::new(0)).collect());
    let pages = pages::<P>(Config::default(), {
        let loads = Arc::clone(&loads);
        move |key| Ok(100 * key + loads[key].fetch_add(1, Ordering::SeqCst))
    });
    let ask =
        |caller| start(format!("caller {caller}"), &pages, move |pages| (caller % keys, pages.get(&(caller % keys))));
    let answers: Vec<_> = (0..callers).map(ask).collect::<Vec<_>>().into_iter().map(join).collect();

    for (key, loads) in loads.iter().enumerate().take(callers) {
        assert_eq!(loads.load(Ordering::SeqCst), 1, "key {key} is loaded once");
    }
    for (key, answer) in answers {
        let (value, kept) = (answer.expect("nothing fails"), pages.get(&key).expect("it is there"));
        assert_eq!(*value, 100 * key, "everybody has the value of its key");
        assert!(Arc::ptr_eq(&value, &kept), "all share one value");
    }
    assert_eq!(pages.len(), keys.min(callers));
}

/// The source has a new version while callers read the old one, and the key is invalidated: whoever asks afterwards has the
/// new version, whatever was being loaded meanwhile.
///
/// # Panics
/// When a guarantee of the cache does not hold.
pub fn stays_fresh<P: Policy>(callers: usize) {
    let source = Source::new();
    let pages = pages::<P>(Config::default(), {
        let source = Arc::clone(&source);
        move |_| Ok(source.load())
    });
    let ask = |caller| {
        start(format!("caller {caller}"), &pages, |pages| {
            let first = pages.get(&0).expect("nothing fails");
            (*first, *pages.get(&0).expect("nothing fails"))
        })
    };
    let asking: Vec<_> = (0..callers).map(ask).collect();
    source.version.store(1, Ordering::SeqCst);
    pages.invalidate(&0);

    let after = pages.get(&0).expect("nothing fails");
    assert_eq!(*after, 1, "what is older than the invalidation is not in the cache any more");
    for (first, second) in asking.into_iter().map(join) {
        assert!(first <= second, "version {second} was read after version {first}");
    }
    assert!((1..=2).contains(&source.loads()), "there is a load before the invalidation at most, and one after it");
}

/// The first load fails: those who waited for it share the error, and whoever comes later has a value.
///
/// # Panics
/// When a guarantee of the cache does not hold.
pub fn failures_are_forgotten<P: Policy>(callers: usize) {
    let source = Source::new();
    let pages = pages::<P>(Config::default(), {
        let source = Arc::clone(&source);
        move |key| if source.loads.fetch_add(1, Ordering::SeqCst) == 0 { Err("no route") } else { Ok(key) }
    });
    let ask = |caller| start(format!("caller {caller}"), &pages, |pages| pages.get(&7));
    let answers: Vec<_> = (0..callers).map(ask).collect::<Vec<_>>().into_iter().map(join).collect();

    let errors: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert!(errors.iter().all(|error| *error.get() == "no route"), "{errors:?}");
    assert!(errors.iter().all(|error| error.is_same(errors[0])), "all who waited share one error");
    assert_eq!(errors.is_empty(), callers == 0, "whoever was first has the error");
    let now = pages.get(&7).map(|value| *value).map_err(|error| *error.get());
    assert_eq!(now, if callers == 0 { Err("no route") } else { Ok(7) }, "a failure is not kept");
    assert_eq!(source.loads(), callers.min(1) + 1, "it is loaded once more, and only once");
}

/// The first load panics: that is the end of whoever made it, and of nobody else.
///
/// # Panics
/// When a guarantee of the cache does not hold.
pub fn a_load_dies<P: Policy>(callers: usize) {
    let source = Source::new();
    let pages = pages::<P>(Config::default(), {
        let source = Arc::clone(&source);
        move |key| match source.loads.fetch_add(1, Ordering::SeqCst) {
            0 => std::panic::resume_unwind(Box::new("in the middle of a load")),
            _ => Ok(key),
        }
    });
    let ask = |caller| start(format!("caller {caller}"), &pages, |pages| pages.get(&7));
    let asking: Vec<_> = (0..callers).map(ask).collect();
    let ends: Vec<_> = asking.into_iter().map(JoinHandle::join).collect();

    let answers: Vec<_> = ends.into_iter().flatten().collect();
    assert_eq!(answers.len() + 1, callers, "one dies, and the others have an answer");
    assert!(answers.into_iter().all(|answer| answer.is_ok_and(|value| *value == 7)), "which is the value");
    assert_eq!(pages.get(&7).map(|value| *value).ok(), Some(7));
    assert_eq!(source.loads(), 2, "it is loaded once more, and only once");
}

/// A value is used as long as its time has not come, and loaded once when it has.
///
/// # Panics
/// When a guarantee of the cache does not hold.
pub fn expires<P: Policy>(callers: usize) {
    let (time, moment) = (Duration::from_secs(60), Duration::from_millis(1));
    let source = Source::new();
    let pages = pages::<P>(Config::default().time_to_live(time), {
        let source = Arc::clone(&source);
        move |_| {
            thread::sleep(moment);
            Ok(source.load())
        }
    });
    assert_eq!(pages.get(&0).map(|value| *value).ok(), Some(0));
    source.version.store(1, Ordering::SeqCst);

    thread::sleep(time - moment - moment);
    assert_eq!(pages.get(&0).map(|value| *value).ok(), Some(0), "it can be used to its last moment");
    thread::sleep(moment);
    let ask = |caller| start(format!("caller {caller}"), &pages, |pages| pages.get(&0).map(|value| *value).ok());
    let answers: Vec<_> = (0..callers).map(ask).collect::<Vec<_>>().into_iter().map(join).collect();
    assert_eq!(answers, vec![Some(1); callers], "its time has come");
    assert_eq!(source.loads(), 1 + callers.min(1), "and it is loaded again, once");
}

/// Callers ask for more keys than there is room for: the oldest make room.
///
/// # Panics
/// When a guarantee of the cache does not hold.
pub fn makes_room<P: Policy>(callers: usize, keys: usize, capacity: usize) {
    let pages = pages::<P>(Config::default().capacity(capacity), Ok);
    let ask = |caller| {
        start(format!("caller {caller}"), &pages, move |pages| {
            let values: Vec<_> = (0..keys).map(|key| *pages.get(&(caller + key)).expect("nothing fails")).collect();
            (values, pages.len())
        })
    };
    let asking: Vec<_> = (0..callers).map(ask).collect();
    for (caller, asking) in asking.into_iter().enumerate() {
        let (values, len) = join(asking);
        assert!(values.into_iter().eq(caller..caller + keys), "everybody has the values of its keys");
        assert!(len <= capacity, "{len} entries, and there is room for {capacity}");
    }
}

/// Readers look at a page again and again until they see the new one, and somebody invalidates the old one: that must get its turn,
/// or nobody comes to an end.
///
/// # Panics
/// When a guarantee of the cache does not hold.
pub fn a_writer_gets_in<P: Policy>(readers: usize) {
    let source = Source::new();
    let pages = pages::<P>(Config::default(), {
        let source = Arc::clone(&source);
        move |_| Ok(source.load())
    });
    assert_eq!(pages.get(&0).map(|value| *value).ok(), Some(0));
    source.version.store(1, Ordering::SeqCst);
    let read = |reader| {
        start(format!("reader {reader}"), &pages, |pages| {
            while pages.get(&0).is_ok_and(|value| *value == 0) {
                thread::yield_now();
            }
        })
    };
    let reading: Vec<_> = (0..readers).map(read).collect();
    let writer = start("writer".to_owned(), &pages, |pages| pages.invalidate(&0));

    assert!(join(writer), "there was something to invalidate");
    reading.into_iter().for_each(join);
    assert_eq!(source.loads(), 1 + readers.min(1), "the new version is loaded once");
}

fn pages<P: Policy>(
    config: Config,
    loader: impl Fn(usize) -> Result<usize, &'static str> + Send + Sync + 'static,
) -> Pages<P> {
    let cache = config.build(move |key: &usize| loader(*key));
    Arc::new(cache.expect("the workload leaves room"))
}

/// In an explanation a thread was created where this is called.
#[track_caller]
fn start<P: Policy, T: Send + 'static>(
    name: String,
    pages: &Pages<P>,
    run: impl FnOnce(&Cache<usize, usize, &'static str, P>) -> T + Send + 'static,
) -> JoinHandle<T> {
    let pages = Arc::clone(pages);
    thread::Builder::new().name(name).spawn(move || run(&pages)).expect("there are threads enough")
}

fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().expect("a thread comes to its end")
}
