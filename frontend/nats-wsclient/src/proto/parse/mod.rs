//! From the server's bytes to its operations, correct wherever the network cuts them.
//!
//! Received bytes are appended to one buffer. A message is split off it as a whole, and its subject, headers and
//! payload are slices of that piece; nothing is copied. While a message is incomplete, its control line has been read
//! once and is not looked at again.

mod announcement;
// Property tests do not compile for WebAssembly.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

use std::ops::Range;

use announcement::{Announcement, is_blank};
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;

use crate::json;

use super::{HeaderError, HeaderMap, Message, ServerError, ServerInfo, Subject};

/// The longest control line that is accepted, in bytes, but for `INFO`.
pub const MAX_CONTROL_LINE: usize = 4_096;
/// The longest `INFO` that is accepted, in bytes: it lists every server of a cluster.
pub const MAX_INFO: usize = 256 * 1_024;

/// An operation of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerOp {
    Info(Box<ServerInfo>),
    Message { sid: u64, message: Message },
    Ping,
    Pong,
    Ok,
    Error(ServerError),
}

/// Why the server's bytes make no sense. The connection cannot go on after one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    #[error("the server sent a line of more than {limit} bytes")]
    LineTooLong { limit: usize },
    #[error(
        "the server sent an operation that does not exist: {line:?} (is this the WebSocket port of a NATS server?)"
    )]
    UnknownOperation { line: String },
    #[error("the server announced a message in a way that cannot be read: {line:?}")]
    MalformedMessage { line: String },
    #[error("the server announced a message of {size} bytes, the limit is {limit}")]
    MessageTooLarge { size: usize, limit: usize },
    #[error("a message of the server does not end where the server said it would")]
    MissingEnd,
    #[error(transparent)]
    Headers(#[from] HeaderError),
    #[error("the server introduced itself in a way that cannot be read: {reason}")]
    MalformedInfo { reason: String },
    #[error("the server sent text that is not UTF-8")]
    NotUtf8,
    #[error(
        "the server said {word} before its turn (is this the WebSocket port of a NATS server?)"
    )]
    OutOfTurn { word: &'static str },
    #[error(
        "the server sent a text frame; NATS uses binary frames (is this the WebSocket port of a NATS server?)"
    )]
    TextFrame,
}

/// The incremental parser. After an error it must be [`reset`](Self::reset).
#[derive(Debug)]
pub struct Parser {
    buffer: BytesMut,
    /// How much of the buffer was searched for the end of a line in vain.
    searched: usize,
    /// The announcement of a message of which not everything has arrived. It is still in the buffer.
    announced: Option<Announcement>,
    max_message: usize,
}

impl Parser {
    /// A parser that accepts messages of up to `max_message` bytes, headers included.
    pub fn new(max_message: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            searched: 0,
            announced: None,
            max_message,
        }
    }

    /// Forgets what was received, for a new connection.
    pub fn reset(&mut self) {
        // Whatever made it grow may be why the connection ended.
        self.buffer = BytesMut::new();
        self.searched = 0;
        self.announced = None;
    }

    /// Takes over received bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Takes over `length` received bytes that `fill` writes where they are to be: what comes from JavaScript's
    /// memory is copied once.
    pub fn push_with(&mut self, length: usize, fill: impl FnOnce(&mut [u8])) {
        let start = self.buffer.len();
        self.buffer.resize(start + length, 0);
        fill(&mut self.buffer[start..]);
    }

    /// The next operation, or `None` until more bytes arrive.
    ///
    /// # Errors
    /// When the bytes are not the NATS protocol, or exceed a limit.
    pub fn next_op(&mut self) -> Result<Option<ServerOp>, ProtocolError> {
        if let Some(announced) = self.announced.take() {
            return self.message(announced);
        }
        let Some(end) = self.end_of_line()? else {
            return Ok(None);
        };
        self.searched = 0;
        let line = &self.buffer[..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (word, rest) = split_word(line);
        match word {
            b"MSG" | b"HMSG" => {
                let announced =
                    Announcement::read(line, end + 1, word == b"HMSG").ok_or_else(|| {
                        ProtocolError::MalformedMessage {
                            line: excerpt(line),
                        }
                    })?;
                let size = announced.payload.end - announced.headers.start;
                if size > self.max_message {
                    return Err(ProtocolError::MessageTooLarge {
                        size,
                        limit: self.max_message,
                    });
                }
                return self.message(announced);
            }
            _ => {}
        }
        let op = match word {
            b"PING" => ServerOp::Ping,
            b"PONG" => ServerOp::Pong,
            b"+OK" => ServerOp::Ok,
            b"-ERR" => ServerOp::Error(ServerError::parse(error_text(rest)?)),
            b"INFO" => {
                let info = json::read(rest).map(Box::new);
                ServerOp::Info(info.map_err(|error| ProtocolError::MalformedInfo {
                    reason: error.to_string(),
                })?)
            }
            _ => {
                return Err(ProtocolError::UnknownOperation {
                    line: excerpt(line),
                });
            }
        };
        drop(self.buffer.split_to(end + 1));
        Ok(Some(op))
    }

    /// The index of the next line feed.
    fn end_of_line(&mut self) -> Result<Option<usize>, ProtocolError> {
        let found = memchr::memchr(b'\n', &self.buffer[self.searched..]);
        let length = found.map_or(self.buffer.len(), |at| self.searched + at);
        let limit = if self.buffer.starts_with(b"INFO") {
            MAX_INFO
        } else {
            MAX_CONTROL_LINE
        };
        if length > limit {
            return Err(ProtocolError::LineTooLong { limit });
        }
        self.searched = length;
        Ok(found.map(|_| length))
    }

    /// Splits a message off the buffer, once it is there as a whole.
    fn message(&mut self, announced: Announcement) -> Result<Option<ServerOp>, ProtocolError> {
        let end = announced.payload.end;
        if self.buffer.len() < end + 2 {
            self.announced = Some(announced);
            return Ok(None);
        }
        let frame = self.buffer.split_to(end + 2).freeze();
        if &frame[end..] != b"\r\n" {
            return Err(ProtocolError::MissingEnd);
        }
        let headers = match announced.headers {
            none if none.is_empty() => HeaderMap::new(),
            some => HeaderMap::parse(frame.slice(some))?,
        };
        let message = Message {
            subject: subject(&frame, announced.subject)?,
            reply: announced
                .reply
                .map(|range| subject(&frame, range))
                .transpose()?,
            headers,
            payload: frame.slice(announced.payload),
        };
        Ok(Some(ServerOp::Message {
            sid: announced.sid,
            message,
        }))
    }
}

fn subject(frame: &Bytes, range: Range<usize>) -> Result<Subject, ProtocolError> {
    ByteString::try_from(frame.slice(range))
        .map(Subject::received)
        .map_err(|_| ProtocolError::NotUtf8)
}

fn split_word(line: &[u8]) -> (&[u8], &[u8]) {
    let end = line
        .iter()
        .position(|&byte| is_blank(byte))
        .unwrap_or(line.len());
    line.split_at(end)
}

fn error_text(rest: &[u8]) -> Result<&str, ProtocolError> {
    let text = std::str::from_utf8(rest)
        .map_err(|_| ProtocolError::NotUtf8)?
        .trim();
    Ok(text
        .strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''))
        .unwrap_or(text))
}

/// The start of a line, for an error message.
fn excerpt(line: &[u8]) -> String {
    String::from_utf8_lossy(&line[..line.len().min(80)]).into_owned()
}
