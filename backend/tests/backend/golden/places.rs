//! Whether examples use everything that a schema allows: each member, each alternative, each listed text.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use jsonschema::Validator;
use serde_json::{Map, Value};

/// A document of `contracts/schemas`.
pub(super) struct Schema(Value);

/// What there is in schemas, and what examples use of it. What is defined by a name is one place wherever it is used.
#[derive(Default)]
pub(super) struct Coverage {
    all: BTreeSet<String>,
    used: BTreeSet<String>,
}

impl Coverage {
    /// Makes sure that the example is valid, and notes what it uses of the schema, which is called `name`.
    #[track_caller]
    pub(super) fn add(&mut self, name: &str, schema: &Schema, example: &Value) {
        let errors = schema.validator(&schema.0);
        let errors = errors.iter_errors(example).map(|error| error.to_string());
        let errors: Vec<String> = errors.collect();
        assert!(errors.is_empty(), "{name}: {example}: {errors:?}");
        schema.places(&schema.0, Some(example), name, &mut self.used);
        schema.places(&schema.0, None, name, &mut self.all);
    }

    /// What no example has, but for `never`, which nothing has.
    pub(super) fn missing(&self, never: &[&str]) -> Vec<&str> {
        let missing = self.all.difference(&self.used).map(String::as_str);
        missing.filter(|place| !never.contains(place)).collect()
    }
}

impl Schema {
    #[track_caller]
    pub(super) fn of(message: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts/schemas");
        let file = folder.join(format!("{message}.json"));
        let text = fs::read(&file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
        Self(serde_json::from_slice(&text).unwrap())
    }

    /// The schema of a member.
    pub(super) fn member(&self, name: &str) -> Self {
        let mut member = self.0["properties"][name].clone();
        member["$defs"] = self.0["$defs"].clone();
        Self(member)
    }

    /// The places in a schema; with a value, those that it uses.
    fn places(
        &self,
        schema: &Value,
        value: Option<&Value>,
        at: &str,
        found: &mut BTreeSet<String>,
    ) {
        if let Some(name) = schema["$ref"]
            .as_str()
            .and_then(|text| text.rsplit('/').next())
        {
            // A type that holds itself has been seen on the way when nothing is new.
            if found.insert(name.to_owned()) || value.is_some() {
                self.places(&self.0["$defs"][name], value, name, found);
            }
        }
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            let inside = value.map(|value| value.get(name));
            if inside != Some(None) {
                let at = format!("{at}.{name}");
                found.insert(at.clone());
                self.places(member, inside.flatten(), &at, found);
            }
        }
        if let Some(items) = schema.get("items") {
            match value {
                None => self.places(items, None, at, found),
                Some(list) => {
                    for item in list.as_array().into_iter().flatten() {
                        self.places(items, Some(item), at, found);
                    }
                }
            }
        }
        for kind in ["anyOf", "oneOf"] {
            let alternatives = schema[kind].as_array().into_iter().flatten();
            for (number, alternative) in alternatives.enumerate() {
                let is_it = |value| self.validator(alternative).is_valid(value);
                if !is_never_sent(alternative) && value.is_none_or(is_it) {
                    let at = format!("{at}|{number}");
                    if alternative.get("properties").is_some() {
                        found.insert(at.clone());
                    }
                    self.places(alternative, value, &at, found);
                }
            }
        }
        let listed = schema["enum"].as_array().into_iter().flatten();
        for text in listed.chain(schema.get("const")) {
            if value.is_none_or(|value| value == text) {
                // Without its number, which another alternative before it would change.
                let (at, _) = at.rsplit_once('|').unwrap_or((at, ""));
                found.insert(format!("{at}={text}"));
            }
        }
    }

    fn validator(&self, schema: &Value) -> Validator {
        let mut schema: Map<String, Value> = schema.as_object().unwrap().clone();
        schema.insert("$defs".to_owned(), self.0["$defs"].clone());
        jsonschema::validator_for(&Value::Object(schema)).unwrap()
    }
}

/// What is left out instead, and what stands for the unknown.
fn is_never_sent(alternative: &Value) -> bool {
    alternative["type"] == "null" || alternative["properties"]["do"]["const"] == "unknown"
}
