//! Bringing what was filled into the bucket that serves.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use tokio::sync::watch;

use super::shadow::{Shadow, key_of};
use super::{Phase, Progress, RebuildError, Rebuilt};
use crate::Connection;
use crate::append::publish_batch;
use crate::boundary::NewEvent;
use crate::bulk::Bulk;
use crate::declare::stream_of_bucket;
use crate::direct::{PAGE, last_of_each, page};
use crate::fold::{Placed, fold, read_event};
use crate::history::{self, ReadError};
use crate::projection::{Position, Projection};
use crate::publish::{PublishError, publish};
use crate::value::{self, Stored};

/// Writes the values that differ and deletes those that should not be there.
pub(super) async fn switch<P: Projection>(
    connection: &Connection,
    projection: &P,
    shadow: &Shadow,
    filled: &[Position],
    progress: &watch::Sender<Progress>,
) -> Result<Rebuilt, RebuildError> {
    let mut switch = Switch {
        connection,
        projection,
        shadow,
        stream: stream_of_bucket(P::BUCKET),
        filled,
        progress,
        later: HashSet::new(),
        rebuilt: Rebuilt::default(),
    };
    switch.begin().await?;
    switch.write_what_differs().await?;
    switch.delete_what_is_too_much().await?;
    while !switch.later.is_empty() {
        switch.do_what_was_overtaken().await?;
    }
    Ok(switch.rebuilt)
}

struct Switch<'a, P: Projection> {
    connection: &'a Connection,
    projection: &'a P,
    shadow: &'a Shadow,
    /// Of the bucket that serves.
    stream: String,
    /// What the values in the shadow are made of.
    filled: &'a [Position],
    progress: &'a watch::Sender<Progress>,
    /// The keys of values that have newer events than the shadow, or were written by somebody else meanwhile.
    later: HashSet<String>,
    rebuilt: Rebuilt,
}

/// A write that is to be done on the condition that nobody else has written. Without a value it is a deletion.
struct Write {
    key: String,
    revision: u64,
    json: Option<Bytes>,
}

/// What is to be done about a value.
enum Step {
    /// It is right.
    Nothing,
    /// It is to be written, or deleted.
    Write,
    /// It has newer events.
    Later,
}

impl<P: Projection> Switch<'_, P> {
    async fn begin(&self) -> Result<(), RebuildError> {
        let there = self.connection.jetstream().get_stream(&self.stream).await;
        let there = there.map_err(|error| ReadError::new(&self.stream, ">", error))?;
        let values = there.cached_info().state.messages;
        self.progress.send_replace(Progress {
            phase: Phase::Switch,
            done: 0,
            total: self.shadow.count().await? + values,
        });
        Ok(())
    }

    fn advance(&self, done: usize) {
        self.progress.send_modify(|progress| {
            progress.done += done as u64;
            progress.total = progress.total.max(progress.done);
        });
    }

    async fn write_what_differs(&mut self) -> Result<(), RebuildError> {
        let mut from = 1;
        loop {
            let (values, next) = self.shadow.page(from).await?;
            if values.is_empty() {
                return Ok(());
            }
            from = next;
            let mut there = self.serving(values.iter().map(|(key, _)| key)).await?;
            let mut writes = Vec::new();
            self.rebuilt.values += values.len() as u64;
            self.advance(values.len());
            for (key, json) in values {
                let there = there.remove(&key).unwrap_or_else(Stored::nothing);
                match self.step(&there, Some(&json)) {
                    Step::Nothing => {}
                    Step::Write => writes.push(Write {
                        key,
                        revision: there.revision,
                        json: Some(json),
                    }),
                    Step::Later => {
                        self.later.insert(key);
                    }
                }
            }
            self.write(writes).await?;
        }
    }

    async fn delete_what_is_too_much(&mut self) -> Result<(), RebuildError> {
        let mut from = 1;
        loop {
            let there = page(self.connection, &self.stream, ">", from).await;
            let there = there.map_err(|reason| ReadError::new(&self.stream, ">", reason))?;
            let Some(last) = there.last() else {
                return Ok(());
            };
            from = last.sequence + 1;
            self.advance(there.len());
            let there = there.into_iter().map(|message| {
                let key = key_of(P::BUCKET, &message.subject).to_owned();
                (key, Stored::of(message))
            });
            let there: Vec<_> = there.filter(|(_, there)| there.json.is_some()).collect();
            let keys = there.iter().map(|(key, _)| key.as_str());
            let wanted = self.shadow.values(keys).await?;
            let mut writes = Vec::new();
            for (key, there) in there {
                if wanted.contains_key(&key) {
                    continue;
                }
                match self.step(&there, None) {
                    Step::Nothing => {}
                    Step::Write => writes.push(Write {
                        key,
                        revision: there.revision,
                        json: None,
                    }),
                    Step::Later => {
                        self.later.insert(key);
                    }
                }
            }
            self.write(writes).await?;
        }
    }

    fn step(&self, there: &Stored, wanted: Option<&Bytes>) -> Step {
        let Some(json) = &there.json else {
            return match wanted {
                Some(_) => Step::Write,
                None => Step::Nothing,
            };
        };
        // What another version wrote is replaced whatever is in it: its events come to the consumers of this one.
        if there.version != P::VERSION {
            return Step::Write;
        }
        if wanted.is_some_and(|wanted| is_same(json, wanted)) {
            return Step::Nothing;
        }
        match serde_json::from_slice::<P::Value>(json) {
            Ok(value) if value::is_ahead::<P>(&value, self.filled) => Step::Later,
            _ => Step::Write,
        }
    }

    /// What serves under these keys.
    async fn serving(
        &self,
        keys: impl Iterator<Item = &String>,
    ) -> Result<HashMap<String, Stored>, RebuildError> {
        let subjects: Vec<_> = keys.map(|key| value::subject::<P>(key)).collect();
        let there = last_of_each(self.connection, &self.stream, &subjects).await;
        let there = there.map_err(|reason| ReadError::new(&self.stream, "keys", reason))?;
        let there = there.into_iter().map(|message| {
            let key = key_of(P::BUCKET, &message.subject).to_owned();
            (key, Stored::of(message))
        });
        Ok(there.collect())
    }

    /// Writes all with one commit. If somebody else has written one of them meanwhile, one by one.
    async fn write(&mut self, writes: Vec<Write>) -> Result<(), RebuildError> {
        for writes in writes.chunks(PAGE) {
            let batch = writes.iter().map(message::<P>).collect();
            match publish_batch(self.connection, batch).await {
                Ok(_) => writes.iter().for_each(|write| self.count(write)),
                Err(PublishError::Conflict) => {
                    for write in writes {
                        if !self.write_one(write).await? {
                            self.later.insert(write.key.clone());
                        }
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Whether it was written; if not, somebody else has.
    async fn write_one(&mut self, write: &Write) -> Result<bool, RebuildError> {
        let NewEvent {
            subject,
            headers,
            payload,
            ..
        } = message::<P>(write);
        match publish(self.connection, subject, headers, payload).await {
            Ok(_) => {
                self.count(write);
                Ok(true)
            }
            Err(PublishError::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn count(&mut self, write: &Write) {
        match write.json {
            Some(_) => self.rebuilt.written += 1,
            None => self.rebuilt.deleted += 1,
        }
    }

    /// Compares the values that have newer events than the shadow with what those events make of the shadow's.
    async fn do_what_was_overtaken(&mut self) -> Result<(), RebuildError> {
        let mut newer: HashMap<String, (P::Key, Vec<Placed<P>>)> = HashMap::new();
        let mut read_to = self.filled.to_vec();
        for at in &mut read_to {
            let mut events = Bulk::open(self.connection, at.stream, ">", at.sequence);
            while let Some(page) = events.next().await? {
                for message in page {
                    at.sequence = message.sequence;
                    // What is not understood was, or will be, told of by the projector.
                    let Ok(event) = read_event::<P>(at.stream, &message) else {
                        continue;
                    };
                    for key in P::keys(&event) {
                        let text = key.to_string();
                        if self.later.contains(&text) {
                            // Events are not `Clone`; one that changes several values is read for each of them.
                            let Ok(event) = read_event::<P>(at.stream, &message) else {
                                continue;
                            };
                            let of_key = newer.entry(text).or_insert_with(|| (key, Vec::new()));
                            of_key.1.push((*at, event));
                        }
                    }
                }
            }
        }
        let keys: Vec<String> = self.later.iter().cloned().collect();
        for keys in keys.chunks(PAGE) {
            let mut bases = self.shadow.values(keys.iter().map(String::as_str)).await?;
            for key in keys {
                let base = bases.remove(key);
                if self.overtake(key, base, newer.get(key), &read_to).await? {
                    self.later.remove(key);
                }
            }
        }
        Ok(())
    }

    /// Whether the value is right now. If not, somebody else was faster, or has seen events that were not read here.
    async fn overtake(
        &mut self,
        key: &str,
        base: Option<Bytes>,
        newer: Option<&(P::Key, Vec<Placed<P>>)>,
        read_to: &[Position],
    ) -> Result<bool, RebuildError> {
        let subject = value::subject::<P>(&key);
        let there = history::last(self.connection, &self.stream, &subject).await?;
        let there = there.map_or_else(Stored::nothing, Stored::of);
        let same_version = there.version == P::VERSION;
        let value = there.json.as_deref().filter(|_| same_version);
        let value = value.and_then(|json| serde_json::from_slice::<P::Value>(json).ok());
        if value
            .as_ref()
            .is_some_and(|value| value::is_ahead::<P>(value, read_to))
        {
            return Ok(false);
        }
        let mut json = base;
        if let Some((key, events)) = newer {
            // A value is compared at the position it has.
            let events = events.iter().filter(|(at, _)| {
                value
                    .as_ref()
                    .is_none_or(|value| P::position(value, at.stream) >= at.sequence)
            });
            let events: Vec<_> = events.collect();
            let base = json.as_deref().map(serde_json::from_slice).transpose()?;
            let (wanted, _) = fold(self.projection, key, base, &events).await?;
            json = wanted
                .map(|wanted| serde_json::to_vec(&wanted))
                .transpose()?
                .map(Bytes::from);
        }
        let right = match (&there.json, &json) {
            (Some(there), Some(wanted)) => same_version && is_same(there, wanted),
            (None, None) => true,
            _ => false,
        };
        if right {
            return Ok(true);
        }
        self.write_one(&Write {
            key: key.to_owned(),
            revision: there.revision,
            json,
        })
        .await
    }
}

fn message<P: Projection>(write: &Write) -> NewEvent {
    let subject = value::subject::<P>(&write.key);
    match &write.json {
        Some(json) => NewEvent {
            subject,
            headers: value::headers::<P>(write.revision),
            payload: json.clone(),
            personal: None,
        },
        None => NewEvent {
            subject,
            headers: value::headers_of_deletion(write.revision),
            payload: Bytes::new(),
            personal: None,
        },
    }
}

/// Whether both say the same, in whatever order.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    let value = |json| serde_json::from_slice::<serde_json::Value>(json).ok();
    a == b || value(a).is_some_and(|a| value(b).is_some_and(|b| a == b))
}
