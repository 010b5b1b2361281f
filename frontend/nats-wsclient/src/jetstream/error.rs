//! What JetStream refuses, and why.

use crate::client::RequestError;
use crate::json::{Field, JsonError, Mismatch, Value, json_object};
use crate::proto::{HeaderError, SubjectError};

/// Why JetStream did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JetStreamError {
    /// The server refused it.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// There was no answer. [`RequestError::NoResponders`]: JetStream is not enabled for this account, its API has another
    /// prefix, or the stream does not exist or does not allow direct get.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// It was not sent.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// It was not sent.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// It was not sent.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A direct get asks for nothing that the server knows: status 408.
    #[error("the server does not understand the direct get: {description}")]
    InvalidRequest { description: String },
    /// A direct get of the last messages matches more than 1,024 subjects: status 413.
    #[error("more than 1,024 subjects match: ask for fewer, or use a consumer")]
    TooManySubjects,
    /// Some of the messages that a direct get asked for were lost on the way, or read too slowly.
    #[error("messages after the sequence {after} were lost on the way: ask again from there")]
    Gap { after: u64 },
    #[error("the answer of JetStream cannot be read: {reason}")]
    Malformed { reason: String },
}

impl JetStreamError {
    /// Which error of JetStream's API it is, if it is one.
    pub fn error_code(&self) -> Option<ErrorCode> {
        match self {
            Self::Api(error) => Some(error.err_code),
            _ => None,
        }
    }

    pub(super) fn malformed(error: JsonError) -> Self {
        Self::Malformed {
            reason: error.to_string(),
        }
    }
}

/// An error of JetStream's API.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
#[error("JetStream refused it: {description} ({err_code})")]
pub struct ApiError {
    /// As in HTTP.
    pub code: u16,
    /// Which error it is.
    pub err_code: ErrorCode,
    pub description: String,
}

json_object!(ApiError {
    code: "code",
    err_code: "err_code",
    description: "description",
} required = ["code"]);

/// Which error of JetStream's API it is. The server's `errors.json` lists them all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorCode(pub u32);

impl ErrorCode {
    pub const CONSUMER_NAME_EXISTS: Self = Self(10_013);
    pub const CONSUMER_NOT_FOUND: Self = Self(10_014);
    pub const INSUFFICIENT_RESOURCES: Self = Self(10_023);
    pub const INVALID_JSON: Self = Self(10_025);
    pub const MESSAGE_NOT_FOUND: Self = Self(10_037);
    pub const NOT_ENABLED_FOR_ACCOUNT: Self = Self(10_039);
    pub const STREAM_INVALID_CONFIG: Self = Self(10_052);
    pub const MESSAGE_TOO_LARGE: Self = Self(10_054);
    pub const STREAM_NAME_IN_USE: Self = Self(10_058);
    pub const STREAM_NOT_FOUND: Self = Self(10_059);
    /// The message came to another stream than it expected.
    pub const STREAM_NOT_MATCHING: Self = Self(10_060);
    /// The last message has another id than was expected.
    pub const WRONG_LAST_MESSAGE_ID: Self = Self(10_070);
    /// The last sequence, of the stream or of the subject, is another one than was expected.
    pub const WRONG_LAST_SEQUENCE: Self = Self(10_071);
    /// The stream is full and does not discard old messages, among other reasons; the description tells.
    pub const STREAM_STORE_FAILED: Self = Self(10_077);
    pub const CONSUMER_ALREADY_EXISTS: Self = Self(10_148);
    pub const CONSUMER_DOES_NOT_EXIST: Self = Self(10_149);
    /// As [`WRONG_LAST_SEQUENCE`](Self::WRONG_LAST_SEQUENCE), when the server cannot tell which one it is: in a cluster,
    /// while another message on the subject is on its way.
    pub const WRONG_LAST_SEQUENCE_CONSTANT: Self = Self(10_164);
    pub const MESSAGE_TTL_INVALID: Self = Self(10_165);
    pub const MESSAGE_TTL_DISABLED: Self = Self(10_166);
    pub const BATCH_DISABLED: Self = Self(10_174);
    pub const BATCH_SEQUENCE_MISSING: Self = Self(10_175);
    pub const BATCH_INCOMPLETE: Self = Self(10_176);
    pub const BATCH_HEADER_UNSUPPORTED: Self = Self(10_177);
    pub const BATCH_ID_INVALID: Self = Self(10_179);
    pub const SCHEDULES_DISABLED: Self = Self(10_188);
    pub const BATCH_TOO_LARGE: Self = Self(10_199);
    /// A message of the batch has an id that the stream knows.
    pub const BATCH_DUPLICATE: Self = Self(10_201);

    /// Whether an expected last sequence was wrong: somebody else was faster.
    pub const fn is_wrong_last_sequence(self) -> bool {
        matches!(
            self,
            Self::WRONG_LAST_SEQUENCE | Self::WRONG_LAST_SEQUENCE_CONSTANT
        )
    }
}

impl Field for ErrorCode {
    fn read(&mut self, value: Value<'_>) -> Result<(), Mismatch> {
        self.0.read(value)
    }

    fn write(&self, out: &mut String) {
        self.0.write(out);
    }

    fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a text is not the name of a stream or a consumer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name:?} is not the name of a stream or a consumer: use printable characters without blanks, dots, slashes, `*` and `>`"
)]
pub struct NameError {
    pub name: String,
}

/// Checks the name of a stream or a consumer, which becomes a token of a subject and the name of a folder (ADR-6).
pub(super) fn check_name(name: &str) -> Result<&str, NameError> {
    let forbidden =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '.' | '*' | '>' | '/' | '\\');
    if name.is_empty() || name.contains(forbidden) {
        return Err(NameError {
            name: name.to_owned(),
        });
    }
    Ok(name)
}
