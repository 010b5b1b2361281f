//! A session, and the world as it sees it.

use std::time::Duration;

use nats_wsclient::proto::{
    Credentials, DisconnectCause, Event, HeaderMap, Io, PublishError, Session, SessionConfig,
    Status,
};

pub(crate) const INFO: &str = "INFO {\"server_id\":\"S\",\"headers\":true,\"max_payload\":100}\r\n";

/// A session, and the world as it sees it.
pub(crate) struct World {
    pub(crate) session: Session,
    pub(crate) now: Duration,
}

pub(crate) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(crate) fn config() -> SessionConfig {
    SessionConfig {
        credentials: Credentials::Token("t".to_owned()),
        connection_timeout: ms(5_000),
        ping_interval: ms(20_000),
        ping_timeout: ms(10_000),
        wake_timeout: ms(3_000),
        reconnect_min: ms(200),
        reconnect_max: ms(5_000),
        ..SessionConfig::default()
    }
}

impl World {
    /// A session that has just begun to dial.
    pub(crate) fn dialling(config: SessionConfig) -> Self {
        let mut world = Self {
            session: Session::new(config, ms(1_000), 1),
            now: ms(1_000),
        };
        assert_eq!(world.io(), [Io::Open]);
        world
    }

    /// A session that is connected.
    pub(crate) fn connected() -> Self {
        let mut world = Self::dialling(config());
        world.connect();
        world
    }

    /// Plays the server's part of the handshake.
    pub(crate) fn connect(&mut self) {
        self.session.handle_open(self.now);
        assert_eq!(self.sent(), "", "the server speaks first");
        self.receive(INFO);
        let sent = self.sent();
        assert!(
            sent.starts_with("CONNECT {") && sent.ends_with("}\r\nPING\r\nPING\r\n"),
            "{sent}"
        );
        self.receive("PONG\r\n");
        assert_eq!(self.events(), [], "the account's limits may follow");
        self.receive("PONG\r\n");
        let events = self.events();
        assert_eq!(events, [Event::Connected, Event::StatusChanged]);
        assert_eq!(self.session.status(), &Status::Connected);
    }

    pub(crate) fn receive(&mut self, bytes: impl AsRef<[u8]>) {
        self.session.handle_input(self.now, bytes.as_ref());
    }

    pub(crate) fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.session.poll_event()).collect()
    }

    pub(crate) fn io(&mut self) -> Vec<Io> {
        std::iter::from_fn(|| self.session.poll_io()).collect()
    }

    /// What has been sent since the last call, after everything that was received.
    pub(crate) fn sent(&mut self) -> String {
        let events = self.events();
        assert!(events.is_empty(), "{events:?}");
        let mut sent = Vec::new();
        self.session.transmit(|bytes| sent.extend_from_slice(bytes));
        String::from_utf8(sent).expect("UTF-8")
    }

    /// Lets time pass until the timer fires.
    pub(crate) fn timer(&mut self) -> Duration {
        let before = self.now;
        self.now = self.session.poll_timeout().expect("a timer");
        self.session.handle_timeout(self.now);
        self.now - before
    }

    pub(crate) fn close(&mut self) {
        self.session.handle_close(self.now, 1_006, "");
    }

    pub(crate) fn publish(&mut self, subject: &str, payload: &str) -> Result<(), PublishError> {
        self.session
            .publish(subject, None, &HeaderMap::new(), payload.as_bytes())
            .map(|_| ())
    }
}

pub(crate) fn dropped() -> DisconnectCause {
    DisconnectCause::ClosedByPeer {
        code: 1_006,
        reason: String::new(),
    }
}
