//! The flags of a command, made from the JSON Schema of its data: `--room` is `room.id`, `--client-name` is `client.name`.
//!
//! They say what may be given, and judge nothing: what is given becomes JSON, and is read as it is at every other edge.

use clap::{Arg, ArgMatches};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use crate::commands::catalogue::Entry;
use crate::contracts::messages::paragraph;

/// The flag for the whole data.
pub(super) const DATA: &str = "data";
/// What the flags of the data stand under.
pub(super) const HEADING: &str = "Data";

/// What the command line knows of a command.
#[derive(Debug)]
pub(super) struct Flags {
    /// What the command is for.
    pub(super) about: String,
    /// Those that are needed come first.
    flags: Vec<Flag>,
}

/// A flag, and the value in the data that it gives.
#[derive(Debug)]
struct Flag {
    /// What it is called, without its dashes.
    name: String,
    /// Where the value is in the data: `client.name`.
    path: String,
    kind: Kind,
    /// Whether the data is none without it.
    needed: bool,
    value_name: &'static str,
    help: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    /// Given alone it is true.
    Switch,
    Text,
    /// Several of them, with commas between.
    Texts,
}

impl Flags {
    /// The flags of the command of an entry of the catalogue.
    pub(super) fn of(entry: &Entry) -> Self {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        let data = (entry.data)(&mut generator).to_value();
        Self::from_schema(&data, generator.take_definitions(true))
    }

    pub(super) fn from_schema(data: &Value, definitions: Map<String, Value>) -> Self {
        let schemas = Schemas(definitions);
        let mut flags = Vec::new();
        schemas.collect(data, &mut Vec::new(), true, &mut flags);
        // A stable sort: otherwise they stay as they were found.
        flags.sort_by_key(|flag| !flag.needed);
        let about = schemas.resolved(data);
        let about = about.get("description").and_then(Value::as_str);
        Self {
            // As clap writes what is derived, without the full stop.
            about: about.map_or_else(String::new, |about| {
                paragraph(about).trim_end_matches('.').to_owned()
            }),
            flags,
        }
    }

    pub(super) fn args(&self) -> impl Iterator<Item = Arg> {
        self.flags.iter().map(Flag::arg)
    }

    /// How the command is written with the flags that it needs, and the other way.
    pub(super) fn usage(&self, command: &str) -> String {
        let needed = self.flags.iter().filter(|flag| flag.needed);
        let needed: Vec<String> = needed.map(Flag::written).collect();
        let needed = needed.join(" ");
        format!(
            "vacancy command {command} {needed} [OPTIONS]\n       vacancy command {command} --{DATA} <JSON> [OPTIONS]"
        )
    }

    /// The data that the flags say.
    pub(super) fn data(&self, matches: &ArgMatches) -> Value {
        let mut data = Value::Object(Map::new());
        for flag in &self.flags {
            if let Some(text) = matches.get_one::<String>(&flag.id()) {
                let names = flag.path.split('.');
                // The objects on the way are made.
                *names.fold(&mut data, |value, name| &mut value[name]) = flag.value(text);
            }
        }
        data
    }

    /// How the flag is written that gives what is at this path of the data, or what is needed below it.
    pub(super) fn at(&self, path: &str) -> Option<String> {
        let below = |flag: &&Flag| {
            let rest = flag.path.strip_prefix(path);
            rest.is_some_and(|rest| rest.starts_with('.'))
        };
        let exact = self.flags.iter().find(|flag| flag.path == path);
        exact
            .or_else(|| self.flags.iter().find(below))
            .map(Flag::written)
    }
}

impl Flag {
    /// What clap calls it. A part of the data may have the name of an option that every command has.
    fn id(&self) -> String {
        format!("{DATA}.{}", self.path)
    }

    fn arg(&self) -> Arg {
        let arg = Arg::new(self.id())
            .long(self.name.clone())
            .value_name(self.value_name)
            .help(self.help.clone())
            .help_heading(HEADING)
            .conflicts_with(DATA);
        match self.kind {
            Kind::Switch => arg
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true"),
            Kind::Number => arg.allow_negative_numbers(true),
            Kind::Text | Kind::Texts => arg,
        }
    }

    fn written(&self) -> String {
        match self.kind {
            Kind::Switch => format!("--{}", self.name),
            Kind::Number | Kind::Text | Kind::Texts => {
                format!("--{} <{}>", self.name, self.value_name)
            }
        }
    }

    /// The text as JSON. One that is no number where there should be one stays a text, for the rules of the command to say
    /// what is wrong with it.
    fn value(&self, text: &str) -> Value {
        let value = match self.kind {
            Kind::Number => serde_json::from_str(text).map(Value::Number).ok(),
            Kind::Switch => text.parse().map(Value::Bool).ok(),
            Kind::Text => None,
            Kind::Texts => Some(text.split(',').collect()),
        };
        value.unwrap_or_else(|| text.into())
    }
}

/// The schemas that others refer to, by their names.
struct Schemas(Map<String, Value>);

impl Schemas {
    /// The flags for a value at `path`. What is neither an object, nor a single value, nor a list of texts has none, and is given by
    /// `--data`.
    fn collect(&self, schema: &Value, path: &mut Vec<String>, needed: bool, flags: &mut Vec<Flag>) {
        let schema = self.resolved(schema);
        let Some(Value::Object(members)) = schema.get("properties") else {
            let items = schema.get("items").map(|items| self.resolved(items));
            if items.is_none_or(|items| items.get("type").and_then(Value::as_str) == Some("string"))
            {
                flags.extend(flag(&schema, path, needed));
            }
            return;
        };
        let required = schema.get("required").and_then(Value::as_array);
        let required = required.into_iter().flatten().filter_map(Value::as_str);
        let required: Vec<&str> = required.collect();
        let mut others: Vec<&str> = members.keys().map(String::as_str).collect();
        others.retain(|name| !required.contains(name));
        // Members have an order or not, by a feature of serde_json that any crate may turn on.
        others.sort_unstable();
        let all = required.iter().map(|name| (*name, true));
        for (name, required) in all.chain(others.into_iter().map(|name| (name, false))) {
            if let Some(member) = members.get(name) {
                path.push(name.to_owned());
                self.collect(member, path, needed && required, flags);
                path.pop();
            }
        }
    }

    /// A schema with what it refers to, where its own members count first. What may be null is what it may be otherwise: a
    /// flag that is left out says the same.
    fn resolved(&self, schema: &Value) -> Map<String, Value> {
        let mut schema = schema.as_object().cloned().unwrap_or_default();
        loop {
            let other = match (schema.remove("$ref"), schema.get("anyOf")) {
                (Some(reference), _) => {
                    let name = reference.as_str().and_then(|text| text.rsplit('/').next());
                    name.and_then(|name| self.0.get(name))
                }
                (None, Some(Value::Array(alternatives))) => {
                    let is_null =
                        |one: &&Value| one.get("type").and_then(Value::as_str) == Some("null");
                    let mut others = alternatives.iter().filter(|one| !is_null(one));
                    match (others.next(), others.next()) {
                        (Some(only), None) => Some(only),
                        _ => return schema,
                    }
                }
                _ => return schema,
            };
            let other = other.and_then(Value::as_object).cloned();
            schema.remove("anyOf");
            for (name, value) in other.unwrap_or_default() {
                schema.entry(name).or_insert(value);
            }
        }
    }
}

/// The flag for a single value.
fn flag(schema: &Map<String, Value>, path: &[String], needed: bool) -> Option<Flag> {
    let kind = match schema.get("type") {
        Some(Value::Array(types)) => types.iter().find(|one| one.as_str() != Some("null")),
        one => one,
    };
    let alternatives = alternatives(schema);
    let kind = match kind.and_then(Value::as_str) {
        Some("integer" | "number") => Kind::Number,
        Some("boolean") => Kind::Switch,
        Some("string") => Kind::Text,
        Some("array") => Kind::Texts,
        None if !alternatives.is_empty() => Kind::Text,
        _ => return None,
    };
    // The id of something stands for it.
    let named = match path {
        [before @ .., last] if last == "id" && !before.is_empty() => before,
        all => all,
    };
    let value_name = match (kind, schema.get("format").and_then(Value::as_str)) {
        (Kind::Number, _) => "NUMBER",
        (Kind::Switch, _) => "BOOLEAN",
        (Kind::Texts, _) => "TEXT,TEXT",
        (_, Some("date")) => "YYYY-MM-DD",
        (_, Some("date-time")) => "TIME",
        _ => "TEXT",
    };
    let about = schema.get("description").and_then(Value::as_str);
    let mut help: Vec<String> = about.map(paragraph).into_iter().collect();
    help.extend(details(schema, &alternatives, needed));
    Some(Flag {
        name: named.join("-").replace('_', "-"),
        path: path.join("."),
        kind,
        needed,
        value_name,
        help: help.join(" "),
    })
}

/// The texts that a value may have, if they are listed.
fn alternatives(schema: &Map<String, Value>) -> Vec<&str> {
    let one_of = schema.get("oneOf").and_then(Value::as_array);
    let others = one_of.into_iter().flatten().filter_map(Value::as_object);
    [schema]
        .into_iter()
        .chain(others)
        .flat_map(|schema| {
            let many = schema.get("enum").and_then(Value::as_array);
            many.into_iter().flatten().chain(schema.get("const"))
        })
        .filter_map(Value::as_str)
        .collect()
}

/// What else there is to know of a value, each in brackets.
fn details(schema: &Map<String, Value>, alternatives: &[&str], needed: bool) -> Vec<String> {
    let range = |least: &str, most: &str| match (schema.get(least), schema.get(most)) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}")),
        (Some(least), None) => Some(format!("{least} or more")),
        (None, Some(most)) => Some(format!("{most} or less")),
        (None, None) => None,
    };
    let shown = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let length = range("minLength", "maxLength").map(|range| format!("{range} characters"));
    let one_of = (!alternatives.is_empty()).then(|| alternatives.join(", "));
    let example = schema.get("examples").and_then(|examples| examples.get(0));
    let example = example.map(|example| format!("such as {}", shown(example)));
    let default = schema.get("default").filter(|default| !default.is_null());
    let default = default.map(|default| format!("default: {}", shown(default)));
    let needed = needed.then(|| "needed".to_owned());
    let known = [
        range("minimum", "maximum"),
        length,
        one_of,
        example,
        default,
        needed,
    ];
    let bracketed = |detail: String| format!("[{detail}]");
    known.into_iter().flatten().map(bracketed).collect()
}
