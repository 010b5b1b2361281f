//! A session, and the world as it sees it.

use std::time::Duration;

use nats_wsclient::proto::{
    DisconnectCause, Event, HeaderMap, Io, LoginId, PublishError, PublishId, ServerUrl, Session,
    SessionConfig, Status,
};

pub(crate) const PONG: &str = "PONG\r\n";

pub(crate) struct World {
    pub(crate) session: Session,
    pub(crate) now: Duration,
    /// What the session asked for last.
    pub(crate) asked: Option<LoginId>,
}

pub(crate) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(crate) fn url(host: &str) -> ServerUrl {
    format!("ws://{host}/path").parse().expect("an address")
}

pub(crate) fn config(hosts: &[&str]) -> SessionConfig {
    SessionConfig {
        servers: hosts.iter().map(|host| url(host)).collect(),
        shuffle_servers: false,
        connection_timeout: ms(10_000),
        ping_timeout: ms(10_000),
        reconnect_min: ms(200),
        reconnect_max: ms(5_000),
        ..SessionConfig::default()
    }
}

impl World {
    pub(crate) fn new(config: SessionConfig) -> Self {
        Self {
            session: Session::new(config, ms(1_000), 1),
            now: ms(1_000),
            asked: None,
        }
    }

    /// A session that has been connected to the first server for a minute.
    pub(crate) fn connected(hosts: &[&str], info: &str) -> Self {
        let mut world = Self::new(config(hosts));
        assert_eq!(world.io(), [hosts[0]]);
        world.connect(info);
        world.now += ms(60_000);
        world
    }

    /// What was to be done since the last call: the hosts to dial; `close`, `authorize` and `sign`.
    pub(crate) fn io(&mut self) -> Vec<String> {
        let mut done = Vec::new();
        while let Some(io) = self.session.poll_io() {
            done.push(match io {
                Io::Open => {
                    let url = self.session.url().expect("a server").to_string();
                    let host = url.strip_prefix("ws://").expect("the scheme");
                    host.strip_suffix("/path").expect("the path").to_owned()
                }
                Io::Close => "close".to_owned(),
                Io::Authorize(id) => {
                    self.asked = Some(id);
                    "authorize".to_owned()
                }
                Io::Sign(id) => {
                    self.asked = Some(id);
                    "sign".to_owned()
                }
            });
        }
        done
    }

    pub(crate) fn receive(&mut self, text: &str) -> Vec<Event> {
        self.session.handle_input(self.now, text.as_bytes());
        self.events()
    }

    pub(crate) fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.session.poll_event()).collect()
    }

    /// Plays the server's part of the handshake, with the fields of an INFO.
    pub(crate) fn connect(&mut self, info: &str) {
        self.session.handle_open(self.now);
        self.receive(&format!("INFO {{{info}}}\r\n"));
        self.receive(&PONG.repeat(2));
        assert_eq!(self.session.status(), &Status::Connected);
        self.sent();
    }

    pub(crate) fn publish(&mut self) -> Result<PublishId, PublishError> {
        self.session.publish("p", None, &HeaderMap::new(), b"x")
    }

    pub(crate) fn sent(&mut self) -> String {
        let mut sent = Vec::new();
        self.session.transmit(|bytes| sent.extend_from_slice(bytes));
        String::from_utf8(sent).expect("UTF-8")
    }

    /// The socket is closed by its peer, or cannot be opened.
    pub(crate) fn lose(&mut self) {
        self.session.handle_close(self.now, 1_006, "");
        self.events();
    }

    /// Lets time pass until the timer fires; for how long.
    pub(crate) fn timer(&mut self) -> Duration {
        let before = self.now;
        self.now = self.session.poll_timeout().expect("a timer").max(before);
        self.session.handle_timeout(self.now);
        self.now - before
    }

    /// Why there is no connection.
    pub(crate) fn cause(&self) -> &DisconnectCause {
        match self.session.status() {
            Status::Connecting {
                cause: Some(cause), ..
            }
            | Status::Reconnecting { cause, .. }
            | Status::Closed { cause: Some(cause) } => cause,
            status => panic!("{status:?}"),
        }
    }
}
