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
use futures_util::future::BoxFuture;
use jetstream_es::Connection;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::bookings::{BookRoom, Cancel};
use shared::cloud_event::{CloudEvent, Command, MessageId};
use shared::identity::{Account, Actor};
use uuid::Uuid;

use super::mutation::{self, Request};
use super::prefer::Prefer;
use super::problem::{Problem, kinds};
use super::{Shared, body};
use crate::clock;
use crate::invalid;
pub(crate) use signature::MAX_ID;

/// What a webhook says. `D` is the data of the command that it becomes, or JSON still to be read.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "{D}Hook")]
pub struct Hook<D = Box<RawValue>> {
    /// What has happened there: the name of one of [`KINDS`].
    #[serde(rename = "type")]
    pub hook_type: String,
    /// When it happened there. It is not looked at: the hotel goes by when it hears of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// The data of the command that it becomes.
    pub data: D,
}

/// Something that a webhook may say.
#[derive(Debug)]
pub struct Kind {
    /// Its `type`.
    pub name: &'static str,
    /// The schema of the body.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    send: for<'a> fn(Sender<'a>, &'a RawValue) -> BoxFuture<'a, Result<Response, Problem>>,
}

impl Kind {
    /// What becomes the command `C`.
    const fn of<C: Command + JsonSchema + Send + Sync + 'static>(name: &'static str) -> Self {
        Self {
            name,
            schema: Hook::<C>::json_schema,
            send: |sender, data| Box::pin(sender.send::<C>(data)),
        }
    }
}

/// All that a webhook may say.
pub const KINDS: [Kind; 2] = [
    Kind::of::<BookRoom>("booking.created"),
    Kind::of::<Cancel>("booking.cancelled"),
];

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
        Problem::typed(&kinds::NOT_SIGNED, detail)
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
    match KINDS.iter().find(|kind| kind.name == hook.hook_type) {
        Some(kind) => (kind.send)(sender, &hook.data).await,
        None => {
            let names = KINDS.map(|kind| kind.name).join(" or ");
            Err(Problem::invalid(invalid::Invalid {
                field: "type".to_owned(),
                message: format!("expected {names}"),
                kind: invalid::Kind::Meaningless,
            }))
        }
    }
}

/// The id of the command of a webhook: always the same.
fn command_id(source: &str, webhook: &str) -> Result<MessageId, Problem> {
    let name = format!("/hooks/{source}/{webhook}");
    let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes());
    id.to_string().parse().map_err(mutation::internal)
}

/// Who sends a webhook, and how the answer is to be.
pub(super) struct Sender<'a> {
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
            // A source is no one who asks for anything else over HTTP.
            listed: false,
            chosen: true,
            event: CloudEvent::command(self.id, "/hooks", clock::now(), data),
        };
        request.answer(self.prefer, self.shared).await
    }
}
