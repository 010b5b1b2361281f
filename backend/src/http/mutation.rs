//! `PUT /mutation/<command>` with `{"data":{…}}`.
//!
//! The command is published to the stream, and then its outcome is waited for, shortly:
//! - done: 200, with the id of the command and where its event is;
//! - refused: a problem, with the id of the command;
//! - not decided within [`WAIT`]: 202. The command is safe, and will be decided.
//!
//! With the header `Idempotency-Key` the client chooses the id of the command: a request that is repeated with the same
//! key is the same command, and has the same outcome.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jetstream_es::Connection;
use serde::{Deserialize, Serialize};
use shared::cloud_event::{CloudEvent, Command, MessageId};
use shared::outcome::{Decision, EventPointer, Outcome};
use shared::text::Token;

use super::problem::Problem;
use super::{MAX_BODY, Shared};
use crate::clock;
use crate::commands::send::{self, SendError, Sent};
use crate::invalid;

/// How long a response waits for the outcome. Deciding takes some milliseconds.
const WAIT: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<C> {
    data: C,
}

#[derive(Serialize)]
struct Accepted {
    command: MessageId,
    subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<EventPointer>,
    /// The dead letter of a command that could not be decided and waits for an operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    letter: Option<String>,
}

/// Handles a request for the command `C`.
pub(crate) async fn put<C: Command + Send>(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let id = idempotency_key(&headers)?;
    let data = data::<C>(&headers, body)?;
    let connection = shared.connection.borrow().clone();
    let connection = connection.filter(|connection| connection.link().borrow().up);
    let Some(connection) = connection else {
        return Err(Problem::unavailable("There is no connection to NATS."));
    };
    let sent = send(&connection, id, data).await?;
    let (command, subject) = (sent.key.command.clone(), sent.subject.clone());
    let accepted = |event| Accepted {
        command,
        subject,
        event,
        letter: None,
    };
    Ok(match sent.outcome(&connection, WAIT).await {
        None => (StatusCode::ACCEPTED, Json(accepted(None))).into_response(),
        Some(Outcome {
            decision, command, ..
        }) => match decision {
            Decision::Done { event, .. } => Json(accepted(Some(event))).into_response(),
            Decision::Refused { refusal } => return Err(Problem::refused(command, refusal)),
            Decision::Parked { letter } => {
                let letter = Some(letter);
                let parked = Accepted {
                    letter,
                    ..accepted(None)
                };
                (StatusCode::ACCEPTED, Json(parked)).into_response()
            }
        },
    })
}

/// The data of the command in the body.
fn data<C: Command>(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<C, Problem> {
    // Without a content type the body is looked at (RFC 9110, 8.3); with a wrong one it is not.
    if let Some(content_type) = headers.get(header::CONTENT_TYPE) {
        let media_type = content_type.to_str().unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            let detail = "The body has to be application/json.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
    }
    if let Some(encoding) = headers.get(header::CONTENT_ENCODING) {
        let detail = format!("A body with the encoding {encoding:?} is not read.");
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("The body has more than {MAX_BODY} bytes."),
        ),
        status => Problem::new(status, rejection.body_text()),
    })?;
    let Body { data } = invalid::read(&body).map_err(Problem::invalid)?;
    Ok(data)
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<MessageId>, Problem> {
    let Some(key) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = key.to_str().unwrap_or_default();
    match key.parse::<Token>() {
        Ok(key) => Ok(Some(key)),
        Err(error) => {
            let detail = format!("The header Idempotency-Key: {error}.");
            Err(Problem::new(StatusCode::BAD_REQUEST, detail))
        }
    }
}

async fn send<C: Command>(
    connection: &Connection,
    id: Option<MessageId>,
    data: C,
) -> Result<Sent, Problem> {
    let internal = |error: &dyn std::fmt::Display| {
        tracing::error!("a command could not be sent: {error}");
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The command could not be sent.",
        )
    };
    let id = id.map_or_else(send::new_id, Ok);
    let id = id.map_err(|error| internal(&error))?;
    let actor = send::in_the_hotel("http").map_err(|error| internal(&error))?;
    let name = C::NAME.parse().map_err(|error| internal(&error))?;
    let event = CloudEvent::command(id, "/http", clock::now(), data);
    let sent = send::send(connection, actor, name, &event).await;
    sent.map_err(|error| match error {
        SendError::NotAccepted(error) => {
            tracing::warn!("a command over HTTP was not accepted: {error}");
            Problem::unavailable(
                "NATS did not accept the command. Repeat it with the same Idempotency-Key, and it is not done twice.",
            )
        }
        error => internal(&error),
    })
}
