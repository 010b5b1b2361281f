//! Who the guests are that send commands, and what each of them may still send.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::allowance::{Allowances, Rate, network};
use crate::commands::pace::PaceOptions;

/// How many seconds' worth of commands somebody who was quiet may send at once.
const BURST_SECONDS: u32 = 5;
/// How many commands of a connection may wait for the stream.
const IN_FLIGHT: u32 = 8;
/// Of so many commands that are turned away in [`STRIKES_WITHIN`], nobody reads the answers.
pub(super) const STRIKES_OF_CONNECTION: u32 = 200;
/// As many of all guests of an address: then whoever is turned away there next is one too many.
const STRIKES_OF_ADDRESS: u32 = 1_000;
const STRIKES_WITHIN: Duration = Duration::from_secs(10);
/// By when a connection that is to be cut is gone, or else it is cut again.
const GONE_WITHIN: Duration = Duration::from_secs(1);
/// With so many, those that have been quiet are forgotten.
const MANY: usize = 10_000;

/// Who sends a command, as the server says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
pub(super) struct Guest {
    /// The name of the server that they are connected to.
    pub(super) server: String,
    /// The connection's number there.
    pub(super) id: u64,
    pub(super) host: IpAddr,
}

/// Why a guest may send no more for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotNow {
    /// For so long.
    TooMany(Duration),
    /// The connection is being cut.
    Gone,
}

/// What the guests may still send.
#[derive(Debug)]
pub(super) struct Guests {
    connections: Allowances<(String, u64)>,
    addresses: Allowances<IpAddr>,
    in_flight: HashMap<Guest, u32>,
    strikes_of_connections: Strikes<Guest>,
    strikes_of_addresses: Strikes<IpAddr>,
    /// Which connections are being cut, and since when.
    going: HashMap<Guest, Instant>,
    began: Instant,
}

impl Guests {
    pub(super) fn new(options: PaceOptions) -> Self {
        let allowances = |rate| Rate::with_burst(rate, BURST_SECONDS);
        Self {
            connections: Allowances::new(allowances(options.guest_rate)),
            addresses: Allowances::new(allowances(options.guest_address_rate)),
            in_flight: HashMap::new(),
            strikes_of_connections: Strikes::new(STRIKES_OF_CONNECTION),
            strikes_of_addresses: Strikes::new(STRIKES_OF_ADDRESS),
            going: HashMap::new(),
            began: Instant::now(),
        }
    }

    /// Takes a command of the guest's allowance.
    ///
    /// # Errors
    /// When there is none left.
    pub(super) fn take(&mut self, guest: &Guest, now: Instant) -> Result<(), NotNow> {
        if self.is_going(guest, now) {
            return Err(NotNow::Gone);
        }
        let since = now.saturating_duration_since(self.began);
        let connection = (guest.server.clone(), guest.id);
        let taken = self.connections.take(connection, since);
        let taken = taken.and_then(|()| self.addresses.take(network(guest.host), since));
        taken.map_err(NotNow::TooMany)?;
        if self.in_flight.get(guest).is_some_and(|n| *n >= IN_FLIGHT) {
            return Err(NotNow::TooMany(Duration::from_secs(1)));
        }
        Ok(())
    }

    /// A command of the guest is on its way to the stream.
    pub(super) fn begin(&mut self, guest: &Guest) {
        *self.in_flight.entry(guest.clone()).or_default() += 1;
    }

    /// It is there.
    pub(super) fn end(&mut self, guest: &Guest) {
        if let Some(in_flight) = self.in_flight.get_mut(guest) {
            *in_flight -= 1;
            if *in_flight == 0 {
                self.in_flight.remove(guest);
            }
        }
    }

    /// A command of the guest was turned away. Says whether that was once too often, so that the connection is to be cut.
    pub(super) fn strike(&mut self, guest: &Guest, now: Instant) -> bool {
        let of_connection = self.strikes_of_connections.add(guest, now);
        let of_address = self.strikes_of_addresses.add(&network(guest.host), now);
        let is_out = of_connection || of_address;
        if is_out {
            self.going
                .retain(|_, since| now.saturating_duration_since(*since) < GONE_WITHIN);
            self.going.insert(guest.clone(), now);
        }
        is_out
    }

    /// Whether the connection is being cut: what it has sent until then is still on its way.
    fn is_going(&self, guest: &Guest, now: Instant) -> bool {
        let since = self.going.get(guest);
        since.is_some_and(|since| now.saturating_duration_since(*since) < GONE_WITHIN)
    }
}

/// How often each was turned away lately.
#[derive(Debug)]
struct Strikes<K> {
    limit: u32,
    counts: HashMap<K, (u32, Instant)>,
}

impl<K: Clone + Eq + Hash> Strikes<K> {
    fn new(limit: u32) -> Self {
        Self {
            limit,
            counts: HashMap::new(),
        }
    }

    /// One more. Says whether they are too many.
    fn add(&mut self, key: &K, now: Instant) -> bool {
        let is_late = |since: Instant| now.saturating_duration_since(since) >= STRIKES_WITHIN;
        if self.counts.len() >= MANY {
            self.counts.retain(|_, (_, since)| !is_late(*since));
        }
        let (count, since) = match self.counts.get_mut(key) {
            Some(counted) => counted,
            None => self.counts.entry(key.clone()).or_insert((0, now)),
        };
        if is_late(*since) {
            (*count, *since) = (0, now);
        }
        *count += 1;
        *count >= self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guest(id: u64) -> Guest {
        Guest {
            server: "N".to_owned(),
            id,
            host: [192, 0, 2, 7].into(),
        }
    }

    fn guests() -> Guests {
        Guests::new(PaceOptions {
            command_rate: 0,
            channel_rate: 0,
            guest_rate: 2,
            guest_address_rate: 50,
        })
    }

    #[test]
    fn a_connection_that_goes_on_is_cut_once_and_then_again_if_it_is_still_there() {
        let (mut guests, now) = (guests(), Instant::now());
        let cuts = |guests: &mut Guests, now| {
            let mut cuts = 0;
            for _ in 0..1_000 {
                match guests.take(&guest(1), now) {
                    Ok(()) | Err(NotNow::Gone) => {}
                    Err(NotNow::TooMany(_)) => cuts += u32::from(guests.strike(&guest(1), now)),
                }
            }
            cuts
        };
        assert_eq!(cuts(&mut guests, now), 1);
        assert_eq!(guests.take(&guest(1), now), Err(NotNow::Gone));
        assert_eq!(cuts(&mut guests, now + GONE_WITHIN), 1);
    }

    #[test]
    fn many_connections_of_an_address_that_go_on_are_cut_though_none_of_them_does_much() {
        let (mut guests, now) = (guests(), Instant::now());
        let mut cut = Vec::new();
        for id in 0..10 {
            for _ in 0..STRIKES_OF_CONNECTION - 1 {
                if guests.strike(&guest(id), now) {
                    cut.push(id);
                    break;
                }
            }
        }
        assert_eq!(cut, [5, 6, 7, 8, 9]);
    }

    #[test]
    fn who_is_turned_away_now_and_then_is_not_cut() {
        let mut guests = guests();
        let mut now = Instant::now();
        for _ in 0..STRIKES_OF_CONNECTION * 3 {
            assert!(!guests.strike(&guest(1), now));
            now += Duration::from_millis(100);
        }
    }

    #[test]
    fn so_many_wait_for_the_stream_and_no_more() {
        let (mut guests, now) = (guests(), Instant::now());
        for _ in 0..IN_FLIGHT {
            assert_eq!(guests.take(&guest(1), now), Ok(()));
            guests.begin(&guest(1));
        }
        let too_many = Err(NotNow::TooMany(Duration::from_secs(1)));
        assert_eq!(guests.take(&guest(1), now), too_many);
        guests.end(&guest(1));
        assert_eq!(guests.take(&guest(1), now), Ok(()));
        for _ in 1..IN_FLIGHT {
            guests.end(&guest(1));
        }
        assert!(guests.in_flight.is_empty());
    }
}
