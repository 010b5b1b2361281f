//! What JetStream keeps: the streams and the buckets as they are declared, their consumers, and which account has what.

use std::time::Duration;

use jetstream_es::declare::stream_of_bucket;
use jetstream_es::{BucketSpec, StreamSpec};
use serde_json::{Value, json};
use shared::identity::Account;

use crate::cli::Copies;
use crate::commands::{catalogue, inbox};
use crate::identity::dismissals;
use crate::{reactions, streams, views};

/// With one copy of each, which is for the one who starts the backend to say.
pub(super) fn all() -> Value {
    let copies = Copies { replicas: 1 };
    let streams = streams::streams(copies)
        .into_iter()
        .chain([streams::audit(copies)]);
    let buckets = streams::buckets(copies);
    json!({
        "account": "HOTEL",
        "streams": streams.map(|spec| stream(&spec)).collect::<Value>(),
        "buckets": buckets.iter().map(bucket).collect::<Value>(),
        "accounts": Account::ALL.map(account),
    })
}

fn stream(spec: &StreamSpec) -> Value {
    json!({
        "name": spec.name,
        "description": spec.description,
        "subjects": spec.subjects,
        "sources": spec.sources.iter().map(|source| &source.stream).collect::<Vec<_>>(),
        "storage": spec.storage,
        "retention": spec.retention,
        "discard": spec.discard,
        "max_age_seconds": seconds(spec.max_age),
        "max_msgs_per_subject": spec.max_messages_per_subject,
        "duplicate_window_seconds": spec.deduplication.as_secs(),
        "allow_direct": spec.allow_direct,
        "allow_atomic": spec.allow_atomic,
        "allow_msg_schedules": spec.allow_schedules,
        "deny_delete": spec.deny_delete,
        "deny_purge": spec.deny_purge,
        "consumers": consumers(spec.name),
    })
}

fn bucket(spec: &BucketSpec) -> Value {
    let view = views::all()
        .into_iter()
        .find(|view| view.name() == spec.name);
    json!({
        "name": spec.name,
        "description": spec.description,
        "stream": stream_of_bucket(spec.name),
        "storage": spec.storage,
        "history": spec.history,
        "max_age_seconds": seconds(spec.max_age),
        "republish": spec.republish.as_ref().map(|republish| json!({ "src": republish.from, "dest": republish.to })),
        "keys": view.as_ref().map(|view| view.forms()),
        "readers": view.map(|view| view.readers().iter().map(|account| account.as_str()).collect::<Vec<_>>()),
    })
}

/// The durable consumers of the backend on a stream, but for what is there with a webhook alone.
fn consumers(stream: &str) -> Vec<String> {
    let views = views::all();
    let views = views.iter().flat_map(|view| view.consumers());
    let all = inbox::consumers().into_iter().chain(views);
    let all = all.chain(reactions::consumers());
    let all = all.chain(dismissals::consumers());
    let mut names: Vec<String> = all
        .filter(|(of, _)| *of == stream)
        .map(|(_, name)| name)
        .collect();
    names.sort();
    names
}

fn account(account: Account) -> Value {
    let commands = catalogue::CATALOGUE
        .iter()
        .filter(|entry| entry.may_send(account));
    let views = views::all();
    let views = views
        .iter()
        .filter(|view| account == Account::Hotel || view.readers().contains(&account));
    json!({
        "account": account.as_str().to_ascii_uppercase(),
        "token": account.as_str(),
        "sends": commands.map(|entry| entry.name).collect::<Vec<_>>(),
        "reads": views.map(|view| view.name()).collect::<Vec<_>>(),
    })
}

fn seconds(duration: Option<Duration>) -> Option<u64> {
    duration.map(|duration| duration.as_secs())
}
