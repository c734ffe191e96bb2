//! The page that the command writes: it has every explanation, needs nothing from elsewhere, and a real browser draws the lanes
//! behind each row, where there is one.

#![cfg(feature = "sim")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder of its own for a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("page-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

/// Explores these programs, and returns the page.
fn page_of(programs: &str, folder: &Path) -> PathBuf {
    let path = folder.join("gallery.html");
    let mut command = Command::new(env!("CARGO_BIN_EXE_reweave-scenarios"));
    command.args(programs.split_whitespace()).arg("--html").arg(&path);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("REWEAVE_") {
            command.env_remove(name);
        }
    }
    let output = command.output().expect("the command was built for this test");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    path
}

#[test]
fn the_page_has_every_explanation() {
    let folder = folder("explanations");
    let page = std::fs::read_to_string(page_of("2.1 wrong-side if-instead", &folder)).expect("the page was written");
    assert_eq!(page.matches("<details class=\"explanation\" id=").count(), 2, "one for each failure");
    assert_eq!(page.matches("href=\"#explain-2.").count(), 2, "and a link to each");
    assert_eq!(page.matches("<section class=\"reweave-finding\">").count(), 2);
    assert!(page.contains("waits for a notification of condvar") && page.contains("woken, so the queue holds an item"));
    // What is an address there names the language of pictures, and is never looked up.
    let addresses: Vec<&str> =
        page.match_indices("://").map(|(at, _)| page[at..].split(['"', ' ']).next().unwrap()).collect();
    assert!(addresses.iter().all(|address| *address == "://www.w3.org/2000/svg"), "{addresses:?}");
    assert!(!page.contains(" src=") && !page.contains("@import"), "the page needs nothing from elsewhere");
    std::fs::remove_dir_all(folder).expect("nobody else uses it");
}

/// A browser: that in `CHROMIUM`, which then has to work, or one that is installed.
fn browser() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM").filter(|path| !path.is_empty()) {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name))).find(|path| path.is_file())
}

#[test]
fn a_browser_draws_the_lanes_behind_each_row() {
    let Some(browser) = browser() else {
        eprintln!("there is no browser here: the page is not opened");
        return;
    };
    let folder = folder("browser");
    let page = page_of("2.1 wrong-side if-instead", &folder);
    let text = std::fs::read_to_string(&page).expect("the page was written");
    let number =
        text.split("href=\"#explain-").nth(1).and_then(|rest| rest.split('"').next()).expect("there is a link");
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update", "--enable-logging=stderr"])
        .args(["--virtual-time-budget=3000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}#explain-{number}", page.display()))
        .output()
        .expect("the browser starts");
    let (dom, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let console: Vec<&str> = log.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(console.is_empty(), "{console:#?}");

    let explanations: Vec<&str> = dom.split("<details class=\"explanation\"").skip(1).collect();
    assert_eq!(explanations.len(), 2, "{dom}");
    for explanation in &explanations {
        assert_eq!(explanation.matches("class=\"rw\"").count(), 1, "the finding is drawn: {explanation}");
        assert!(explanation.matches("class=\"row step").count() >= 5, "a row for each step: {explanation}");
        assert!(explanation.contains("producer 0 (1)"), "a column for each task: {explanation}");
    }
    // The link opened the one that it leads to, and only there is a place to draw arrows.
    let open = |explanation: &&str| explanation.split('>').next().is_some_and(|tag| tag.contains("open"));
    let (opened, closed): (Vec<&str>, Vec<&str>) = explanations.into_iter().partition(open);
    assert_eq!((opened.len(), closed.len()), (1, 1), "{dom}");
    assert!(opened[0].contains(&format!("id=\"explain-{number}\"")), "{dom}");
    std::fs::remove_dir_all(folder).expect("nobody else uses it");
}
