//! JSON, written: RFC 8259, and safe inside a `<script>` element of HTML.

use std::fmt;

/// A value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(u64),
    /// A number of thousandths, written with a decimal point.
    Thousandths(u64),
    Text(String),
    List(Vec<Json>),
    /// In the order in which it is written.
    Map(Vec<(String, Json)>),
}

impl From<&str> for Json {
    fn from(text: &str) -> Json {
        Json::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Json {
        Json::Text(text)
    }
}

impl From<u64> for Json {
    fn from(number: u64) -> Json {
        Json::Number(number)
    }
}

impl From<u32> for Json {
    fn from(number: u32) -> Json {
        Json::Number(number.into())
    }
}

impl From<bool> for Json {
    fn from(truth: bool) -> Json {
        Json::Bool(truth)
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Json {
        value.map_or(Json::Null, Into::into)
    }
}

impl<T: Into<Json>> FromIterator<T> for Json {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Json {
        Json::List(items.into_iter().map(Into::into).collect())
    }
}

impl Json {
    /// An object with these members.
    pub(super) fn map<const N: usize>(members: [(&str, Json); N]) -> Json {
        Json::Map(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// With a member in a line, and what is below `depth` levels of them in the line of its parent.
    pub(super) fn pretty(&self, depth: usize) -> String {
        let mut out = String::new();
        self.write(&mut out, 0, depth);
        out.push('\n');
        out
    }

    fn write(&self, out: &mut String, level: usize, depth: usize) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Json::Number(number) => out.push_str(&number.to_string()),
            Json::Thousandths(number) => out.push_str(&format!("{}.{:03}", number / 1000, number % 1000)),
            Json::Text(text) => write_text(out, text),
            Json::List(items) => {
                let items = items.iter().map(|item| (None, item));
                write_all(out, ('[', ']'), items, level, depth);
            }
            Json::Map(members) => {
                let members = members.iter().map(|(name, value)| (Some(name.as_str()), value));
                write_all(out, ('{', '}'), members, level, depth);
            }
        }
    }
}

fn write_all<'a>(
    out: &mut String,
    (open, close): (char, char),
    items: impl ExactSizeIterator<Item = (Option<&'a str>, &'a Json)>,
    level: usize,
    depth: usize,
) {
    let breaks = level < depth && items.len() > 0;
    let new_line = |out: &mut String, level: usize| {
        if breaks {
            out.push('\n');
            out.push_str(&"  ".repeat(level));
        }
    };
    out.push(open);
    for (index, (name, value)) in items.enumerate() {
        if index > 0 {
            out.push_str(if breaks { "," } else { ", " });
        }
        new_line(out, level + 1);
        if let Some(name) = name {
            write_text(out, name);
            out.push_str(": ");
        }
        value.write(out, level + 1, depth);
    }
    new_line(out, level);
    out.push(close);
}

/// What ends a string, or the script element around it, is escaped; so are the two separators that older JavaScript takes for
/// the end of a line.
fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') => {
                out.push_str(&format!("\\u{:04x}", c as u32));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

impl fmt::Display for Json {
    /// In one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        self.write(&mut out, 0, 0);
        f.write_str(&out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written() {
        let json = Json::map([
            ("none", Json::Null),
            ("yes", true.into()),
            ("number", u64::MAX.into()),
            ("time", Json::Thousandths(1_002_003)),
            ("list", [1_u32, 2].into_iter().collect()),
            ("empty", Json::List(Vec::new())),
        ]);
        let line = r#"{"none": null, "yes": true, "number": 18446744073709551615, "time": 1002.003, "list": [1, 2], "empty": []}"#;
        assert_eq!(json.to_string(), line);
    }

    #[test]
    fn nothing_ends_a_string_or_a_script() {
        let text = Json::from("a \"b\" \\ </script><!-- \u{0} \u{7f} \n\t\u{2028} 作 🦀").to_string();
        assert_eq!(text, "\"a \\\"b\\\" \\\\ \\u003c/script\\u003e\\u003c!-- \\u0000 \\u007f \\n\\t\\u2028 作 🦀\"");
    }

    #[test]
    fn lines_are_broken_down_to_a_depth() {
        let json = Json::map([("a", Json::List(vec![Json::map([("b", 1_u32.into())]), Json::Null]))]);
        assert_eq!(json.pretty(2), "{\n  \"a\": [\n    {\"b\": 1},\n    null\n  ]\n}\n");
    }
}
