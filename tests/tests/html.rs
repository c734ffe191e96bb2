//! The explanation as HTML: what is embedded is pinned, nothing in it can end the element it is in, and a real browser draws it
//! without an error, where there is one.

use std::path::{Path, PathBuf};
use std::process::Command;

use reweave::{Checker, Finding, Strategy, html_page};
use reweave_tests::json::Json;
use reweave_tests::samples::{self, finding, stable};

#[test]
fn what_is_embedded() {
    let finding = finding("lost_update", samples::lost_update);
    let body = stable(&finding, &finding.html_body());
    // The frames of the backtrace depend on the compiler.
    let (before, rest) = body.split_once("\"backtrace\": [").expect("it has one");
    let (_, after) = rest.split_once("], ").expect("the list ends");
    let (json, noscript) = after.split_once("<noscript>").expect("it goes without JavaScript");
    let text = noscript.split("\nbacktrace of the panic\n").next().unwrap_or_default();
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!(format!("{before}\"backtrace\": […], {json}<noscript>{text}"));
    });
}

#[test]
fn nothing_ends_the_element_it_is_in() {
    for (name, program) in [("lost_update", samples::lost_update as fn()), ("wide_names", samples::wide_names)] {
        let finding = finding(name, program);
        let body = finding.html_body();
        assert_eq!(body.matches("</script>").count(), 1, "{body}");
        assert_eq!(body.matches("<script").count(), 1, "{body}");
        assert_eq!(body.matches("<section").count(), 1);
        let json = body.split_once("json\">").unwrap().1.split_once("</script>").unwrap().0;
        assert_eq!(Json::parse(json).unwrap(), Json::parse(&finding.json()).unwrap(), "the page shows the document");
        // As it is in the file: no byte that HTML forbids.
        assert!(finding.html().bytes().all(|byte| byte >= 0x20 || byte == b'\n' || byte == b'\t'));
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("html-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

#[test]
fn a_checker_writes_a_file_or_a_directory() {
    let checker = || Checker::new().strategy(Strategy::Random).name("html::written").seed(7);
    let folder = folder("written");
    let report = checker().html(&folder).explore(samples::lost_update);
    let files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    assert_eq!(report.note(), Some(format!("explained in {}", file.display()).as_str()));
    assert_eq!(std::fs::read_to_string(file).unwrap(), report.finding().unwrap().html());

    let page = folder.join("deeper").join("page.html");
    let report = checker().html(&page).explore(samples::lost_update);
    assert_eq!(std::fs::read_to_string(&page).unwrap(), report.finding().unwrap().html());

    let passing = checker().html(folder.join("passing")).explore(|| ());
    assert!(passing.note().is_none_or(|note| !note.contains("explained")));
    assert!(!folder.join("passing").exists());

    let blocked = checker().html(file.join("below a file")).explore(samples::lost_update);
    assert!(blocked.note().is_some_and(|note| note.starts_with("cannot write the explanation")), "{blocked}");
    std::fs::remove_dir_all(folder).unwrap();
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

/// The page as a browser sees it after its script has run, and what stood on the console.
fn opened(browser: &Path, folder: &Path, page: &Path, hash: &str) -> (String, Vec<String>) {
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update", "--enable-logging=stderr"])
        .args(["--virtual-time-budget=3000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}{hash}", page.display()))
        .output()
        .expect("the browser starts");
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    let console = log.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect();
    (String::from_utf8_lossy(&output.stdout).into_owned(), console)
}

#[test]
fn a_browser_draws_the_lanes() {
    let Some(browser) = browser() else {
        eprintln!("there is no browser here: the page is not opened");
        return;
    };
    let folder = folder("browser");
    std::fs::create_dir_all(&folder).unwrap();
    let programs: [(&str, fn()); 4] = [
        ("lost_update", samples::lost_update),
        ("opposite_order", samples::opposite_order),
        ("wide_names", samples::wide_names),
        ("long_loop", samples::long_loop),
    ];
    let findings: Vec<Finding> = programs.into_iter().map(|(name, program)| finding(name, program)).collect();
    let page = folder.join("page.html");
    let body: String = findings.iter().map(Finding::html_body).collect();
    std::fs::write(&page, html_page("a < b", &body)).unwrap();
    let (dom, console) = opened(&browser, &folder, &page, "");
    assert!(console.is_empty(), "{console:#?}");
    let drawn: Vec<&str> = dom.split("class=\"rw\"").skip(1).collect();
    assert_eq!(drawn.len(), findings.len(), "every finding is drawn: {dom}");
    for (finding, drawn) in findings.iter().zip(drawn) {
        let json = Json::parse(&finding.json()).unwrap();
        let steps = json.get("steps").items();
        let folded: f64 = json
            .get("folds")
            .items()
            .iter()
            .map(|fold| fold.get("last").number() - fold.get("first").number() + 1.0)
            .sum();
        let rows = drawn.matches("class=\"row step").count();
        assert_eq!(rows, steps.len() - folded as usize, "{}", finding.test());
        for task in json.get("tasks").items().iter().filter(|task| !task.get("name").text().contains('<')) {
            assert!(drawn.contains(task.get("name").text()), "{task:?}");
        }
    }

    // A link to a step shows what it comes after: main reads the value that was stored last.
    let page = folder.join("step.html");
    std::fs::write(&page, findings[0].html()).unwrap();
    let json = Json::parse(&findings[0].json()).unwrap();
    let load = json.get("steps").items().iter().rfind(|step| step.get("brief").text() == "load hits → 1");
    let number = load.expect("main reads what is left").get("number").number();
    let (dom, console) = opened(&browser, &folder, &page, &format!("#step-{number}"));
    assert!(console.is_empty(), "{console:#?}");
    assert_eq!(dom.matches("class=\"row step on pinned").count(), 1, "{dom}");
    assert_eq!(dom.matches("class=\"cause\"").count(), 1, "an arrow leads to it: {dom}");
    // All steps happen before it but the last, in which main panics.
    assert_eq!(dom.matches("class=\"row step before").count() as f64, number - 1.0 - unordered(&json, number), "{dom}");
    assert_eq!(dom.matches("class=\"row step after").count(), 1);
    std::fs::remove_dir_all(folder).unwrap();
}

/// How many of the steps before `number` are not ordered before it.
fn unordered(json: &Json, number: f64) -> f64 {
    let steps = json.get("steps").items();
    let mut before = vec![false; steps.len() + 1];
    before[number as usize] = true;
    for (index, step) in steps.iter().enumerate().rev() {
        if !before[index + 1] {
            continue;
        }
        for cause in step.get("after").items() {
            before[cause.number() as usize] = true;
        }
        if let Some(own) = steps[..index].iter().rposition(|other| other.get("task") == step.get("task")) {
            before[own + 1] = true;
        }
    }
    (1..number as usize).filter(|earlier| !before[*earlier]).count() as f64
}
