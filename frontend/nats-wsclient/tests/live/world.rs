//! A bucket, a watch of it, and a clock.

use std::collections::BTreeMap;
use std::time::Duration;

use nats_wsclient::kv::{Operation, WatchUpdate};
use nats_wsclient::live::{LiveMachine, PageRequest};
use nats_wsclient::proto::Message;
use nats_wsclient::{LiveBucket, SyncState};

use crate::bucket::Bucket;

pub(crate) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(crate) fn config() -> LiveBucket {
    LiveBucket::new("b").expect("a name").page_size(3, 1_000)
}

/// A bucket, a watch of it, and a reader of that.
pub(crate) struct World {
    pub(crate) bucket: Bucket,
    pub(crate) machine: LiveMachine,
    pub(crate) now: Duration,
    pub(crate) copy: BTreeMap<String, String>,
    pub(crate) revisions: BTreeMap<String, u64>,
    pub(crate) entries: usize,
    pub(crate) resets: usize,
}

impl World {
    pub(crate) fn new(config: LiveBucket) -> Self {
        Self {
            bucket: Bucket::default(),
            machine: LiveMachine::new(config),
            now: ms(1_000),
            copy: BTreeMap::new(),
            revisions: BTreeMap::new(),
            entries: 0,
            resets: 0,
        }
    }

    /// A watch that is live on a bucket of these keys, read by its reader.
    pub(crate) fn live(keys: &[&str]) -> Self {
        let mut world = Self::new(config());
        for key in keys {
            world.bucket.put(key, "old");
        }
        world.connect();
        world.answer();
        world.read();
        assert_eq!(world.machine.state(), SyncState::Live);
        world.entries = 0;
        world
    }

    pub(crate) fn connect(&mut self) {
        self.machine.handle_connected(self.now);
    }

    pub(crate) fn disconnect(&mut self) {
        self.machine.handle_disconnected(self.now);
    }

    pub(crate) fn hear(&mut self, message: &Message) {
        self.machine.handle_live(self.now, message);
    }

    #[track_caller]
    pub(crate) fn asked(&mut self) -> PageRequest {
        self.machine.poll_request().expect("a request")
    }

    /// The sequence that is asked for, and for how many.
    #[track_caller]
    pub(crate) fn asked_for(&mut self) -> (PageRequest, u64, u64) {
        let request = self.asked();
        let body: serde_json::Value = serde_json::from_str(&request.body).expect("JSON");
        (
            request,
            body["seq"].as_u64().expect("a number"),
            body["batch"].as_u64().expect("a number"),
        )
    }

    pub(crate) fn reply(&mut self, request: &PageRequest, replies: &[Message]) {
        for reply in replies {
            self.machine.handle_page(self.now, request.id, reply);
        }
    }

    /// Answers all requests, until there is none.
    pub(crate) fn answer(&mut self) {
        while let Some(request) = self.machine.poll_request() {
            let replies = self.bucket.page(&request);
            self.reply(&request, &replies);
        }
    }

    /// Answers all requests and lets time pass, until the watch is live.
    pub(crate) fn settle(&mut self) {
        self.answer();
        while self.machine.state() != SyncState::Live {
            self.timer();
            self.answer();
        }
    }

    /// Lets time pass until the timer fires.
    #[track_caller]
    pub(crate) fn timer(&mut self) -> Duration {
        let before = self.now;
        self.now = self.now.max(self.machine.poll_timeout().expect("a timer"));
        self.machine.handle_timeout(self.now);
        self.now - before
    }

    /// Reads everything; the updates.
    pub(crate) fn read(&mut self) -> Vec<WatchUpdate> {
        let updates: Vec<_> = std::iter::from_fn(|| self.machine.poll_update()).collect();
        for update in &updates {
            if update.reset {
                self.copy.clear();
                self.revisions.clear();
                self.resets += 1;
            }
            for entry in &update.entries {
                self.entries += 1;
                let before = self.revisions.insert(entry.key.clone(), entry.revision);
                assert!(
                    before.is_none_or(|before| before < entry.revision),
                    "{entry:?} after {before:?}"
                );
                match entry.operation {
                    Operation::Put => {
                        let value = String::from_utf8(entry.value.to_vec()).expect("UTF-8");
                        self.copy.insert(entry.key.clone(), value);
                    }
                    Operation::Delete | Operation::Purge => {
                        self.copy.remove(&entry.key);
                    }
                }
            }
        }
        updates
    }

    /// The reader has what the bucket has, and is told so.
    #[track_caller]
    pub(crate) fn expect_live(&mut self) {
        self.read();
        assert_eq!(self.machine.state(), SyncState::Live);
        assert_eq!(self.copy, self.bucket.values());
    }
}
