//! Saved failures from end to end: a package of a workspace whose tests are run by cargo, as its owner does and as CI does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace: a package with a test that fails, and one beside it in which it does so.
const MANIFEST: &str = "[workspace]\nmembers = [\"counting\", \"pieces\"]\nresolver = \"3\"\n";

const PACKAGE: &str = "\
[package]
name = \"NAME\"
edition = \"2024\"

[dependencies]
pieces = { package = \"NAME-pieces\", path = \"../pieces\" }
reweave = { path = \"HARNESS\" }
";

const PIECES_PACKAGE: &str = "\
[package]
name = \"NAME-pieces\"
edition = \"2024\"

[lib]
name = \"pieces\"
";

const PIECES: &str = "\
pub fn twice(count: impl Fn()) {
    count();
    count();
}

pub fn assert_two(count: u32) {
    assert_eq!(count, 2, \"both have counted\");
}
";

const COUNTING: &str = "\
#[cfg(test)]
mod tests {
    use reweave::sync::Arc;
    use reweave::sync::atomic::{AtomicU32, Ordering::SeqCst};
    use reweave::thread;

    #[reweave::test]
    fn both_count() {
        let hits = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&hits);
        let task = thread::spawn(move || theirs.store(theirs.load(SeqCst) + 1, SeqCst));
        hits.fetch_add(1, SeqCst);
        task.join().unwrap();
        pieces::twice(|| pieces::assert_two(hits.load(SeqCst)));
    }
}
";

/// Such a workspace in a directory of its own.
struct Workspace {
    /// What the package is called. Cargo takes packages of the same name in the same target directory for one.
    name: &'static str,
    root: PathBuf,
    /// Where the failures of that test are saved, below the root.
    seeds: String,
}

impl Workspace {
    fn new(name: &'static str, folder: &str) -> Workspace {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        let _ = fs::remove_dir_all(&root);
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is a member of a workspace");
        let harness = ours.join("harness");
        let named = |manifest: &str| manifest.replace("NAME", name).replace("HARNESS", harness.to_str().unwrap());
        let workspace = Workspace { name, root, seeds: format!("counting/seeds/{name}/tests/both_count") };
        workspace.write("Cargo.toml", MANIFEST);
        workspace.write("counting/Cargo.toml", &named(PACKAGE));
        workspace.write("counting/src/lib.rs", COUNTING);
        workspace.write("pieces/Cargo.toml", &named(PIECES_PACKAGE));
        workspace.write("pieces/src/lib.rs", PIECES);
        // The versions that are there already, so that nothing is fetched.
        fs::copy(ours.join("Cargo.lock"), workspace.root.join("Cargo.lock")).unwrap();
        workspace
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs the tests with these variables. Returns what was printed, and whether they passed.
    fn test(&self, variables: &[(&str, &str)]) -> (String, bool) {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["test", "--offline", "--quiet", "-p", self.name, "--lib"]).current_dir(&self.root);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("REWEAVE_") {
                cargo.env_remove(name);
            }
        }
        // Kept between runs, and for all workspaces: only their own packages are compiled anew.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("package-target");
        cargo.env("CARGO_TARGET_DIR", target).env("RUST_BACKTRACE", "0").env_remove("RUSTFLAGS").env_remove("CI");
        // Less to build, and backtraces have their lines nevertheless.
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only");
        let output = cargo.envs(variables.iter().copied()).output().expect("cargo runs");
        let printed =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("it is text")).concat();
        assert!(printed.contains("running 1 test"), "{printed}");
        (printed, output.status.success())
    }

    /// The names of the files that are saved, in order.
    fn saved(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.root.join(&self.seeds)) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().expect("names are text")).collect();
        names.sort();
        names
    }

    /// The text of the only file that is saved.
    fn file(&self) -> String {
        let [name] = &self.saved()[..] else { panic!("{:?}", self.saved()) };
        fs::read_to_string(self.root.join(&self.seeds).join(name)).unwrap()
    }

    fn remove_seeds(&self) {
        fs::remove_dir_all(self.root.join("counting/seeds")).unwrap();
    }
}

#[test]
fn a_failure_is_saved_in_its_package_and_replayed_until_it_is_gone() {
    let workspace = Workspace::new("saved", "package-saved");
    let (printed, passed) = workspace.test(&[]);
    assert!(!passed && printed.contains("both have counted"), "{printed}");
    let [pending] = &workspace.saved()[..] else { panic!("{:?}\n{printed}", workspace.saved()) };
    let path = workspace.root.join(&workspace.seeds).join(pending);
    assert!(pending.starts_with("panic-") && pending.ends_with(".toml.new"), "{pending}");
    assert!(printed.contains(&format!("saved as {}; REWEAVE_SEEDS=accept keeps it", path.display())), "{printed}");

    let (printed, passed) = workspace.test(&[]);
    assert!(!passed && printed.contains(&format!("the seed {} still fails", path.display())), "{printed}");
    let (_, passed) = workspace.test(&[("REWEAVE_SEEDS", "accept")]);
    let accepted = pending.trim_end_matches(".new");
    assert!(!passed);
    assert_eq!(workspace.saved(), [accepted]);

    // By its path, from the root of the workspace, which is not where the test runs.
    let given = format!("{}/{accepted}", workspace.seeds);
    let (printed, passed) = workspace.test(&[("REWEAVE_REPLAY", &given)]);
    assert!(!passed && printed.contains("still fails") && printed.contains("(replayed)"), "{printed}");

    // A lock more, and it is still known.
    let text = workspace.file();
    let store = "theirs.store(theirs.load(SeqCst) + 1, SeqCst)";
    let with_lock = format!("{{ drop(reweave::sync::Mutex::new(()).lock()); {store} }}");
    let edit = COUNTING.replacen(store, &with_lock, 1);
    workspace.write("counting/src/lib.rs", &edit);
    let (printed, passed) = workspace.test(&[]);
    assert!(
        !passed && printed.contains("still fails, but by another schedule: program and schedule parted"),
        "{printed}"
    );
    assert_eq!(workspace.file(), text, "nobody asked for a change");

    let right = COUNTING.replacen(store, "theirs.fetch_add(1, SeqCst)", 1);
    workspace.write("counting/src/lib.rs", &right);
    let (printed, passed) = workspace.test(&[]);
    assert!(passed, "{printed}");
    assert_eq!(workspace.file(), text, "it stays as a regression test");
}

#[test]
fn in_ci_nothing_is_written_unless_that_is_asked_for() {
    let workspace = Workspace::new("ci", "package-ci");
    let (printed, passed) = workspace.test(&[("CI", "true")]);
    assert!(!passed, "{printed}");
    assert!(!workspace.root.join("counting/seeds").exists(), "nobody collects what is written there");
    assert!(printed.contains("the failure is not saved; its file would be "), "{printed}");
    let token = printed.split_whitespace().find(|word| word.starts_with("REWEAVE_REPLAY=rw1")).expect("it has a token");
    let token = token.trim_start_matches("REWEAVE_REPLAY=");

    // What is asked for is done, and is what was printed.
    workspace.test(&[("CI", "true"), ("REWEAVE_SEEDS", "write")]);
    let pending = workspace.saved();
    assert!(pending[0].ends_with(".toml.new"), "{pending:?}");
    assert!(printed.contains(&workspace.file()), "{printed}\nis without\n{}", workspace.file());
    assert!(printed.contains(&format!("{}/{}:", workspace.seeds, pending[0].trim_end_matches(".new"))), "{printed}");

    // What is saved is replayed there, too, and the token leads to the same.
    let (replayed, passed) = workspace.test(&[("CI", "true")]);
    assert!(!passed && replayed.contains("still fails") && !replayed.contains("is not saved"), "{replayed}");
    let (replayed, passed) = workspace.test(&[("CI", "true"), ("REWEAVE_REPLAY", token)]);
    assert!(!passed && replayed.contains("(replayed)") && replayed.contains("both have counted"), "{replayed}");
    assert_eq!(workspace.saved(), pending);

    workspace.remove_seeds();
    workspace.test(&[("CI", "true"), ("REWEAVE_SEEDS", "accept")]);
    assert_eq!(workspace.saved(), [pending[0].trim_end_matches(".new")]);
    workspace.remove_seeds();
    workspace.test(&[("CI", "false")]);
    assert_eq!(workspace.saved(), pending, "this is not CI");
    workspace.remove_seeds();
    workspace.test(&[("REWEAVE_SEEDS", "read")]);
    assert!(workspace.saved().is_empty());

    // Another directory than that of the package.
    let elsewhere = workspace.root.join("elsewhere");
    workspace.test(&[("REWEAVE_SEEDS_DIR", elsewhere.to_str().unwrap())]);
    assert!(workspace.saved().is_empty() && elsewhere.join("ci/tests/both_count").join(&pending[0]).is_file());
}

#[test]
fn what_is_saved_is_the_same_in_every_checkout() {
    let saved = ["checkouts/one", "checkouts/deeper/two"].map(|folder| {
        // Made just before it is built, so that cargo does not take it for the other one.
        let workspace = Workspace::new("checkout", folder);
        let (printed, passed) = workspace.test(&[]);
        assert!(!passed, "{printed}");
        (workspace.saved(), workspace.file())
    });
    let [(name, text), other] = &saved;
    assert!(text.contains("  pieces::assert_two at ../pieces/src/lib.rs:7:5\n"), "{text}");
    assert!(text.contains("both_count at ./src/lib.rs:14:9\n"), "{text}");
    assert!(!text.contains(env!("CARGO_TARGET_TMPDIR")), "{text}");
    assert_eq!((name, text), (&other.0, &other.1));
}
