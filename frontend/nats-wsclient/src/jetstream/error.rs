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
    InvalidRequest {
        /// The server's reason, such as `Bad Request`.
        description: String,
    },
    /// A direct get of the last messages matches more than 1,024 subjects: status 413.
    #[error("more than 1,024 subjects match: ask for fewer, or use a consumer")]
    TooManySubjects,
    /// Some of the messages that a direct get asked for were lost on the way, or read too slowly.
    #[error("messages after the sequence {after} were lost on the way: ask again from there")]
    Gap {
        /// The last sequence that arrived; 0: none did.
        after: u64,
    },
    /// Something else than JetStream answered, or a server that is too old. Whether it did what it was asked for is
    /// unknown.
    #[error("the answer of JetStream cannot be read: {reason}")]
    Malformed {
        /// What does not fit.
        reason: String,
    },
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
    /// The server's reason, in English. Tell errors apart by `err_code`: servers word it differently.
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
    /// The account has used up the storage that it may have. Nothing was stored.
    pub const ACCOUNT_RESOURCES_EXCEEDED: Self = Self(10_002);
    /// Another consumer has that name.
    pub const CONSUMER_NAME_EXISTS: Self = Self(10_013);
    /// The stream has no consumer of that name, or none any more.
    pub const CONSUMER_NOT_FOUND: Self = Self(10_014);
    /// The server has not enough memory or disk left for JetStream.
    pub const INSUFFICIENT_RESOURCES: Self = Self(10_023);
    /// The request is not the JSON that the server expects: it may be older than what was asked for.
    pub const INVALID_JSON: Self = Self(10_025);
    /// The stream has no such message, or none any more.
    pub const MESSAGE_NOT_FOUND: Self = Self(10_037);
    /// The account may not use JetStream: its configuration has to enable it.
    pub const NOT_ENABLED_FOR_ACCOUNT: Self = Self(10_039);
    /// The server cannot make, or update to, such a stream; the description tells why.
    pub const STREAM_INVALID_CONFIG: Self = Self(10_052);
    /// The server has used up the storage that it may have. Nothing was stored.
    pub const STORAGE_RESOURCES_EXCEEDED: Self = Self(10_047);
    /// The message is larger than the stream's `max_message_size`. It was not stored.
    pub const MESSAGE_TOO_LARGE: Self = Self(10_054);
    /// There is a stream of that name with another configuration: update it, or take another name.
    pub const STREAM_NAME_IN_USE: Self = Self(10_058);
    /// The account has no stream of that name.
    pub const STREAM_NOT_FOUND: Self = Self(10_059);
    /// The message came to another stream than it expected.
    pub const STREAM_NOT_MATCHING: Self = Self(10_060);
    /// The last message has another id than was expected.
    pub const WRONG_LAST_MESSAGE_ID: Self = Self(10_070);
    /// The last sequence, of the stream or of the subject, is another one than was expected.
    pub const WRONG_LAST_SEQUENCE: Self = Self(10_071);
    /// The stream is full and does not discard old messages, among other reasons; the description tells.
    pub const STREAM_STORE_FAILED: Self = Self(10_077);
    /// A consumer was to be created, and there is one of that name with another configuration.
    pub const CONSUMER_ALREADY_EXISTS: Self = Self(10_148);
    /// A consumer was to be updated, and there is none of that name.
    pub const CONSUMER_DOES_NOT_EXIST: Self = Self(10_149);
    /// As [`WRONG_LAST_SEQUENCE`](Self::WRONG_LAST_SEQUENCE), when the server cannot tell which one it is: in a cluster,
    /// while another message on the subject is on its way.
    pub const WRONG_LAST_SEQUENCE_CONSTANT: Self = Self(10_164);
    /// The message's `Nats-TTL` is less than a second, or no time at all. It was not stored.
    pub const MESSAGE_TTL_INVALID: Self = Self(10_165);
    /// A message says how long it lives, and the stream does not set `allow_message_ttl`. It was not stored.
    pub const MESSAGE_TTL_DISABLED: Self = Self(10_166);
    /// The stream does not set `allow_atomic_publish`. Nothing of the batch was stored.
    pub const BATCH_DISABLED: Self = Self(10_174);
    /// A message of a batch has no `Nats-Batch-Sequence`. It was not stored.
    pub const BATCH_SEQUENCE_MISSING: Self = Self(10_175);
    /// Something of a batch was lost, or it took too long. Nothing of it was stored.
    pub const BATCH_INCOMPLETE: Self = Self(10_176);
    /// A message of a batch has a header that batches do not allow; the description tells which. Nothing of it was
    /// stored.
    pub const BATCH_HEADER_UNSUPPORTED: Self = Self(10_177);
    /// The id of a batch is longer than 64 characters. Nothing of it was stored.
    pub const BATCH_ID_INVALID: Self = Self(10_179);
    /// A message has a schedule, and the stream does not set `allow_message_schedules`. It was not stored.
    pub const SCHEDULES_DISABLED: Self = Self(10_188);
    /// A batch has more messages than the server allows, 1,000 by default. Nothing of it was stored.
    pub const BATCH_TOO_LARGE: Self = Self(10_199);
    /// A message of the batch has an id that the stream knows.
    pub const BATCH_DUPLICATE: Self = Self(10_201);

    /// Whether there is no space left, of the account or of the server: nothing is stored before somebody makes some.
    pub const fn is_out_of_storage(self) -> bool {
        matches!(
            self,
            Self::ACCOUNT_RESOURCES_EXCEEDED
                | Self::INSUFFICIENT_RESOURCES
                | Self::STORAGE_RESOURCES_EXCEEDED
        )
    }

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
    "\"{name}\" is not the name of a stream or a consumer: use printable characters without blanks, dots, slashes, `*` and `>`"
)]
pub struct NameError {
    /// The text that was given.
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
