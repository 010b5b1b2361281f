//! JSON Schema: a document for each message, complete in itself.

use std::collections::{BTreeMap, BTreeSet};

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};
use shared::subjects::Stream;

use super::messages::{self, Message};
use crate::commands::catalogue::CATALOGUE;
use crate::http::problem::Problem;
use crate::views;

const DEFINITIONS: &str = "$defs";

/// All of them, each by its name.
pub(super) fn documents() -> BTreeMap<String, Value> {
    let settings = SchemaSettings::draft2020_12();
    let dialect = settings.meta_schema.clone().unwrap_or_default();
    let mut generator = settings.into_generator();
    let mut schemas = BTreeMap::new();
    let mut add = |message: Message| schemas.insert(message.name, message.schema.to_value());
    for entry in CATALOGUE {
        add(messages::command(entry, &mut generator));
    }
    for stream in Stream::ALL {
        for event in messages::events(stream, &mut generator) {
            add(event);
        }
    }
    for view in views::all() {
        add(messages::view(&*view, &mut generator));
    }
    add(messages::outcome(&mut generator));
    let problem = generator.subschema_for::<Problem>();
    schemas.insert("problem".to_owned(), problem.to_value());

    let definitions = generator.take_definitions(true);
    let complete = |(name, schema): (String, Value)| {
        let mut document = Map::new();
        document.insert("$schema".to_owned(), dialect.clone().into());
        let used = used(&schema, &definitions);
        if let Value::Object(members) = schema {
            document.extend(members);
        }
        document.insert(DEFINITIONS.to_owned(), Value::Object(used));
        (name, Value::Object(document))
    };
    schemas.into_iter().map(complete).collect()
}

/// The definitions that a schema refers to, and those that they refer to.
fn used(schema: &Value, all: &Map<String, Value>) -> Map<String, Value> {
    let mut found = BTreeSet::new();
    let mut open = vec![schema];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                let reference = members.get("$ref").and_then(Value::as_str);
                let name = reference.and_then(|reference| reference.rsplit('/').next());
                if let Some((name, definition)) = name.and_then(|name| all.get_key_value(name))
                    && found.insert(name)
                {
                    open.push(definition);
                }
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    let definition = |name: &String| Some((name.clone(), all.get(name)?.clone()));
    found.into_iter().filter_map(definition).collect()
}
