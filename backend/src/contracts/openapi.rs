//! OpenAPI 3.1: the HTTP adapter.

mod commands;
mod events;
mod problems;
mod responses;
mod session;
mod views;

use std::collections::BTreeMap;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

/// Where the types are in the document.
const SCHEMAS: &str = "/components/schemas";

/// The paths of the adapter, each with its operations.
type Paths = BTreeMap<String, Value>;

/// The whole document.
pub(super) fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = SCHEMAS.into();
    });
    let mut generator = settings.into_generator();
    let mut paths = Paths::new();
    commands::describe(&mut paths, &mut generator);
    views::describe(&mut paths, &mut generator);
    events::describe(&mut paths, &mut generator);
    session::describe(&mut paths, &mut generator);
    problems::describe(&mut paths);
    health(&mut paths);
    let responses = responses::all(&mut generator);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Vacancy",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The hotel for those who do not speak NATS: requests become commands, and outcomes become responses. Whatever goes wrong is an RFC 9457 problem.",
            "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [
            { "url": "http://127.0.0.1:3000", "description": "The first hotel, for programs." },
            {
                "url": "http://127.0.0.1:3000/hotels/{hotel}",
                "description": "Each hotel by its name. The cookie of a session is for these paths.",
                "variables": { "hotel": { "default": "main" } },
            },
        ],
        // Who needs no session may show none.
        "security": [{}, { "session": [] }],
        "tags": tags(),
        "paths": paths,
        "components": {
            "responses": responses,
            "securitySchemes": { "session": session::scheme() },
            "schemas": generator.take_definitions(true),
        },
    })
}

fn tags() -> Value {
    json!([
        { "name": "commands", "description": "What somebody wants, and what became of it." },
        { "name": "views", "description": "The read models." },
        { "name": "events", "description": "What happens, as it happens." },
        { "name": "hooks", "description": "What outside booking channels say." },
        { "name": "session", "description": "Who asks, and how they log in and out." },
        { "name": "problems", "description": "What has gone wrong." },
        { "name": "health", "description": "Whether the hotel works." },
    ])
}

fn health(paths: &mut Paths) {
    let health = |id: &str, summary: &str| {
        json!({
            "operationId": id,
            "summary": summary,
            "tags": ["health"],
            "responses": { "200": { "description": "Yes." } },
        })
    };
    let live = health("live", "Whether the program runs");
    let mut ready = health(
        "ready",
        "Whether commands are decided and views are kept up to date",
    );
    ready["responses"]["503"] = responses::reference("Unavailable");
    paths.insert("/health/live".to_owned(), json!({ "get": live }));
    paths.insert("/health/ready".to_owned(), json!({ "get": ready }));
}

/// JSON with the schema of `T`.
fn json_of<T: schemars::JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    json!({ "application/json": { "schema": generator.subschema_for::<T>() } })
}
