//! AsyncAPI 3.0: what goes over NATS, who may send and read it, and where JetStream keeps it.
//!
//! Addresses are those inside the account `HOTEL`. The operations of the staff's and the guests' accounts say how an address reads
//! inside theirs (`x-address`), where the server has put the account, and the user, into it. The binding of NATS knows
//! queues alone, so what there is of JetStream stands under `x-jetstream`.

mod channels;
mod jetstream;
mod operations;

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use shared::subjects::Stream;

use super::messages::{self, Message};
use crate::commands::catalogue::CATALOGUE;
use crate::views;

/// Where the types are in the document.
pub(super) const SCHEMAS: &str = "/components/schemas";

/// The whole document.
pub(super) fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = SCHEMAS.into();
    });
    let mut generator = settings.into_generator();
    let mut messages = Vec::new();
    for entry in CATALOGUE {
        messages.push(messages::command(entry, &mut generator));
    }
    for stream in Stream::ALL {
        messages.extend(messages::events(stream, &mut generator));
    }
    for view in views::all() {
        messages.push(messages::view(&*view, &mut generator));
    }
    messages.push(messages::outcome(&mut generator));
    let page = messages::page(&mut generator);
    messages.push(page);

    let mut schemas = generator.take_definitions(true);
    let mut components = BTreeMap::new();
    for message in messages {
        let name = message.name.clone();
        let (component, payload) = component(message);
        if let Some((model, schema)) = payload {
            schemas.insert(model, schema);
        }
        components.insert(name, component);
    }
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Vacancy",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The hotel's rooms, stays and housekeeping over NATS: commands go in, and events, read models and outcomes come out. A command is accepted when its stream acknowledges it (PubAck), and decided a moment later; its outcome goes to the one who asked. Of those who can be on the line there are the back end and other programs of the hotel (account HOTEL), and the accounts of browsers; an operation is tagged with who does it.",
            "license": { "name": env!("CARGO_PKG_LICENSE") },
        },
        "defaultContentType": "application/json",
        "servers": servers(),
        "channels": channels::all(),
        "operations": operations::all(),
        "components": {
            "messages": components,
            "schemas": schemas,
            "securitySchemes": {
                "user": {
                    "type": "userPassword",
                    "description": "A user of an account (nats-server.conf). Without one, a browser is a guest.",
                },
            },
        },
        "x-jetstream": jetstream::all(),
    })
}

fn servers() -> Value {
    let security = json!([{ "$ref": "#/components/securitySchemes/user" }]);
    json!({
        "nats": {
            "host": "127.0.0.1:4222",
            "protocol": "nats",
            "description": "For programs of the hotel.",
            "security": security,
        },
        "websocket": {
            "host": "127.0.0.1:9222",
            "protocol": "ws",
            "description": "The same protocol in WebSocket messages, for browsers.",
            "security": security,
        },
    })
}

/// The message, and the schema of its payload if that is to be a type of its own.
fn component(message: Message) -> (Value, Option<(String, Value)>) {
    let is_cloud_event = message.content_type == shared::cloud_event::CONTENT_TYPE;
    let mut component = Map::new();
    let mut set = |name: &str, value: Value| component.insert(name.to_owned(), value);
    set("name", message.name.clone().into());
    set("summary", message.summary.into());
    set("contentType", message.content_type.into());
    set(
        "payload",
        json!({ "$ref": format!("#{SCHEMAS}/{}", message.model) }),
    );
    if is_cloud_event {
        set("headers", headers());
        let correlation = json!({
            "description": "The id of the first message of a chain.",
            "location": "$message.payload#/correlationid",
        });
        set("correlationId", correlation);
        let payload = Some((message.model, message.schema.to_value()));
        (Value::Object(component), payload)
    } else {
        (Value::Object(component), None)
    }
}

/// What stands before a CloudEvent in structured mode. In binary mode, which is read too, the attributes are headers `ce-…`.
fn headers() -> Value {
    json!({
        "type": "object",
        "required": ["Nats-Msg-Id"],
        "properties": {
            "Nats-Msg-Id": {
                "description": "The id of the message, the same as within it: sent again within two minutes, it is stored once.",
                "type": "string",
            },
            "Content-Type": { "const": shared::cloud_event::CONTENT_TYPE },
        },
    })
}

/// A reference to a message of a channel.
fn message_of(channel: &str, message: &str) -> Value {
    json!({ "$ref": format!("#/channels/{channel}/messages/{message}") })
}

/// A reference to a channel.
fn channel(channel: &str) -> Value {
    json!({ "$ref": format!("#/channels/{channel}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every reference within the document leads somewhere.
    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let mut open = vec![&document];
        let mut count = 0;
        while let Some(value) = open.pop() {
            match value {
                Value::Object(members) => {
                    if let Some(Value::String(reference)) = members.get("$ref") {
                        let path = reference.strip_prefix('#').unwrap();
                        assert!(document.pointer(path).is_some(), "{reference}");
                        count += 1;
                    }
                    open.extend(members.values());
                }
                Value::Array(items) => open.extend(items),
                _ => {}
            }
        }
        assert!(count > 300, "{count}");
    }
}
