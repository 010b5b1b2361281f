//! What became of a command: `GET /commands/<id>`, and the bodies that say so wherever a command is asked about.
//!
//! Every such body has `command`, the id, and `decision`: `accepted` while it waits to be decided; else what the outcome
//! says, `done`, `refused` or `parked`, with the members of the [`Outcome`]. Outcomes are kept for a day.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;
use shared::cloud_event::MessageId;
use shared::outcome::Outcome;
use shared::subjects::OutcomeKey;

use super::Shared;
use super::caller::Caller;
use super::conditional::no_store;
use super::problem::Problem;
use crate::commands::look_up::{LookUpError, Standing, look_up};

/// What became of a command.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum CommandState {
    /// Nobody has decided it yet.
    Undecided(Undecided),
    /// It has an outcome.
    Decided(Outcome),
}

/// A command that is safe, and will be decided.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "decision", rename_all = "kebab-case")]
pub enum Undecided {
    /// The stream has it.
    Accepted {
        /// Its id.
        command: MessageId,
        /// Where to ask what became of it. Whoever sends a webhook is not told: nobody is logged in as that.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<String>,
        /// Where its outcome is told as soon as there is one (Server-Sent Events).
        #[serde(skip_serializing_if = "Option::is_none")]
        events: Option<String>,
    },
}

impl CommandState {
    /// The command waits to be decided. It can be asked for at the routes under `base`, if that is said.
    pub(crate) fn accepted(command: MessageId, base: Option<&str>) -> Self {
        Self::Undecided(Undecided::Accepted {
            status: base.map(|base| status_of(base, &command)),
            events: base.map(|base| format!("{base}/events?command={command}")),
            command,
        })
    }
}

impl Undecided {
    /// The id of the command.
    pub(crate) fn command(&self) -> &MessageId {
        match self {
            Self::Accepted { command, .. } => command,
        }
    }
}

/// Where to ask what became of the command.
pub(super) fn status_of(base: &str, command: &MessageId) -> String {
    format!("{base}/commands/{command}")
}

/// Handles the request for a command.
pub(super) async fn get(
    State(shared): State<Shared>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(id) = id?;
    let command = id.parse::<MessageId>();
    let command = command.map_err(|error| Problem::bad_request(format!("The id: {error}.")))?;
    let connection = shared.connection()?;
    let key = OutcomeKey {
        actor: caller.actor,
        command: command.clone(),
    };
    let state = match look_up(&connection, &key).await.map_err(not_known)? {
        Standing::Unknown => {
            let detail = format!(
                "There is no command {command} of yours, or it was decided more than a day ago: that is how long outcomes are kept."
            );
            return Err(Problem::new(StatusCode::NOT_FOUND, detail));
        }
        Standing::Accepted(_) => CommandState::accepted(command, Some(&shared.base)),
        Standing::Decided(kept) => CommandState::Decided(kept.outcome),
    };
    Ok(no_store(Json(state)))
}

pub(super) fn not_known(error: LookUpError) -> Problem {
    tracing::warn!("a command could not be looked up: {error}");
    Problem::unavailable("NATS did not say what became of the command.")
}
