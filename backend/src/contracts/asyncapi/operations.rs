//! The operations: who sends and receives what.

use std::collections::BTreeMap;

use schemars::SchemaGenerator;
use serde_json::{Value, json};
use shared::identity::Account;
use shared::subjects::{OUTCOMES, Stream};

use super::{channel, channels, message_of};
use crate::commands::catalogue::CATALOGUE;
use crate::contracts::messages;
use crate::views;

/// All operations, each by its name: who does it, and what.
pub(super) fn all() -> BTreeMap<String, Value> {
    let mut operations = BTreeMap::new();
    let mut add = |who: &str, what: &str, operation: Value| {
        let mut operation = operation;
        operation["tags"] = json!([{ "name": who }]);
        operations.insert(format!("{who}.{what}"), operation);
    };
    let clients = Account::ALL;
    for entry in CATALOGUE {
        let name = channels::command(entry);
        let message = message_of(&name, entry.message_type);
        for account in clients
            .into_iter()
            .filter(|account| entry.may_send(*account))
        {
            let what = format!("send.{}", entry.name);
            let send = json!({
                "action": "send",
                "channel": channel(&name),
                "messages": [message],
                "reply": {
                    "channel": channel(channels::INBOX),
                    "messages": [message_of(channels::INBOX, channels::PUB_ACK)],
                },
                "x-address": inside(account, &Stream::Commands.form().replace("{command}", entry.name)),
            });
            add(account.as_str(), &what, send);
        }
        let receive =
            json!({ "action": "receive", "channel": channel(&name), "messages": [message] });
        add("backend", &format!("decide.{}", entry.name), receive);
    }
    let mut generator = SchemaGenerator::default();
    for stream in Stream::ALL {
        let events = messages::events(stream, &mut generator);
        if !events.is_empty() {
            let name = channels::events_of(stream);
            let messages = events.iter().map(|event| message_of(&name, &event.name));
            let messages: Vec<Value> = messages.collect();
            let operation = |action: &str| json!({ "action": action, "channel": channel(&name), "messages": messages });
            add(
                "backend",
                &format!("append.{}", stream.name()),
                operation("send"),
            );
            let hotel = Account::Hotel.as_str();
            add(
                hotel,
                &format!("read.{}", stream.name()),
                operation("receive"),
            );
        }
    }
    for view in views::all() {
        let readers = clients.into_iter();
        let readers = readers
            .filter(|account| *account == Account::Hotel || view.readers().contains(account));
        let bucket = view.name();
        for account in readers {
            for form in view.forms() {
                let name = channels::live(&*view, form);
                let watch = json!({
                    "action": "receive",
                    "channel": channel(&name),
                    "messages": [message_of(&name, bucket)],
                });
                add(account.as_str(), &name.replace("live.", "watch."), watch);
            }
            let name = channels::pages_of(&*view);
            let page = json!({
                "action": "send",
                "channel": channel(&name),
                "messages": [message_of(&name, messages::PAGE)],
                "reply": {
                    "channel": channel(channels::INBOX),
                    "messages": [message_of(channels::INBOX, bucket)],
                },
            });
            add(account.as_str(), &format!("page.{bucket}"), page);
        }
    }
    for account in clients {
        let receive = json!({
            "action": "receive",
            "channel": channel("outcome"),
            "messages": [message_of("outcome", OUTCOMES.name())],
            "x-address": inside(account, "outcome.{account}.{user}.{command}"),
        });
        add(account.as_str(), "receive.outcome", receive);
        let again = json!({
            "action": "send",
            "channel": channel("outcome.again"),
            "reply": {
                "channel": channel(channels::INBOX),
                "messages": [message_of(channels::INBOX, OUTCOMES.name())],
            },
        });
        add(account.as_str(), "get.outcome", again);
    }
    operations
}

/// How an address reads inside an account.
fn inside(account: Account, address: &str) -> String {
    match account {
        Account::Hotel => address.replace("{account}", account.as_str()),
        Account::Manager
        | Account::FrontDesk
        | Account::Housekeeping
        | Account::Channel
        | Account::Guest => address.replace("{account}.", ""),
    }
}
