//! The read models: folded from nothing, and watched while they change.

use std::collections::BTreeMap;

use async_nats::jetstream;
use async_nats::{Client, Subscriber, header};
use bytes::Bytes;
use futures_util::StreamExt;
use jetstream_es::{Position, Projection};
use serde_json::Value;
use vacancy_backend::bookings::{Days, Guests, Occupancy, StaysView, Vacancy};
use vacancy_backend::housekeeping::HousekeepingList;
use vacancy_backend::rooms::RoomsView;

use super::checker::Violation;
use super::record::{self, Record};
use super::shaky::Shaky;
use crate::stored::messages;

/// Where nothing is republished.
const END: &str = "live.end";
/// The header with the sequence of a republished value.
const SEQUENCE: &str = "Nats-Sequence";

/// A value of a bucket as somebody saw it who watched.
#[derive(Debug)]
pub(super) struct Seen {
    bucket: String,
    key: String,
    revision: u64,
    value: Value,
}

/// Everything that `live` has been told until now.
pub(super) async fn seen(client: &Client, live: &mut Subscriber) -> Vec<Seen> {
    // What was republished before this has been sent before this.
    let end = client.publish(END, Bytes::new());
    end.await.expect("a connection that is up");
    let mut seen = Vec::new();
    while let Some(message) = live.next().await {
        if *message.subject == *END {
            break;
        }
        let mut tokens = message.subject.splitn(3, '.').skip(1);
        let (Some(bucket), Some(key)) = (tokens.next(), tokens.next()) else {
            continue;
        };
        let headers = message.headers.unwrap_or_default();
        let revision = headers
            .get(SEQUENCE)
            .and_then(|text| text.as_str().parse().ok());
        // A marker of a deletion is no value.
        if headers.get("KV-Operation").is_some()
            || headers.get(header::NATS_MARKER_REASON).is_some()
        {
            continue;
        }
        seen.push(Seen {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            revision: revision.expect("a republished value has a sequence"),
            value: serde_json::from_slice(&message.payload).expect("a value"),
        });
    }
    seen
}

/// What is wrong with the read models.
pub(super) async fn check(
    context: &jetstream::Context,
    record: &Record,
    seen: &[Seen],
) -> Vec<Violation> {
    let check = Check {
        context,
        record,
        seen,
    };
    let mut violations = Vec::new();
    violations.extend(check.view::<RoomsView>().await);
    violations.extend(check.view::<HousekeepingList>().await);
    violations.extend(check.view::<StaysView>().await);
    violations.extend(check.view::<Vacancy>().await);
    violations.extend(check.view::<Days>().await);
    violations.extend(check.view::<Guests>().await);
    violations.extend(check.view::<Occupancy>().await);
    violations.extend(check.view::<Shaky>().await);
    violations
}

struct Check<'a> {
    context: &'a jetstream::Context,
    record: &'a Record,
    seen: &'a [Seen],
}

impl Check<'_> {
    async fn view<P: Projection>(&self) -> Vec<Violation> {
        let prefix = format!("$KV.{}.", P::BUCKET);
        let values = messages(self.context, &record::bucket(P::BUCKET)).await;
        let values = values.into_iter().map(|message| {
            let key = message.subject.trim_start_matches(&prefix).to_owned();
            let value = serde_json::from_slice::<Value>(&message.payload).expect("a value");
            (key, value)
        });
        let mut violations = different(P::BUCKET, &rebuilt::<P>(self.record), &values.collect());
        violations.extend(went_back::<P>(self.seen));
        violations
    }
}

/// The values of a read model, made from all events one after the other, in memory, without any of the machinery that
/// keeps it up to date.
fn rebuilt<P: Projection>(record: &Record) -> BTreeMap<String, Value> {
    let mut values: BTreeMap<String, P::Value> = BTreeMap::new();
    for &stream in P::STREAMS {
        for message in &record.events[stream] {
            let at = Position {
                stream,
                sequence: message.sequence,
            };
            let event = P::read(stream, message);
            let event = event.unwrap_or_else(|error| panic!("{stream} {}: {error}", at.sequence));
            for key in P::keys(&event) {
                let name = key.to_string();
                let before = values.get(&name).cloned();
                let after = P::apply(&key, before, &event, at);
                if let Some(value) = after {
                    values.insert(name, value);
                }
            }
        }
    }
    let json = |value| serde_json::to_value(value).expect("JSON");
    values
        .into_iter()
        .map(|(key, value)| (key, json(value)))
        .collect()
}

fn different(
    bucket: &'static str,
    rebuilt: &BTreeMap<String, Value>,
    served: &BTreeMap<String, Value>,
) -> Vec<Violation> {
    let missing_here = served.keys().filter(|key| !rebuilt.contains_key(*key));
    let keys = rebuilt.keys().chain(missing_here);
    keys.filter(|key| rebuilt.get(*key) != served.get(*key))
        .map(|key| Violation::ViewDiffers {
            bucket,
            key: key.clone(),
            rebuilt: rebuilt.get(key).cloned(),
            served: served.get(key).cloned(),
        })
        .collect()
}

/// The values that knew less of a stream than an earlier one of the same key.
fn went_back<P: Projection>(seen: &[Seen]) -> Vec<Violation> {
    let mut by_key: BTreeMap<&str, BTreeMap<u64, P::Value>> = BTreeMap::new();
    for Seen {
        bucket,
        key,
        revision,
        value,
    } in seen
    {
        if bucket == P::BUCKET {
            let value = serde_json::from_value(value.clone()).expect("a value of the read model");
            by_key.entry(key).or_default().insert(*revision, value);
        }
    }
    let mut violations = Vec::new();
    for (key, values) in by_key {
        for &stream in P::STREAMS {
            let positions: Vec<(u64, u64)> = values
                .iter()
                .map(|(revision, value)| (*revision, P::position(value, stream)))
                .collect();
            let back = positions.windows(2).filter(|pair| pair[0].1 > pair[1].1);
            violations.extend(back.map(|pair| Violation::ViewWentBack {
                bucket: P::BUCKET,
                key: key.to_owned(),
                revision: pair[1].0,
                from: pair[0].1,
                to: pair[1].1,
            }));
        }
    }
    violations
}
