//! Colours, and how wide the terminal is.

use std::fmt::Display;
use std::io::IsTerminal as _;

/// How an explanation is laid out as text.
///
/// ```
/// use reweave::{Checker, Strategy, TextOptions};
///
/// let report = Checker::new().strategy(Strategy::Random).schedules(1).explore(|| panic!("on purpose"));
/// let finding = report.finding().expect("every schedule fails");
/// let narrow = finding.render_with(&TextOptions::new().width(60));
/// assert!(narrow.lines().all(|line| line.chars().count() <= 60));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextOptions {
    pub(super) width: usize,
    pub(super) colour: bool,
}

/// Where it is not known how wide a line may be, in characters. Logs and snapshots are the same everywhere.
const WIDTH: usize = 100;

/// Nothing can be laid out in less.
const NARROWEST: usize = 40;

impl Default for TextOptions {
    fn default() -> TextOptions {
        TextOptions::new()
    }
}

impl TextOptions {
    /// 100 characters wide, and without colour: for logs and files.
    #[must_use]
    pub fn new() -> TextOptions {
        TextOptions { width: WIDTH, colour: false }
    }

    /// As wide as the terminal, and in colour, if standard output and standard error are terminals; else as
    /// [`new`](TextOptions::new).
    ///
    /// The width is that in `COLUMNS`, or what the terminal says. `NO_COLOR` switches colour off, `FORCE_COLOR` or
    /// `CLICOLOR_FORCE` switch it on where there is no terminal.
    #[must_use]
    pub fn detect() -> TextOptions {
        let terminal = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        let variable = |name: &str| std::env::var(name).ok();
        let width = if terminal { columns(&variable).or_else(ask_terminal) } else { None };
        TextOptions::new().width(width.unwrap_or(WIDTH)).colour(wants_colour(terminal, variable))
    }

    /// How wide lines may be, in characters: at least 40.
    #[must_use]
    pub fn width(self, characters: usize) -> TextOptions {
        TextOptions { width: characters.max(NARROWEST), ..self }
    }

    /// Whether to use colours, as a terminal understands them.
    #[must_use]
    pub fn colour(self, colour: bool) -> TextOptions {
        TextOptions { colour, ..self }
    }

    /// `text` in a style, or as it is without colour.
    pub(super) fn paint(&self, style: Style, text: impl Display) -> String {
        if self.colour { format!("\x1b[{}m{text}\x1b[0m", style.code()) } else { text.to_string() }
    }
}

/// How a piece of text stands out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Style {
    /// The failure itself.
    Failure,
    Heading,
    /// What is there for those who look for it.
    Dim,
    /// A decisive step.
    Mark,
    /// Of a task, by its number.
    Task(u32),
}

/// The colours of tasks: green, cyan, magenta, blue, yellow, and the bright ones of them.
const TASKS: [&str; 10] = ["32", "36", "35", "34", "33", "92", "96", "95", "94", "93"];

impl Style {
    fn code(self) -> &'static str {
        match self {
            Style::Failure => "1;31",
            Style::Heading => "1",
            Style::Dim => "2",
            Style::Mark => "1;33",
            Style::Task(0) => "2",
            Style::Task(n) => TASKS[(n as usize - 1) % TASKS.len()],
        }
    }
}

fn wants_colour(terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let is_on = |name: &str| variable(name).is_some_and(|value| !value.is_empty() && value != "0");
    if is_set("NO_COLOR") {
        return false;
    }
    is_on("FORCE_COLOR")
        || is_on("CLICOLOR_FORCE")
        || (terminal && variable("TERM").as_deref() != Some("dumb") && variable("CLICOLOR").as_deref() != Some("0"))
}

fn columns(variable: &impl Fn(&str) -> Option<String>) -> Option<usize> {
    variable("COLUMNS")?.trim().parse().ok().filter(|columns| *columns > 0)
}

/// Shells keep `COLUMNS` to themselves. The terminal is asked as a shell script would: what std lacks needs unsafe code.
#[cfg(unix)]
fn ask_terminal() -> Option<usize> {
    let terminal = std::fs::File::open("/dev/tty").ok()?;
    let output = std::process::Command::new("stty").arg("size").stdin(terminal).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace().nth(1)?.parse().ok().filter(|columns| *columns > 0)
}

#[cfg(not(unix))]
fn ask_terminal() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(terminal: bool, variables: &[(&str, &str)]) -> bool {
        let find =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        wants_colour(terminal, find)
    }

    #[test]
    fn colour_is_for_terminals_only() {
        assert!(colour(true, &[]));
        assert!(!colour(false, &[]));
        assert!(!colour(true, &[("TERM", "dumb")]));
        assert!(!colour(true, &[("CLICOLOR", "0")]));
    }

    #[test]
    fn no_color_is_respected_before_all_else() {
        assert!(!colour(true, &[("NO_COLOR", "1")]));
        assert!(!colour(true, &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]));
        assert!(colour(true, &[("NO_COLOR", "")]), "an empty one is none");
    }

    #[test]
    fn colour_can_be_forced() {
        assert!(colour(false, &[("FORCE_COLOR", "1")]));
        assert!(colour(false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!colour(false, &[("FORCE_COLOR", "0")]));
    }

    #[test]
    fn columns_are_read() {
        let with = |value: &'static str| columns(&move |_: &str| Some(value.to_owned()));
        assert_eq!(with("120"), Some(120));
        assert_eq!(with("0"), None);
        assert_eq!(with("wide"), None);
        assert_eq!(TextOptions::new().width(3).width, NARROWEST);
    }
}
