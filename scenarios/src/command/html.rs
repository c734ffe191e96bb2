//! A page with the table and every explanation, in one file without anything from elsewhere.
//!
//! The explanations are drawn by the page of the library: lanes that can be hovered over and filtered.

use std::fmt::Write as _;
use std::path::Path;

use reweave::html_page;

use super::run::{Done, Run};
use super::table;

/// The look of what stands around the explanations, in the colours of the page.
const STYLE: &str = r#"<style>
.gallery { max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
.gallery table { border-collapse: collapse; width: 100%; }
.gallery th, .gallery td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid var(--line); }
.gallery .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.gallery tr.scenario th { padding-top: 1.2rem; border-bottom-width: 2px; }
.gallery tr.wrong td { background: var(--fail-back); }
.gallery a { color: var(--link); }
details.explanation { border-top: 1px solid var(--line); }
details.explanation > summary { cursor: pointer; max-width: 76rem; margin: 0 auto; padding: .6rem 1rem; }
details.explanation > summary b { margin-right: .5rem; }
</style>
"#;

/// Follows a link into an explanation that is folded up.
const OPEN: &str = r#"<script>
{
  const open = () => {
    const explanation = document.getElementById(location.hash.slice(1));
    if (explanation?.matches("details.explanation")) { explanation.open = true; explanation.scrollIntoView(); }
  };
  addEventListener("hashchange", open);
  addEventListener("load", open);
}
</script>
"#;

/// Writes the page of `run`.
pub(super) fn write(path: &Path, run: &Run) -> Result<(), String> {
    std::fs::write(path, page(run)).map_err(|error| format!("failed to write {}: {error}", path.display()))
}

fn page(run: &Run) -> String {
    let mut page = format!("{STYLE}<main class=\"gallery\">\n<h1>The gallery</h1>\n");
    // Writing to a string does not fail, here and below.
    let _ = writeln!(page, "<p>{}</p>", escaped(table::summary(run).lines().next().unwrap_or_default()));
    page.push_str("<table>\n<tr><th>#<th>variant<th>what happens<th>strategy");
    page.push_str("<th class=\"number\">schedules<th>verdict<th class=\"number\">time\n");
    let mut scenario = None;
    for done in &run.done {
        let of = &done.program.scenario;
        if scenario.replace(of.number) != Some(of.number) {
            let (number, name, about) = (of.number, escaped(of.name), escaped(of.about));
            let _ = writeln!(page, "<tr class=\"scenario\"><th>{number}<th colspan=\"6\">{name}: {about}");
        }
        write_row(&mut page, done);
    }
    for (program, schedules) in &run.cut {
        let (number, title, schedules) = (program.number(), escaped(&program.title()), table::grouped(*schedules));
        let _ = writeln!(
            page,
            "<tr><td>{number}<td colspan=\"3\">{title}<td class=\"number\">{schedules}<td>interrupted<td>"
        );
    }
    page.push_str("</table>\n<h2>Explanations</h2>\n</main>\n");
    run.done.iter().for_each(|done| write_explanation(&mut page, done));
    page.push_str(OPEN);
    html_page("Reweave: the gallery", &page)
}

fn write_row(page: &mut String, done: &Done) {
    let (program, report) = (&done.program, &done.report);
    let class = if done.outcome.is_ok() { "" } else { " class=\"wrong\"" };
    let (number, variant) = (program.number(), escaped(program.variant.name()));
    let (about, strategy) = (escaped(program.variant.about()), program.variant.strategy());
    let (schedules, time) = (table::grouped(report.schedules()), table::time(report.elapsed()));
    let seen = escaped(&table::seen(report));
    let verdict = match report.finding() {
        Some(_) => format!("<a href=\"#explain-{number}\">{seen}</a>"),
        None => seen,
    };
    let verdict = match &done.outcome {
        Ok(()) => verdict,
        Err(surprise) => format!("{verdict}<br>NOT as expected: {}", escaped(&surprise.to_string())),
    };
    let _ = writeln!(
        page,
        "<tr{class}><td>{number}<td>{variant}<td>{about}<td>{strategy}<td class=\"number\">{schedules}<td>{verdict}<td \
         class=\"number\">{time}"
    );
}

fn write_explanation(page: &mut String, done: &Done) {
    let Some(finding) = done.report.finding() else { return };
    let (number, title) = (done.program.number(), escaped(&done.program.title()));
    let (about, body) = (escaped(done.program.variant.about()), finding.html_body());
    let _ = writeln!(
        page,
        "<details class=\"explanation\" id=\"explain-{number}\"><summary><b>{number} {title}</b>{about}</summary>\n{body}</details>"
    );
}

/// `text` as HTML.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_html_reads_as_its_own_is_escaped() {
        assert_eq!(escaped("a < b && \"c\" > d"), "a &lt; b &amp;&amp; &quot;c&quot; &gt; d");
    }
}
