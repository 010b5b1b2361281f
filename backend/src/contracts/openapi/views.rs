//! `GET /views`, and for each read model its values and a value.

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::{Paths, json_of, responses};
use crate::contracts::messages;
use crate::http::views::{self, MAX_PREFIX, ViewList};
use crate::views::View;

pub(super) fn describe(paths: &mut Paths, generator: &mut SchemaGenerator) {
    let list = json!({
        "operationId": "views",
        "summary": "All read models",
        "tags": ["views"],
        "responses": {
            "200": { "description": "Where they are.", "content": json_of::<ViewList>(generator) },
            "401": responses::reference("NotLoggedIn"),
            "429": responses::reference("TooMany"),
        },
    });
    paths.insert("/views".to_owned(), json!({ "get": list }));
    for view in views::all() {
        let message = messages::view(&*view, generator);
        let name = view.name();
        let all = values(&*view, &message.summary, generator);
        paths.insert(format!("/views/{name}"), json!({ "get": all }));
        let one = value(&*view, &message.summary, generator);
        paths.insert(format!("/views/{name}/{{key}}"), json!({ "get": one }));
    }
}

fn values(view: &dyn View, summary: &str, generator: &mut SchemaGenerator) -> Value {
    let name = view.name();
    let query = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "query", "description": description, "schema": schema });
    let parameters = json!([
        query(
            "prefix",
            "How the keys begin.",
            json!({ "type": "string", "maxLength": MAX_PREFIX, "pattern": "^([A-Za-z0-9_-]+[.])*[A-Za-z0-9_-]*$" }),
        ),
        query(
            "after",
            "Values with a higher revision alone.",
            json!({ "type": "integer", "minimum": 0, "maximum": u64::MAX })
        ),
        query(
            "limit",
            "How many values at most.",
            json!({ "type": "integer", "minimum": 1, "maximum": u32::MAX })
        ),
    ]);
    let mut values = read(
        format!("{name}-values"),
        format!("Values of the view {name}. {summary}"),
        parameters,
        &json!(view.page_schema(generator)),
    );
    values["responses"]["200"]["links"] = json!({
        "value": {
            "description": "The first of them.",
            "operationId": of_value(name),
            "parameters": { "key": "$response.body#/values/0/key" },
        },
    });
    values
}

fn value(view: &dyn View, summary: &str, generator: &mut SchemaGenerator) -> Value {
    let name = view.name();
    let forms = view.forms().join(" or ");
    let parameters = json!([{
        "name": "key",
        "in": "path",
        "required": true,
        "description": format!("Of the form {forms}."),
        "schema": view.key_schema(generator),
    }]);
    read(
        of_value(name),
        format!("A value of the view {name}. {summary}"),
        parameters,
        &json!(view.schema(generator)),
    )
}

/// The operation that reads a value of a view.
fn of_value(view: &str) -> String {
    format!("{view}-value")
}

/// An operation that is answered with 304 if the client has it already.
fn read(id: String, description: String, mut parameters: Value, content: &Value) -> Value {
    let names = [
        "BadRequest",
        "NotLoggedIn",
        "NotFound",
        "TooMany",
        "Unavailable",
    ];
    let mut all: Map<String, Value> = responses::references(&names).collect();
    let etag =
        json!({ "ETag": { "description": "The revision.", "schema": { "type": "string" } } });
    let found = json!({
        "description": "It is.",
        "headers": etag,
        "content": { "application/json": { "schema": content } },
    });
    all.insert("200".to_owned(), found);
    all.insert(
        "304".to_owned(),
        json!({ "description": "It is what the client has." }),
    );
    if let Value::Array(parameters) = &mut parameters {
        parameters.push(json!({
            "name": "If-None-Match",
            "in": "header",
            "description": "The ETag of what the client has.",
            "schema": { "type": "string" },
        }));
    }
    json!({
        "operationId": id,
        "summary": description,
        "tags": ["views"],
        "parameters": parameters,
        "responses": all,
    })
}
