//! Clients, a server, a network and a clock.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use nats_wsclient::proto::{
    Credentials, Event, HeaderMap, Io, Message, PingId, Session, SessionConfig, Sid, Status,
};

use crate::network::{Arrival, Network, Way};
use crate::server::{ConnectionId, Deed, Server};

pub(crate) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(crate) fn config() -> SessionConfig {
    SessionConfig {
        credentials: Credentials::Token("t".to_owned()),
        connection_timeout: ms(2_000),
        ping_interval: ms(3_000),
        ping_timeout: ms(1_000),
        wake_timeout: ms(500),
        reconnect_min: ms(50),
        reconnect_max: ms(1_000),
        retry_on_initial_connect: true,
        ..SessionConfig::default()
    }
}

pub(crate) struct World {
    pub(crate) now: Duration,
    pub(crate) server: Server,
    pub(crate) network: Network,
    pub(crate) clients: Vec<Client>,
    /// Whether somebody answers a dial.
    pub(crate) reachable: bool,
    connections: u32,
}

/// A session, as its driver and its reader see it.
pub(crate) struct Client {
    pub(crate) session: Session,
    /// The one socket, from the dial to its end.
    pub(crate) socket: Option<ConnectionId>,
    /// The connection that messages come from.
    connection: Option<ConnectionId>,
    is_connected: bool,
    /// The subscriptions, and their numbers on the wire.
    pub(crate) sids: BTreeMap<Sid, u64>,
    last_sid: u64,
    pub(crate) received: Vec<(ConnectionId, Sid, Message)>,
    pub(crate) statuses: Vec<Status>,
    pub(crate) events: Vec<Event>,
    /// Published with success on this connection: payloads.
    published: Vec<Vec<u8>>,
    /// Pings that were not answered, and how much of `published` was before each.
    pings: VecDeque<(PingId, usize)>,
    pub(crate) flushes: usize,
}

impl World {
    /// So many clients, which begin to dial.
    pub(crate) fn new(seed: u64, clients: usize) -> Self {
        let now = ms(1_000);
        let mut server = Server::new();
        server.token = Some("t".to_owned());
        let mut world = Self {
            now,
            server,
            network: Network::new(seed),
            clients: Vec::new(),
            reachable: true,
            connections: 0,
        };
        for number in 0..clients {
            let session = Session::new(config(), now, seed.wrapping_add(number as u64));
            world.clients.push(Client::new(session));
            world.settle(number);
        }
        world
    }

    /// Clients that are connected.
    pub(crate) fn connected(seed: u64, clients: usize) -> Self {
        let mut world = Self::new(seed, clients);
        world.advance(ms(500));
        for client in &world.clients {
            assert_eq!(client.session.status(), &Status::Connected);
        }
        world
    }

    /// Lets time pass, and everything happen that is due.
    pub(crate) fn advance(&mut self, duration: Duration) {
        let until = self.now + duration;
        for _ in 0..1_000_000 {
            let timers = self
                .clients
                .iter()
                .filter_map(|one| one.session.poll_timeout());
            let next = timers.chain(self.network.next_at()).min();
            let Some(next) = next.filter(|&next| next <= until) else {
                self.now = until;
                return;
            };
            self.now = self.now.max(next);
            if self.network.next_at() == Some(next) {
                self.arrive();
            }
            for number in 0..self.clients.len() {
                let session = &mut self.clients[number].session;
                if session.poll_timeout().is_some_and(|at| at <= self.now) {
                    session.handle_timeout(self.now);
                    self.settle(number);
                }
            }
        }
        panic!("time does not pass");
    }

    fn arrive(&mut self) {
        let Some((id, way, arrival)) = self.network.pop() else {
            return;
        };
        if way == Way::ToServer {
            match arrival {
                Arrival::Bytes(bytes) => self.server.receive(id, &bytes),
                Arrival::Closed => self.server.forget(id),
                Arrival::Open => {}
            }
            self.transmit_of_server();
            return;
        }
        let now = self.now;
        let Some(number) = (self.clients.iter()).position(|client| client.socket == Some(id))
        else {
            return;
        };
        let client = &mut self.clients[number];
        match arrival {
            Arrival::Open => {
                client.session.handle_open(now);
                self.server.accept(id);
            }
            Arrival::Bytes(bytes) => client.session.handle_input(now, &bytes),
            Arrival::Closed => {
                client.socket = None;
                client.session.handle_close(now, 1_006, "");
            }
        }
        self.settle(number);
        self.transmit_of_server();
    }

    /// Sends what the server has to say.
    pub(crate) fn transmit_of_server(&mut self) {
        for id in self.server.ids() {
            let (bytes, ends) = self.server.transmit(id);
            self.network.send(self.now, id, Way::ToClient, &bytes);
            if ends {
                self.network
                    .put(self.now, id, Way::ToClient, Arrival::Closed);
                self.network.silence(id, Way::ToClient);
                self.server.forget(id);
            }
        }
    }

    /// Does what a driver does, and checks what a driver relies on.
    pub(crate) fn settle(&mut self, number: usize) {
        let client = &mut self.clients[number];
        loop {
            while let Some(event) = client.session.poll_event() {
                client.handle(event, &self.server);
            }
            let (network, now, socket) = (&mut self.network, self.now, client.socket);
            client.session.transmit(|bytes| {
                let id = socket.expect("a socket to send over");
                network.send(now, id, Way::ToServer, bytes);
            });
            let Some(io) = client.session.poll_io() else {
                break;
            };
            if matches!(io, Io::Close) {
                let id = client.socket.take().expect("a socket to close");
                self.network.hang_up(self.now, id);
                continue;
            }
            assert_eq!(client.socket, None, "one socket at a time");
            self.connections += 1;
            let id = ConnectionId(self.connections);
            client.socket = Some(id);
            client.connection = Some(id);
            let answer = if self.reachable {
                Arrival::Open
            } else {
                Arrival::Closed
            };
            self.network.put(self.now, id, Way::ToClient, answer);
        }
        let said = client.session.status().is_connected();
        assert_eq!(said, client.is_connected, "what was told is what is");
    }

    // ---- What happens -----------------------------------------------------------------------------------------------

    pub(crate) fn subscribe(&mut self, number: usize, pattern: &str, group: Option<&str>) -> Sid {
        let client = &mut self.clients[number];
        let sid = client.session.subscribe(pattern, group).expect("a subject");
        client.last_sid += 1;
        client.sids.insert(sid, client.last_sid);
        self.settle(number);
        sid
    }

    pub(crate) fn unsubscribe(&mut self, number: usize, sid: Sid) {
        let client = &mut self.clients[number];
        client.session.unsubscribe(sid);
        client.sids.remove(&sid);
        self.settle(number);
    }

    /// Whether it could be published.
    pub(crate) fn publish(
        &mut self,
        number: usize,
        subject: &str,
        reply: Option<&str>,
        payload: &str,
    ) -> bool {
        let client = &mut self.clients[number];
        let payload = payload.as_bytes();
        let none = HeaderMap::new();
        let sent = client
            .session
            .publish(subject, reply, &none, payload)
            .is_ok();
        if sent {
            client.published.push(payload.to_vec());
        }
        self.settle(number);
        sent
    }

    /// Asks the server whether it has everything.
    pub(crate) fn flush(&mut self, number: usize) {
        let client = &mut self.clients[number];
        if let Some(id) = client.session.ping() {
            client.pings.push_back((id, client.published.len()));
        }
        self.settle(number);
    }

    /// Somebody else publishes, at the server.
    pub(crate) fn publish_at_server(&mut self, subject: &str, payload: &str) {
        self.server.publish(subject, None, 0, payload.as_bytes());
        self.transmit_of_server();
    }

    pub(crate) fn cut(&mut self, number: usize) {
        if let Some(id) = self.clients[number].socket {
            self.network.cut(self.now, id);
        }
    }

    pub(crate) fn silence(&mut self, number: usize, way: Way) {
        if let Some(id) = self.clients[number].socket {
            self.network.silence(id, way);
        }
    }

    /// The server ends without a word to anybody, and another one takes its place.
    pub(crate) fn restart_server(&mut self) {
        for id in self.server.ids() {
            self.network.cut(self.now, id);
            self.server.forget(id);
        }
    }

    // ---- What must hold ---------------------------------------------------------------------------------------------

    /// Each connection has brought each subscription the beginning of what the server sent to it, without a gap, and
    /// nothing twice.
    pub(crate) fn check_received(&self) {
        for client in &self.clients {
            let mut received: BTreeMap<_, Vec<&[u8]>> = BTreeMap::new();
            for (connection, sid, message) in &client.received {
                let payloads = received.entry((*connection, *sid)).or_default();
                payloads.push(&message.payload);
            }
            for ((connection, sid), payloads) in received {
                let Some(number) = client.sids.get(&sid) else {
                    continue;
                };
                let sent: Vec<_> = self.sent(connection, *number).collect();
                assert!(
                    sent.starts_with(&payloads),
                    "{number}: {payloads:?} of {sent:?}"
                );
            }
        }
    }

    pub(crate) fn sent(
        &self,
        connection: ConnectionId,
        wanted: u64,
    ) -> impl Iterator<Item = &[u8]> {
        self.server.deeds.iter().filter_map(move |deed| match deed {
            Deed::Sent { to, sid, payload } if *to == connection && *sid == wanted => {
                Some(&**payload)
            }
            _ => None,
        })
    }

    /// The payloads that clients published on a subject, as far as they arrived.
    pub(crate) fn published(&self, wanted: &str) -> Vec<String> {
        let deeds = self.server.deeds.iter();
        let payloads = deeds.filter_map(|deed| match deed {
            Deed::Received {
                subject, payload, ..
            } if subject == wanted => Some(String::from_utf8_lossy(payload).into_owned()),
            _ => None,
        });
        payloads.collect()
    }
}

impl Client {
    fn new(session: Session) -> Self {
        Self {
            session,
            socket: None,
            connection: None,
            is_connected: false,
            sids: BTreeMap::new(),
            last_sid: 0,
            received: Vec::new(),
            statuses: Vec::new(),
            events: Vec::new(),
            published: Vec::new(),
            pings: VecDeque::new(),
            flushes: 0,
        }
    }

    fn handle(&mut self, event: Event, server: &Server) {
        match &event {
            Event::Connected => {
                assert!(!self.is_connected, "connected twice");
                let id = self.socket.expect("a socket");
                assert!(server.let_in(id), "the server let it in");
                self.is_connected = true;
            }
            Event::Disconnected(_) => {
                assert!(self.is_connected, "disconnected without a connection");
                self.is_connected = false;
                self.published.clear();
                self.pings.clear();
            }
            Event::StatusChanged => self.statuses.push(self.session.status().clone()),
            Event::Message { sid, message } => {
                assert!(self.is_connected, "a message without a connection");
                assert!(self.sids.contains_key(sid), "a message for nobody");
                let connection = self.connection.expect("a connection");
                self.received.push((connection, *sid, message.clone()));
                return;
            }
            Event::Pong(id) => self.handle_pong(*id, server),
            Event::SubscriptionDenied { sid, .. } => {
                assert!(self.sids.remove(sid).is_some(), "denied to somebody");
            }
            _ => {}
        }
        self.events.push(event);
    }

    /// The server has everything that was published before the ping.
    fn handle_pong(&mut self, id: PingId, server: &Server) {
        let (oldest, before) = self.pings.pop_front().expect("a ping");
        assert_eq!(oldest, id, "pings are answered in their order");
        self.flushes += 1;
        let connection = self.socket.expect("a socket");
        let arrived = server.deeds.iter().filter_map(|deed| match deed {
            Deed::Received { from, payload, .. } if *from == connection => Some(payload),
            _ => None,
        });
        let arrived: Vec<_> = arrived.take(before).collect();
        let published: Vec<_> = self.published[..before].iter().collect();
        assert_eq!(arrived, published, "what a flush promised");
    }

    /// The payloads of a subscription, over all connections.
    pub(crate) fn payloads(&self, wanted: Sid) -> Vec<String> {
        let received = self.received.iter();
        received
            .filter(|(_, sid, _)| *sid == wanted)
            .map(|(_, _, message)| String::from_utf8_lossy(&message.payload).into_owned())
            .collect()
    }
}
