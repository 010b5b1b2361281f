//! The read models: `GET /views`, `GET /views/<view>` and `GET /views/<view>/<key>`.
//!
//! A view is read page by page in the order of its revisions, which is that in which its values were written. A value that
//! changes while the view is read comes once more, with its newer revision, so none is missed; the last one counts. `?after=` goes on after
//! a revision, `?limit=` says how many values at most, `?prefix=` how their keys begin.
//!
//! The `ETag` of a value is its revision. That of a view is the last revision in it when it began to be read, and is weak.
//! The same number, `sequence` in the body, is where `GET /events` goes on: `Last-Event-ID: <view>=<sequence>`.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{BoxError, Json};
use futures_util::stream;
use jetstream_es::declare::stream_of_bucket;
use jetstream_es::history;
use jetstream_es::{Connection, StoredMessage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::identity::Account;

use super::Shared;
use super::caller::Caller;
use super::conditional::ETag;
use super::problem::Problem;
use crate::views::{self, View};

/// How long a `prefix` may be, in bytes. No key is longer.
pub(crate) const MAX_PREFIX: usize = 256;

/// All read models.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ViewList {
    /// In the order in which they were invented.
    pub views: Vec<ViewLink>,
}

/// Where a read model is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ViewLink {
    /// Its name, which is that of its bucket.
    pub view: &'static str,
    /// Its values.
    pub url: String,
}

/// Which values of a view are asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewQuery {
    /// How their keys begin.
    #[serde(default)]
    pub prefix: Option<String>,
    /// Values with a higher revision alone.
    #[serde(default)]
    pub after: Option<u64>,
    /// How many values at most, from 1.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// Values of a view. It is written piece by piece, as the view is read.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{V}Values")]
pub struct ViewValues<V> {
    #[serde(flatten)]
    pub head: Head,
    /// The values in the order of their revisions.
    pub values: Vec<ViewEntry<String, V>>,
    #[serde(flatten)]
    pub tail: Tail,
}

/// What comes before the values of a view.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Head {
    /// The view.
    pub view: &'static str,
    /// The last revision in it when it began to be read.
    pub sequence: u64,
}

/// What comes after the values of a view.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Tail {
    /// Where it goes on, if that was not all.
    pub next: Option<String>,
}

/// A value of a view: a type of its own, or JSON as it is in the bucket.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{V}Entry")]
pub struct ViewEntry<K, V> {
    /// What it is found by.
    pub key: K,
    /// The sequence in the stream of the bucket that it was written with.
    pub revision: u64,
    /// The value.
    pub value: V,
}

impl<'a> ViewEntry<&'a str, &'a RawValue> {
    /// The value in a message of the stream of `bucket`. `None` if it was deleted, or is not JSON.
    pub(super) fn of(bucket: &str, message: &'a StoredMessage) -> Option<Self> {
        let key = message.subject.strip_prefix("$KV.")?;
        let key = key.strip_prefix(bucket)?.strip_prefix('.')?;
        Some(Self {
            key,
            revision: message.sequence,
            value: serde_json::from_slice(&message.payload).ok()?,
        })
    }
}

/// Handles the request for the list of views.
pub(super) async fn list(State(shared): State<Shared>, caller: Caller) -> Json<ViewList> {
    let views = views::for_account(caller.reads_as()).map(|view| ViewLink {
        view: view.name(),
        url: format!("{}/views/{}", shared.base, view.name()),
    });
    Json(ViewList {
        views: views.collect(),
    })
}

/// Handles the request for the values of a view.
pub(super) async fn values(
    State(shared): State<Shared>,
    caller: Caller,
    view: Result<Path<String>, PathRejection>,
    query: Result<Query<ViewQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path(view) = view?;
    let view = find(&caller, &view)?.name();
    let Query(query) = query?;
    if query.limit == Some(0) {
        return Err(Problem::bad_request("limit: at least 1."));
    }
    let filter = filter(view, query.prefix.as_deref())?;
    let connection = shared.connection()?;
    let sequence = last_sequence(&connection, view).await?;
    let reading = Reading {
        view,
        filter,
        after: query.after.unwrap_or_default(),
        left: query.limit,
        query,
        connection,
        base: shared.base,
        stage: Stage::Head { sequence },
    };
    Ok(ETag::Weak(sequence).unless_known(&headers, || {
        let body = Body::from_stream(stream::unfold(reading, Reading::next));
        let json = [(header::CONTENT_TYPE, "application/json")];
        (json, body).into_response()
    }))
}

/// Handles the request for a value.
pub(super) async fn value(
    State(shared): State<Shared>,
    caller: Caller,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path((view, key)) = path?;
    let view = find(&caller, &view)?;
    // What cannot be a key of the view is none of it, just as one that could be.
    let key = view.key(&key).map_err(|error| {
        let detail = format!("There is no such key: {error}.");
        Problem::new(StatusCode::NOT_FOUND, detail)
    })?;
    let view = view.name();
    let connection = shared.connection()?;
    let subject = format!("$KV.{view}.{key}");
    let message = history::last(&connection, &stream_of_bucket(view), &subject).await;
    let message = message.map_err(not_read)?;
    let entry = message
        .as_ref()
        .and_then(|message| ViewEntry::of(view, message));
    let Some(ViewEntry {
        revision, value, ..
    }) = entry
    else {
        let detail = format!("There is no {key} in the view {view}.");
        return Err(Problem::new(StatusCode::NOT_FOUND, detail));
    };
    Ok(ETag::Strong(revision).unless_known(&headers, || {
        let json = HeaderValue::from_static("application/json");
        ([(header::CONTENT_TYPE, json)], value.get().to_owned()).into_response()
    }))
}

/// The read models that are told over HTTP to whoever may read what the front desk may.
pub(crate) fn all() -> impl Iterator<Item = Box<dyn View>> {
    views::for_account(Account::FrontDesk)
}

/// Their names.
pub(crate) fn names() -> Vec<&'static str> {
    all().map(|view| view.name()).collect()
}

/// The one with this name, if the caller may read it.
pub(super) fn find(caller: &Caller, name: &str) -> Result<Box<dyn View>, Problem> {
    let mut all = views::for_account(caller.reads_as());
    all.find(|view| view.name() == name).ok_or_else(|| {
        let names: Vec<_> = views::for_account(caller.reads_as())
            .map(|view| view.name())
            .collect();
        let names = names.join(", ");
        let detail = format!("There is no such view for you. There are {names}.");
        Problem::new(StatusCode::NOT_FOUND, detail)
    })
}

/// The server's filter of the keys that begin with `prefix`: it goes by whole tokens, and the rest is looked at here.
fn filter(view: &str, prefix: Option<&str>) -> Result<String, Problem> {
    let prefix = prefix.unwrap_or_default();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let (tokens, _) = prefix.rsplit_once('.').unwrap_or_default();
    let whole = tokens.is_empty() || tokens.split('.').all(|token| !token.is_empty());
    if prefix.len() > MAX_PREFIX
        || prefix.starts_with('.')
        || !prefix.bytes().all(allowed)
        || !whole
    {
        return Err(Problem::bad_request(
            "prefix: the beginning of a key, of letters, digits, -, _ and single dots.",
        ));
    }
    Ok(match tokens {
        "" => format!("$KV.{view}.>"),
        tokens => format!("$KV.{view}.{tokens}.>"),
    })
}

/// The last sequence in the stream of a bucket, from the leader.
pub(super) async fn last_sequence(connection: &Connection, bucket: &str) -> Result<u64, Problem> {
    let stream = connection.jetstream();
    let stream = stream.get_stream(stream_of_bucket(bucket)).await;
    match stream {
        Ok(stream) => Ok(stream.cached_info().state.last_sequence),
        Err(error) => Err(not_read(error)),
    }
}

pub(super) fn not_read(error: impl std::fmt::Display) -> Problem {
    tracing::warn!("a view could not be read: {error}");
    Problem::unavailable("NATS did not say what is in the view.")
}

/// The values of a view on their way to a client, a page at a time.
struct Reading {
    view: &'static str,
    filter: String,
    query: ViewQuery,
    connection: Connection,
    /// Where the routes are.
    base: Arc<str>,
    /// The revision that was read last.
    after: u64,
    /// How many more values may be sent.
    left: Option<u32>,
    stage: Stage,
}

#[derive(Clone, Copy)]
enum Stage {
    Head { sequence: u64 },
    Values { first: bool },
    Ended,
}

impl Reading {
    /// The next piece of the JSON. A page that cannot be read breaks the response off, which the client notices.
    async fn next(mut self) -> Option<(Result<Bytes, BoxError>, Self)> {
        let piece = match self.stage {
            Stage::Ended => return None,
            Stage::Head { sequence } => {
                self.stage = Stage::Values { first: true };
                let view = self.view;
                // The object is closed after the values.
                let head = serde_json::to_string(&Head { view, sequence });
                head.map_err(BoxError::from).map(|head| {
                    let open = head.strip_suffix('}').unwrap_or(&head);
                    format!("{open},\"values\":[")
                })
            }
            Stage::Values { first } => self.page(first).await,
        };
        if let Err(error) = &piece {
            tracing::warn!("a view was not read to its end: {error}");
            self.stage = Stage::Ended;
        }
        Some((piece.map(Bytes::from), self))
    }

    async fn page(&mut self, mut first: bool) -> Result<String, BoxError> {
        let stream = stream_of_bucket(self.view);
        let page = history::page(&self.connection, &stream, &self.filter, self.after).await?;
        let Some(last) = page.last() else {
            self.stage = Stage::Ended;
            return tail(None);
        };
        self.after = last.sequence;
        let prefix = self.query.prefix.as_deref().unwrap_or_default();
        let entries = page
            .iter()
            .filter_map(|message| ViewEntry::of(self.view, message))
            .filter(|entry| entry.key.starts_with(prefix));
        let mut piece = String::new();
        for entry in entries {
            if !first {
                piece.push(',');
            }
            first = false;
            piece.push_str(&serde_json::to_string(&entry)?);
            if let Some(left) = &mut self.left {
                *left -= 1;
                if *left == 0 {
                    self.stage = Stage::Ended;
                    return Ok(piece + &tail(Some(self.url_after(entry.revision)))?);
                }
            }
        }
        self.stage = Stage::Values { first };
        Ok(piece)
    }

    /// Where the values after this revision are.
    fn url_after(&self, revision: u64) -> String {
        let mut url = format!("{}/views/{}?after={revision}", self.base, self.view);
        // What a prefix is made of needs no escape.
        if let Some(prefix) = &self.query.prefix {
            url.push_str(&format!("&prefix={prefix}"));
        }
        if let Some(limit) = self.query.limit {
            url.push_str(&format!("&limit={limit}"));
        }
        url
    }
}

/// The end of the JSON.
fn tail(next: Option<String>) -> Result<String, BoxError> {
    let tail = serde_json::to_string(&Tail { next })?;
    // The object was opened before the values.
    let members = tail.strip_prefix('{').unwrap_or(&tail);
    Ok(format!("],{members}"))
}
