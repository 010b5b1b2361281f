//! Whether what is shown is current, as a signal: of the connection, the network and the watches together.

use futures_util::StreamExt;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::hotel::{self, FeedUpdate, Session, View};
use crate::model::freshness::{Connection, Feed, Link};

#[derive(Debug, Clone, Copy)]
pub(super) struct Freshness(RwSignal<Sources>);

#[derive(Debug, Clone, PartialEq)]
struct Sources {
    /// What follows from the rest.
    connection: Connection,
    link: Link,
    link_fault: Option<String>,
    network: bool,
    feeds: Vec<(View, Feed, Option<String>)>,
    /// The last entry that could not be read.
    unreadable: Option<String>,
}

impl Freshness {
    /// Follows the connection of `session`, which is up now, and the browser's network.
    pub(super) fn of(session: &Session) -> Self {
        let views = session.role().views().iter();
        let freshness = Self(RwSignal::new(Sources {
            connection: Connection::Syncing,
            link: Link::Up,
            link_fault: None,
            network: has_network(),
            feeds: views.map(|view| (*view, Feed::default(), None)).collect(),
            unreadable: None,
        }));
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
        self.0.with(|sources| sources.connection)
    }

    /// Whether there is something to show, current or not.
    pub(super) fn has_data(self) -> bool {
        match self.connection() {
            Connection::Connecting | Connection::Syncing => false,
            Connection::Live | Connection::Stale { .. } => true,
            Connection::Offline { since } => since.is_some(),
        }
    }

    /// Whether what is shown may be old, and has to look so.
    pub(super) fn is_stale(self) -> bool {
        self.has_data() && self.connection() != Connection::Live
    }

    /// What the connection or a watch fails with at the moment.
    pub(super) fn fault(self) -> Option<String> {
        self.0.with(|sources| {
            let mut faults = sources.feeds.iter();
            let of_feed = faults.find_map(|(view, _, fault)| {
                let fault = fault.as_ref()?;
                Some(format!("{} cannot be read: {fault}", view.title()))
            });
            let unreadable = sources.unreadable.clone();
            sources.link_fault.clone().or(of_feed).or(unreadable)
        })
    }

    /// Takes over how the watch of `view` is.
    pub(super) fn note(self, view: View, update: &FeedUpdate) {
        self.change(|sources| {
            for (of, feed, fault) in &mut sources.feeds {
                if *of == view {
                    *feed = update.feed;
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

    /// The page may have been left since: then there is nobody to tell.
    fn change(self, change: impl FnOnce(&mut Sources)) {
        let Some(before) = self.0.try_get_untracked() else {
            return;
        };
        let mut sources = before.clone();
        change(&mut sources);
        let feeds: Vec<Feed> = sources.feeds.iter().map(|(_, feed, _)| *feed).collect();
        let (link, network) = (sources.link, sources.network);
        sources.connection = before.connection.next(link, network, &feeds, hotel::now());
        if sources != before {
            self.0.set(sources);
        }
    }
}

fn has_network() -> bool {
    window().navigator().on_line()
}
