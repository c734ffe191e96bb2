//! Findings as a page of HTML that stands by itself: no network, no framework, light and dark.
//!
//! The page is `page.html`; what it shows is the [document](super::document) of each finding, embedded as JSON. Without JavaScript
//! it shows the explanation as text.

use super::document::document;
use super::style::TextOptions;
use super::text;
use crate::findings::Finding;

const PAGE: &str = include_str!("page.html");

/// A page with `finding`.
pub(crate) fn render(finding: &Finding) -> String {
    page(&format!("{} in {}", finding.kind, finding.test), &body(finding))
}

/// A page of HTML with this title and this body, in which every [`Finding::html_body`] is drawn: for a page with several
/// findings, or with something around them.
///
/// The title is text, the body is HTML and is taken as it is.
///
/// ```
/// use reweave::{Checker, Strategy, html_page};
///
/// let report = Checker::new().strategy(Strategy::Random).schedules(1).explore(|| panic!("on purpose"));
/// let findings: String = report.findings().iter().map(|finding| finding.html_body()).collect();
/// let page = html_page("Last night", &format!("<h1>Last night</h1>{findings}"));
/// assert!(page.starts_with("<!doctype html>") && page.contains("on purpose"));
/// ```
#[must_use]
pub fn html_page(title: &str, body: &str) -> String {
    page(title, body)
}

fn page(title: &str, body: &str) -> String {
    // What is put in is never looked through again: it may contain anything.
    let (head, rest) = PAGE.split_once("{{title}}").unwrap_or((PAGE, ""));
    let (middle, tail) = rest.split_once("{{body}}").unwrap_or((rest, ""));
    [head, &escaped(title), middle, body, tail].concat()
}

/// What stands in the page for `finding`.
pub(crate) fn body(finding: &Finding) -> String {
    let (json, text) = (document(finding).to_string(), text::render(finding, &TextOptions::new()));
    format!(
        "<section class=\"reweave-finding\">\n<script type=\"application/json\">{json}</script>\n<noscript><pre>{}</pre></noscript>\n</section>\n",
        escaped(&text)
    )
}

/// `text` as the text of an element.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Not allowed in HTML, in whatever form.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_its_two_gaps() {
        assert_eq!(PAGE.matches("{{title}}").count(), 1);
        assert_eq!(PAGE.matches("{{body}}").count(), 1);
        let page = page("a < b {{body}}", "{{title}} <p>x</p>");
        assert!(page.contains("<title>a &lt; b {{body}}</title>"));
        assert!(page.contains("\n{{title}} <p>x</p>\n"));
    }

    #[test]
    fn the_page_needs_nothing_from_elsewhere() {
        let addresses: Vec<&str> = PAGE.match_indices("://").map(|(at, _)| &PAGE[at - 5..at + 20]).collect();
        assert!(addresses.iter().all(|address| address.contains("www.w3.org")), "only the namespace: {addresses:?}");
        assert!(!PAGE.contains("@import") && !PAGE.contains("<link rel=\"stylesheet"));
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(escaped("<b> & \"c\"\u{0}\n"), "&lt;b&gt; &amp; &quot;c&quot;\u{fffd}\n");
    }
}
