//! What a letter is called, which is where it is.

use std::fmt;
use std::str::FromStr;

/// The first token of all subjects of letters.
const FIRST: &str = "dlq";

/// The name of a letter, `<consumer>.<key>.<stream>.<sequence>`: its subject without the `dlq.` before it.
///
/// Consumer, key and stream are one token each. What NATS does not take in a token is written as in a URL: `%2E` is a dot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LetterName(String);

/// Why a text is no name of a letter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name of a dead letter, which is <consumer>.<key>.<stream>.<sequence>")]
pub struct LetterNameError(String);

impl LetterName {
    pub(super) fn new(consumer: &str, key: &str, stream: &str, sequence: u64) -> Self {
        let (consumer, key, stream) = (token(consumer), token(key), token(stream));
        Self(format!("{consumer}.{key}.{stream}.{sequence}"))
    }

    /// The subject of the letter.
    pub fn subject(&self) -> String {
        format!("{FIRST}.{}", self.0)
    }

    /// What it names: consumer, key, stream and sequence.
    pub(super) fn parts(&self) -> Option<(String, String, String, u64)> {
        let mut tokens = self.0.split('.');
        let mut text = || untoken(tokens.next()?);
        let (consumer, key, stream) = (text()?, text()?, text()?);
        let sequence = tokens.next()?.parse().ok()?;
        Some((consumer, key, stream, sequence))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LetterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for LetterName {
    type Err = LetterNameError;

    /// Takes the subject as well.
    fn from_str(text: &str) -> Result<Self, LetterNameError> {
        let name = text.strip_prefix("dlq.").unwrap_or(text);
        let tokens: Vec<&str> = name.split('.').collect();
        let [consumer, key, stream, sequence] = tokens[..] else {
            return Err(LetterNameError(text.to_owned()));
        };
        let whole = |token: &str| {
            !token.is_empty() && token.bytes().all(|byte| is_plain(byte) || byte == b'%')
        };
        if [consumer, key, stream].into_iter().all(whole) && sequence.parse::<u64>().is_ok() {
            Ok(Self(name.to_owned()))
        } else {
            Err(LetterNameError(text.to_owned()))
        }
    }
}

/// The filter of the letters of a consumer and a key, or of all.
pub(crate) fn filter(consumer: Option<&str>, key: Option<&str>) -> String {
    match (consumer, key) {
        (Some(consumer), Some(key)) => format!("{FIRST}.{}.{}.>", token(consumer), token(key)),
        (Some(consumer), None) => format!("{FIRST}.{}.>", token(consumer)),
        (None, _) => format!("{FIRST}.>"),
    }
}

/// The text as one token of a subject. Two texts never have the same token.
fn token(text: &str) -> String {
    if text.is_empty() {
        // No other text is written so, since two digits follow each `%` else.
        return "%".to_owned();
    }
    let mut token = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_plain(byte) {
            token.push(char::from(byte));
        } else {
            token.push_str(&format!("%{byte:02X}"));
        }
    }
    token
}

/// The text that was written as this token. `None` if none is.
fn untoken(token: &str) -> Option<String> {
    if token == "%" {
        return Some(String::new());
    }
    let mut text = Vec::with_capacity(token.len());
    let mut bytes = token.bytes();
    while let Some(byte) = bytes.next() {
        text.push(if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
            u8::try_from(high * 16 + low).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(text).ok()
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'.' | b'*' | b'>' | b'%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_key_is_one_token_and_no_two_are_the_same() {
        for (key, token) in [
            ("7", "7"),
            ("room.7", "room%2E7"),
            ("room%2E7", "room%252E7"),
            ("> *", "%3E%20%2A"),
            ("é\n", "%C3%A9%0A"),
            ("", "%"),
            ("%", "%25"),
        ] {
            assert_eq!(super::token(key), token, "{key:?}");
            let name = LetterName::new("commands", key, "cmd", 12);
            assert_eq!(name.subject(), format!("dlq.commands.{token}.cmd.12"));
            assert_eq!(name.as_str().parse(), Ok(name.clone()));
            let parts = ("commands".into(), key.into(), "cmd".into(), 12);
            assert_eq!(name.parts(), Some(parts));
            assert_eq!(name.subject().parse(), Ok(name));
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            "a.b.c",
            "a.b.c.d",
            "a..c.1",
            "a.*.c.1",
            "a.b.c.1.2",
            "a.b c.d.1",
        ] {
            assert!(text.parse::<LetterName>().is_err(), "{text}");
        }
    }
}
