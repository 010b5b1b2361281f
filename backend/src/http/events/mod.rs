//! `GET /events`: what happens, as it happens (Server-Sent Events, HTML Living Standard, 9.2).
//!
//! | event | data |
//! |---|---|
//! | `outcome` | the outcome of a command of the caller's; with `?command=<id>`, once or several times, of these commands alone. One that is there already is told first |
//! | `change` | with `?view=<view>`, once or several times: a [`ViewChange`](feed::ViewChange) |
//! | `stale` | the backend has lost its connection to NATS: from now on, what happens is not told |
//! | `live` | it has it again, and what happened meanwhile has been told |
//! | `error` | the last event: a problem, which says why the stream ends |
//!
//! The `id` of an event says how far each bucket has been told, such as `outcomes=12,stays=345`. A client that comes again says it in
//! `Last-Event-ID` (or, for the first time, in `?last-event-id=`, with the `sequence` of a view that it has read), and is told
//! what it has missed before what is new. A view keeps the newest value of each key, so of several changes of a key that were missed the
//! last one is told, which is all that a view needs. Outcomes are kept for a day.
//!
//! A comment every 15 seconds shows that the stream is alive.

mod cursor;
pub mod feed;
mod stream;

use std::collections::HashSet;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jetstream_es::Connection;
use schemars::{Schema, SchemaGenerator, json_schema};
use shared::cloud_event::MessageId;
use shared::outcome::Outcome;
use shared::subjects::{OUTCOMES, OutcomeKey};

use super::caller::Caller;
use super::problem::{Problem, kinds};
use super::{Shared, commands, views};
use crate::commands::Outcomes;
pub(crate) use cursor::Cursor;
use feed::Source;
use stream::EventStream;

pub(super) use feed::Feeds;

/// How many commands one stream may ask for.
pub(crate) const MAX_COMMANDS: usize = 100;

/// When a client that found too many streams may come again, in seconds.
const RETRY_AFTER: u16 = 5;

/// The events of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Outcome,
    Change,
    Stale,
    Live,
    Error,
}

impl Event {
    pub(crate) const ALL: [Self; 5] = [
        Self::Outcome,
        Self::Change,
        Self::Stale,
        Self::Live,
        Self::Error,
    ];

    /// What it is called in the stream.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Change => "change",
            Self::Stale => "stale",
            Self::Live => "live",
            Self::Error => "error",
        }
    }

    /// The schemas of what its data may be.
    pub(crate) fn data(self, generator: &mut SchemaGenerator) -> Vec<Schema> {
        match self {
            Self::Outcome => vec![generator.subschema_for::<Outcome>()],
            Self::Change => views::all()
                .map(|view| view.change_schema(generator))
                .collect(),
            Self::Stale | Self::Live => vec![json_schema!({
                "type": "object",
                "additionalProperties": false,
            })],
            Self::Error => vec![generator.subschema_for::<Problem>()],
        }
    }
}

/// What somebody wants to hear of.
#[derive(Debug, Default)]
struct Wanted {
    views: Vec<&'static str>,
    commands: HashSet<MessageId>,
    seen: Cursor,
}

/// Handles the request for a stream of events.
pub(super) async fn get(
    State(shared): State<Shared>,
    caller: Caller,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Query(query) = query?;
    let wanted = wanted(&caller, query, &headers)?;
    let connection = shared.connection()?;
    let permit = Arc::clone(&shared.streams).try_acquire_owned();
    let permit = permit.map_err(|_| {
        let detail = "There are as many streams of events as this backend serves.";
        Problem::typed(&kinds::TOO_MANY_STREAMS, detail).retry_after(RETRY_AFTER)
    })?;

    let mut sources = vec![Source::outcomes(&caller.actor)];
    sources.extend(wanted.views.iter().map(|view| Source::view(view)));
    let mut events = EventStream::new(
        connection.clone(),
        wanted.commands.clone(),
        shared.stop.clone(),
        permit,
    );
    for source in sources {
        let bucket = source.bucket;
        let seen = wanted.seen.get(bucket);
        let feed = shared.feeds.follow(&connection, source).await?;
        if let Some(seen) = seen.filter(|seen| *seen > feed.last()) {
            check(&connection, bucket, seen).await?;
        }
        events.follow(feed, seen);
    }
    // Those that are decided from now on are heard of; one that is in the bucket may have been decided before.
    if wanted.seen.get(OUTCOMES.name()).is_none() {
        let outcomes = Outcomes::new(&connection);
        for command in wanted.commands {
            let actor = caller.actor.clone();
            let kept = outcomes.get(&OutcomeKey { actor, command }).await;
            let kept = kept.map_err(|error| commands::not_known(error.into()))?;
            if let Some(outcome) = kept {
                let outcome = serde_json::to_string(&outcome).map_err(views::not_read)?;
                events.begin_with(&outcome);
            }
        }
    }
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // A proxy is not to wait for more.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
    Ok((headers, Body::from_stream(events.into_stream())).into_response())
}

fn wanted(
    caller: &Caller,
    query: Vec<(String, String)>,
    headers: &HeaderMap,
) -> Result<Wanted, Problem> {
    let mut wanted = Wanted::default();
    let mut commands = 0;
    for (name, value) in query {
        match name.as_str() {
            "view" => {
                let view = views::find(caller, &value)?.name();
                if !wanted.views.contains(&view) {
                    wanted.views.push(view);
                }
            }
            "command" => {
                let command = value.parse::<MessageId>();
                let command =
                    command.map_err(|error| Problem::bad_request(format!("command: {error}.")))?;
                wanted.commands.insert(command);
                commands += 1;
            }
            "last-event-id" => wanted.seen = seen(caller, "last-event-id", &value)?,
            _ => {
                return Err(Problem::bad_request(format!(
                    "{name:?} is none of view, command and last-event-id."
                )));
            }
        }
    }
    if commands > MAX_COMMANDS {
        return Err(Problem::bad_request(format!(
            "command: {MAX_COMMANDS} at most; without any, all are told."
        )));
    }
    // A client that comes again asks with the same URL, and has seen more since.
    if let Some(id) = headers.get("last-event-id") {
        let id = id.to_str().unwrap_or("something else");
        if !id.is_empty() {
            wanted.seen = seen(caller, "The header Last-Event-ID", id)?;
        }
    }
    Ok(wanted)
}

fn seen(caller: &Caller, what: &str, text: &str) -> Result<Cursor, Problem> {
    let seen = text.parse::<Cursor>();
    let seen = seen.map_err(|error| Problem::bad_request(format!("{what}: {error}.")))?;
    for bucket in seen.buckets() {
        if bucket != OUTCOMES.name() {
            views::find(caller, bucket)
                .map_err(|_| Problem::bad_request(format!("{what}: there is no {bucket}.")))?;
        }
    }
    Ok(seen)
}

/// Whether what the client has seen can have happened. Another backend may have told it before this one heard of it.
async fn check(connection: &Connection, bucket: &str, seen: u64) -> Result<(), Problem> {
    let last = views::last_sequence(connection, bucket).await?;
    if seen > last {
        let detail = format!("{bucket} has not come to {seen}, its last is {last}.");
        return Err(Problem::typed(&kinds::UNKNOWN_EVENT_ID, detail));
    }
    Ok(())
}
