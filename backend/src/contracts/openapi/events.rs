//! `GET /events` and `POST /hooks/<source>`: what the hotel tells by itself, and what it is told.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use shared::text::Token;

use super::{Paths, commands, responses};
use crate::http::events::{Cursor, Event, MAX_COMMANDS};
use crate::http::hooks::{KINDS, Kind, MAX_ID};
use crate::http::views;

pub(super) fn describe(paths: &mut Paths, generator: &mut SchemaGenerator) {
    paths.insert("/events".to_owned(), json!({ "get": events(generator) }));
    paths.insert(
        "/hooks/{source}".to_owned(),
        json!({ "post": hook(generator) }),
    );
}

fn events(generator: &mut SchemaGenerator) -> Value {
    let names = [
        "BadRequest",
        "NotLoggedIn",
        "NotFound",
        "Conflict",
        "TooMany",
        "Unavailable",
    ];
    let mut all: Map<String, Value> = responses::references(&names).collect();
    let stream = json!({
        "description": "Server-Sent Events, until the client goes: `outcome` has an Outcome, `change` a view's key, revision and value, `stale` and `live` say that NATS is away and back, `error` a problem why the stream ends. The schema is that of each event.",
        "content": { "text/event-stream": {
            // Before OpenAPI 3.2, which has `itemSchema` for it, tools take this for the schema of an event.
            "schema": { "oneOf": Event::ALL.map(|kind| event(kind, generator)) },
        } },
    });
    all.insert("200".to_owned(), stream);
    json!({
        "operationId": "events",
        "summary": "Outcomes of the caller's commands, and changes of views, as they happen",
        "tags": ["events"],
        "parameters": [
            {
                "name": "view",
                "in": "query",
                "description": "Changes of these views too.",
                "schema": { "type": "array", "items": { "enum": views::names() } },
            },
            {
                "name": "command",
                "in": "query",
                "description": "Outcomes of these commands alone.",
                "schema": {
                    "type": "array",
                    "items": generator.subschema_for::<Token>(),
                    "maxItems": MAX_COMMANDS,
                },
            },
            cursor("query", "last-event-id", Cursor::json_schema(generator)),
            cursor("header", "Last-Event-ID", Cursor::json_schema(generator)),
        ],
        "responses": all,
    })
}

/// An event of the stream, as OpenAPI 3.2 describes one: its data is a text that holds JSON.
fn event(kind: Event, generator: &mut SchemaGenerator) -> Value {
    let data = match <[Schema; 1]>::try_from(kind.data(generator)) {
        Ok([data]) => json!(data),
        Err(several) => json!({ "oneOf": several }),
    };
    json!({
        "type": "object",
        "required": ["event", "data"],
        "properties": {
            "event": { "const": kind.name() },
            "data": { "type": "string", "contentMediaType": "application/json", "contentSchema": data },
            "id": { "description": "How far each bucket has been told.", "type": "string" },
        },
    })
}

fn cursor(place: &str, name: &str, schema: Schema) -> Value {
    json!({
        "name": name,
        "in": place,
        "description": "Where to go on: the id of the last event, or the `sequence` of a view that was read.",
        "schema": schema,
    })
}

fn hook(generator: &mut SchemaGenerator) -> Value {
    let header = |name: &str, description: &str, schema: Value| {
        json!({
            "name": name,
            "in": "header",
            "required": true,
            "description": description,
            "schema": schema,
        })
    };
    // Whoever sends a webhook is no one who may ask for commands.
    let mut all = responses::to_a_command(false, generator);
    all.extend(responses::references(&["NotSigned"]));
    let bodies: Vec<Value> = KINDS.iter().map(|kind| body(kind, generator)).collect();
    json!({
        "operationId": "hook",
        "summary": "A booking channel says that something was booked or cancelled there",
        "tags": ["hooks"],
        "security": [],
        "parameters": [
            {
                "name": "source",
                "in": "path",
                "required": true,
                "description": "The channel, as the hotel calls it.",
                "schema": generator.subschema_for::<Token>(),
            },
            header(
                "webhook-id",
                "The id of what is said; said again, it is done once.",
                json!({ "type": "string", "minLength": 1, "maxLength": MAX_ID }),
            ),
            header(
                "webhook-timestamp",
                "When it is sent, in seconds since 1970.",
                json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
            ),
            header(
                "webhook-signature",
                "The HMAC-SHA-256 of id, timestamp and body (Standard Webhooks).",
                json!({ "type": "string", "examples": ["v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="] }),
            ),
            commands::prefer(),
        ],
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": { "oneOf": bodies } } },
        },
        "responses": all,
    })
}

/// The body of a webhook of this kind.
fn body(kind: &Kind, generator: &mut SchemaGenerator) -> Value {
    let mut schema = (kind.schema)(generator);
    if let Some(own) = schema.pointer_mut("/properties/type") {
        *own = json!({ "description": "What has happened there.", "const": kind.name });
    }
    schema.to_value()
}
