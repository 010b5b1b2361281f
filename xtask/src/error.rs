//! What can go wrong, each with what to do about it.

use std::{io, process::ExitStatus, time::Duration};

/// Why a command ended without doing what it is for. [`Error::remedy`] says what to do, [`Error::last_lines`] what
/// the process at fault said last.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot {doing}: {source}")]
    Io { doing: String, source: io::Error },

    /// Something that is not installed here by this command.
    #[error("{what}")]
    Missing { what: String, remedy: String },

    #[error("{what} was installed, but still cannot be used")]
    StillMissing { what: String },

    #[error("cannot read {what}: {why}")]
    Malformed { what: String, why: String },

    #[error("cannot start {program}: {source}")]
    Start { program: String, source: io::Error },

    #[error("{command} failed ({status})")]
    Failed {
        command: String,
        status: ExitStatus,
        last_lines: Vec<String>,
    },

    #[error("port {port} is taken{}, but {needed_by} needs it", by(.holder))]
    PortTaken {
        port: u16,
        needed_by: &'static str,
        holder: Option<String>,
    },

    #[error("{service} has ended by itself ({status}); the rest was ended too")]
    Died {
        service: &'static str,
        status: ExitStatus,
        last_lines: Vec<String>,
    },

    #[error("{service} is not ready after {:.1} seconds: {address} {last_answer}", .after.as_secs_f64())]
    NotReady {
        service: &'static str,
        address: String,
        last_answer: String,
        after: Duration,
        last_lines: Vec<String>,
    },

    #[error("the hotel in .run/ was seeded with {seeded} rooms, not {asked}")]
    SeededOtherwise { seeded: u32, asked: u32 },

    #[error("{} failed: {}", if .0.len() == 1 { "this step" } else { "these steps" }, .0.join(", "))]
    Steps(Vec<String>),

    #[error("the SPA is {bytes} bytes to load, {} more than its budget of {budget}", .bytes - .budget)]
    TooHeavy { bytes: u64, budget: u64 },

    #[error("no test ran")]
    NoTests { filters: Vec<String> },

    #[error("cannot hash a password: {0}")]
    Hash(#[from] bcrypt::BcryptError),

    #[error("cannot make certificates: {0}")]
    Certificate(#[from] rcgen::Error),

    #[error("the operating system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

impl Error {
    /// An input or output error while doing `doing` ("read Cargo.lock").
    pub(crate) fn io(doing: impl Into<String>, source: io::Error) -> Self {
        let doing = doing.into();
        Self::Io { doing, source }
    }

    /// What to do about it, where there is something to say.
    pub(crate) fn remedy(&self) -> Option<String> {
        match self {
            Self::Missing { remedy, .. } => Some(remedy.clone()),
            Self::StillMissing { .. } => Some(
                "delete the folder .tools and try again; if that does not help, install it by hand"
                    .into(),
            ),
            Self::PortTaken {
                holder: Some(_), ..
            } => Some("end that process, then try again".into()),
            Self::PortTaken { holder: None, .. } => {
                Some("find out who listens there and end it, then try again".into())
            }
            Self::SeededOtherwise { .. } => {
                Some("leave --rooms out to keep it, or add --fresh to empty it first".into())
            }
            Self::TooHeavy { .. } => Some(
                "look for what has grown in the wasm file (twiggy), or raise BUDGET in xtask/src/page.rs knowingly"
                    .into(),
            ),
            Self::NoTests { filters } if !filters.is_empty() => {
                Some(format!("no test's name contains {}", filters.join(" or ")))
            }
            Self::Io { .. }
            | Self::Malformed { .. }
            | Self::Start { .. }
            | Self::Failed { .. }
            | Self::Died { .. }
            | Self::NotReady { .. }
            | Self::Steps(_)
            | Self::NoTests { .. }
            | Self::Hash(_)
            | Self::Certificate(_)
            | Self::Random(_) => None,
        }
    }

    /// The same, for when the output was shown while it came.
    pub(crate) fn without_last_lines(self) -> Self {
        match self {
            Self::Failed {
                command, status, ..
            } => Self::Failed {
                command,
                status,
                last_lines: Vec::new(),
            },
            other => other,
        }
    }

    /// What the process at fault said last, oldest line first; empty where its output was shown anyway.
    pub(crate) fn last_lines(&self) -> &[String] {
        match self {
            Self::Failed { last_lines, .. }
            | Self::Died { last_lines, .. }
            | Self::NotReady { last_lines, .. } => last_lines,
            _ => &[],
        }
    }
}

fn by(holder: &Option<String>) -> String {
    holder
        .as_ref()
        .map(|holder| format!(" by {holder}"))
        .unwrap_or_default()
}
