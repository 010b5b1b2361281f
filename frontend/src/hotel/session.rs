//! A connection with a role.

use std::cell::Cell;
use std::future;
use std::rc::Rc;

use futures_util::{Stream, StreamExt};
use leptos::task::spawn_local;
use nats_wsclient::kv::{BucketNameError, Watch};
use nats_wsclient::{Client, LiveBucket, Status, SubscribeError};
use shared::text::{Token, TokenError};

use super::feeds::View;
use super::keep;
use super::role::Role;
use crate::model::freshness::Link;

/// A clone is the same session.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    client: Client,
    role: Role,
    user: Token,
    is_open: Rc<Cell<bool>>,
}

/// How the connection is, and what a person has to do about it, if anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkState {
    pub(crate) link: Link,
    pub(crate) fault: Option<String>,
}

/// Why a watch cannot even begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum WatchError {
    #[error(transparent)]
    Bucket(#[from] BucketNameError),
    #[error(transparent)]
    Subscribe(#[from] SubscribeError),
}

impl Session {
    pub(super) fn new(client: Client, role: Role) -> Result<Self, TokenError> {
        let user = role.user().parse()?;
        let is_open = Rc::new(Cell::new(true));
        Ok(Self {
            client,
            role,
            user,
            is_open,
        })
    }

    pub(crate) fn role(&self) -> Role {
        self.role
    }

    pub(super) fn user(&self) -> &Token {
        &self.user
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Whether nobody has signed out yet.
    pub(super) fn is_open(&self) -> bool {
        self.is_open.get()
    }

    /// How the connection is, now and from now on, until the session is closed.
    pub(crate) fn links(&self) -> impl Stream<Item = LinkState> + Unpin + 'static {
        self.client.status_changes().map(|status| LinkState {
            link: match &status {
                Status::Connected => Link::Up,
                Status::Connecting { .. } | Status::Reconnecting { .. } | Status::Closed { .. } => {
                    Link::Down
                }
            },
            fault: match &status {
                Status::Reconnecting { cause, .. } if cause.is_refused_credentials() => Some(
                    "The server no longer accepts this log-in. Sign out and in again.".to_owned(),
                ),
                _ => None,
            },
        })
    }

    /// Ticks whenever the connection is up again after it was lost.
    pub(super) fn reconnects(&self) -> impl Stream<Item = ()> + Unpin + 'static {
        let links = self.links().map(|state| state.link);
        let mut before = Link::Up;
        links.filter_map(move |link| {
            let is_back = (before, link) == (Link::Down, Link::Up);
            before = link;
            future::ready(is_back.then_some(()))
        })
    }

    pub(super) fn live(&self, view: View) -> Result<Watch, WatchError> {
        Ok(self.client.live(LiveBucket::new(view.bucket())?)?)
    }

    /// Ends the connection, and with it everything that listens. What is pending is decided all the same, and forgotten
    /// here.
    pub(crate) fn close(self) {
        self.is_open.set(false);
        keep::forget_all(self.role.account());
        spawn_local(async move {
            // What could not be sent any more is known to its errand; the connection is closed in any case.
            let _flushed = self.client.close().await;
        });
    }
}
