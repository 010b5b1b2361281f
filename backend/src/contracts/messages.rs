//! Every message there is, with its schema. What is listed elsewhere (the catalogue of commands, the events of a stream, the
//! read models) appears here by itself.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};
use shared::bookings::BookingEvent;
use shared::cloud_event::{self, CloudEvent};
use shared::housekeeping::CleanupEvent;
use shared::outcome::Outcome;
use shared::rooms::RoomEvent;
use shared::staff::StaffEvent;
use shared::subjects::{OUTCOMES, Stream};

use crate::commands::catalogue::Entry;
use crate::views::View;

/// The name of the request for a page of a read model.
pub const PAGE: &str = "page";

/// The media type of values that are no CloudEvents.
const JSON: &str = "application/json";

/// A message that goes over NATS.
#[derive(Debug, Clone)]
pub struct Message {
    /// What it is called: the type of a CloudEvent, or the bucket whose values it is.
    pub name: String,
    /// The name of a type for it: `BookRoomCommand`.
    pub model: String,
    /// What it is for, in a sentence.
    pub summary: String,
    /// The media type of its payload.
    pub content_type: &'static str,
    /// The schema of its payload.
    pub schema: Schema,
}

/// The command of an entry of the catalogue.
pub fn command(entry: &Entry, generator: &mut SchemaGenerator) -> Message {
    let data = (entry.data)(generator);
    let schema = (entry.message)(generator);
    let summary = described(&data, generator).unwrap_or_default();
    cloud_event(entry.message_type, "Command", summary, schema)
}

/// The events of a stream; none if it is not one of events.
pub fn events(stream: Stream, generator: &mut SchemaGenerator) -> Vec<Message> {
    let events = match stream {
        Stream::Commands => return Vec::new(),
        Stream::Room => RoomEvent::json_schema(generator),
        Stream::RoomBooking => BookingEvent::json_schema(generator),
        Stream::RoomCleanup => CleanupEvent::json_schema(generator),
        Stream::Staff => StaffEvent::json_schema(generator),
    };
    let variants = events.get("oneOf").and_then(Value::as_array).cloned();
    let event = |variant: Value| {
        let properties = variant.get("properties")?;
        let event_type = properties.pointer("/type/const")?.as_str()?.to_owned();
        let data: Schema = properties.get("data")?.clone().try_into().ok()?;
        let summary = variant.get("description").and_then(Value::as_str);
        let summary = summary.map(ToOwned::to_owned);
        let summary = summary.or_else(|| described(&data, generator));
        let mut schema = CloudEvent::<()>::json_schema(generator);
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            properties.insert("data".to_owned(), data.to_value());
        }
        Some(cloud_event(
            &event_type,
            "Event",
            summary.unwrap_or_default(),
            schema,
        ))
    };
    variants.into_iter().flatten().filter_map(event).collect()
}

/// A value of a read model.
pub fn view(view: &dyn View, generator: &mut SchemaGenerator) -> Message {
    let schema = view.schema(generator);
    let summary = described(&schema, generator).unwrap_or_default();
    plain(view.name(), schema, summary)
}

/// The answer to a command.
pub fn outcome(generator: &mut SchemaGenerator) -> Message {
    let schema = generator.subschema_for::<Outcome>();
    let summary = described(&schema, generator).unwrap_or_default();
    plain(OUTCOMES.name(), schema, summary)
}

/// A request for the values of a bucket, from a revision on.
pub fn page(generator: &mut SchemaGenerator) -> Message {
    let schema = json_schema!({
        "title": "PageRequest",
        "type": "object",
        "required": ["next_by_subj"],
        "properties": {
            "next_by_subj": { "description": "The filter of the keys: $KV.<bucket>.>", "type": "string" },
            "seq": { "description": "The revision to begin with, 1 for all.", "type": "integer", "minimum": 1 },
            "batch": { "description": "How many values at most.", "type": "integer", "minimum": 1, "maximum": 1000 },
        },
    });
    let model = "PageRequest";
    let definitions = generator.definitions_mut();
    definitions.insert(model.to_owned(), schema.to_value());
    Message {
        name: PAGE.to_owned(),
        model: model.to_owned(),
        summary: "Asks for the values of a bucket. Each comes as a reply; the last one is empty, with the status 204.".to_owned(),
        content_type: JSON,
        schema: Schema::new_ref(format!("#/{model}")),
    }
}

fn plain(name: &str, schema: Schema, summary: String) -> Message {
    let reference = schema.get("$ref").and_then(Value::as_str);
    let model = reference.and_then(|reference| reference.rsplit('/').next());
    Message {
        name: name.to_owned(),
        model: model.unwrap_or(name).to_owned(),
        summary,
        content_type: JSON,
        schema,
    }
}

/// A message with a type of its own.
fn cloud_event(message_type: &str, kind: &str, summary: String, mut schema: Schema) -> Message {
    let model = model(message_type, kind);
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        let own =
            json!({ "description": "What the data is, with its version.", "const": message_type });
        properties.insert("type".to_owned(), own);
    }
    schema.insert("title".to_owned(), model.clone().into());
    schema.insert("description".to_owned(), summary.clone().into());
    Message {
        name: message_type.to_owned(),
        model,
        summary,
        content_type: cloud_event::CONTENT_TYPE,
        schema,
    }
}

/// `vacancy.booking.guest-checked-in.v2` is a `GuestCheckedInEventV2`: the first version has no number.
fn model(message_type: &str, kind: &str) -> String {
    let mut tokens = message_type.rsplit('.');
    let version = tokens.next().filter(|version| *version != "v1");
    let words = tokens.next().unwrap_or_default().split('-');
    let capital = |word: &str| {
        let (first, rest) = word.split_at_checked(1).unwrap_or_default();
        first.to_ascii_uppercase() + rest
    };
    let name: String = words.map(capital).collect();
    name + kind + &version.map(capital).unwrap_or_default()
}

/// The first paragraph that describes the schema, or the one that it refers to.
pub(super) fn described(schema: &Schema, generator: &SchemaGenerator) -> Option<String> {
    let text = |schema: &Map<String, Value>| {
        let text = schema.get("description")?.as_str()?;
        Some(paragraph(text))
    };
    let own = schema.as_object().and_then(text);
    own.or_else(|| {
        let name = schema.get("$ref")?.as_str()?.rsplit('/').next()?;
        text(generator.definitions().get(name)?.as_object()?)
    })
}

/// The first paragraph of a description, on one line.
pub(crate) fn paragraph(description: &str) -> String {
    let end = description.find("\n\n").unwrap_or(description.len());
    description[..end].replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::catalogue::CATALOGUE;

    #[test]
    fn a_model_has_the_name_of_a_type() {
        assert_eq!(
            model("vacancy.booking.book-room.v1", "Command"),
            "BookRoomCommand"
        );
        assert_eq!(model("vacancy.booking.x-y.v2", "Event"), "XYEventV2");
    }

    #[test]
    fn every_message_says_what_it_is_for() {
        let mut generator = SchemaGenerator::default();
        for entry in CATALOGUE {
            let message = command(entry, &mut generator);
            assert!(!message.summary.is_empty(), "{}", message.name);
        }
        for stream in Stream::ALL {
            let messages = events(stream, &mut generator);
            assert_eq!(
                messages.is_empty(),
                stream == Stream::Commands,
                "{stream:?}"
            );
            for message in messages {
                assert!(!message.summary.is_empty(), "{}", message.name);
            }
        }
        for read_model in crate::views::all() {
            let message = view(&*read_model, &mut generator);
            assert!(!message.summary.is_empty(), "{}", message.name);
        }
    }
}
