//! The responses that say that something went wrong.

use std::collections::BTreeMap;

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::json_of;
use crate::http::commands::CommandState;
use crate::http::problem::Problem;

/// What can go wrong: the name of the response, its status, and what it means.
const ALL: [(&str, &str, &str); 17] = [
    ("BadRequest", "400", "It cannot be read."),
    (
        "NotSigned",
        "401",
        "It is not signed by the one who it says it is from, or too old.",
    ),
    (
        "NotLoggedIn",
        "401",
        "This is for the staff: nobody is logged in, or the session is over.",
    ),
    (
        "WrongPassword",
        "401",
        "Nobody has this name and this password.",
    ),
    (
        "Forbidden",
        "403",
        "Not for this role, or a page of another origin asks.",
    ),
    ("ForeignPage", "403", "A page of another origin asks."),
    ("NotFound", "404", "There is no such thing."),
    ("Timeout", "408", "The body did not arrive in time."),
    (
        "Conflict",
        "409",
        "The hotel is not in the state that it would need, or the key was used for something else.",
    ),
    (
        "LinkOver",
        "410",
        "The link was used, is too old, or never was one.",
    ),
    ("TooLarge", "413", "The body is too large."),
    (
        "UnsupportedMediaType",
        "415",
        "The body has to be application/json, as it is.",
    ),
    (
        "Invalid",
        "422",
        "It can be read and cannot be meant. `errors` names the fields.",
    ),
    (
        "TooMany",
        "429",
        "Too many requests from this address. `Retry-After` says when to come again.",
    ),
    (
        "TooManyTries",
        "429",
        "Too many wrong passwords, or requests from this address. `Retry-After` says when to come again.",
    ),
    ("Broken", "500", "A fault of the hotel's own."),
    (
        "Unavailable",
        "503",
        "NATS does not answer. Trying again does it once, with the same Idempotency-Key.",
    ),
];

/// All of them, each by its name.
pub(super) fn all(generator: &mut SchemaGenerator) -> BTreeMap<&'static str, Value> {
    let schema = generator.subschema_for::<Problem>();
    let response = |(name, _, description)| {
        let content = json!({ "application/problem+json": { "schema": schema } });
        (
            name,
            json!({ "description": description, "content": content }),
        )
    };
    ALL.into_iter().map(response).collect()
}

/// A reference to one of them.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/responses/{name}") })
}

/// References to some of them, by their status.
pub(super) fn references(names: &[&str]) -> impl Iterator<Item = (String, Value)> {
    let named = ALL.into_iter().filter(|(name, ..)| names.contains(name));
    named.map(|(name, status, _)| (status.to_owned(), reference(name)))
}

/// What can be answered to a command. Who may ask what became of it, is told where.
pub(super) fn to_a_command(is_listed: bool, generator: &mut SchemaGenerator) -> Map<String, Value> {
    let content = json_of::<CommandState>(generator);
    let answer = |description: &str, location: &str| {
        let mut headers = json!({
            "Preference-Applied": {
                "description": "How long it would have waited, or that it did not.",
                "schema": { "type": "string" },
            },
        });
        let mut answer = json!({ "description": description, "content": content });
        if is_listed {
            headers[location] = json!({
                "description": "Where its state is.",
                "required": true,
                "schema": { "type": "string", "format": "uri-reference" },
            });
            answer["links"] = json!({
                "state": {
                    "description": "What became of it.",
                    "operationId": super::commands::STATE,
                    "parameters": { "id": "$response.body#/command" },
                },
            });
        }
        answer["headers"] = headers;
        answer
    };
    let mut all: Map<String, Value> = references(&[
        "BadRequest",
        "NotFound",
        "Timeout",
        "Conflict",
        "TooLarge",
        "UnsupportedMediaType",
        "Invalid",
        "TooMany",
        "Broken",
        "Unavailable",
    ])
    .collect();
    if is_listed {
        all.extend(references(&["NotLoggedIn", "Forbidden"]));
    }
    let done = "It was done within the time of `Prefer: wait`.";
    all.insert("200".to_owned(), answer(done, "Content-Location"));
    let safe = "The command is safe, and will be decided.";
    all.insert("202".to_owned(), answer(safe, "Location"));
    all
}
