//! A small part of TOML: `key = value` lines and comments, where a value is a string in double quotes, a whole number, `true`
//! or `false`, or a list of strings with one of them on a line.
//!
//! Everything that is read here can be read by any reader of TOML. What TOML has besides is an error with its line, and so
//! is whatever a merge or an accident left in the file.

use std::fmt::Write as _;

/// What stands behind the `=`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Value {
    Text(String),
    Number(u64),
    Flag(bool),
    List(Vec<String>),
}

/// A line `key = value`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Field {
    /// Of the key, counted from one.
    pub(super) line: usize,
    pub(super) key: String,
    pub(super) value: Value,
}

/// What is wrong with a line, counted from one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Problem {
    pub(super) line: usize,
    pub(super) problem: String,
}

/// The fields of `text`, in order.
pub(super) fn parse(text: &str) -> Result<Vec<Field>, Problem> {
    let mut fields: Vec<Field> = Vec::new();
    let mut lines = text.lines().enumerate().map(|(number, line)| (number + 1, line.trim()));
    while let Some((line, content)) = lines.next() {
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let wrong = |problem: String| Problem { line, problem };
        let (key, value) = content.split_once('=').ok_or_else(|| wrong("it is no `key = value`".to_owned()))?;
        let key = key.trim().to_owned();
        if fields.iter().any(|field| field.key == key) {
            return Err(wrong(format!("`{key}` is there twice")));
        }
        let value = match value.trim() {
            "[" => Value::List(parse_list(line, &mut lines)?),
            value => parse_value(value).map_err(wrong)?,
        };
        fields.push(Field { line, key, value });
    }
    Ok(fields)
}

/// The items of a list that began on line `begun`, one on a line, up to its `]`.
fn parse_list<'a>(begun: usize, lines: &mut impl Iterator<Item = (usize, &'a str)>) -> Result<Vec<String>, Problem> {
    let mut items = Vec::new();
    for (line, content) in lines {
        let wrong = |problem: String| Problem { line, problem };
        if content == "]" {
            return Ok(items);
        }
        let (item, rest) = parse_string(content).map_err(wrong)?;
        if rest.trim() != "," {
            return Err(wrong(format!("a comma has to follow the item, not {rest:?}")));
        }
        items.push(item);
    }
    Err(Problem { line: begun, problem: "the list has no end; the file may be cut short".to_owned() })
}

fn parse_value(text: &str) -> Result<Value, String> {
    match text {
        "true" => return Ok(Value::Flag(true)),
        "false" => return Ok(Value::Flag(false)),
        _ => {}
    }
    if let Ok(number) = text.parse() {
        return Ok(Value::Number(number));
    }
    if !text.starts_with('"') {
        return Err("the value is neither a whole number nor a string in double quotes".to_owned());
    }
    let (value, rest) = parse_string(text)?;
    let rest = rest.trim();
    if rest.is_empty() || rest.starts_with('#') {
        Ok(Value::Text(value))
    } else {
        Err(format!("{rest:?} follows the string"))
    }
}

/// The string in double quotes at the beginning of `text`, and what follows it.
fn parse_string(text: &str) -> Result<(String, &str), String> {
    let inner = text.strip_prefix('"').ok_or("it is no string in double quotes")?;
    let mut value = String::new();
    let mut chars = inner.chars();
    loop {
        match chars.next().ok_or("the string has no end; the file may be cut short")? {
            '"' => return Ok((value, chars.as_str())),
            '\\' => value.push(match chars.next() {
                Some('"') => '"',
                Some('\\') => '\\',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('u') => {
                    let digits: String = chars.by_ref().take(4).collect();
                    let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                    code.ok_or_else(|| format!("\\u{digits} is no character"))?
                }
                other => return Err(format!("\\{} is no escape", other.map_or_else(String::new, String::from))),
            }),
            c => value.push(c),
        }
    }
}

/// `text` as a string in double quotes.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                // Writing to a string does not fail.
                let _ = write!(quoted, "\\u{:04x}", c as u32);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// `key = value`, in as many lines as that takes.
pub(super) fn write(text: &mut String, field: &Field) {
    let Field { key, value, .. } = field;
    // Writing to a string does not fail.
    let _ = match value {
        Value::Text(value) => writeln!(text, "{key} = {}", quote(value)),
        Value::Number(value) => writeln!(text, "{key} = {value}"),
        Value::Flag(value) => writeln!(text, "{key} = {value}"),
        Value::List(items) => {
            let items: String = items.iter().map(|item| format!("    {},\n", quote(item))).collect();
            writeln!(text, "{key} = [\n{items}]")
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<String>().prop_map(Value::Text),
            any::<u64>().prop_map(Value::Number),
            any::<bool>().prop_map(Value::Flag),
            any::<Vec<String>>().prop_map(Value::List),
        ]
    }

    fn problem(text: &str) -> (usize, String) {
        let Problem { line, problem } = parse(text).unwrap_err();
        (line, problem)
    }

    #[test]
    fn errors_name_the_line() {
        assert_eq!(problem("a = 1\n\nb"), (3, "it is no `key = value`".to_owned()));
        assert_eq!(problem("a = 1\na = 2"), (2, "`a` is there twice".to_owned()));
        assert_eq!(problem("a = ["), (1, "the list has no end; the file may be cut short".to_owned()));
        assert_eq!(problem("a = [\n    \"x\"\n]"), (2, "a comma has to follow the item, not \"\"".to_owned()));
        assert_eq!(problem("a = \"\\q\""), (1, "\\q is no escape".to_owned()));
    }

    proptest! {
        #[test]
        fn what_was_written_comes_back(values in prop::collection::vec(value(), 0..6)) {
            let fields: Vec<_> =
                values.into_iter().enumerate().map(|(i, value)| Field { line: 0, key: format!("key_{i}"), value }).collect();
            let mut text = String::from("# a comment\n");
            fields.iter().for_each(|field| write(&mut text, field));
            let read = parse(&text).unwrap().into_iter().map(|field| Field { line: 0, ..field });
            prop_assert_eq!(read.collect::<Vec<_>>(), fields);
        }

        #[test]
        fn any_text_is_fields_or_a_problem(text: String) {
            let _ = parse(&text);
        }
    }
}
