//! What the compiler says of a `#[reweave::test]` that cannot be: one package of mistakes, checked once.

use std::fs;
use std::path::Path;
use std::process::Command;

/// A module with a mistake in it, the line of the mistake (counted from one), and how the message begins.
struct Mistake {
    code: &'static str,
    line: usize,
    message: &'static str,
}

const MISTAKES: [Mistake; 15] = [
    Mistake {
        code: "#[reweave::test]\nfn takes(_n: u32) {}",
        line: 2,
        message: "a test takes no parameters: write `fn takes()`",
    },
    Mistake {
        code: "#[reweave::test]\nfn generic<T>() {}",
        line: 2,
        message: "a test cannot be generic: write `fn generic()`",
    },
    Mistake {
        code: "#[reweave::test]\nasync fn later() {}",
        line: 2,
        message: "`async fn` is not supported: write a plain `fn` and block on the future inside",
    },
    Mistake {
        code: "#[reweave::test]\nunsafe fn risky() {}",
        line: 2,
        message: "an `unsafe fn` cannot be a test: remove `unsafe`, or move it to a block inside",
    },
    Mistake {
        code: "#[reweave::test]\nstruct NoFunction;",
        line: 2,
        message: "`#[reweave::test]` goes on a function: write `fn name() { … }`",
    },
    Mistake {
        code: "#[reweave::test]\n#[test]\nfn twice() {}",
        line: 2,
        message: "`#[reweave::test]` already makes this a test, and `#[test]` would run it twice: remove `#[test]`",
    },
    Mistake {
        code: "#[reweave::test(schedule = 10)]\nfn near_miss() {}",
        line: 1,
        message: "unknown argument `schedule`; did you mean `schedules`?",
    },
    Mistake {
        code: "#[reweave::test(schedules = 0)]\nfn none() {}",
        line: 1,
        message: "`schedules` takes an integer literal of at least 1, found `0`",
    },
    Mistake {
        code: "#[reweave::test(schedules = 1, schedules = 2)]\nfn doubled() {}",
        line: 1,
        message: "`schedules` is given twice: remove one of the two",
    },
    Mistake {
        code: "#[reweave::test(clock = \"elastik\")]\nfn misspelt() {}",
        line: 1,
        message: "unknown value `\"elastik\"` for `clock`; did you mean `\"elastic\"`?",
    },
    Mistake {
        code: "#[reweave::test(clock = elastic)]\nfn unquoted() {}",
        line: 1,
        message: "`clock` takes a string, found `elastic`: write `clock = \"elastic\"`",
    },
    Mistake {
        code: "#[reweave::test(seed)]\nfn no_value() {}",
        line: 1,
        message: "`seed` needs a value: write `seed = ",
    },
    Mistake {
        code: "#[reweave::test(time_limit = \"10\")]\nfn no_unit() {}",
        line: 1,
        message: "`time_limit` takes a string of a whole number and a unit, found `\"10\"`",
    },
    Mistake {
        code: "#[reweave::test(keep_going = 1)]\nfn no_flag() {}",
        line: 1,
        message: "`keep_going` takes `true` or `false`, found `1`",
    },
    Mistake {
        code: "#[reweave::test]\nfn returns() -> u32 {\n    7\n}",
        line: 2,
        message: "a test returns `()` or a `Result<(), E>`, not `u32`",
    },
];

/// The errors of `cargo check --tests` in a package made of these modules, one a line: `src/m0.rs:1:2: error: …`.
fn check(modules: &[&str]) -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = here.parent().expect("this package is a member of a workspace");
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("attribute");
    let sources = package.join("src");
    let _ = fs::remove_dir_all(&sources);
    fs::create_dir_all(&sources).unwrap();
    let manifest = format!(
        "[package]\nname = \"attribute\"\nedition = \"2024\"\n\n[dependencies]\nreweave = {{ path = {:?} }}\n\n[workspace]\n",
        workspace.join("harness")
    );
    fs::write(package.join("Cargo.toml"), manifest).unwrap();
    // The versions that are there already, so that nothing is fetched.
    fs::copy(workspace.join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
    let mut library = String::new();
    for (number, module) in modules.iter().enumerate() {
        library.push_str(&format!("mod m{number};\n"));
        fs::write(sources.join(format!("m{number}.rs")), format!("{module}\n")).unwrap();
    }
    fs::write(sources.join("lib.rs"), library).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["check", "--tests", "--offline", "--quiet", "--message-format", "short"])
        // Kept between runs: only the package itself is checked anew.
        .env("CARGO_TARGET_DIR", package.join("target"))
        .env_remove("RUSTFLAGS")
        .current_dir(&package)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn every_mistake_is_told_in_its_place() {
    let errors = check(&MISTAKES.map(|mistake| mistake.code));
    for (number, Mistake { code, line, message }) in MISTAKES.iter().enumerate() {
        let place = format!("src/m{number}.rs:{line}:");
        let told: Vec<_> = errors.lines().filter(|error| error.contains(&format!("src/m{number}.rs:"))).collect();
        let first = told.iter().find(|error| error.contains("error")).unwrap_or_else(|| panic!("{code}\n{errors}"));
        assert!(first.starts_with(&place), "{code}\nis told in another place than line {line}: {first}");
        assert!(first.contains(&format!(": {message}")), "{code}\nis told otherwise: {first}");
        assert_eq!(told.len(), 1, "{code}\nis told more than once: {told:#?}");
    }
}
