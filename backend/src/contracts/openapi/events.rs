//! `GET /events` and `POST /hooks/<source>`: what the hotel tells by itself, and what it is told.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use shared::bookings::{BookRoom, Cancel};
use shared::text::Token;

use super::{Paths, json_of, responses};
use crate::http::commands::CommandState;
use crate::views;

pub(super) fn describe(paths: &mut Paths, generator: &mut SchemaGenerator) {
    paths.insert("/events".to_owned(), json!({ "get": events(generator) }));
    paths.insert(
        "/hooks/{source}".to_owned(),
        json!({ "post": hook(generator) }),
    );
}

fn events(generator: &mut SchemaGenerator) -> Value {
    let several = |name: &str, description: &str, items: Value| {
        json!({
            "name": name,
            "in": "query",
            "description": description,
            "schema": { "type": "array", "items": items },
        })
    };
    let cursor = |place: &str, name: &str| {
        json!({
            "name": name,
            "in": place,
            "description": "How far each bucket has been told, such as outcomes=7,stays=41: the id of the last event.",
            "schema": { "type": "string" },
        })
    };
    let names = ["BadRequest", "NotFound", "TooMany", "Unavailable"];
    let mut all: Map<String, Value> = responses::references(&names).collect();
    let stream = json!({
        "description": "Server-Sent Events, until the client goes: `outcome` has an Outcome, `change` a view's key, revision and value, `stale` and `live` say that NATS is away and back, `error` a problem why the stream ends.",
        "content": { "text/event-stream": { "schema": { "type": "string" } } },
    });
    all.insert("200".to_owned(), stream);
    json!({
        "operationId": "events",
        "summary": "Outcomes of the caller's commands, and changes of views, as they happen",
        "tags": ["events"],
        "parameters": [
            several("view", "Changes of these views too.", json!({ "enum": views::names() })),
            several("command", "Outcomes of these commands alone.", json!(Token::json_schema(generator))),
            cursor("query", "last-event-id"),
            cursor("header", "Last-Event-ID"),
        ],
        "responses": all,
    })
}

fn hook(generator: &mut SchemaGenerator) -> Value {
    let header = |name: &str, description: &str| {
        json!({
            "name": name,
            "in": "header",
            "required": true,
            "description": description,
            "schema": { "type": "string" },
        })
    };
    let kind = |name: &str, data: Value| {
        json!({
            "type": "object",
            "required": ["type", "data"],
            "properties": {
                "type": { "const": name },
                "timestamp": { "type": ["string", "null"] },
                "data": data,
            },
            "additionalProperties": false,
        })
    };
    let created = kind(
        "booking.created",
        json!(generator.subschema_for::<BookRoom>()),
    );
    let cancelled = kind(
        "booking.cancelled",
        json!(generator.subschema_for::<Cancel>()),
    );
    let names = [
        "BadRequest",
        "NotSigned",
        "NotFound",
        "Conflict",
        "TooLarge",
        "UnsupportedMediaType",
        "Invalid",
        "TooMany",
        "Broken",
        "Unavailable",
    ];
    let mut all: Map<String, Value> = responses::references(&names).collect();
    let state = json_of::<CommandState>(generator);
    for (code, description) in [
        ("200", "It was done within the time of `Prefer: wait`."),
        ("202", "The command is safe, and will be decided."),
    ] {
        all.insert(
            code.to_owned(),
            json!({ "description": description, "content": state }),
        );
    }
    json!({
        "operationId": "hook",
        "summary": "A booking channel says that something was booked or cancelled there",
        "tags": ["hooks"],
        "parameters": [
            {
                "name": "source",
                "in": "path",
                "required": true,
                "description": "The channel, as the hotel calls it.",
                "schema": generator.subschema_for::<Token>(),
            },
            header("webhook-id", "The id of what is said; said again, it is done once."),
            header("webhook-timestamp", "When it is sent, in seconds since 1970."),
            header("webhook-signature", "The HMAC-SHA-256 of id, timestamp and body (Standard Webhooks)."),
        ],
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": { "oneOf": [created, cancelled] } } },
        },
        "responses": all,
    })
}
