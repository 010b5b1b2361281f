//! The headers of a message (ADR-4), with the status line that the server writes there.

use bytes::Bytes;
use bytestring::ByteString;

use super::excerpt::excerpt;
use crate::decimal;

const VERSION: &str = "NATS/1.0";

/// The headers of a message, in the order in which they were written.
///
/// A name may occur several times. Names are case-sensitive and kept as they are, as ADR-4 has it. The server's own
/// answers carry a status and a description beside the headers, such as `503 No Responders`.
///
/// They are kept as the text that goes over the network: looking one up reads the few lines that there are.
#[derive(Debug, Clone, Default)]
pub struct HeaderMap {
    /// `None` if there are none, as in most messages. These are then smaller by half, and they are moved often.
    some: Option<Box<Headers>>,
}

#[derive(Debug, Clone, Default)]
struct Headers {
    status: Option<StatusLine>,
    /// `name: value` and a line break, each.
    lines: ByteString,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct StatusLine {
    code: StatusCode,
    description: ByteString,
}

/// The status of an answer that the server made itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusCode(u16);

impl StatusCode {
    /// A heartbeat of a consumer, or a question of its flow control.
    pub const CONTROL: Self = Self(100);
    /// The end of a batch of direct gets (ADR-31).
    pub const END_OF_BATCH: Self = Self(204);
    /// There is no such message.
    pub const NOT_FOUND: Self = Self(404);
    /// Nobody listens on the subject of a request.
    pub const NO_RESPONDERS: Self = Self(503);

    /// The number, from 0 to 65,535; those in use have three digits, as in HTTP.
    pub const fn as_u16(self) -> u16 {
        self.0
    }
}

/// Why headers could not be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// A header was not set, because of its name.
    #[error(
        "\"{name}\" is not the name of a header: use printable ASCII without blanks and colons"
    )]
    Name {
        /// The name that was given.
        name: String,
    },
    /// A header was not set, because of its value.
    #[error("the value of the header \"{name}\" contains a line break: encode it")]
    Value {
        /// The name of the header whose value it is.
        name: String,
    },
    /// What was received does not begin with `NATS/1.0`, has a status that is no number, or a line without a colon.
    #[error("the server sent headers that cannot be read: \"{line}\"")]
    Malformed {
        /// The line that is wrong, or its first 80 bytes.
        line: String,
    },
    /// The headers of a received message are not text.
    #[error("the server sent headers that are not UTF-8")]
    NotUtf8,
}

impl HeaderMap {
    /// No headers, and no status.
    pub const fn new() -> Self {
        Self { some: None }
    }

    /// Sets a header, in place of all of that name.
    ///
    /// # Errors
    /// When the name or the value cannot be written on a line.
    pub fn insert(
        &mut self,
        name: impl AsRef<str>,
        value: impl AsRef<str>,
    ) -> Result<(), HeaderError> {
        let (name, value) = (name.as_ref(), value.as_ref());
        check(name, value)?;
        let mut lines = String::with_capacity(self.lines().len() + line_len(name, value));
        for (other, value) in self.iter().filter(|(other, _)| *other != name) {
            write_line(&mut lines, other, value);
        }
        write_line(&mut lines, name, value);
        self.some.get_or_insert_default().lines = lines.into();
        Ok(())
    }

    /// Adds a header beside those of the same name.
    ///
    /// # Errors
    /// When the name or the value cannot be written on a line.
    pub fn append(
        &mut self,
        name: impl AsRef<str>,
        value: impl AsRef<str>,
    ) -> Result<(), HeaderError> {
        let (name, value) = (name.as_ref(), value.as_ref());
        check(name, value)?;
        let mut lines = String::with_capacity(self.lines().len() + line_len(name, value));
        lines.push_str(self.lines());
        write_line(&mut lines, name, value);
        self.some.get_or_insert_default().lines = lines.into();
        Ok(())
    }

    /// The first value of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// The first value of that name as a number, if it is one.
    #[cfg(feature = "jetstream")]
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        decimal::number(self.get(name)?.as_bytes())
    }

    /// The values of that name.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.iter()
            .filter(move |(other, _)| *other == name)
            .map(|(_, value)| value)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        lines(self.lines()).filter_map(split_line)
    }

    /// Whether there is neither a header nor a status.
    pub fn is_empty(&self) -> bool {
        self.lines().is_empty() && self.status().is_none()
    }

    /// The status, which only answers of the server itself have.
    pub fn status(&self) -> Option<StatusCode> {
        self.status_line().map(|line| line.code)
    }

    /// The words after the status; empty if there are none.
    pub fn description(&self) -> &str {
        self.status_line().map_or("", |line| &*line.description)
    }

    /// Reads `NATS/1.0[ status[ description]]`, lines `name: value`, and an empty line.
    pub(crate) fn parse(block: Bytes) -> Result<Self, HeaderError> {
        let block = ByteString::try_from(block).map_err(|_| HeaderError::NotUtf8)?;
        let malformed = |line: &str| HeaderError::Malformed {
            line: excerpt(line.as_bytes()),
        };
        let (first, rest) = cut(&block, b'\n');
        let first = trim_end(first, b"\r");
        let status = first
            .strip_prefix(VERSION)
            .ok_or_else(|| malformed(first))?;
        let status = match trim_blanks(status) {
            "" => None,
            status => {
                let (code, description) = cut(status, b' ');
                let code = decimal::number(code.as_bytes()).and_then(|code| code.try_into().ok());
                Some(StatusLine {
                    code: StatusCode(code.ok_or_else(|| malformed(first))?),
                    description: block.slice_ref(trim_blanks(description)),
                })
            }
        };
        let rest = trim_end(rest, b"\r\n");
        if let Some(line) = lines(rest).find(|line| split_line(line).is_none()) {
            return Err(malformed(line));
        }
        let lines = block.slice_ref(rest);
        Ok(Self {
            some: Some(Box::new(Headers { status, lines })),
        })
    }

    fn status_line(&self) -> Option<&StatusLine> {
        self.some.as_ref()?.status.as_ref()
    }

    fn lines(&self) -> &str {
        self.some.as_ref().map_or("", |some| &*some.lines)
    }

    /// How many bytes the headers take in a message: what [`encode`](Self::encode) writes, and nothing if there are none.
    pub(crate) fn encoded_len(&self) -> usize {
        if self.is_empty() {
            return 0;
        }
        let lines = self.iter().map(|(name, value)| line_len(name, value));
        VERSION.len() + "\r\n".len() + lines.sum::<usize>() + "\r\n".len()
    }

    /// Writes the headers. A status is the server's to write and is left out.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(VERSION.as_bytes());
        out.extend_from_slice(b"\r\n");
        for (name, value) in self.iter() {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
    }
}

/// Equal when names and values are, whatever blanks were around them.
impl PartialEq for HeaderMap {
    fn eq(&self, other: &Self) -> bool {
        self.status_line() == other.status_line() && self.iter().eq(other.iter())
    }
}

impl Eq for HeaderMap {}

/// What is between the line breaks. A watch reads six headers of each message of a bucket, so this and what it calls is
/// written out, byte by byte: the searches of `str` know all characters, and took most of the time.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (line, after) = cut(rest, b'\n');
        rest = after;
        Some(trim_end(line, b"\r"))
    })
}

fn split_line(line: &str) -> Option<(&str, &str)> {
    let end = find(line, b':');
    let (name, value) = (line.get(..end)?, line.get(end + 1..)?);
    (end > 0).then(|| (name, trim_blanks(value)))
}

/// What is in front of an ASCII character and what is behind it.
fn cut(text: &str, character: u8) -> (&str, &str) {
    let end = find(text, character);
    let (before, after) = (text.get(..end), text.get(end + 1..));
    (before.unwrap_or_default(), after.unwrap_or_default())
}

/// Where an ASCII character is for the first time, or how long the text is that has none.
fn find(text: &str, character: u8) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() && bytes[at] != character {
        at += 1;
    }
    at
}

fn trim_blanks(text: &str) -> &str {
    let bytes = text.as_bytes();
    let mut start = 0;
    while start < bytes.len() && matches!(bytes[start], b' ' | b'\t') {
        start += 1;
    }
    trim_end(text.get(start..).unwrap_or_default(), b" \t")
}

/// Without ASCII characters of these at its end.
fn trim_end<'a>(text: &'a str, unwanted: &[u8]) -> &'a str {
    let bytes = text.as_bytes();
    let mut end = bytes.len();
    while end > 0 && unwanted.contains(&bytes[end - 1]) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn write_line(out: &mut String, name: &str, value: &str) {
    out.push_str(name);
    out.push_str(": ");
    // Reading a header drops the blanks around its value, so writing does too.
    out.push_str(trim_blanks(value));
    out.push_str("\r\n");
}

fn line_len(name: &str, value: &str) -> usize {
    name.len() + ": \r\n".len() + value.len()
}

fn check(name: &str, value: &str) -> Result<(), HeaderError> {
    let printable = |byte: u8| byte.is_ascii_graphic() && byte != b':';
    if name.is_empty() || !name.bytes().all(printable) {
        return Err(HeaderError::Name {
            name: name.to_owned(),
        });
    }
    if value.contains(['\r', '\n']) {
        return Err(HeaderError::Value {
            name: name.to_owned(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &'static str) -> Result<HeaderMap, HeaderError> {
        HeaderMap::parse(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn written_and_read_again() {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Msg-Id", "1").expect("valid");
        headers.append("X", " a: b ").expect("valid");
        headers.append("X", "").expect("valid");
        headers.insert("Nats-Msg-Id", "2").expect("valid");
        let mut out = Vec::new();
        headers.encode(&mut out);
        assert_eq!(out, b"NATS/1.0\r\nX: a: b\r\nX: \r\nNats-Msg-Id: 2\r\n\r\n");
        assert_eq!(out.len(), headers.encoded_len());
        let read = HeaderMap::parse(out.into()).expect("what was written");
        assert_eq!(read, headers);
        assert_eq!(read.get_all("X").collect::<Vec<_>>(), ["a: b", ""]);
        assert_eq!(read.get("x"), None, "names are case-sensitive");
    }

    #[test]
    fn the_status_line() {
        let headers = parse("NATS/1.0 503 No Responders\r\n\r\n").expect("valid");
        assert_eq!(headers.status(), Some(StatusCode::NO_RESPONDERS));
        assert_eq!(headers.description(), "No Responders");
        let headers = parse("NATS/1.0 204 EOB\r\nNats-Num-Pending: 3\r\n\r\n").expect("valid");
        assert_eq!(headers.status(), Some(StatusCode::END_OF_BATCH));
        assert_eq!(headers.get("Nats-Num-Pending"), Some("3"));
        assert_eq!(
            parse("NATS/1.0 404\r\n\r\n").expect("valid").description(),
            ""
        );
        assert!(parse("NATS/1.0\r\n\r\n").expect("valid").is_empty());
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in [
            "",
            "HTTP/1.1\r\n\r\n",
            "NATS/1.0 abc\r\n\r\n",
            "NATS/1.0\r\nno colon\r\n\r\n",
            "NATS/1.0\r\n: x\r\n\r\n",
        ] {
            assert!(
                matches!(parse(bad), Err(HeaderError::Malformed { .. })),
                "{bad:?}"
            );
        }
        assert_eq!(
            HeaderMap::parse(Bytes::from_static(b"NATS/1.0\r\nA: \xff\r\n\r\n")),
            Err(HeaderError::NotUtf8)
        );
        let mut headers = HeaderMap::new();
        assert!(headers.insert("a b", "").is_err());
        assert!(headers.insert("a:", "").is_err());
        assert!(headers.insert("", "").is_err());
        assert!(headers.append("a", "1\r\nB: 2").is_err());
        assert!(headers.is_empty());
    }
}
