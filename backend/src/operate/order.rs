//! How a command is sent, whatever its data is made of: what `publish` and `command` have in common.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use jetstream_es::Connection;
use serde::Serialize;
use shared::cloud_event::{CloudEvent, MessageId, SpecVersion};
use shared::identity::Actor;
use shared::outcome::{Decision, Outcome};
use shared::subjects::OutcomeKey;
use shared::text::Token;

use super::{NOT_YET, OperateError, PARKED, REFUSED};
use crate::clock;
use crate::commands::catalogue::Entry;
use crate::commands::once::{self, Id, OnceError};
use crate::commands::send::{self, Ear, SendError};

/// The program that makes the commands: their CloudEvents attribute `source`.
pub(super) const SOURCE: &str = "/cli";

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

    /// Sends the command unless it was sent before, and waits for its outcome if that is asked for.
    ///
    /// # Errors
    /// When the command is not known to be safe.
    pub(super) async fn ask<T: Serialize>(
        &self,
        connection: &Connection,
        name: &Token,
        event: &CloudEvent<T>,
        wait: Option<Duration>,
    ) -> Result<Asked, OperateError> {
        let actor = self.actor()?;
        let key = OutcomeKey {
            actor: actor.clone(),
            command: event.id.clone(),
        };
        // Before the command is sent, so that the outcome is not missed.
        let ear = Ear::open(connection, key).await.map_err(SendError::from)?;
        let chosen = match self.id {
            Some(_) => Id::Chosen(None),
            None => Id::New,
        };
        let sent_before = match once::send(connection, &actor, name, event, chosen).await {
            Ok(sent_before) => sent_before,
            Err(error @ OnceError::Reused(_)) => return Ok(Asked::Reused(error)),
            Err(error) => {
                let id = event.id.clone();
                return Err(OperateError::NotSent { error, id });
            }
        };
        Ok(Asked::Answered(match wait {
            Some(wait) if sent_before => ear.kept_or_next(wait).await,
            Some(wait) => ear.next(wait).await,
            None => None,
        }))
    }

    /// Who sends it.
    pub(super) fn actor(&self) -> Result<Actor, OperateError> {
        let actor = send::in_the_hotel(self.user.as_str());
        actor.map_err(|error| OperateError::input("the user", error))
    }
}

/// What came of sending a command.
pub(super) enum Asked {
    /// Its outcome, if there was one in time.
    Answered(Option<Outcome>),
    /// Its id was used for another one, so nothing was sent.
    Reused(OnceError),
}

/// The token of the command `name` in its subject.
pub(super) fn token(name: &str) -> Result<Token, OperateError> {
    let token = name.parse();
    token.map_err(|error| OperateError::input("the command", error))
}

/// The command in its envelope.
pub(super) fn event<T>(entry: &Entry, id: MessageId, data: T) -> CloudEvent<T> {
    CloudEvent {
        specversion: SpecVersion,
        correlationid: Some(id.clone()),
        id,
        source: SOURCE.into(),
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
