//! The watches of the read models.

use std::future;

use futures_util::{Stream, StreamExt, stream};
use nats_wsclient::SyncState;
use nats_wsclient::kv;
use shared::subjects::{ROOMS, STAFF, STAYS, VACANCY};

use super::session::{Session, WatchError};
use crate::model::freshness::Feed;
use crate::model::who::Role;

/// A read model that a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    Rooms,
    Stays,
    Vacancy,
    Staff,
}

/// Everything that has arrived since the last update.
#[derive(Debug)]
pub(crate) struct FeedUpdate {
    pub(crate) feed: Feed,
    /// Drop what was there: `entries` are the whole view.
    pub(crate) reset: bool,
    pub(crate) entries: Vec<FeedEntry>,
    /// What the watch fails with. It goes on by itself where that is of use.
    pub(crate) fault: Option<String>,
}

/// A value, or the deletion of a key.
#[derive(Debug)]
pub(crate) struct FeedEntry(kv::Entry);

impl View {
    /// What the role may see (nats-server.conf decides; this is what its page shows).
    pub(crate) fn of(role: Role) -> &'static [Self] {
        match role {
            Role::Manager => &[Self::Rooms, Self::Stays, Self::Staff],
            Role::FrontDesk => &[Self::Rooms, Self::Stays],
            Role::Housekeeping => &[Self::Rooms],
            Role::Guest => &[Self::Vacancy],
        }
    }

    pub(crate) fn bucket(self) -> &'static str {
        match self {
            Self::Rooms => ROOMS.name(),
            Self::Stays => STAYS.name(),
            Self::Vacancy => VACANCY.name(),
            Self::Staff => STAFF.name(),
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Rooms => "The rooms",
            Self::Stays => "The stays",
            Self::Vacancy => "What is free",
            Self::Staff => "The staff",
        }
    }
}

impl FeedEntry {
    pub(crate) fn key(&self) -> &str {
        &self.0.key
    }

    pub(crate) fn revision(&self) -> u64 {
        self.0.revision
    }

    /// `None` for a deletion.
    pub(crate) fn value(&self) -> Option<&[u8]> {
        self.0.is_put().then_some(&*self.0.value)
    }
}

impl Session {
    /// The view from now on, until the session is closed.
    pub(crate) fn watch(&self, view: View) -> impl Stream<Item = FeedUpdate> + Unpin + 'static {
        match self.live(view) {
            Ok(watch) => {
                let mut feed = Feed::Syncing;
                let updates = watch.map(move |update| told(update, &mut feed));
                updates.left_stream()
            }
            Err(error) => stream::once(future::ready(failed(&error))).right_stream(),
        }
    }
}

/// `feed` is how it was before, and then how it is. A watch tells its state first, and then why.
fn told(update: Result<kv::WatchUpdate, kv::WatchError>, feed: &mut Feed) -> FeedUpdate {
    match update {
        Ok(update) => {
            *feed = match update.state {
                SyncState::Live => Feed::Live,
                SyncState::Syncing => Feed::Syncing,
                SyncState::Resyncing | SyncState::Stale { .. } => Feed::Stale,
            };
            FeedUpdate {
                feed: *feed,
                reset: update.reset,
                entries: update.entries.into_iter().map(FeedEntry).collect(),
                fault: None,
            }
        }
        Err(error) => FeedUpdate {
            feed: *feed,
            reset: false,
            entries: Vec::new(),
            fault: Some(error.to_string()),
        },
    }
}

fn failed(error: &WatchError) -> FeedUpdate {
    FeedUpdate {
        feed: Feed::Syncing,
        reset: false,
        entries: Vec::new(),
        fault: Some(error.to_string()),
    }
}
