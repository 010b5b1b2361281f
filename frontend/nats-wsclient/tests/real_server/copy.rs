//! What a reader of a watch has, and how it came to that.

use std::collections::BTreeMap;

use futures_util::{Stream, StreamExt};
use nats_wsclient::SyncState;
use nats_wsclient::kv::{Operation, WatchError, WatchUpdate};

/// What a reader of a watch has, and how it came to that.
#[derive(Default)]
pub(crate) struct Copy {
    pub(crate) values: BTreeMap<String, String>,
    pub(crate) revisions: BTreeMap<String, u64>,
    pub(crate) entries: usize,
    pub(crate) resets: usize,
    pub(crate) states: Vec<SyncState>,
}

impl Copy {
    pub(crate) fn apply(&mut self, update: WatchUpdate) {
        if update.reset {
            self.values.clear();
            self.revisions.clear();
            self.resets += 1;
        }
        self.states.push(update.state);
        for entry in update.entries {
            self.entries += 1;
            let before = self.revisions.insert(entry.key.clone(), entry.revision);
            assert!(
                before.is_none_or(|before| before < entry.revision),
                "{entry:?} after {before:?}"
            );
            match entry.operation {
                Operation::Put => {
                    let value = String::from_utf8(entry.value.to_vec()).expect("UTF-8");
                    self.values.insert(entry.key, value);
                }
                Operation::Delete | Operation::Purge => {
                    self.values.remove(&entry.key);
                }
            }
        }
    }

    /// Reads updates until there is one after which `done` holds. Meanwhile the bucket may be missing while it is made
    /// anew, or not be reached.
    pub(crate) async fn until(
        &mut self,
        watch: &mut (impl Stream<Item = Result<WatchUpdate, WatchError>> + Unpin),
        done: impl Fn(&Self) -> bool,
    ) {
        loop {
            match watch.next().await.expect("no end") {
                Ok(update) => self.apply(update),
                Err(error) => assert!(!error.is_final(), "{error}"),
            }
            if done(self) {
                return;
            }
        }
    }

    pub(crate) async fn until_live(
        &mut self,
        watch: &mut (impl Stream<Item = Result<WatchUpdate, WatchError>> + Unpin),
    ) {
        self.until(watch, |copy| copy.states.last() == Some(&SyncState::Live))
            .await;
    }
}
