//! Keys of buckets from texts that are none.

use std::fmt::Write as _;

/// A subject or a filter as a key of a bucket: each of its tokens is a token of the key.
pub(crate) fn subject_key(subject: &str) -> String {
    let tokens: Vec<String> = subject.split('.').map(token).collect();
    tokens.join(".")
}

/// A text as one token of a key. What ADR-8 does not allow there, and the dot, becomes `=` and two hexadecimal digits; the
/// empty text becomes `=`.
pub(crate) fn token(text: &str) -> String {
    if text.is_empty() {
        return "=".to_owned();
    }
    let mut token = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/') {
            token.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(token, "={byte:02X}");
        }
    }
    token
}
