//! Whether what is shown is current, as a signal: of the connection, the network and the watches together.

use futures_util::StreamExt;
use gloo_timers::callback::Timeout;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::hotel::{self, FeedUpdate, LinkFault, Session, View};
use crate::model::freshness::{Connection, Feed, Link, RENEWAL_MS};

#[derive(Debug, Clone, Copy)]
pub(super) struct Freshness {
    sources: RwSignal<Sources>,
    session: StoredValue<Session, LocalStorage>,
}

#[derive(Debug, Clone, PartialEq)]
struct Sources {
    /// What follows from the rest.
    connection: Connection,
    link: Link,
    link_fault: Option<LinkFault>,
    network: bool,
    feeds: Vec<(View, Feed, Option<String>)>,
    /// The last entry that could not be read.
    unreadable: Option<String>,
}

impl Freshness {
    /// Follows the connection of `session`, and the browser's network.
    pub(super) fn of(session: &Session) -> Self {
        let views = View::of(session.role()).iter();
        // What is remembered was complete once.
        let (connection, feed) = match session.snapshot() {
            Some(snapshot) => (
                Connection::Stale {
                    since: snapshot.at(),
                },
                Feed::Stale,
            ),
            None => (Connection::Syncing, Feed::Syncing),
        };
        let mut sources = Sources {
            connection,
            link: session.link(),
            link_fault: None,
            network: has_network(),
            feeds: views.map(|view| (*view, feed, None)).collect(),
            unreadable: None,
        };
        sources.follow();
        let sources = RwSignal::new(sources);
        let freshness = Self {
            sources,
            session: StoredValue::new_local(session.clone()),
        };
        let mut links = session.links();
        spawn_local(async move {
            while let Some(state) = links.next().await {
                freshness.change(|sources| {
                    sources.link = state.link;
                    sources.link_fault = state.fault;
                });
            }
        });
        for handle in [
            window_event_listener(ev::online, move |_| freshness.look_at_network()),
            window_event_listener(ev::offline, move |_| freshness.look_at_network()),
        ] {
            on_cleanup(move || handle.remove());
        }
        freshness
    }

    pub(super) fn connection(self) -> Connection {
        self.sources.with(|sources| sources.connection)
    }

    /// The same at this moment; `None` when the page has been left.
    pub(super) fn now(self) -> Option<Connection> {
        let sources = self.sources.try_get_untracked();
        sources.map(|sources| sources.connection)
    }

    /// Whether the hotel has said whose session it is, so that changes can be made.
    pub(super) fn is_confirmed(self) -> bool {
        let confirmed = self.session.try_with_value(Session::is_confirmed);
        confirmed.unwrap_or_default()
    }

    /// Whether there is something to show, current or not.
    pub(super) fn has_data(self) -> bool {
        match self.connection() {
            Connection::Connecting | Connection::Syncing => false,
            Connection::Live | Connection::Renewing { .. } | Connection::Stale { .. } => true,
            Connection::Offline { since } => since.is_some(),
        }
    }

    /// Whether what is shown may be old, and has to look so.
    pub(super) fn is_stale(self) -> bool {
        self.has_data() && !self.connection().is_live()
    }

    /// What the connection or a watch fails with at the moment: the value of `data-fault`, and a sentence or two.
    pub(super) fn fault(self) -> Option<(&'static str, String)> {
        self.sources.with(|sources| {
            if let Some(fault) = &sources.link_fault {
                return Some((fault.code(), format!("{fault} {}", fault.remedy())));
            }
            let mut faults = sources.feeds.iter();
            let of_feed = faults.find_map(|(view, _, fault)| {
                let fault = fault.as_ref()?;
                Some(format!("{} cannot be read: {fault}", view.title()))
            });
            let fault = of_feed.or_else(|| sources.unreadable.clone());
            fault.map(|fault| ("view", fault))
        })
    }

    /// Takes over how the watch of `view` is.
    pub(super) fn note(self, view: View, update: &FeedUpdate) {
        // A watch may be read before the news of the connection that it has lost.
        let link = self.session.try_with_value(Session::link);
        self.change(|sources| {
            sources.link = link.unwrap_or(sources.link);
            for (of, feed, fault) in &mut sources.feeds {
                if *of == view {
                    *feed = feed.then(update.feed);
                    fault.clone_from(&update.fault);
                }
            }
        });
    }

    /// Says that something is missing from what is shown.
    pub(super) fn cannot_read(self, error: String) {
        self.change(|sources| sources.unreadable = Some(error));
    }

    fn look_at_network(self) {
        self.change(|sources| sources.network = has_network());
    }

    fn look_again_after_renewal(self) {
        // A little later, so that a timer that rings early does not ring in vain.
        Timeout::new(RENEWAL_MS + 50, move || self.look_at_network()).forget();
    }

    /// The page may have been left since: then there is nobody to tell.
    fn change(self, change: impl FnOnce(&mut Sources)) {
        let Some(before) = self.sources.try_get_untracked() else {
            return;
        };
        let mut sources = before.clone();
        change(&mut sources);
        sources.follow();
        if sources.connection != before.connection
            && let Connection::Renewing { .. } = sources.connection
        {
            self.look_again_after_renewal();
        }
        if sources != before {
            self.sources.set(sources);
        }
    }
}

impl Sources {
    fn follow(&mut self) {
        let feeds: Vec<Feed> = self.feeds.iter().map(|(_, feed, _)| *feed).collect();
        let before = self.connection;
        self.connection = before.next(self.link, self.network, &feeds, hotel::now());
    }
}

fn has_network() -> bool {
    window().navigator().on_line()
}
