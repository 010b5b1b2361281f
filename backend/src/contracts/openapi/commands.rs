//! `PUT /mutation/<command>` for each command that may come over HTTP, and `GET /commands/<id>`.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use shared::identity::Account;
use shared::text::Token;

use super::{Paths, json_of, responses};
use crate::commands::catalogue::{CATALOGUE, Entry};
use crate::contracts::messages;
use crate::http::commands::CommandState;
use crate::http::prefer::MAX_WAIT;

/// The operation that tells what became of a command.
pub(super) const STATE: &str = "command";

pub(super) fn describe(paths: &mut Paths, generator: &mut SchemaGenerator) {
    let entries = CATALOGUE.iter();
    for entry in entries.filter(|entry| entry.may_send(Account::FrontDesk)) {
        let path = format!("/mutation/{}", entry.name);
        paths.insert(path, json!({ "put": mutation(entry, generator) }));
    }
    paths.insert(
        "/commands/{id}".to_owned(),
        json!({ "get": state(generator) }),
    );
}

fn mutation(entry: &Entry, generator: &mut SchemaGenerator) -> Value {
    let data = (entry.data)(generator);
    let summary = messages::described(&data, generator).unwrap_or_default();
    json!({
        "operationId": entry.name,
        "summary": summary,
        "tags": ["commands"],
        "parameters": [idempotency_key(generator), prefer()],
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": (entry.body)(generator) } },
        },
        "responses": responses::to_a_command(true, generator),
    })
}

fn idempotency_key(generator: &mut SchemaGenerator) -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The id of the command, a new one by default. The same command with the same key is done once.",
        "schema": Token::json_schema(generator),
    })
}

/// The header `Prefer`.
pub(super) fn prefer() -> Value {
    let most = MAX_WAIT.as_secs();
    json!({
        "name": "Prefer",
        "in": "header",
        "description": format!("`wait=N` (RFC 7240) waits up to N seconds for the outcome, at most {most}."),
        "schema": { "type": "string" },
        "example": "wait=5",
    })
}

fn state(generator: &mut SchemaGenerator) -> Value {
    let mut all: Map<String, Value> = responses::references(&[
        "BadRequest",
        "NotLoggedIn",
        "NotFound",
        "TooMany",
        "Unavailable",
    ])
    .collect();
    let state = json!({
        "description": "What became of the command so far. Its outcome is kept for a day.",
        "content": json_of::<CommandState>(generator),
    });
    all.insert("200".to_owned(), state);
    json!({
        "operationId": STATE,
        "summary": "What became of a command",
        "tags": ["commands"],
        "parameters": [{
            "name": "id",
            "in": "path",
            "required": true,
            "description": "The id of the command.",
            "schema": generator.subschema_for::<Token>(),
        }],
        "responses": all,
    })
}
