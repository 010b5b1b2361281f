//! `GET /problems/<code>`: what a type of problems means.

use serde_json::{Map, Value, json};

use super::{Paths, responses};
use crate::http::problem::kinds::Kind;

pub(super) fn describe(paths: &mut Paths) {
    let codes: Vec<&str> = Kind::all().map(|kind| kind.code).collect();
    let mut all: Map<String, Value> = responses::references(&["NotFound", "TooMany"]).collect();
    let page = json!({
        "description": "What it means, and what can be done about it.",
        "content": { "text/html": { "schema": { "type": "string" } } },
    });
    all.insert("200".to_owned(), page);
    let get = json!({
        "operationId": "problem",
        "summary": "What a type of problems means, for a person who has followed the `type` of one",
        "tags": ["problems"],
        "parameters": [{
            "name": "code",
            "in": "path",
            "required": true,
            "description": "What the `type` of the problem ends with.",
            "schema": { "enum": codes },
        }],
        "responses": all,
    });
    paths.insert("/problems/{code}".to_owned(), json!({ "get": get }));
}
