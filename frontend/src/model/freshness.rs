//! Whether what is shown is known to be current.

use shared::Timestamp;

/// The connection to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Up,
    /// The page has left the server, to come back at once with a fresh session.
    Renewing,
    Down,
}

/// For so long what is shown still counts as live after the page has left the server on purpose: no longer than it would
/// take to notice that a connection is half open, and much longer than coming back takes.
pub const RENEWAL_MS: u32 = 2_000;

/// The watch of one bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Feed {
    /// Not complete yet.
    #[default]
    Syncing,
    /// Complete and current.
    Live,
    /// It was complete once, and may have missed something since.
    Stale,
}

impl Feed {
    /// How it is after it says that it is `next`: what was complete once does not become incomplete by being read anew.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        match (self, next) {
            (Self::Live | Self::Stale, Self::Syncing) => Self::Stale,
            (_, next) => next,
        }
    }
}

/// What the badge says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// There is no connection yet, and nothing to show.
    Connecting,
    /// Connected; what is shown is not complete yet.
    Syncing,
    /// What is shown is what is.
    Live,
    /// What is shown was what is when the page left the server, `since`, and it is about to be again.
    Renewing { since: Timestamp },
    /// What is shown was true at `since`.
    Stale { since: Timestamp },
    /// No connection, and the browser says that there is no network. `since` as above, where there is data.
    Offline { since: Option<Timestamp> },
}

impl Connection {
    /// The value of `data-connection`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Syncing => "syncing",
            Self::Live | Self::Renewing { .. } => "live",
            Self::Stale { .. } => "stale",
            Self::Offline { .. } => "offline",
        }
    }

    /// Since when it is not live, where there is something to show.
    pub fn since(self) -> Option<Timestamp> {
        match self {
            Self::Stale { since } => Some(since),
            Self::Offline { since } => since,
            Self::Connecting | Self::Syncing | Self::Live | Self::Renewing { .. } => None,
        }
    }

    /// Whether what is shown counts as what is.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Live | Self::Renewing { .. })
    }

    /// The next state, given how the connection, the network and the watches are `now`.
    #[must_use]
    pub fn next(self, link: Link, network: bool, feeds: &[Feed], now: Timestamp) -> Self {
        if link == Link::Up && feeds.iter().all(|feed| *feed == Feed::Live) {
            return Self::Live;
        }
        let is_complete = feeds.iter().all(|feed| *feed != Feed::Syncing);
        // The connection is made anew as was planned: everything was current at its beginning.
        let renewing_since = match self {
            Self::Live if link == Link::Renewing => Some(now),
            Self::Renewing { since } => Some(since),
            _ => None,
        };
        if let Some(since) = renewing_since
            && is_complete
            && link != Link::Down
            && now.unix_milliseconds() - since.unix_milliseconds() < i64::from(RENEWAL_MS)
        {
            return Self::Renewing { since };
        }
        let since = is_complete.then(|| self.since().or(renewing_since).unwrap_or(now));
        match (link, since) {
            (Link::Down | Link::Renewing, since) if !network => Self::Offline { since },
            (_, Some(since)) => Self::Stale { since },
            (Link::Up, None) => Self::Syncing,
            (Link::Down | Link::Renewing, None) => Self::Connecting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NETWORK: bool = true;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_milliseconds(seconds * 1_000)
    }

    #[test]
    fn live_is_said_only_when_everything_is() {
        let start = Connection::Connecting;
        let next = |link, feeds: &[Feed]| start.next(link, NETWORK, feeds, at(1));
        assert_eq!(next(Link::Up, &[Feed::Live, Feed::Live]), Connection::Live);
        assert_eq!(
            next(Link::Up, &[Feed::Live, Feed::Syncing]),
            Connection::Syncing
        );
        assert_eq!(
            next(Link::Up, &[Feed::Live, Feed::Stale]),
            Connection::Stale { since: at(1) }
        );
        assert_eq!(
            next(Link::Down, &[Feed::Live, Feed::Live]),
            Connection::Stale { since: at(1) }
        );
        assert_eq!(
            next(Link::Down, &[Feed::Syncing, Feed::Live]),
            Connection::Connecting
        );
    }

    #[test]
    fn a_renewal_does_not_show_if_it_is_quick() {
        let next = |before: Connection, link, feed, second| {
            before.next(link, NETWORK, &[Feed::Live, feed], at(second))
        };
        let left = next(Connection::Live, Link::Renewing, Feed::Live, 5);
        assert_eq!(left, Connection::Renewing { since: at(5) });
        assert_eq!((left.as_str(), left.since()), ("live", None));
        let back = next(left, Link::Up, Feed::Stale, 6);
        assert_eq!(back, left, "it catches up");
        assert_eq!(next(back, Link::Up, Feed::Live, 6), Connection::Live);
        let stale = Connection::Stale { since: at(5) };
        assert_eq!(next(back, Link::Up, Feed::Stale, 7), stale, "too long");
        assert_eq!(next(left, Link::Down, Feed::Stale, 6), stale, "it failed");
    }

    #[test]
    fn what_is_not_live_does_not_become_so_by_a_renewal() {
        let stale = Connection::Stale { since: at(1) };
        let next = |before: Connection, feed| before.next(Link::Renewing, NETWORK, &[feed], at(5));
        assert_eq!(next(stale, Feed::Stale), stale);
        assert_eq!(
            next(Connection::Syncing, Feed::Syncing),
            Connection::Connecting
        );
    }

    #[test]
    fn what_is_remembered_is_as_old_as_it_was_until_everything_is_read_anew() {
        let remembered = Connection::Stale { since: at(1) };
        let feed = |says| Feed::Stale.then(says);
        let next = |link, feeds: &[Feed]| remembered.next(link, NETWORK, feeds, at(9));
        let syncing = [feed(Feed::Syncing), feed(Feed::Live)];
        assert_eq!(next(Link::Down, &syncing), remembered);
        assert_eq!(next(Link::Up, &syncing), remembered);
        assert_eq!(next(Link::Up, &[feed(Feed::Live); 2]), Connection::Live);
        assert_eq!(Feed::Syncing.then(Feed::Syncing), Feed::Syncing);
    }

    #[test]
    fn stale_remembers_since_when_until_it_is_live_again() {
        let stale = Connection::Live.next(Link::Down, NETWORK, &[Feed::Live], at(5));
        let offline = stale.next(Link::Down, !NETWORK, &[Feed::Stale], at(6));
        assert_eq!(offline, Connection::Offline { since: Some(at(5)) });
        let resyncing = offline.next(Link::Up, NETWORK, &[Feed::Stale], at(7));
        assert_eq!(resyncing, Connection::Stale { since: at(5) });
        let live = resyncing.next(Link::Up, NETWORK, &[Feed::Live], at(8));
        assert_eq!(live, Connection::Live);
        assert_eq!(
            live.next(Link::Down, NETWORK, &[Feed::Live], at(9)).since(),
            Some(at(9))
        );
    }
}
