//! Tools for those who operate a hotel, as tasks of the command line.
//!
//! ```text
//! streams         what every stream and bucket holds, and who reads it
//! audit           who wanted what, when, and what became of it
//! dead_letters    what could not be worked on, and what is to become of it
//! publish         sends a command
//! command         the same by flags, and tells what became of it
//! guest           what a guest may ask of the hotel about personal data
//! staff           who works in the hotel, and how they get in for the first time
//! hotel           the other hotels on the same server
//! order           what these four have in common
//! listen          prints events as they happen
//! replay          read models made anew, and old events once more
//! output          text for people, or a JSON object a line
//! ```
//!
//! All of them need nothing but the NATS server. Results go to standard output, everything else to standard error.
//!
//! | exit code | |
//! |---|---|
//! | 0 | done |
//! | 1 | not done, for a reason that is told |
//! | 2 | the command line is wrong |
//! | 3 | the hotel refuses it, or what is asked for is not there |
//! | 4 | not decided in time; what was sent is safe |
//! | 5 | it could not be decided, and waits for an operator; what was sent is safe |

pub mod audit;
pub mod command;
pub mod dead_letters;
pub mod guest;
pub mod hotel;
pub mod listen;
pub mod order;
mod output;
pub mod publish;
pub mod replay;
pub mod staff;
pub mod streams;

use std::process::ExitCode;

use async_nats::jetstream::Message;
use futures_util::{Stream, StreamExt};
use jetstream_es::Connection;
use jetstream_es::connection::ConnectError;
use shared::HotelName;
use shared::cloud_event::MessageId;
use shared::staff::StaffName;

use crate::cli::NatsOptions;
use crate::commands::once::OnceError;
use crate::commands::send::SendError;
use crate::hotels::folder::FolderError;
use crate::secret_file::SecretFileError;

pub use output::Output;

/// The command line is wrong.
pub const WRONG: u8 = 2;
/// The hotel refuses it, or what is asked for is not there.
pub const REFUSED: u8 = 3;
/// Not decided in time.
pub const NOT_YET: u8 = 4;
/// It could not be decided, and waits for an operator.
pub const PARKED: u8 = 5;

/// Why a tool did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    #[error("{error}: {remedy}")]
    Connect { error: ConnectError, remedy: String },
    #[error("NATS does not answer: {0}; check that JetStream runs (`vacancy streams`)")]
    Nats(String),
    #[error("there is no stream {0}: the backend makes it when it starts (`vacancy serve`)")]
    NoStream(String),
    #[error("{what}: {reason}")]
    Input { what: &'static str, reason: String },
    #[error("cannot write to standard output: {0}")]
    Output(#[from] std::io::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Send(#[from] SendError),
    #[error("{staff} has no password now: {reason}; `vacancy staff reset {staff}` makes a link")]
    NoProof { staff: StaffName, reason: String },
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Key(#[from] SecretFileError),
    #[error("no backend answers: start one (`vacancy serve`)")]
    NoBackend,
    #[error(
        "the backend finds no key of {0} in its folder: start it with the same one (`vacancy serve --hotels`)"
    )]
    AnotherFolder(HotelName),
    #[error("the server {server} has not read its configuration anew: {reason}")]
    NotReloaded { server: String, reason: String },
    #[error("{error}; with --id {id} it may be sent again, and is done once")]
    NotSent { error: OnceError, id: MessageId },
}

impl OperateError {
    /// A failure of NATS, in its own words.
    fn nats(error: impl std::fmt::Display) -> Self {
        Self::Nats(error.to_string())
    }

    /// What is wrong with a part of the command line.
    fn input(what: &'static str, reason: impl std::fmt::Display) -> Self {
        let reason = reason.to_string();
        Self::Input { what, reason }
    }
}

/// What a tool returns.
pub type Operated = Result<ExitCode, OperateError>;

/// The next message of a stream, or nothing when it has ended or somebody pressed Ctrl-C.
async fn next<E: std::fmt::Display>(
    messages: &mut (impl Stream<Item = Result<Message, E>> + Unpin),
) -> Result<Option<Message>, OperateError> {
    tokio::select! {
        message = messages.next() => message.transpose().map_err(OperateError::nats),
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            Ok(None)
        }
    }
}

async fn connect(nats: &NatsOptions, tool: &str) -> Result<Connection, OperateError> {
    let connected = nats.connect(&format!("vacancy {tool}")).await;
    connected.map_err(|error| OperateError::Connect {
        remedy: nats.remedy(&error),
        error,
    })
}
