//! `POST /hooks/<source>`: an outside booking channel tells what was booked and cancelled there.
//!
//! | `type` | becomes the command |
//! |---|---|
//! | `booking.created` | `book-room`, with its data |
//! | `booking.cancelled` | `cancel`, with its data |
//!
//! The request is signed (`signature`) with a secret of the source (`sources`), and the command arrives as
//! `cmd.hotel.<source>.…`. Its id is made from the source and the `webhook-id`, so a webhook that is sent again, as channels do
//! until they get an answer, is done once. Another body under the same id is refused with 409.

mod signature;
pub mod sources;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use jetstream_es::Connection;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::bookings::{BookRoom, Cancel};
use shared::cloud_event::{CloudEvent, Command, MessageId};
use shared::identity::{Account, Actor};
use uuid::Uuid;

use super::mutation::{self, Request};
use super::prefer::Prefer;
use super::problem::Problem;
use super::{Shared, body};
use crate::clock;
use crate::invalid;

/// What a webhook says.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// `booking.created` or `booking.cancelled`.
    #[serde(rename = "type")]
    pub hook_type: String,
    /// When it happened there. It is not looked at: the hotel goes by when it hears of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// The data of the command that it becomes.
    pub data: Box<RawValue>,
}

/// Handles a webhook.
pub(super) async fn post(
    State(shared): State<Shared>,
    source: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: body::Json,
) -> Result<Response, Problem> {
    let Path(source) = source?;
    let Some((source, secrets)) = shared.sources.secrets(&source) else {
        let detail = "No webhooks are expected from a source of this name.";
        return Err(Problem::new(StatusCode::NOT_FOUND, detail));
    };
    let id = signature::check(&headers, &body.0, secrets, clock::now());
    let id = id.map_err(|error| {
        tracing::warn!("a webhook of {source} is not believed: {error}");
        let detail = format!("{error}.");
        Problem::typed(StatusCode::UNAUTHORIZED, "not-signed", detail)
    })?;
    let sender = Sender {
        connection: shared.connection()?,
        actor: Actor {
            account: Account::Hotel,
            user: source.clone(),
        },
        id: command_id(source.as_str(), id)?,
        prefer: Prefer::of(&headers),
        shared: &shared,
    };
    let hook: Hook = body.read()?;
    match hook.hook_type.as_str() {
        "booking.created" => sender.send::<BookRoom>(&hook.data).await,
        "booking.cancelled" => sender.send::<Cancel>(&hook.data).await,
        _ => Err(Problem::invalid(invalid::Invalid {
            field: "type".to_owned(),
            message: "expected booking.created or booking.cancelled".to_owned(),
            kind: invalid::Kind::Meaningless,
        })),
    }
}

/// The id of the command of a webhook: always the same.
fn command_id(source: &str, webhook: &str) -> Result<MessageId, Problem> {
    let name = format!("/hooks/{source}/{webhook}");
    let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes());
    id.to_string().parse().map_err(mutation::internal)
}

/// Who sends a webhook, and how the answer is to be.
struct Sender<'a> {
    connection: Connection,
    actor: Actor,
    id: MessageId,
    prefer: Prefer,
    shared: &'a Shared,
}

impl Sender<'_> {
    async fn send<C: Command + Send>(self, data: &RawValue) -> Result<Response, Problem> {
        let data: C = invalid::read(data.get().as_bytes()).map_err(|mut invalid| {
            let field = std::mem::take(&mut invalid.field);
            invalid.field = match field.as_str() {
                "" => "data".to_owned(),
                field => format!("data.{field}"),
            };
            Problem::invalid(invalid)
        })?;
        let request = Request {
            connection: self.connection,
            actor: self.actor,
            chosen: true,
            event: CloudEvent::command(self.id, "/hooks", clock::now(), data),
        };
        request.answer(self.prefer, self.shared).await
    }
}
