//! The responses that say that something went wrong.

use std::collections::BTreeMap;

use schemars::SchemaGenerator;
use serde_json::{Value, json};

use crate::http::problem::Problem;

/// What can go wrong: the name of the response, its status, and what it means.
const ALL: [(&str, &str, &str); 10] = [
    ("BadRequest", "400", "It cannot be read."),
    (
        "NotSigned",
        "401",
        "It is not signed by the one who it says it is from, or too old.",
    ),
    ("NotFound", "404", "There is no such thing."),
    (
        "Conflict",
        "409",
        "The hotel is not in the state that it would need, or the key was used for something else.",
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
