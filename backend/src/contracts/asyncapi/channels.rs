//! The channels: a subject with parts that vary, and the messages on it.

use std::collections::BTreeMap;

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};
use shared::identity::Account;
use shared::subjects::{Form, OUTCOMES, OutcomeKey, Stream};

use crate::commands::catalogue::{CATALOGUE, Entry};
use crate::contracts::messages;
use crate::views::{self, View};

/// Where replies come in: whoever asks chooses the subject.
pub(super) const INBOX: &str = "inbox";
/// The message that acknowledges a command.
pub(super) const PUB_ACK: &str = "pub-ack";

/// All channels, each by its name.
pub(super) fn all() -> BTreeMap<String, Value> {
    let mut channels = BTreeMap::new();
    let mut values = Vec::new();
    for entry in CATALOGUE {
        let address = Stream::Commands.form().replace("{command}", entry.name);
        let accounts = Account::ALL.into_iter();
        let accounts = accounts.filter(|account| entry.may_send(*account));
        let mut channel = channel(
            &address,
            [entry.message_type],
            "Stored in the stream commands. Those of guests come to the backend first (`gate` in place of `cmd`), which lets them in.",
        );
        let accounts: Vec<&str> = accounts.map(Account::as_str).collect();
        channel["parameters"]["account"]["enum"] = accounts.into();
        channel["x-jetstream"] = json!({ "stream": Stream::Commands.name() });
        channels.insert(command(entry), channel);
    }
    let mut generator = SchemaGenerator::default();
    for stream in Stream::ALL {
        let events = messages::events(stream, &mut generator);
        if !events.is_empty() {
            let names = events.iter().map(|event| event.name.as_str());
            let description =
                "Stored for ever, never removed. Read them by a consumer of the stream.";
            let mut channel = channel(stream.form(), names, description);
            channel["x-jetstream"] = json!({ "stream": stream.name() });
            channels.insert(events_of(stream), channel);
        }
    }
    for view in views::all() {
        let name = view.name();
        values.push(name);
        for form in view.forms() {
            let address = format!("live.{name}.{form}");
            let description = "A value as it is written. The header Nats-Sequence is its revision.";
            let mut channel = channel(&address, [name], description);
            channel["x-jetstream"] = json!({ "bucket": name, "key": form });
            channels.insert(live(&*view, form), channel);
        }
        let address = format!("$JS.API.DIRECT.GET.KV_{name}");
        let description =
            "Asks for the values that are there, page by page in the order of their revisions.";
        channels.insert(
            pages_of(&*view),
            channel(&address, [messages::PAGE], description),
        );
    }
    let key = OutcomeKey::FORMS.join(".");
    let description = "The answer to a command, for the one who asked.";
    let mut outcome = channel(&format!("outcome.{key}"), [OUTCOMES.name()], description);
    outcome["x-jetstream"] = json!({ "bucket": OUTCOMES.name(), "key": key });
    channels.insert("outcome".to_owned(), outcome);
    let description = "Asks for the answer to a command, for a day after it. The payload is empty.";
    let address = format!("$JS.API.DIRECT.GET.KV_outcomes.$KV.outcomes.{key}");
    channels.insert(
        "outcome.again".to_owned(),
        channel(&address, [], description),
    );
    values.push(OUTCOMES.name());
    let mut inbox = channel("", values, "Replies: whoever asks chooses the subject.");
    inbox["address"] = Value::Null;
    inbox["messages"][PUB_ACK] = pub_ack();
    channels.insert(INBOX.to_owned(), inbox);
    channels
}

/// The name of the channel of a command.
pub(super) fn command(entry: &Entry) -> String {
    format!("command.{}", entry.name)
}

/// The name of the channel of a stream's events.
pub(super) fn events_of(stream: Stream) -> String {
    format!("events.{}", stream.name())
}

/// The name of the channel of a view's values whose keys have this form.
pub(super) fn live(view: &dyn View, form: &str) -> String {
    let form = form.replace(['{', '}'], "");
    format!("live.{}.{form}", view.name())
}

/// The name of the channel on which pages of a view are asked for.
pub(super) fn pages_of(view: &dyn View) -> String {
    format!("pages.{}", view.name())
}

fn channel<'a>(
    address: &str,
    messages: impl IntoIterator<Item = &'a str>,
    description: &str,
) -> Value {
    let message = |name: &str| {
        let reference = json!({ "$ref": format!("#/components/messages/{name}") });
        (name.to_owned(), reference)
    };
    let messages: Map<String, Value> = messages.into_iter().map(message).collect();
    let parameters: Map<String, Value> = parameters(address)
        .map(|name| (name.to_owned(), json!({ "description": meaning(name) })))
        .collect();
    json!({
        "address": address,
        "description": description,
        "messages": messages,
        "parameters": parameters,
        "bindings": { "nats": {} },
    })
}

/// The names of what varies in an address.
fn parameters(address: &str) -> impl Iterator<Item = &str> {
    let parts = address.split('{').skip(1);
    parts.filter_map(|part| part.split_once('}').map(|(name, _)| name))
}

fn meaning(parameter: &str) -> &'static str {
    match parameter {
        "account" => "The account of the one who asks. The server puts it there.",
        "user" => "The user who asks. The server's permissions see to it.",
        "command" => "The id of the command.",
        "room" => "The room's id.",
        "client" => "The client's id.",
        "booking" => "The booking, as client_YYYY-MM-DD.",
        "type" => "The type of rooms.",
        "date" => "A day, as YYYY-MM-DD.",
        "about" => "What it is about: a booking, out-of-order, out-of-service or retired.",
        "staff" => "The log-in name.",
        "cleanup" => "The room and the day, as room_YYYY-MM-DD.",
        _ => "A token.",
    }
}

/// What JetStream replies when it has stored a message.
fn pub_ack() -> Value {
    json!({
        "name": PUB_ACK,
        "summary": "The command is safe: it will be decided.",
        "contentType": "application/json",
        "payload": {
            "title": "PubAck",
            "type": "object",
            "required": ["stream", "seq"],
            "properties": {
                "stream": { "const": Stream::Commands.name() },
                "seq": { "description": "The sequence in the stream.", "type": "integer" },
                "duplicate": { "description": "It was there before.", "type": "boolean" },
            },
        },
    })
}
