//! A small reader of JSON, and a check against as much of JSON Schema as our schemas use.

use std::collections::BTreeMap;

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object.
    Map(BTreeMap<String, Json>),
}

impl Json {
    /// Reads a whole document.
    ///
    /// # Errors
    /// Where it is no JSON, with the byte at which that shows.
    pub fn parse(text: &str) -> Result<Json, String> {
        let mut reader = Reader { bytes: text.as_bytes(), at: 0 };
        let value = reader.value()?;
        reader.space();
        if reader.at == text.len() { Ok(value) } else { Err(reader.error("something after the end")) }
    }

    /// The member of an object; `null` if there is none.
    pub fn get(&self, name: &str) -> &Json {
        match self {
            Json::Map(members) => members.get(name).unwrap_or(&Json::Null),
            _ => &Json::Null,
        }
    }

    /// The items of an array; none of anything else.
    pub fn items(&self) -> &[Json] {
        if let Json::List(items) = self { items } else { &[] }
    }

    /// The string, or nothing.
    pub fn text(&self) -> &str {
        if let Json::Text(text) = self { text } else { "" }
    }

    /// The number, or not a number.
    pub fn number(&self) -> f64 {
        if let Json::Number(number) = self { *number } else { f64::NAN }
    }

    fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "boolean",
            Json::Number(number) if number.fract() == 0.0 => "integer",
            Json::Number(_) => "number",
            Json::Text(_) => "string",
            Json::List(_) => "array",
            Json::Map(_) => "object",
        }
    }
}

/// Everything in which `value` is not as `schema` says, each with where it is.
pub fn complaints(schema: &Json, value: &Json) -> Vec<String> {
    let mut complaints = Vec::new();
    check(schema, value, "$", &mut complaints);
    complaints
}

fn check(schema: &Json, value: &Json, at: &str, complaints: &mut Vec<String>) {
    let kinds: Vec<&str> = match schema.get("type") {
        Json::Text(kind) => vec![kind],
        Json::List(kinds) => kinds.iter().map(Json::text).collect(),
        _ => Vec::new(),
    };
    if !kinds.is_empty() && !kinds.contains(&value.kind()) {
        complaints.push(format!("{at} is a {}, not a {}", value.kind(), kinds.join(" or ")));
    }
    if let Json::List(allowed) = schema.get("enum")
        && !allowed.contains(value)
    {
        complaints.push(format!("{at} is {value:?}, none of {allowed:?}"));
    }
    for (index, item) in value.items().iter().enumerate() {
        check(schema.get("items"), item, &format!("{at}[{index}]"), complaints);
    }
    if let Json::Map(members) = value {
        for name in schema.get("required").items() {
            if !members.contains_key(name.text()) {
                complaints.push(format!("{at} has no {}", name.text()));
            }
        }
        for (name, member) in members {
            let at = format!("{at}.{name}");
            match (schema.get("properties").get(name), schema.get("additionalProperties")) {
                (Json::Null, Json::Bool(false)) => complaints.push(format!("{at} is not in the schema")),
                (Json::Null, other) => check(other, member, &at, complaints),
                (property, _) => check(property, member, &at, complaints),
            }
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn error(&self, problem: &str) -> String {
        format!("{problem} at byte {}", self.at)
    }

    fn space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self) -> Result<Json, String> {
        self.space();
        match self.bytes.get(self.at) {
            Some(b'{') => self.map(),
            Some(b'[') => self.list(),
            Some(b'"') => self.string().map(Json::Text),
            Some(b'-' | b'0'..=b'9') => {
                let start = self.at;
                while matches!(self.bytes.get(self.at), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
                    self.at += 1;
                }
                let digits = str::from_utf8(&self.bytes[start..self.at]).map_err(|error| error.to_string())?;
                digits.parse().map(Json::Number).map_err(|_| self.error("no number"))
            }
            _ => {
                let words = [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))];
                let found = words.into_iter().find(|(word, _)| self.bytes[self.at..].starts_with(word.as_bytes()));
                let (word, value) = found.ok_or_else(|| self.error("no value"))?;
                self.at += word.len();
                Ok(value)
            }
        }
    }

    fn list(&mut self) -> Result<Json, String> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        while !self.take(b']') {
            if !items.is_empty() && !self.take(b',') {
                return Err(self.error("no comma"));
            }
            items.push(self.value()?);
            self.space();
        }
        Ok(Json::List(items))
    }

    fn map(&mut self) -> Result<Json, String> {
        self.at += 1;
        let mut members = BTreeMap::new();
        self.space();
        while !self.take(b'}') {
            if !members.is_empty() && !self.take(b',') {
                return Err(self.error("no comma"));
            }
            self.space();
            let name = self.string()?;
            self.space();
            if !self.take(b':') {
                return Err(self.error("no colon"));
            }
            let value = self.value()?;
            if members.insert(name.clone(), value).is_some() {
                return Err(self.error(&format!("{name:?} is there twice")));
            }
            self.space();
        }
        Ok(Json::Map(members))
    }

    fn string(&mut self) -> Result<String, String> {
        if !self.take(b'"') {
            return Err(self.error("no string"));
        }
        let mut bytes = Vec::new();
        loop {
            let byte = *self.bytes.get(self.at).ok_or_else(|| self.error("a string without end"))?;
            self.at += 1;
            match byte {
                b'"' => return String::from_utf8(bytes).map_err(|error| error.to_string()),
                0..0x20 => return Err(self.error("a control character in a string")),
                b'\\' => {
                    let mut buffer = [0; 4];
                    bytes.extend_from_slice(self.escaped()?.encode_utf8(&mut buffer).as_bytes());
                }
                byte => bytes.push(byte),
            }
        }
    }

    /// What stands after a backslash. Pairs of surrogates are never written by us.
    fn escaped(&mut self) -> Result<char, String> {
        let byte = self.bytes.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        Ok(match byte {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'"' | b'\\' | b'/' => byte.into(),
            b'u' => {
                let digits = self.bytes.get(self.at..self.at + 4).and_then(|digits| str::from_utf8(digits).ok());
                let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
                self.at += 4;
                code.ok_or_else(|| self.error("no character"))?
            }
            _ => return Err(self.error("no escape")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read() {
        let json = Json::parse(r#" {"a": [1, -2.5, "x\n\u003c"], "b": {}, "c": null, "d": true} "#).unwrap();
        assert_eq!(json.get("a").items()[1].number(), -2.5);
        assert_eq!(json.get("a").items()[2].text(), "x\n<");
        for damaged in ["{", "[1 2]", "\"a", "{\"a\": 1, \"a\": 2}", "1 2", "\"\u{1}\"", "nul"] {
            assert!(Json::parse(damaged).is_err(), "{damaged}");
        }
    }

    #[test]
    fn what_is_not_in_a_schema_is_found() {
        let schema = Json::parse(
            r#"{"type": "object", "required": ["a"], "additionalProperties": false,
                "properties": {"a": {"type": "array", "items": {"type": ["integer", "null"]}}, "b": {"enum": [1]}}}"#,
        );
        let check = |text: &str| complaints(schema.as_ref().unwrap(), &Json::parse(text).unwrap()).len();
        assert_eq!(check(r#"{"a": [1, null], "b": 1}"#), 0);
        assert_eq!(check(r#"{"a": [1.5, "x"], "b": 2}"#), 3);
        assert_eq!(check(r#"{"c": 1}"#), 2);
        assert_eq!(check("[]"), 1);
    }
}
