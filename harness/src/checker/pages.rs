//! Explanations written as HTML, where the settings ask for it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::report::Report;
use super::settings::Settings;
use crate::findings::Finding;
use crate::report::html_page;

/// Writes the findings of `report` to where `settings` say, and notes where that is.
pub(super) fn write(settings: &Settings, report: Report) -> Report {
    let Some(path) = settings.html.as_ref().filter(|_| !report.findings().is_empty()) else { return report };
    let written = match path.extension() {
        Some(extension) if extension.eq_ignore_ascii_case("html") && !path.is_dir() => {
            write_page(path, &settings.name, report.findings()).map(|()| path.clone())
        }
        _ => write_pages(path, report.findings()),
    };
    let note = match written {
        Ok(path) => format!("explained in {}", path.display()),
        Err(error) => format!("cannot write the explanation to {}: {error}", path.display()),
    };
    let note = match report.note() {
        Some(other) => format!("{other}; {note}"),
        None => note,
    };
    report.with_note(note)
}

fn write_page(path: &Path, name: &str, findings: &[Finding]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let page = match findings {
        [one] => one.html(),
        all => html_page(name, &all.iter().map(Finding::html_body).collect::<String>()),
    };
    fs::write(path, page)
}

/// A page for each finding. Returns the page if there is one, else the folder.
fn write_pages(folder: &Path, findings: &[Finding]) -> io::Result<PathBuf> {
    let paths = findings.iter().map(|finding| {
        let path = folder.join(file_name(finding));
        write_page(&path, finding.test(), std::slice::from_ref(finding)).map(|()| path)
    });
    let paths: Vec<PathBuf> = paths.collect::<io::Result<_>>()?;
    Ok(match paths.as_slice() {
        [one] => one.clone(),
        _ => folder.to_owned(),
    })
}

/// `test-kind-hash.html`, the same for the same finding.
fn file_name(finding: &Finding) -> String {
    let safe = |c: char| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '-' };
    let test: String = finding.test().replace("::", ".").chars().map(safe).collect();
    format!("{test}-{}.html", finding.file_stem())
}
