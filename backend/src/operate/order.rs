//! How a command is sent, whatever its data is made of: what `publish` and `command` have in common.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use shared::cloud_event::{CloudEvent, MessageId, SpecVersion};
use shared::identity::Actor;
use shared::outcome::{Decision, Outcome};
use shared::text::Token;

use super::{NOT_YET, OperateError, PARKED, REFUSED};
use crate::clock;
use crate::commands::catalogue::Entry;
use crate::commands::send;

#[derive(Debug, Args)]
pub struct How {
    /// The id of the command. The same id is the same command: it is done once. By default a new one.
    #[arg(long)]
    pub id: Option<MessageId>,
    /// Wait for the outcome, 5 seconds or as many.
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        default_missing_value = "5",
        value_parser = clap::value_parser!(u16).range(1..=600)
    )]
    pub wait: Option<u16>,
    /// Who sends it: a user of the account hotel.
    #[arg(long, default_value = "cli", value_name = "USER")]
    pub user: Token,
}

impl How {
    /// For how long to wait.
    pub(super) fn wait(&self) -> Option<Duration> {
        self.wait
            .map(|seconds| Duration::from_secs(u64::from(seconds)))
    }

    /// The id that was chosen, or a new one.
    pub(super) fn id(&self) -> Result<MessageId, OperateError> {
        let id = self.id.clone().map_or_else(send::new_id, Ok);
        id.map_err(|error| OperateError::input("the id", error))
    }

    /// Who sends it.
    pub(super) fn actor(&self) -> Result<Actor, OperateError> {
        let actor = send::in_the_hotel(self.user.as_str());
        actor.map_err(|error| OperateError::input("the user", error))
    }
}

/// The command's token in its subject.
pub(super) fn name(entry: &Entry) -> Result<Token, OperateError> {
    let name = entry.name.parse();
    name.map_err(|error| OperateError::input("the command", error))
}

/// The command in its envelope.
pub(super) fn event<T>(entry: &Entry, id: MessageId, data: T) -> CloudEvent<T> {
    CloudEvent {
        specversion: SpecVersion,
        correlationid: Some(id.clone()),
        id,
        source: "/cli".into(),
        message_type: entry.message_type.into(),
        subject: None,
        time: Some(clock::now()),
        datacontenttype: Some("application/json".into()),
        causationid: None,
        actor: None,
        data,
    }
}

/// What the one who waited is told by the exit code.
pub(super) fn exit_code(outcome: Option<&Outcome>) -> ExitCode {
    match outcome.map(|outcome| &outcome.decision) {
        Some(Decision::Done { .. }) => ExitCode::SUCCESS,
        Some(Decision::Refused { .. }) => ExitCode::from(REFUSED),
        Some(Decision::Parked { .. }) => ExitCode::from(PARKED),
        None => ExitCode::from(NOT_YET),
    }
}
