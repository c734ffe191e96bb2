//! Paths of source files as they are called on every machine.
//!
//! The compiler and backtraces name most files of a workspace relative to its root or to the package. Others they name by where
//! they are on this machine: what cargo fetched, what a build script wrote, the standard library, packages beside this one. What
//! is told of a failure, and saved of it, is to be the same wherever the program was checked out.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

/// `path`, which may go on with a line and a column, without what depends on the machine:
///
/// | on this machine | everywhere |
/// | --- | --- |
/// | `/rustc/59807616e1/library/core/src/a.rs` | `std:core/src/a.rs` |
/// | `/home/me/.cargo/registry/src/index.crates.io-1949cf8c/bank-1.0.0/src/a.rs` | `bank-1.0.0/src/a.rs` |
/// | `/home/me/.cargo/git/checkouts/bank-8f2e/5ad1/src/a.rs` | `bank/src/a.rs` |
/// | `/home/me/bank/target/debug/build/bank-8f2e/out/a.rs` | `bank/out/a.rs` |
/// | `/home/me/bank/vault/src/a.rs`, while in `/home/me/bank/teller` | `../vault/src/a.rs` |
pub(crate) fn portable(path: &str) -> Cow<'_, str> {
    static HERE: OnceLock<Option<PathBuf>> = OnceLock::new();
    if !Path::new(path).is_absolute() {
        return Cow::Borrowed(path);
    }
    // Tests run in the directory of their package, wherever that is.
    let here = HERE.get_or_init(|| std::env::current_dir().ok());
    portable_from(here.as_deref().unwrap_or(Path::new("")), path)
}

/// The same, seen from the directory `here`.
fn portable_from<'a>(here: &Path, path: &'a str) -> Cow<'a, str> {
    if let Some(rest) = of_std(path).or_else(|| of_registry(path)) {
        return rest;
    }
    if let Some(rest) = of_git(path).or_else(|| of_build_script(path)) {
        return Cow::Owned(rest);
    }
    match relative(here, Path::new(path)) {
        Some(relative) => Cow::Owned(relative),
        None => Cow::Borrowed(of_package(path)),
    }
}

/// Whether a file of source is one of the standard library.
pub(crate) fn is_in_std(path: &str) -> bool {
    within_std(path).is_some()
}

/// What follows the folder of the standard library, as that was compiled or as it is installed.
fn within_std(path: &str) -> Option<&str> {
    if let Some(compiled) = path.strip_prefix("/rustc/") {
        let (_commit, file) = compiled.split_once('/')?;
        return file.strip_prefix("library/");
    }
    Path::new(path).is_absolute().then(|| path.split_once("/lib/rustlib/src/rust/library/"))?.map(|(_, file)| file)
}

fn of_std(path: &str) -> Option<Cow<'_, str>> {
    within_std(path).map(|file| Cow::Owned(format!("std:{file}")))
}

fn of_registry(path: &str) -> Option<Cow<'_, str>> {
    let (_index, file) = path.split_once("/registry/src/")?.1.split_once('/')?;
    Some(Cow::Borrowed(file))
}

fn of_git(path: &str) -> Option<String> {
    let (repository, rest) = path.split_once("/git/checkouts/")?.1.split_once('/')?;
    let (_revision, file) = rest.split_once('/')?;
    Some(format!("{}/{file}", without_hash(repository)))
}

/// Of a file that a build script wrote.
fn of_build_script(path: &str) -> Option<String> {
    let (package, file) = path.split_once("/build/")?.1.split_once("/out/")?;
    (!package.contains('/')).then(|| format!("{}/out/{file}", without_hash(package)))
}

fn without_hash(name: &str) -> &str {
    name.rsplit_once('-').map_or(name, |(name, _)| name)
}

/// `path` as seen from `here`; none if they have nothing in common.
fn relative(here: &Path, path: &Path) -> Option<String> {
    let common = here.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    let (up, down) = (here.components().skip(common), path.components().skip(common));
    let is_place = |component: &Component<'_>| matches!(component, Component::Normal(_));
    if !here.components().take(common).any(|component| is_place(&component)) {
        return None;
    }
    let up = up.map(|_| "..");
    let down: Option<Vec<&str>> = down.map(|component| component.as_os_str().to_str()).collect();
    Some(up.chain(down?).collect::<Vec<_>>().join("/"))
}

/// What there is from the directory on that has the sources: who knows how that came to be there.
fn of_package(path: &str) -> &str {
    let sources = ["/src/", "/tests/", "/examples/", "/benches/"].into_iter().filter_map(|name| path.rfind(name)).max();
    sources.and_then(|at| path[..at].rfind('/')).map_or(path, |package| &path[package + 1..])
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_portable(path: &str, expected: &str) {
        assert_eq!(portable_from(Path::new("/home/me/bank/teller"), path), expected);
    }

    #[test]
    fn where_things_are_on_this_machine_does_not_matter() {
        assert_portable("/rustc/59807616e1/library/core/src/a.rs:3:7", "std:core/src/a.rs:3:7");
        assert_portable("/opt/rust/lib/rustlib/src/rust/library/core/src/a.rs:3:7", "std:core/src/a.rs:3:7");
        assert_portable(
            "/home/me/.cargo/registry/src/index.crates.io-1949cf8c/safe-1.0.0/src/a.rs",
            "safe-1.0.0/src/a.rs",
        );
        assert_portable("/opt/cargo/registry/src/index.crates.io-1949cf8c/safe-1.0.0/src/a.rs", "safe-1.0.0/src/a.rs");
        assert_portable("/home/me/.cargo/git/checkouts/my-safe-8f2e/5ad1/safe/src/a.rs", "my-safe/safe/src/a.rs");
        assert_portable("/home/me/bank/target/debug/build/safe-8f2e/out/a b.rs", "safe/out/a b.rs");
    }

    #[test]
    fn packages_nearby_are_seen_from_this_one() {
        assert_portable("/home/me/bank/teller/src/a.rs:3:7", "src/a.rs:3:7");
        assert_portable("/home/me/bank/vault/src/a b.rs:3:7", "../vault/src/a b.rs:3:7");
        assert_portable("/home/me/safe/src/a.rs:3:7", "../../safe/src/a.rs:3:7");
        assert_portable("/nix/store/8f2e-safe/tests/src/a.rs:3:7", "tests/src/a.rs:3:7");
    }

    #[test]
    fn what_is_relative_is_left_as_it_is() {
        for path in ["src/lib.rs:1:2", "./src/lib.rs:1:2", "std:core/src/a.rs:1:2", ""] {
            assert_eq!(portable(path), path);
        }
    }

    #[test]
    fn odd_paths_do_no_harm() {
        for path in
            ["/", "//", "/registry/src/", "/registry/src/x", "/git/checkouts/a/b", "/build//out/", "/rustc/x", "/é"]
        {
            assert!(!portable_from(Path::new("/"), path).is_empty(), "{path}");
            assert!(!portable_from(Path::new(""), path).is_empty(), "{path}");
        }
    }
}
