//! The network between the servers of a cluster.
//!
//! Each server reaches each other one through a relay of its own, so that one can be cut off in both directions while its
//! clients stay connected to it.

use crate::ports::Port;
use crate::relay::Relay;

/// Where nobody listens. Servers tell each other where else to connect, which would go around the relays.
const NOWHERE: &str = "127.0.0.1:9";

/// The routes of a cluster.
#[derive(Debug, Default)]
pub(super) struct Network {
    /// Where each server listens for the others.
    listeners: Vec<Port>,
    /// From one server to another one.
    relays: Vec<(usize, usize, Relay)>,
}

/// How a server is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// What is sent meanwhile arrives afterwards.
    Hold,
    /// Connections are lost.
    Close,
}

impl Network {
    pub(super) async fn between(servers: usize) -> Self {
        let listeners: Vec<Port> = (0..servers).map(|_| Port::lease()).collect();
        let mut relays = Vec::new();
        for from in 0..servers {
            for to in (0..servers).filter(|to| *to != from) {
                relays.push((from, to, Relay::start(listeners[to].address()).await));
            }
        }
        Self { listeners, relays }
    }

    /// The block `cluster` of a server's configuration.
    pub(super) fn conf(&self, server: usize) -> String {
        let routes = self.relays.iter().filter(|(from, ..)| *from == server);
        let routes: Vec<String> = routes
            .map(|(.., relay)| format!("\"nats://{}\"", relay.address()))
            .collect();
        format!(
            "cluster {{ name: trio, listen: \"{}\", advertise: \"{NOWHERE}\", routes: [{}] }}",
            self.listeners[server].address(),
            routes.join(", ")
        )
    }

    /// Cuts a server off from the others.
    pub(super) fn cut_off(&self, server: usize, how: Cut) {
        for relay in self.relays_of(server) {
            match how {
                Cut::Hold => relay.hold(),
                Cut::Close => relay.cut(),
            }
        }
    }

    /// Lets the others reach it again.
    pub(super) fn heal(&self, server: usize) {
        self.relays_of(server).for_each(Relay::restore);
    }

    fn relays_of(&self, server: usize) -> impl Iterator<Item = &Relay> {
        let its = self.relays.iter();
        let its = its.filter(move |(from, to, _)| [*from, *to].contains(&server));
        its.map(|(.., relay)| relay)
    }
}
