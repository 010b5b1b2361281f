//! From the server's bytes to its operations, correct wherever the network cuts them.
//!
//! Received bytes are appended to one buffer. A message is split off it as a whole, and its subject, headers and
//! payload are slices of that piece; nothing is copied. While a message is incomplete, its control line has been read
//! once and is not looked at again.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use bytestring::ByteString;

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

/// Where the parts of a message are, counted from the start of its control line.
#[derive(Debug, Clone)]
struct Announcement {
    sid: u64,
    subject: Range<usize>,
    reply: Option<Range<usize>>,
    headers: Range<usize>,
    payload: Range<usize>,
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
        self.buffer.clear();
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
    pub fn next(&mut self) -> Result<Option<ServerOp>, ProtocolError> {
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
                let announced = announcement(line, end + 1, word == b"HMSG")?;
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
                let info = serde_json::from_slice(rest);
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
        let found = self.buffer[self.searched..]
            .iter()
            .position(|&byte| byte == b'\n');
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

/// Reads `MSG subject sid [reply] size` or `HMSG subject sid [reply] headers-size size`. The message itself starts at
/// `start`.
fn announcement(
    line: &[u8],
    start: usize,
    with_headers: bool,
) -> Result<Announcement, ProtocolError> {
    read_announcement(line, start, with_headers).ok_or_else(|| ProtocolError::MalformedMessage {
        line: excerpt(line),
    })
}

fn read_announcement(line: &[u8], start: usize, with_headers: bool) -> Option<Announcement> {
    let mut words = Words { line, at: 0 };
    words.next()?;
    let subject = words.next()?;
    let sid = number(&line[words.next()?])?;
    let mut rest = [words.next()?, 0..0, 0..0];
    let mut count = 1;
    for word in words {
        *rest.get_mut(count)? = word;
        count += 1;
    }
    let sizes = if with_headers { 2 } else { 1 };
    let reply = match count.checked_sub(sizes)? {
        0 => None,
        1 => Some(rest[0].clone()),
        _ => return None,
    };
    let size = |index: usize| usize::try_from(number(&line[rest[index].clone()])?).ok();
    let total = size(count - 1)?;
    let headers = if with_headers { size(count - 2)? } else { 0 };
    let end = start.checked_add(total)?;
    (headers <= total).then(|| Announcement {
        sid,
        subject,
        reply,
        headers: start..start + headers,
        payload: start + headers..end,
    })
}

/// The words of a line, as ranges in it.
struct Words<'a> {
    line: &'a [u8],
    at: usize,
}

impl Iterator for Words<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.at
            + self.line[self.at..]
                .iter()
                .position(|&byte| !is_blank(byte))?;
        let length = self.line[start..].iter().position(|&byte| is_blank(byte));
        self.at = length.map_or(self.line.len(), |length| start + length);
        Some(start..self.at)
    }
}

fn split_word(line: &[u8]) -> (&[u8], &[u8]) {
    let end = line
        .iter()
        .position(|&byte| is_blank(byte))
        .unwrap_or(line.len());
    line.split_at(end)
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, &digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::proto::encode;

    /// Everything that the parser makes of `bytes` when they arrive in pieces of the given lengths, the last of which
    /// is repeated.
    fn parse(bytes: &[u8], pieces: &[usize]) -> Result<Vec<ServerOp>, ProtocolError> {
        let mut parser = Parser::new(1_024);
        let mut ops = Vec::new();
        let mut rest = bytes;
        let mut pieces = pieces
            .iter()
            .copied()
            .chain(std::iter::repeat(*pieces.last().expect("a length")));
        while !rest.is_empty() {
            let length = pieces.next().expect("no end").clamp(1, rest.len());
            let (piece, later) = rest.split_at(length);
            rest = later;
            parser.push(piece);
            while let Some(op) = parser.next()? {
                ops.push(op);
            }
        }
        Ok(ops)
    }

    fn whole(bytes: &[u8]) -> Result<Vec<ServerOp>, ProtocolError> {
        parse(bytes, &[bytes.len().max(1)])
    }

    const STREAM: &[u8] = b"INFO {\"server_id\":\"S\",\"max_payload\":1024}\r\n\
        PING\r\n\
        MSG a.b 7 5\r\nhe\r\nl\r\n\
        MSG a.b 7 _INBOX.x.1 0\r\n\r\n\
        HMSG a.c 8 12 17\r\nNATS/1.0\r\n\r\nworld\r\n\
        HMSG a.c 8 r 26 26\r\nNATS/1.0 404 Not Found\r\n\r\n\r\n\
        +OK\r\n\
        -ERR 'Slow Consumer'\r\n\
        PONG\r\n";

    #[test]
    fn every_operation_of_the_server() {
        let ops = whole(STREAM).expect("valid");
        let [
            ServerOp::Info(info),
            ServerOp::Ping,
            ServerOp::Message {
                sid: 7,
                message: first,
            },
            ServerOp::Message {
                sid: 7,
                message: second,
            },
            ServerOp::Message {
                sid: 8,
                message: third,
            },
            ServerOp::Message {
                sid: 8,
                message: fourth,
            },
            ServerOp::Ok,
            ServerOp::Error(ServerError::SlowConsumer),
            ServerOp::Pong,
        ] = &ops[..]
        else {
            panic!("{ops:?}");
        };
        assert_eq!((&*info.server_id, info.max_payload), ("S", 1_024));
        assert_eq!(
            (&*first.subject, &first.reply, &*first.payload),
            ("a.b", &None, &b"he\r\nl"[..])
        );
        assert_eq!(
            (second.reply.as_deref(), &*second.payload),
            (Some("_INBOX.x.1"), &b""[..])
        );
        assert_eq!((&*third.subject, &*third.payload), ("a.c", &b"world"[..]));
        assert!(third.headers.is_empty());
        assert_eq!(
            (
                fourth.status().map(|status| status.as_u16()),
                fourth.headers.description()
            ),
            (Some(404), "Not Found")
        );
    }

    #[test]
    fn the_same_at_every_split() {
        let expected = whole(STREAM);
        for first in 1..STREAM.len() {
            for second in [1, 2, 3, 17, STREAM.len()] {
                assert_eq!(
                    parse(STREAM, &[first, second]),
                    expected,
                    "cut at {first}, then every {second}"
                );
            }
        }
        assert_eq!(parse(STREAM, &[1]), expected);
    }

    #[test]
    fn blanks_between_words_may_be_many() {
        assert_eq!(
            whole(b"MSG  a\t1   2\r\nhi\r\n"),
            whole(b"MSG a 1 2\r\nhi\r\n")
        );
        assert_eq!(whole(b"PING \r\n"), Ok(vec![ServerOp::Ping]));
        assert_eq!(whole(b"PING\n"), Ok(vec![ServerOp::Ping]));
    }

    #[track_caller]
    fn malformed(bytes: &[u8]) {
        let result = whole(bytes);
        assert!(
            matches!(result, Err(ProtocolError::MalformedMessage { .. })),
            "{result:?}"
        );
    }

    #[test]
    fn a_message_announced_wrongly() {
        malformed(b"MSG\r\n");
        malformed(b"MSG a 1\r\n");
        malformed(b"MSG a x 2\r\n");
        malformed(b"MSG a 1 2x\r\n");
        malformed(b"MSG a 1 -2\r\n");
        malformed(b"MSG a 1 r 2 3\r\n");
        malformed(b"MSG a 1 r 2 3 4\r\n");
        malformed(b"MSG a 99999999999999999999 2\r\n");
        malformed(b"HMSG a 1 2\r\n");
        malformed(b"HMSG a 1 13 12\r\n");
        malformed(b"HMSG a 1 0 18446744073709551615\r\n");
    }

    #[test]
    fn limits_and_lies() {
        let too_large = whole(b"MSG a 1 1025\r\n");
        assert_eq!(
            too_large,
            Err(ProtocolError::MessageTooLarge {
                size: 1_025,
                limit: 1_024
            })
        );
        assert_eq!(
            whole(b"MSG a 1 2\r\nhiPING\r\n"),
            Err(ProtocolError::MissingEnd)
        );
        assert_eq!(whole(b"MSG \xff 1 0\r\n\r\n"), Err(ProtocolError::NotUtf8));
        let endless = vec![b'x'; MAX_CONTROL_LINE + 1];
        assert_eq!(
            whole(&endless),
            Err(ProtocolError::LineTooLong {
                limit: MAX_CONTROL_LINE
            })
        );
        let info = [b"INFO ", &vec![b' '; MAX_INFO][..]].concat();
        assert_eq!(
            parse(&info, &[4_096]),
            Err(ProtocolError::LineTooLong { limit: MAX_INFO })
        );
        let long = format!(
            "INFO {{\"server_id\":\"{}\"}}\r\n",
            "s".repeat(MAX_CONTROL_LINE)
        );
        assert!(matches!(
            whole(long.as_bytes()).as_deref(),
            Ok([ServerOp::Info(_)])
        ));
        assert!(matches!(
            whole(b"HTTP/1.1 400 Bad Request\r\n"),
            Err(ProtocolError::UnknownOperation { .. })
        ));
        assert!(matches!(
            whole(b"INFO nonsense\r\n"),
            Err(ProtocolError::MalformedInfo { .. })
        ));
        assert!(matches!(
            whole(b"HMSG a 1 3 3\r\nabc\r\n"),
            Err(ProtocolError::Headers(_))
        ));
    }

    #[test]
    fn a_reset_parser_knows_nothing_of_before() {
        let mut parser = Parser::new(1_024);
        parser.push(b"MSG a 1 100\r\nhalf a mess");
        assert_eq!(parser.next(), Ok(None));
        parser.reset();
        parser.push(b"PING\r\n");
        assert_eq!(parser.next(), Ok(Some(ServerOp::Ping)));
    }

    proptest! {
        #[test]
        fn what_is_sent_is_received(
            messages in prop::collection::vec(
                ("[a-z]{1,9}(\\.[a-zA-Z0-9_]{1,9}){0,3}", prop::option::of("[a-z]{1,9}"), prop::collection::vec(any::<u8>(), 0..200), 0..u64::MAX),
                0..20,
            ),
            pieces in prop::collection::vec(1_usize..300, 1..20),
        ) {
            let mut bytes = Vec::new();
            for (subject, reply, payload, sid) in &messages {
                let reply = reply.as_ref().map(|reply| format!("{reply} ")).unwrap_or_default();
                bytes.extend(format!("MSG {subject} {sid} {reply}{}\r\n", payload.len()).into_bytes());
                bytes.extend(payload);
                bytes.extend(b"\r\n");
            }
            let ops = parse(&bytes, &pieces).expect("valid");
            prop_assert_eq!(ops.len(), messages.len());
            for (op, (subject, reply, payload, sid)) in ops.iter().zip(&messages) {
                let ServerOp::Message { sid: received, message } = op else {
                    panic!("{op:?}");
                };
                prop_assert_eq!(received, sid);
                prop_assert_eq!(&*message.subject, &**subject);
                prop_assert_eq!(message.reply.as_deref(), reply.as_deref());
                prop_assert_eq!(&*message.payload, &**payload);
            }
        }

        #[test]
        fn headers_survive(
            entries in prop::collection::vec(("[A-Za-z][A-Za-z0-9-]{0,12}", "[^\\r\\n\\t ]?[^\\r\\n]{0,20}[^\\r\\n\\t ]?"), 0..8),
            payload in prop::collection::vec(any::<u8>(), 0..50),
            pieces in prop::collection::vec(1_usize..60, 1..9),
        ) {
            let mut headers = HeaderMap::new();
            for (name, value) in &entries {
                headers.append(name, value).expect("valid");
            }
            let mut published = Vec::new();
            encode::publish(&mut published, "a", None, &headers, &payload);
            // What a server does with it: HPUB becomes HMSG with a subscription's number, PUB becomes MSG.
            let text_end = published.iter().position(|&byte| byte == b'\n').expect("a line");
            let line = String::from_utf8(published[..text_end].to_vec()).expect("UTF-8");
            let line = line.replacen("PUB a", "MSG a 1", 1);
            let bytes = [line.as_bytes(), &published[text_end..]].concat();
            let ops = parse(&bytes, &pieces).expect("valid");
            let [ServerOp::Message { message, .. }] = &ops[..] else {
                panic!("{ops:?}");
            };
            prop_assert_eq!(&message.headers, &headers);
            prop_assert_eq!(&*message.payload, &*payload);
        }

        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..600), pieces in prop::collection::vec(1_usize..60, 1..9)) {
            let whole = whole(&bytes);
            prop_assert_eq!(parse(&bytes, &pieces).is_ok(), whole.is_ok());
        }

        #[test]
        fn damaged_streams_never_panic(at in 0..STREAM.len(), byte in any::<u8>(), pieces in prop::collection::vec(1_usize..60, 1..9)) {
            let mut bytes = STREAM.to_vec();
            bytes[at] = byte;
            prop_assert_eq!(parse(&bytes, &pieces).is_ok(), whole(&bytes).is_ok());
        }
    }
}
