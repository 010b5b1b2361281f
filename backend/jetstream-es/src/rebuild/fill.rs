//! Reading all events and folding them into the bucket that is filled.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use tokio::sync::watch;

use super::shadow::Shadow;
use super::{Options, Phase, Progress, RebuildError};
use crate::Connection;
use crate::boundary::StoredMessage;
use crate::bulk::Bulk;
use crate::consumers;
use crate::dead_letters::DeadLetters;
use crate::direct::PAGE;
use crate::fold::{FoldError, Placed, boundary_of, fold, read_event};
use crate::history::ReadError;
use crate::projection::{Position, Projection};

/// The fold of all events so far.
pub(super) struct Fill<'a, P: Projection> {
    connection: &'a Connection,
    projection: &'a P,
    shadow: &'a Shadow,
    options: Options,
    progress: &'a watch::Sender<Progress>,
    /// Those that are not written yet, or were not the last time.
    values: HashMap<P::Key, Option<P::Value>>,
    /// Whether there are values that are not in memory.
    spilled: bool,
    positions: Vec<Position>,
    /// The events with a letter that has not ended. If one of them still cannot be applied, its boundary waits, as it does for
    /// the projector.
    letters: HashSet<(&'static str, u64)>,
    /// The boundaries that wait, each from the event on that cannot be applied.
    waiting: HashMap<String, u64>,
    events: u64,
    unreadable: u64,
}

impl<'a, P: Projection> Fill<'a, P> {
    pub(super) async fn new(
        connection: &'a Connection,
        projection: &'a P,
        shadow: &'a Shadow,
        options: Options,
        progress: &'a watch::Sender<Progress>,
    ) -> Result<Self, RebuildError> {
        let mut total = 0;
        for stream in P::STREAMS {
            let found = connection.jetstream().get_stream(*stream).await;
            let found = found.map_err(|error| ReadError::new(stream, ">", error))?;
            total += found.cached_info().state.messages;
        }
        progress.send_replace(Progress {
            phase: Phase::Fill,
            done: 0,
            total,
        });
        let beginning = |stream| Position {
            stream,
            sequence: 0,
        };
        Ok(Self {
            connection,
            projection,
            shadow,
            options,
            progress,
            values: HashMap::new(),
            spilled: false,
            positions: P::STREAMS.iter().copied().map(beginning).collect(),
            letters: open_letters::<P>(connection).await?,
            waiting: HashMap::new(),
            events: 0,
            unreadable: 0,
        })
    }

    /// Reads each stream to its end, then what has come meanwhile, until little comes.
    pub(super) async fn read(&mut self) -> Result<(), RebuildError> {
        loop {
            let before = self.events;
            for stream in 0..self.positions.len() {
                self.read_stream(stream).await?;
            }
            if self.events - before < PAGE as u64 {
                return Ok(());
            }
        }
    }

    async fn read_stream(&mut self, stream: usize) -> Result<(), RebuildError> {
        let Position {
            stream: name,
            sequence,
        } = self.positions[stream];
        let mut events = Bulk::open(self.connection, name, ">", sequence);
        while let Some(page) = events.next().await? {
            if let Some(last) = page.last() {
                self.positions[stream].sequence = last.sequence;
            }
            self.events += page.len() as u64;
            self.fold_page(name, &page).await?;
            self.progress.send_modify(|progress| {
                progress.done = self.events;
                progress.total = progress.total.max(self.events);
            });
            if self.values.len() > self.options.values_in_memory {
                self.write_all().await?;
                self.values.clear();
                self.spilled = true;
            }
        }
        Ok(())
    }

    async fn fold_page(
        &mut self,
        stream: &'static str,
        page: &[StoredMessage],
    ) -> Result<(), RebuildError> {
        let mut by_key: HashMap<P::Key, Vec<usize>> = HashMap::new();
        let mut events: Vec<(Placed<P>, &StoredMessage)> = Vec::with_capacity(page.len());
        for message in page {
            let at = Position {
                stream,
                sequence: message.sequence,
            };
            let read = match boundary_of::<P>(message) {
                Some(_) => read_event::<P>(stream, message),
                None => Err("the projection panics when it is asked what it belongs to".into()),
            };
            match read {
                Ok(event) => {
                    for key in P::keys(&event) {
                        by_key.entry(key).or_default().push(events.len());
                    }
                    events.push(((at, event), message));
                }
                Err(error) => self.miss(at, message, &error),
            }
        }
        if self.spilled {
            self.fetch(by_key.keys()).await?;
        }
        for (key, mut indices) in by_key {
            let value = self.values.remove(&key).flatten();
            let value = loop {
                let of_key = indices.iter().map(|index| &events[*index]);
                let of_key: Vec<_> = of_key
                    .filter(|(_, message)| !self.waits(message))
                    .map(|(placed, _)| placed)
                    .collect();
                match fold(self.projection, &key, value.clone(), &of_key).await {
                    Ok((value, _)) => break value,
                    Err(FoldError::Panicked { at, text }) => {
                        let found = indices.iter().position(|index| events[*index].0.0 == at);
                        if let Some(found) = found {
                            let (_, message) = events[indices.remove(found)];
                            self.miss(at, message, &text);
                        }
                    }
                    Err(error) => return Err(error.into()),
                }
            };
            self.values.insert(key, value);
        }
        Ok(())
    }

    /// Goes on without an event, and if it has a letter, without the later ones of its boundary.
    fn miss(&mut self, at: Position, message: &StoredMessage, why: &dyn std::fmt::Display) {
        self.unreadable += 1;
        let Position { stream, sequence } = at;
        tracing::error!(
            bucket = P::BUCKET,
            stream,
            sequence,
            subject = message.subject,
            "an event cannot be applied and is missing from the view: {why}"
        );
        if self.letters.contains(&(stream, sequence))
            && let Some(boundary) = boundary_of::<P>(message)
        {
            let from = self.waiting.entry(boundary).or_insert(sequence);
            *from = sequence.min(*from);
        }
    }

    fn waits(&self, message: &StoredMessage) -> bool {
        if self.waiting.is_empty() {
            return false;
        }
        let boundary = boundary_of::<P>(message);
        let from = boundary.and_then(|boundary| self.waiting.get(&boundary));
        from.is_some_and(|from| message.sequence >= *from)
    }

    /// Reads those of the values that were written and are needed again.
    async fn fetch(&mut self, keys: impl Iterator<Item = &P::Key>) -> Result<(), RebuildError> {
        let missing: HashMap<String, P::Key> = keys
            .filter(|key| !self.values.contains_key(key))
            .map(|key| (key.to_string(), key.clone()))
            .collect();
        let texts: Vec<&str> = missing.keys().map(String::as_str).collect();
        for texts in texts.chunks(PAGE) {
            let mut values = self.shadow.values(texts.iter().copied()).await?;
            for text in texts {
                if let (Some(payload), Some(key)) = (values.remove(*text), missing.get(*text)) {
                    let value = serde_json::from_slice(&payload)?;
                    self.values.insert(key.clone(), Some(value));
                }
            }
        }
        Ok(())
    }

    /// Writes what is in memory.
    pub(super) async fn write_all(&mut self) -> Result<(), RebuildError> {
        let mut batch: Vec<(String, Bytes)> = Vec::with_capacity(PAGE);
        for (key, value) in &self.values {
            let Some(value) = value else { continue };
            batch.push((key.to_string(), serde_json::to_vec(value)?.into()));
            if batch.len() == PAGE {
                self.shadow.write(std::mem::take(&mut batch)).await?;
            }
        }
        self.shadow.write(batch).await
    }

    /// Up to where each stream has been read.
    pub(super) fn positions(&self) -> Vec<Position> {
        self.positions.clone()
    }

    /// How many events were read, and how many of them were not understood.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.events, self.unreadable)
    }
}

/// The events of the projection whose letters have not ended.
async fn open_letters<P: Projection>(
    connection: &Connection,
) -> Result<HashSet<(&'static str, u64)>, RebuildError> {
    let store = DeadLetters::new(connection);
    let mut open = HashSet::new();
    for stream in P::STREAMS {
        let consumer = consumers::letters::<P>(P::VERSION, stream);
        for filed in store.list(Some(&consumer)).await? {
            if !filed.letter.state.is_end() {
                open.insert((*stream, filed.letter.pointer.sequence));
            }
        }
    }
    Ok(open)
}
