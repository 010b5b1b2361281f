//! From the server's bytes to its operations, correct wherever the network cuts them.
//!
//! What the network delivers at a time is one piece of memory, and the subject, headers and payload of each message in
//! it are slices of that piece: a message costs neither a copy nor an allocation of its own. Only an operation that
//! continues in the next delivery is copied, once, in front of it. While a message is incomplete, its control line has
//! been read and is not looked at again until the rest is there.

mod announcement;
// Property tests do not compile for WebAssembly.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

use std::ops::Range;

use announcement::{Announcement, is_blank};
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;

use crate::json;

use super::excerpt::excerpt;
use super::{HeaderError, HeaderMap, Message, ServerError, ServerInfo, Subject};

/// The longest control line that is accepted, in bytes, but for `INFO`.
pub const MAX_CONTROL_LINE: usize = 4_096;
/// The longest `INFO` that is accepted, in bytes: it lists every server of a cluster.
pub const MAX_INFO: usize = 256 * 1_024;

/// An operation of the server, as the [protocol page](https://docs.nats.io/reference/reference-protocols/nats-protocol)
/// has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerOp {
    /// `INFO`: the server introduces itself, at first and whenever something of that changes.
    Info(Box<ServerInfo>),
    /// `MSG` or `HMSG`: a message for a subscription.
    Message {
        /// The number that the client gave the subscription.
        sid: u64,
        /// The message, with slices of the memory that was pushed.
        message: Message,
    },
    /// `PING`: the server wants a `PONG`.
    Ping,
    /// `PONG`: the answer to the oldest `PING` that has none yet.
    Pong,
    /// `+OK`: only to a client that asked for it (`verbose`), which this one does not.
    Ok,
    /// `-ERR`: the server refuses something.
    Error(ServerError),
}

/// Why the server's bytes make no sense. The connection cannot go on after one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A control line has no end within the limit.
    #[error("the server sent a line of more than {limit} bytes")]
    LineTooLong {
        /// In bytes: [`MAX_INFO`] for an `INFO`, [`MAX_CONTROL_LINE`] for everything else.
        limit: usize,
    },
    /// A line begins with none of the words of the protocol.
    #[error(
        "the server sent an operation that does not exist: \"{line}\" (is this the WebSocket port of a NATS server?)"
    )]
    UnknownOperation {
        /// The first 80 bytes of the line.
        line: String,
    },
    /// The line of a `MSG` or `HMSG` has too few or too many parts, or numbers that are none.
    #[error("the server announced a message in a way that cannot be read: \"{line}\"")]
    MalformedMessage {
        /// The first 80 bytes of the line.
        line: String,
    },
    /// A message would exceed what the client accepts. Nothing of it is kept: raise
    /// [`ConnectOptions::receive_limit`](crate::ConnectOptions::receive_limit).
    #[error("the server announced a message of {size} bytes, the limit is {limit}")]
    MessageTooLarge {
        /// In bytes, headers included, as announced.
        size: usize,
        /// The most bytes that are accepted, headers included.
        limit: usize,
    },
    /// There is no line break after as many bytes as were announced.
    #[error("a message of the server does not end where the server said it would")]
    MissingEnd,
    /// The headers of a message cannot be read, though their size was announced as it should be.
    #[error(transparent)]
    Headers(#[from] HeaderError),
    /// What comes after `INFO` is not an object in JSON, or a field of it has another type.
    #[error("the server introduced itself in a way that cannot be read: {reason}")]
    MalformedInfo {
        /// What the JSON parser says.
        reason: String,
    },
    /// A subject or the text of an `-ERR` is not UTF-8. Payloads may be anything.
    #[error("the server sent text that is not UTF-8")]
    NotUtf8,
    /// An operation came before the log-in was at a point where it can be.
    #[error(
        "the server said {word} before its turn (is this the WebSocket port of a NATS server?)"
    )]
    OutOfTurn {
        /// The operation: `MSG` also for an `HMSG`, or `PONG`.
        word: &'static str,
    },
    /// The WebSocket delivered text in place of bytes.
    #[error(
        "the server sent a text frame; NATS uses binary frames (is this the WebSocket port of a NATS server?)"
    )]
    TextFrame,
}

/// The incremental parser. After an error it must be [`reset`](Self::reset).
#[derive(Debug)]
pub struct Parser {
    /// What is being read, from `at` on. Messages are slices of it.
    piece: Bytes,
    at: usize,
    /// An operation of which not everything has arrived, and whatever came with its end. While there is something here,
    /// there is nothing left in `piece`.
    partial: BytesMut,
    /// How much of the next operation was searched for the end of its line in vain.
    searched: usize,
    /// How long the next operation is in all, if it is a message that was announced and has not arrived as a whole;
    /// 0 otherwise.
    awaited: usize,
    max_message: usize,
}

impl Parser {
    /// A parser that accepts messages of up to `max_message` bytes, headers included.
    pub fn new(max_message: usize) -> Self {
        Self {
            piece: Bytes::new(),
            at: 0,
            partial: BytesMut::new(),
            searched: 0,
            awaited: 0,
            max_message,
        }
    }

    /// Forgets what was received, for a new connection.
    pub fn reset(&mut self) {
        *self = Self::new(self.max_message);
    }

    /// Takes over received bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.push_with(bytes.len(), |space| space.copy_from_slice(bytes));
    }

    /// Takes over `length` received bytes that `fill` writes where they are to be: what comes from JavaScript's
    /// memory is copied once.
    pub fn push_with(&mut self, length: usize, fill: impl FnOnce(&mut [u8])) {
        if self.partial.is_empty() {
            let rest = &self.piece[self.at..];
            self.partial = BytesMut::with_capacity(rest.len() + length);
            self.partial.extend_from_slice(rest);
            self.piece = Bytes::new();
            self.at = 0;
        }
        let start = self.partial.len();
        self.partial.resize(start + length, 0);
        fill(&mut self.partial[start..]);
    }

    /// The next operation, or `None` until more bytes arrive.
    ///
    /// # Errors
    /// When the bytes are not the NATS protocol, or exceed a limit.
    pub fn next_op(&mut self) -> Result<Option<ServerOp>, ProtocolError> {
        if let Some((sid, message)) = self.next_message()? {
            return Ok(Some(ServerOp::Message { sid, message }));
        }
        if self.awaited > 0 || !self.take_partial()? {
            return Ok(None);
        }
        let bytes = &self.piece[self.at..];
        let Some(end) = end_of_line(bytes, &mut self.searched)? else {
            return Ok(None);
        };
        self.searched = 0;
        let line = &bytes[..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (word, rest) = split_word(line);
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
            b"MSG" | b"HMSG" => return Err(malformed(line)),
            _ => {
                return Err(ProtocolError::UnknownOperation {
                    line: excerpt(line),
                });
            }
        };
        self.at += end + 1;
        Ok(Some(op))
    }

    /// The next operation if it is a message, with the number of its subscription. `None`: it is another one, or more bytes
    /// have to arrive.
    ///
    /// # Errors
    /// As [`next_op`](Self::next_op).
    pub(crate) fn next_message(&mut self) -> Result<Option<(u64, Message)>, ProtocolError> {
        if self.at == self.piece.len() && !self.take_partial()? {
            return Ok(None);
        }
        let bytes = self.piece.get(self.at..).unwrap_or_default();
        let with_headers = match bytes {
            [b'M', b'S', b'G', blank, ..] if is_blank(*blank) => false,
            [b'H', b'M', b'S', b'G', blank, ..] if is_blank(*blank) => true,
            _ => return Ok(None),
        };
        let announced = match Announcement::read(bytes, with_headers) {
            Ok(Some(announced)) if announced.headers.start - 1 <= MAX_CONTROL_LINE => announced,
            // What is wrong is said when the whole line is there: it shall not depend on where the network cuts it.
            _ => {
                let end = end_of_line(bytes, &mut self.searched)?;
                return end.map_or(Ok(None), |end| Err(malformed(&bytes[..end])));
            }
        };
        self.searched = 0;
        let size = announced.payload.end - announced.headers.start;
        if size > self.max_message {
            return Err(ProtocolError::MessageTooLarge {
                size,
                limit: self.max_message,
            });
        }
        match bytes.get(announced.payload.end..announced.end()) {
            Some(b"\r\n") => {}
            Some(_) => return Err(ProtocolError::MissingEnd),
            None => {
                self.awaited = announced.end();
                return Ok(None);
            }
        }
        let at = self.at;
        self.at += announced.end();
        let slice = |range: Range<usize>| self.piece.slice(at + range.start..at + range.end);
        let reply = match announced.reply {
            none if none.is_empty() => None,
            some => Some(subject(slice(some))?),
        };
        let headers = match announced.headers {
            none if none.is_empty() => HeaderMap::new(),
            some => HeaderMap::parse(slice(some))?,
        };
        let message = Message {
            subject: subject(slice(announced.subject))?,
            reply,
            headers,
            payload: slice(announced.payload),
        };
        Ok(Some((announced.sid, message)))
    }

    /// Begins to read what has arrived, if the first operation in it is there as far as it can be told. Returns whether
    /// there is something to read.
    fn take_partial(&mut self) -> Result<bool, ProtocolError> {
        if self.partial.is_empty() {
            if self.at == self.piece.len() {
                // Whoever keeps a message keeps it; nobody else does.
                self.piece = Bytes::new();
                self.at = 0;
            }
            return Ok(!self.piece.is_empty());
        }
        let complete = match self.awaited {
            0 => end_of_line(&self.partial, &mut self.searched)?.is_some(),
            length => self.partial.len() >= length,
        };
        if complete {
            self.awaited = 0;
            self.piece = std::mem::take(&mut self.partial).freeze();
            self.at = 0;
        }
        Ok(complete)
    }
}

/// The index of the line feed that ends the first line. `searched` tells how much of it was looked at before, and is
/// brought up to date.
fn end_of_line(bytes: &[u8], searched: &mut usize) -> Result<Option<usize>, ProtocolError> {
    let found = memchr::memchr(b'\n', &bytes[*searched..]);
    let length = found.map_or(bytes.len(), |at| *searched + at);
    if length > MAX_CONTROL_LINE {
        let limit = if bytes.starts_with(b"INFO") {
            MAX_INFO
        } else {
            MAX_CONTROL_LINE
        };
        if length > limit {
            return Err(ProtocolError::LineTooLong { limit });
        }
    }
    *searched = length;
    Ok(found.map(|_| length))
}

#[inline(always)]
fn subject(bytes: Bytes) -> Result<Subject, ProtocolError> {
    ByteString::try_from(bytes)
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

fn malformed(line: &[u8]) -> ProtocolError {
    ProtocolError::MalformedMessage {
        line: excerpt(line.strip_suffix(b"\r").unwrap_or(line)),
    }
}
