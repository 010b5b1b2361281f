//! `PUT /mutation/<command>` with `{"data":{…}}`.
//!
//! The body becomes a command in the stream, as if it came over NATS, and as soon as it is safe there the response is 202:
//! the id of the command, where its state is, and where its outcome will be told.
//!
//! With `Prefer: wait=N` (see `prefer`) the response waits for the outcome:
//! - done: 200, with the outcome;
//! - refused: a problem, with the id of the command;
//! - not decided in time, or parked until an operator sees to it: 202.
//!
//! With the header `Idempotency-Key` the client chooses the id of the command: a request that is repeated with the same
//! key is the same command, is not sent a second time, and has the same outcome. The key of another command, or of the same
//! one with other data, is refused with 409. That is known for as long as the outcome is kept, a day, and before it is
//! decided, however long that takes.

use std::fmt;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jetstream_es::Connection;
use jetstream_es::publish::PublishError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::cloud_event::{CloudEvent, Command, MessageId};
use shared::identity::Actor;
use shared::outcome::{Decision, Outcome};
use shared::subjects::OutcomeKey;
use shared::text::Token;

use super::caller::Caller;
use super::commands::{self, CommandState};
use super::prefer::Prefer;
use super::problem::{Problem, kinds};
use super::{Shared, body};
use crate::clock;
use crate::commands::backlog::Backlog;
use crate::commands::once::{self, Id, OnceError};
use crate::commands::send::{self, Ear, SendError};

/// The body of a request for the command `C`.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "{C}Mutation")]
pub struct Mutation<C> {
    /// What the command says.
    pub data: C,
}

/// Handles a request for the command `C`.
pub(crate) async fn put<C: Command + Send>(
    State(shared): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: body::Json,
) -> Result<Response, Problem> {
    let id = idempotency_key(&headers)?;
    let prefer = Prefer::of(&headers);
    let Mutation { data } = body.read::<Mutation<C>>()?;
    let request = Request {
        connection: shared.connection()?,
        actor: caller.actor,
        listed: true,
        chosen: id.is_some(),
        event: CloudEvent::command(
            id.map_or_else(send::new_id, Ok).map_err(internal)?,
            "/http",
            clock::now(),
            data,
        ),
    };
    request.answer(prefer, &shared).await
}

/// A command that somebody asks for.
pub(super) struct Request<C> {
    pub(super) connection: Connection,
    /// Who asks.
    pub(super) actor: Actor,
    /// Whether the client can ask what became of it under `/commands`.
    pub(super) listed: bool,
    /// Whether the client chose the id, so that it may come again.
    pub(super) chosen: bool,
    pub(super) event: CloudEvent<C>,
}

impl<C: Command + Send> Request<C> {
    /// Sends the command unless it was sent before, and answers as the client prefers, or as well as can be said when the
    /// backend ends.
    pub(super) async fn answer(self, prefer: Prefer, shared: &Shared) -> Result<Response, Problem> {
        let listed = self.listed;
        let command = self.event.id.clone();
        let wait = prefer.wait.filter(|wait| !wait.is_zero());
        // Before the command is sent, so that the outcome is not missed.
        let ear = match wait {
            Some(_) => {
                let ear = Ear::open(&self.connection, self.key()).await;
                Some(ear.map_err(not_sent)?)
            }
            None => None,
        };
        let sent_before = self.send(&shared.backlog).await?;
        let outcome = match (ear, wait) {
            (Some(ear), Some(wait)) => {
                let outcome = async {
                    match sent_before {
                        true => ear.kept_or_next(wait).await,
                        false => ear.next(wait).await,
                    }
                };
                shared.stop.run_until_cancelled(outcome).await.flatten()
            }
            _ => None,
        };
        let mut response = respond(command, outcome, listed.then_some(&*shared.base))?;
        if let Some((name, value)) = prefer.applied() {
            response.headers_mut().insert(name, value);
        }
        Ok(response)
    }

    fn key(&self) -> OutcomeKey {
        OutcomeKey {
            actor: self.actor.clone(),
            command: self.event.id.clone(),
        }
    }

    /// Whether it had been sent before.
    async fn send(self, backlog: &Backlog) -> Result<bool, Problem> {
        let id = match self.chosen {
            true => Id::Chosen(Some(backlog)),
            false => Id::New,
        };
        let name = C::NAME.parse::<Token>().map_err(internal)?;
        let sent = once::send(&self.connection, &self.actor, &name, &self.event, id).await;
        sent.map_err(|error| match error {
            OnceError::Reused(command) => Problem::key_reused(command),
            OnceError::LookUp(error) => commands::not_known(error),
            OnceError::Send(error) => not_sent(error),
        })
    }
}

/// The response. The command can be asked for at the routes under `base`, if that is said.
fn respond(
    command: MessageId,
    outcome: Option<Outcome>,
    base: Option<&str>,
) -> Result<Response, Problem> {
    let status = base.map(|base| commands::status_of(base, &command));
    let (code, state) = match outcome {
        None => (StatusCode::ACCEPTED, CommandState::accepted(command, base)),
        Some(Outcome {
            decision: Decision::Refused { refusal },
            next,
            ..
        }) => return Err(Problem::refused(command, refusal, next)),
        Some(outcome) => {
            let code = match outcome.decision {
                Decision::Parked { .. } => StatusCode::ACCEPTED,
                _ => StatusCode::OK,
            };
            (code, CommandState::Decided(outcome))
        }
    };
    let mut response = (code, Json(state)).into_response();
    let Some(status) = status else {
        return Ok(response);
    };
    let location = HeaderValue::from_str(&status).map_err(internal)?;
    let name = match code {
        StatusCode::ACCEPTED => header::LOCATION,
        _ => header::CONTENT_LOCATION,
    };
    response.headers_mut().insert(name, location);
    Ok(response)
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<MessageId>, Problem> {
    let Some(key) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = key.to_str().unwrap_or_default();
    match key.parse::<Token>() {
        Ok(key) => Ok(Some(key)),
        Err(error) => Err(Problem::bad_request(format!(
            "The header Idempotency-Key: {error}."
        ))),
    }
}

pub(super) fn internal(error: impl fmt::Display) -> Problem {
    tracing::error!("a command could not be sent: {error}");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "The command could not be sent.",
    )
}

pub(super) fn not_sent(error: impl Into<SendError>) -> Problem {
    match error.into() {
        SendError::NotAccepted(error @ PublishError::Full { .. }) => {
            tracing::error!("a command over HTTP was not accepted: {error}");
            let detail = "The hotel has no space left to keep the command in.";
            Problem::typed(&kinds::STORAGE_FULL, detail).retry_after(60)
        }
        SendError::NotAccepted(error) => {
            tracing::warn!("a command over HTTP was not accepted: {error}");
            Problem::unavailable(
                "NATS did not accept the command. Repeat it with the same Idempotency-Key, and it is not done twice.",
            )
        }
        error => internal(error),
    }
}
