//! What is between a client and the server: bytes that take their time, in pieces.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::server::ConnectionId;

/// SplitMix64, so that a schedule is one number.
#[derive(Debug, Clone)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit.max(1)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    ToClient,
    ToServer,
}

/// What comes out of the network.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// The dialling has succeeded: at the client.
    Open,
    Bytes(Vec<u8>),
    /// The other end is gone.
    Closed,
}

#[derive(Debug)]
pub(crate) struct Network {
    on_their_way: BTreeMap<(Duration, u64), (ConnectionId, Way, Arrival)>,
    /// Nothing overtakes what was sent before it.
    latest: BTreeMap<(ConnectionId, Way), Duration>,
    /// Ways on which everything is lost, and nobody is told.
    silent: Vec<(ConnectionId, Way)>,
    random: Random,
    count: u64,
    /// Every piece takes up to so long.
    pub(crate) latency: Duration,
    /// Pieces have up to so many bytes.
    pub(crate) piece: usize,
}

impl Network {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            on_their_way: BTreeMap::new(),
            latest: BTreeMap::new(),
            silent: Vec::new(),
            random: Random(seed),
            count: 0,
            latency: Duration::from_millis(20),
            piece: 64,
        }
    }

    /// Sends bytes, cut anywhere.
    pub(crate) fn send(&mut self, now: Duration, id: ConnectionId, way: Way, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let length = 1 + self.random.below(self.piece as u64) as usize;
            let (piece, rest) = bytes.split_at(length.min(bytes.len()));
            bytes = rest;
            self.put(now, id, way, Arrival::Bytes(piece.to_vec()));
        }
    }

    pub(crate) fn put(&mut self, now: Duration, id: ConnectionId, way: Way, arrival: Arrival) {
        if self.silent.contains(&(id, way)) {
            return;
        }
        let microseconds = self.latency.as_micros() as u64;
        let delay = Duration::from_micros(self.random.below(microseconds + 1));
        let latest = self.latest.entry((id, way)).or_default();
        *latest = (*latest).max(now + delay);
        self.count += 1;
        self.on_their_way
            .insert((*latest, self.count), (id, way, arrival));
    }

    /// When something arrives next.
    pub(crate) fn next_at(&self) -> Option<Duration> {
        self.on_their_way.keys().next().map(|(at, _)| *at)
    }

    pub(crate) fn pop(&mut self) -> Option<(ConnectionId, Way, Arrival)> {
        self.on_their_way.pop_first().map(|(_, arrival)| arrival)
    }

    /// Breaks a connection: a part of what is on its way is lost, and both ends hear of it.
    pub(crate) fn cut(&mut self, now: Duration, id: ConnectionId) {
        for way in [Way::ToClient, Way::ToServer] {
            let mut arriving = self.random.below(4);
            self.on_their_way.retain(|_, (one, on, _)| {
                let concerned = *one == id && *on == way;
                let kept = !concerned || arriving > 0;
                if concerned {
                    arriving = arriving.saturating_sub(1);
                }
                kept
            });
            self.put(now, id, way, Arrival::Closed);
            self.silence(id, way);
        }
    }

    /// From now on everything that is sent on this way is lost, and nobody is told.
    pub(crate) fn silence(&mut self, id: ConnectionId, way: Way) {
        self.silent.push((id, way));
    }

    /// The client has let go of its socket: it hears nothing more, and the server hears of that.
    pub(crate) fn hang_up(&mut self, now: Duration, id: ConnectionId) {
        self.on_their_way
            .retain(|_, (one, way, _)| *one != id || *way != Way::ToClient);
        self.put(now, id, Way::ToServer, Arrival::Closed);
        self.silence(id, Way::ToClient);
        self.silence(id, Way::ToServer);
    }
}
