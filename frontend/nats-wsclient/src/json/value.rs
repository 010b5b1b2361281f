//! Reading: a text is checked once, and then looked into where something is wanted.

use std::borrow::Cow;

use super::JsonError;
use crate::decimal;

/// How deep values may be nested: JetStream's go four deep, and hostile ones shall not exhaust the stack.
const DEPTH: u32 = 64;

/// A well-formed value, as its text without blanks around it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value<'a>(&'a [u8]);

impl<'a> Value<'a> {
    /// Checks that a text is one value (RFC 8259).
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, JsonError> {
        if let Err(error) = std::str::from_utf8(text) {
            let at = error.valid_up_to();
            return Err(JsonError::Syntax { at });
        }
        let mut scan = Scan { text, at: 0 };
        let value = scan.value(DEPTH);
        if value.is_some() {
            scan.blanks();
        }
        value
            .filter(|_| scan.at == text.len())
            .ok_or(JsonError::Syntax { at: scan.at })
    }

    /// The text that it is.
    pub(crate) fn as_written(self) -> &'a str {
        // The whole was checked to be UTF-8, and a value does not begin or end within a character.
        std::str::from_utf8(self.0).unwrap_or("null")
    }

    pub(crate) fn is_null(self) -> bool {
        self.0 == b"null"
    }

    /// Whether it stands for none: null, or what Go writes for a moment that never was.
    pub(crate) fn is_nothing(self) -> bool {
        self.is_null() || self.0 == br#""0001-01-01T00:00:00Z""#
    }

    pub(crate) fn flag(self) -> Option<bool> {
        match self.0 {
            b"true" => Some(true),
            b"false" => Some(false),
            _ => None,
        }
    }

    /// A number, if it is one that the type can hold exactly.
    pub(crate) fn number<T: TryFrom<i128>>(self) -> Option<T> {
        self.integer()?.try_into().ok()
    }

    fn integer(self) -> Option<i128> {
        match self.0.strip_prefix(b"-") {
            Some(digits) => Some(-i128::from(decimal::number(digits)?)),
            None => decimal::number(self.0).map(i128::from),
        }
    }

    /// A string, without its escapes. A surrogate that is not half of a pair becomes U+FFFD.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        let inner = self.0.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        // The whole was checked to be UTF-8, and quotes and escapes are ASCII.
        let inner = std::str::from_utf8(inner).ok()?;
        if inner.contains('\\') {
            Some(Cow::Owned(unescape(inner)))
        } else {
            Some(Cow::Borrowed(inner))
        }
    }

    /// The entries of an object.
    pub(crate) fn entries(self) -> Option<Entries<'a>> {
        Entries::of(self.0, b'{').map(|mut inner| {
            inner.keyed = true;
            inner
        })
    }

    /// The items of an array, as entries without keys.
    pub(crate) fn items(self) -> Option<impl Iterator<Item = Value<'a>>> {
        Some(Entries::of(self.0, b'[')?.map(|(_, value)| value))
    }
}

/// Looks into an object or an array that was checked before.
pub(crate) struct Entries<'a> {
    scan: Scan<'a>,
    keyed: bool,
}

impl<'a> Entries<'a> {
    fn of(text: &'a [u8], opening: u8) -> Option<Self> {
        (text.first() == Some(&opening)).then_some(Self {
            scan: Scan { text, at: 1 },
            keyed: false,
        })
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (Cow<'a, str>, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.scan.blanks();
        // In front of the next entry there is a comma or nothing; in front of the end there is a bracket.
        self.scan.take(b',');
        let mut key = Cow::Borrowed("");
        if self.keyed {
            self.scan.blanks();
            key = self.scan.string()?.text()?;
            self.scan.blanks();
            self.scan.take(b':');
        }
        Some((key, self.scan.value(DEPTH)?))
    }
}

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    /// Steps over a value. `None`: there is none here, or it is malformed where the scan stopped.
    fn value(&mut self, depth: u32) -> Option<Value<'a>> {
        self.blanks();
        let start = self.at;
        match self.peek()? {
            b'"' => return self.string(),
            b'{' => self.sequence(b'}', true, depth.checked_sub(1)?)?,
            b'[' => self.sequence(b']', false, depth.checked_sub(1)?)?,
            b't' => self.word(b"true")?,
            b'f' => self.word(b"false")?,
            b'n' => self.word(b"null")?,
            _ => self.number()?,
        }
        Some(Value(&self.text[start..self.at]))
    }

    fn sequence(&mut self, closing: u8, keyed: bool, depth: u32) -> Option<()> {
        self.at += 1;
        self.blanks();
        if self.take(closing) {
            return Some(());
        }
        loop {
            if keyed {
                self.blanks();
                self.string()?;
                self.blanks();
                self.take(b':').then_some(())?;
            }
            self.value(depth)?;
            self.blanks();
            if self.take(closing) {
                return Some(());
            }
            self.take(b',').then_some(())?;
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        let found = self.text[self.at..].starts_with(word);
        found.then(|| self.at += word.len())
    }

    fn string(&mut self) -> Option<Value<'a>> {
        let start = self.at;
        self.take(b'"').then_some(())?;
        loop {
            let byte = self.peek()?;
            match byte {
                b'"' => {
                    self.at += 1;
                    return Some(Value(&self.text[start..self.at]));
                }
                b'\\' => {
                    let digits = match self.text.get(self.at + 1)? {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 0,
                        b'u' => 4,
                        _ => return None,
                    };
                    let hex = self.text.get(self.at + 2..self.at + 2 + digits)?;
                    hex.iter().all(u8::is_ascii_hexdigit).then_some(())?;
                    self.at += 2 + digits;
                }
                0..b' ' => return None,
                _ => self.at += 1,
            }
        }
    }

    fn number(&mut self) -> Option<()> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    // The first half of a pair that waits for the second.
    let mut high: Option<u32> = None;
    while let Some(char) = rest.next() {
        let unit = match char {
            '\\' => match rest.next() {
                Some('u') => rest.by_ref().take(4).fold(0, |unit, digit| {
                    unit * 16 + digit.to_digit(16).unwrap_or_default()
                }),
                Some('b') => 0x08,
                Some('f') => 0x0c,
                Some('n') => 0x0a,
                Some('r') => 0x0d,
                Some('t') => 0x09,
                Some(other) => u32::from(other),
                None => break,
            },
            char => u32::from(char),
        };
        let unit = match (high.take(), unit) {
            (Some(high), 0xdc00..0xe000) => 0x1_0000 + ((high - 0xd800) << 10) + (unit - 0xdc00),
            (Some(_), _) => {
                out.push(char::REPLACEMENT_CHARACTER);
                unit
            }
            (None, _) => unit,
        };
        if let 0xd800..0xdc00 = unit {
            high = Some(unit);
        } else {
            out.push(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }
    if high.is_some() {
        out.push(char::REPLACEMENT_CHARACTER);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> Option<String> {
        Some(Value::parse(json.as_bytes()).ok()?.text()?.into_owned())
    }

    #[test]
    fn values() {
        let value = Value::parse(b" {\"a\" : [1 ,-2, {} ] ,\"b\\u0021\":null, \"c\":true}\n");
        let entries: Vec<_> = value
            .expect("valid")
            .entries()
            .expect("an object")
            .collect();
        let keys: Vec<_> = entries.iter().map(|(key, _)| &**key).collect();
        assert_eq!(keys, ["a", "b!", "c"]);
        let items: Vec<_> = entries[0].1.items().expect("an array").collect();
        assert_eq!(items[0].number(), Some(1_u8));
        assert_eq!(
            (items[1].number::<u8>(), items[1].number()),
            (None, Some(-2))
        );
        assert_eq!(items[2].entries().expect("an object").count(), 0);
        assert!(entries[1].1.is_null());
        assert_eq!(
            (entries[2].1.flag(), entries[0].1.flag()),
            (Some(true), None)
        );
        assert_eq!(
            Value::parse(b"[]")
                .expect("valid")
                .items()
                .expect("an array")
                .count(),
            0
        );
        assert_eq!(Value::parse(b"1.0").expect("valid").number::<u64>(), None);
        assert_eq!(Value::parse(b"\"1\"").expect("valid").number::<u64>(), None);
    }

    #[test]
    fn escapes() {
        assert_eq!(text(r#""""#).as_deref(), Some(""));
        assert_eq!(
            text(r#""a\"\\\/\b\f\n\r\tä""#).as_deref(),
            Some("a\"\\/\u{8}\u{c}\n\r\tä")
        );
        assert_eq!(text(r#""\u00e4\ud83d\ude00""#).as_deref(), Some("ä😀"));
        assert_eq!(
            text(r#""\ud83d x \ude00 \ud83d\ud83d""#).as_deref(),
            Some("\u{fffd} x \u{fffd} \u{fffd}\u{fffd}")
        );
    }

    #[test]
    fn nonsense_says_where() {
        for (json, at) in [
            ("", 0),
            ("nul", 0),
            ("{\"a\":}", 5),
            ("{\"a\" 1}", 5),
            ("[1,]", 3),
            ("[1 2]", 3),
            ("01", 1),
            ("1.", 2),
            ("\"\\x\"", 1),
            ("\"\\u12g4\"", 1),
            ("\"a\nb\"", 2),
            ("\"", 1),
            ("{} {}", 3),
        ] {
            assert_eq!(
                Value::parse(json.as_bytes()).err(),
                Some(JsonError::Syntax { at }),
                "{json}"
            );
        }
        assert_eq!(
            Value::parse(b"\"\xff\"").err(),
            Some(JsonError::Syntax { at: 1 })
        );
        let deep = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        assert!(Value::parse(&deep(64)).is_ok() && Value::parse(&deep(65)).is_err());
        assert!(Value::parse(&vec![b'['; 1_000_000]).is_err());
    }
}

// Property tests do not compile for WebAssembly.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod properties {
    use super::*;
    use proptest::prelude::*;

    /// What is read here, rebuilt as serde_json would have it.
    fn rebuilt(value: Value<'_>) -> serde_json::Value {
        if let Some(entries) = value.entries() {
            return entries
                .map(|(key, value)| (key.into_owned(), rebuilt(value)))
                .collect();
        }
        if let Some(items) = value.items() {
            return items.map(rebuilt).collect();
        }
        match (value.text(), value.flag(), value.number::<i64>()) {
            (Some(text), ..) => text.into_owned().into(),
            (_, Some(flag), _) => flag.into(),
            (.., Some(number)) => number.into(),
            _ => {
                assert!(value.is_null(), "{value:?}");
                serde_json::Value::Null
            }
        }
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn reads_what_serde_json_writes(value in json(), pretty: bool) {
            let text = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) };
            let text = text.expect("JSON");
            prop_assert_eq!(rebuilt(Value::parse(&text).expect("valid")), value);
        }

        #[test]
        fn accepts_what_serde_json_accepts(text in "[ \\[\\]{}:,\"\\\\a0-9.eE+-tfnu]{0,12}") {
            // What serde_json refuses for another reason than its form: a surrogate that stands alone, a number too large.
            let meaning = |error: &serde_json::Error| {
                let error = error.to_string();
                error.contains("surrogate") || error.contains("hex escape") || error.contains("out of range")
            };
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            if !theirs.as_ref().is_err_and(meaning) {
                prop_assert_eq!(Value::parse(text.as_bytes()).is_ok(), theirs.is_ok());
            }
        }

        #[test]
        fn never_panics(bytes: Vec<u8>) {
            if let Ok(value) = Value::parse(&bytes) {
                rebuilt(value);
            }
        }
    }
}
