//! Finding keys, and clearing away what is left of deleted ones.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Store;
use crate::SyncState;
use crate::jetstream::stream::Purge;
use crate::kv::{Entry, KvError, WatchOptions};

impl Store {
    /// The keys that have a value, in alphabetical order. No values are transferred.
    ///
    /// While there is no connection it waits.
    ///
    /// # Errors
    /// See [`KvError`].
    pub async fn keys(&self) -> Result<Vec<String>, KvError> {
        self.keys_like::<&str>([]).await
    }

    /// The keys that have a value and match one of the filters: see [`keys`](Self::keys). Without filters, all of them.
    ///
    /// # Errors
    /// See [`KvError`].
    pub async fn keys_like<K: Into<String>>(
        &self,
        filters: impl IntoIterator<Item = K>,
    ) -> Result<Vec<String>, KvError> {
        let options = WatchOptions::new().keys(filters);
        let mut last = self.last_revisions(options).await?;
        last.retain(|_, entry| entry.is_put());
        Ok(last.into_keys().collect())
    }

    /// Removes what is left of deleted keys: the revisions before each marker, and the markers that are older than
    /// `keep_markers`, by the [client's clock](crate::Client::now). Who watches and was away since does not learn of a
    /// deletion whose marker is gone. Returns how many revisions were removed.
    ///
    /// # Errors
    /// See [`KvError`]. Some may have been removed then.
    pub async fn purge_deletes(&self, keep_markers: Duration) -> Result<u64, KvError> {
        let now = self.stream.jetstream().client().now();
        let last = self.last_revisions(WatchOptions::new()).await?;
        let mut removed = 0;
        for (key, marker) in last {
            if marker.is_put() {
                continue;
            }
            let age = now.saturating_sub(Duration::from_nanos(marker.created.unix_nanos()));
            // Nothing that is written meanwhile is before these.
            let end = if age > keep_markers {
                marker.revision + 1
            } else {
                marker.revision
            };
            let purge = Purge::all().filter(self.subject(&key)?).up_to(end);
            let purged = self.stream.purge(purge).await;
            removed += purged.map_err(|error| self.error(error))?;
        }
        Ok(removed)
    }

    /// The last revisions of keys, without their values.
    async fn last_revisions(
        &self,
        options: WatchOptions,
    ) -> Result<BTreeMap<String, Entry>, KvError> {
        let mut watch = self.watch_with(options.headers_only())?;
        let mut last = BTreeMap::new();
        while let Some(update) = watch.next().await {
            let update = update?;
            if update.reset {
                last.clear();
            }
            for entry in update.entries {
                last.insert(entry.key.clone(), entry);
            }
            if update.state == SyncState::Live {
                return Ok(last);
            }
        }
        Err(KvError::Closed)
    }
}
