//! A connection, and who has it.

use std::cell::Cell;
use std::future;
use std::rc::Rc;

use futures_util::{Stream, StreamExt, stream};
use leptos::prelude::{ArcRwSignal, GetUntracked};
use leptos::task::spawn_local;
use nats_wsclient::kv::{BucketNameError, Watch};
use nats_wsclient::{Client, ClientEvent, LiveBucket, Status, SubscribeError};
use shared::Timestamp;
use shared::identity::Actor;
use shared::text::Token;

use super::feeds::View;
use super::keep;
use super::link_fault::LinkFault;
use super::snapshots;
use super::ticket::{Over, Ticket};
use crate::model::freshness::Link;
use crate::model::snapshot::Snapshot;
use crate::model::who::{Role, Who};

/// A clone is the same session.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    client: Client,
    ticket: Rc<Ticket>,
    actor: Rc<Actor>,
    is_open: Rc<Cell<bool>>,
    /// What the page begins with.
    snapshot: Option<Rc<Snapshot>>,
}

/// How the connection is, and what a person has to do about it, if anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkState {
    pub(crate) link: Link,
    pub(crate) fault: Option<LinkFault>,
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
    pub(super) fn new(client: Client, ticket: Rc<Ticket>) -> Self {
        let who = ticket.who();
        let actor = Rc::new(Actor {
            account: who.role().account(),
            user: who.user.clone(),
        });
        let is_open = Rc::new(Cell::new(true));
        Self {
            client,
            ticket,
            actor,
            is_open,
            snapshot: None,
        }
    }

    /// The same with what its page begins with.
    pub(super) fn remembering(mut self, snapshot: Snapshot) -> Self {
        self.snapshot = Some(Rc::new(snapshot));
        self
    }

    /// What the page begins with where there was no connection.
    pub(crate) fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_deref()
    }

    /// When the session is over in any case, once the hotel has said so.
    pub(crate) fn ends(&self) -> Option<Timestamp> {
        self.ticket.ends()
    }

    /// Whether the hotel has said whose session it is. Until then there is nothing but what is remembered.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.ticket.is_confirmed()
    }

    /// Keeps what the page knows. Returns whether the browser allows that.
    pub(crate) async fn remember(&self, snapshot: &Snapshot) -> bool {
        if !self.is_open() || self.over().get_untracked().is_some() {
            return true;
        }
        let Ok(text) = snapshot.to_text() else {
            return false;
        };
        snapshots::write(&text, self.ticket.began()).await.is_ok()
    }

    pub(crate) fn who(&self) -> &Who {
        self.ticket.who()
    }

    pub(crate) fn role(&self) -> Role {
        self.who().role()
    }

    pub(super) fn actor(&self) -> &Actor {
        &self.actor
    }

    pub(super) fn user(&self) -> &Token {
        &self.actor.user
    }

    /// Whether the session is over, and why.
    pub(crate) fn over(&self) -> ArcRwSignal<Option<Over>> {
        self.ticket.over()
    }

    /// There is a session again: connects with it.
    pub(super) fn begin_again(&self, who: &Who) {
        self.ticket.begin(who);
        self.client.force_reconnect();
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Whether nobody has signed out yet.
    pub(super) fn is_open(&self) -> bool {
        self.is_open.get()
    }

    /// How the connection is at this moment.
    pub(crate) fn link(&self) -> Link {
        link(&self.client.status())
    }

    /// How the connection is, now and from now on, until the session is closed.
    pub(crate) fn links(&self) -> impl Stream<Item = LinkState> + Unpin + 'static {
        let url = self.client.server_url().map(|url| url.to_string());
        let url = url.unwrap_or_default();
        let states = self.client.status_changes().map(move |status| LinkState {
            link: link(&status),
            fault: match &status {
                // One that is merely lost comes back by itself: the badge says so. So does one whose session is not
                // accepted, since it is asked for before each attempt: nobody may be there yet to accept it.
                Status::Reconnecting { cause, .. } => {
                    let is_told = |fault: &LinkFault| {
                        matches!(fault, LinkFault::Full | LinkFault::NotLetIn(_))
                    };
                    Some(LinkFault::of(cause, &url)).filter(is_told)
                }
                _ => None,
            },
        });
        let limits = self.client.events().filter_map(|event| {
            future::ready(match event {
                ClientEvent::ServerError(error) => {
                    LinkFault::of_server(&error).map(|fault| LinkState {
                        link: Link::Up,
                        fault: Some(fault),
                    })
                }
                _ => None,
            })
        });
        stream::select(states, limits)
    }

    /// Waits as long as the connection is being made anew on purpose.
    pub(super) async fn settled(&self) {
        let mut changes = self.client.status_changes();
        while let Some(status) = changes.next().await {
            if link(&status) != Link::Renewing {
                break;
            }
        }
    }

    /// Ticks whenever the connection is up again after it was lost.
    pub(super) fn reconnects(&self) -> impl Stream<Item = ()> + Unpin + 'static {
        let links = self.client.status_changes().map(|status| link(&status));
        let mut before = Link::Up;
        links.filter_map(move |link| {
            let is_back = before != Link::Up && link == Link::Up;
            before = link;
            future::ready(is_back.then_some(()))
        })
    }

    pub(super) fn live(&self, view: View) -> Result<Watch, WatchError> {
        Ok(self.client.live(LiveBucket::new(view.bucket())?)?)
    }

    /// Ends the connection, and with it everything that listens. What is pending is decided all the same, and forgotten
    /// here.
    pub(super) fn close(self) {
        keep::forget_all(self.actor());
        self.is_open.set(false);
        spawn_local(snapshots::forget());
        self.leave();
    }

    /// The same, and what is pending is found again by the one whose it is.
    pub(crate) fn leave(self) {
        self.is_open.set(false);
        spawn_local(async move {
            // What could not be sent any more is known to its errand; the connection is closed in any case.
            let _flushed = self.client.close().await;
        });
    }
}

fn link(status: &Status) -> Link {
    match status {
        Status::Connected => Link::Up,
        Status::Reconnecting { cause, .. } if cause.is_on_purpose() => Link::Renewing,
        Status::Connecting { .. } | Status::Reconnecting { .. } | Status::Closed { .. } => {
            Link::Down
        }
    }
}
