//! One nats-server or three of them, and several backends.

use std::time::{Duration, Instant};

use async_nats::ConnectOptions;
use async_nats::jetstream;
use futures_util::TryStreamExt;
use futures_util::future::join_all;
use jetstream_es::Connection;
use vacancy_backend::identity::callout::Keys;

use super::history::Happened;
use super::network::{Cut, Network};
use super::plan::{Fault, Incident};
use crate::backend::Backend;
use crate::nats::{self, NatsServer, Options};
use crate::wait;

/// Where `nats-server.conf` is made to be that of a member of a cluster.
const BEFORE_CLUSTER: &str = "max_payload: 1MB";

/// How soon is looked again whether all is quiet.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// The processes of a round. They end when this is dropped.
#[derive(Debug)]
pub struct House {
    // Before the servers, so that they do not complain about their end.
    backends: Vec<Backend>,
    servers: Vec<NatsServer>,
    /// Between the servers of a cluster.
    network: Network,
}

impl House {
    /// One nats-server, and `backends` that share its consumers.
    pub async fn single(backends: usize) -> Self {
        let server = NatsServer::start(8080, Options::default()).await;
        Self::open(vec![server], Network::default(), backends).await
    }

    /// Three nats-servers that keep three copies of everything, and `backends` that share their consumers.
    pub async fn cluster(backends: usize) -> Self {
        let network = Network::between(3).await;
        let keys = Keys::generate();
        let start = async |number| {
            let member = format!(
                "{BEFORE_CLUSTER}\nserver_name: node-{number}\n{}",
                network.conf(number)
            );
            let options = Options {
                edits: &[(BEFORE_CLUSTER, &member)],
                callout: Some(&keys),
                ..Options::default()
            };
            NatsServer::start(8080, options).await
        };
        // Each is ready when it sees a majority.
        let servers = join_all((0..3).map(start)).await;
        Self::open(servers, network, backends).await
    }

    async fn open(servers: Vec<NatsServer>, network: Network, count: usize) -> Self {
        let replicas = servers.len();
        let mut backends = Vec::new();
        for number in 0..count {
            let server = &servers[number % servers.len()];
            let mut backend = Backend::without_pages(server, replicas);
            // One after the other: the first one makes the streams.
            backend.start().await;
            backends.push(backend);
        }
        Self {
            backends,
            servers,
            network,
        }
    }

    /// The addresses of all servers.
    pub fn urls(&self) -> Vec<String> {
        self.servers.iter().map(NatsServer::url).collect()
    }

    /// A connection of the user `backend`.
    pub async fn connect(&self) -> Connection {
        connect(&self.servers[0].url()).await
    }

    /// A connection to each server.
    pub async fn connect_to_each(&self) -> Vec<Connection> {
        let urls = self.urls();
        join_all(urls.iter().map(|url| connect(url))).await
    }

    /// Cuts a server off from the others, for good. Connections between them are lost.
    pub fn cut_off(&self, server: usize) {
        self.network.cut_off(server, Cut::Close);
    }

    /// Carries out a fault and sees to it that what has failed comes back.
    pub async fn suffer(&mut self, incident: Incident) -> Happened {
        let (server, backend) = (
            incident.which % self.servers.len(),
            incident.which % self.backends.len(),
        );
        let at = Instant::now();
        match incident.fault {
            Fault::KillServer => {
                self.servers[server].kill();
                tokio::time::sleep(incident.away).await;
                self.servers[server].restart().await;
            }
            Fault::KillBackend => {
                self.backends[backend].kill();
                tokio::time::sleep(incident.away).await;
                self.backends[backend].start().await;
            }
            Fault::KillBoth => {
                self.servers[server].kill();
                self.backends[backend].kill();
                tokio::time::sleep(incident.away).await;
                self.backends[backend].launch();
                self.servers[server].restart().await;
                self.backends[backend].ready().await;
            }
            Fault::HaltServer => {
                self.servers[server].pause();
                tokio::time::sleep(incident.away).await;
                self.servers[server].resume();
            }
            Fault::CutOff => {
                let how = [Cut::Hold, Cut::Close][incident.which / self.servers.len() % 2];
                self.network.cut_off(server, how);
                tokio::time::sleep(incident.away).await;
                self.network.heal(server);
            }
            Fault::HaltBackend => {
                self.backends[backend].pause();
                tokio::time::sleep(incident.away).await;
                self.backends[backend].resume();
            }
        }
        Happened {
            fault: incident.fault,
            at,
            over: Instant::now(),
        }
    }

    /// Waits until every backend says that it is ready; fails when one has ended by itself.
    pub async fn ready(&mut self) {
        for backend in &mut self.backends {
            backend.ready().await;
        }
    }
}

/// A connection of the user `backend` that dials again soon. The server may be away at this very moment.
pub(super) async fn connect(url: &str) -> Connection {
    wait::until("a connection", async || {
        let (user, password) = ("backend".to_owned(), nats::password("backend"));
        let options = ConnectOptions::with_user_and_password(user, password)
            .request_timeout(Some(Duration::from_secs(2)))
            .ping_interval(Duration::from_secs(1))
            // What is watched comes faster than it is looked at.
            .subscription_capacity(1 << 18)
            .reconnect_delay_callback(|_| Duration::from_millis(20));
        Connection::open(options, url).await.ok()
    })
    .await
}

/// JetStream over it, for publishes that are tried again soon.
pub(super) fn jetstream(connection: &Connection) -> jetstream::Context {
    let mut context = connection.jetstream();
    context.set_timeout(Duration::from_secs(1));
    context
}

/// Waits until every consumer has done all there is, and no stream has grown meanwhile.
///
/// # Panics
/// When that does not come to be; says what is left to do.
pub async fn quiet(context: &jetstream::Context) {
    let start = Instant::now();
    let mut before = None;
    loop {
        let now = lengths_if_idle(context).await;
        match now {
            Ok(lengths) if before.as_ref() == Some(&lengths) => return,
            Ok(lengths) => before = Some(lengths),
            Err(left) => {
                assert!(
                    start.elapsed() < wait::DEADLINE,
                    "waited for all to be quiet, in vain for {:?}: {left}",
                    wait::DEADLINE
                );
                before = None;
            }
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// The last sequences of all streams if no consumer and no source has anything to do, or else what is left to do.
async fn lengths_if_idle(context: &jetstream::Context) -> Result<Vec<(String, u64)>, String> {
    let streams: Vec<_> = context.streams().try_collect().await.map_err(shown)?;
    let mut lengths = Vec::new();
    for info in streams {
        let name = info.config.name;
        let stream = context.get_stream(&name).await.map_err(shown)?;
        let consumers: Vec<_> = stream.consumers().try_collect().await.map_err(shown)?;
        for consumer in consumers {
            if consumer.num_pending > 0 || consumer.num_ack_pending > 0 {
                return Err(format!("{name}: {consumer:?}"));
            }
        }
        if let Some(source) = info.sources.iter().find(|source| source.lag > 0) {
            return Err(format!("{name}: {source:?}"));
        }
        lengths.push((name, info.state.last_sequence));
    }
    lengths.sort();
    Ok(lengths)
}

fn shown(error: impl ToString) -> String {
    error.to_string()
}
