//! Whether what the server acknowledges is safe: how it syncs, and how many copies of a stream it keeps.
//!
//! By default nats-server acknowledges a write that is on its way to the disk, and syncs every two minutes. What was
//! acknowledged in between is lost when the power fails. An event store must not find that out afterwards, so it asks at
//! start.
//!
//! A server tells how it syncs on `$SYS.REQ.SERVER.PING.JSZ`, which only the system account may ask. So the account of
//! the application imports that one question:
//!
//! ```text
//! accounts {
//!   APP { jetstream: enabled, imports: [{ service: { account: SYS, subject: "$SYS.REQ.SERVER.PING.JSZ" } }] }
//!   SYS { exports: [{ service: "$SYS.REQ.SERVER.PING.JSZ", response_type: stream, accounts: [APP] }] }
//! }
//! system_account: SYS
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use async_nats::StatusCode;
use async_nats::jetstream::stream::{Config, PersistenceMode};
use futures_util::StreamExt;
use serde::Deserialize;

use crate::Connection;
use crate::declare::{Storage, StreamSpec};

/// The question how a server keeps streams. Each server of a cluster answers it.
const QUESTION: &str = "$SYS.REQ.SERVER.PING.JSZ";
/// How long the servers may take to answer. One that is up answers within a round trip.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// What becomes of a stream that is kept less safely than it is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WeakDurability {
    /// It is an error.
    #[default]
    Refused,
    /// It is a warning in the log. For tests and demonstrations, and for those who can afford to lose what was acknowledged.
    Accepted,
}

/// In what way an acknowledged message is less safe than declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Weakness {
    /// A server acknowledges before it has synced.
    LateSync {
        /// The server.
        server: String,
        /// How long a write may be on its way to the disk.
        interval: Duration,
    },
    /// It is not known how a server syncs, since it was not allowed to ask, or did not answer.
    Untold {
        /// The server; `None` if nobody answered at all.
        server: Option<String>,
    },
    /// A stream has fewer copies than declared.
    FewReplicas {
        /// The stream.
        stream: String,
        /// How many the declaration says.
        declared: usize,
        /// How many there are.
        there: usize,
    },
    /// A stream that is declared to be on disk is in memory.
    InMemory {
        /// The stream.
        stream: String,
    },
    /// A stream is acknowledged before it is written, whatever the server does for others (`persist_mode`).
    LatePersistence {
        /// The stream.
        stream: String,
    },
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LateSync { server, interval } => write!(
                f,
                "the server {server} acknowledges writes up to {interval:?} before they are on its disk: set \
                 `sync_interval: always` in its section `jetstream`"
            ),
            Self::Untold { server: None } => write!(
                f,
                "no server says how it syncs: let the account import {QUESTION} from the system account"
            ),
            Self::Untold {
                server: Some(server),
            } => write!(f, "the server {server} does not say how it syncs"),
            Self::FewReplicas {
                stream,
                declared,
                there,
            } => write!(
                f,
                "the stream {stream} has {there} copies, {declared} are declared"
            ),
            Self::InMemory { stream } => write!(f, "the stream {stream} is in memory, not on disk"),
            Self::LatePersistence { stream } => write!(
                f,
                "the stream {stream} is acknowledged before it is written (`persist_mode: async`)"
            ),
        }
    }
}

/// Why an event store is not used.
#[derive(Debug, thiserror::Error)]
pub enum DurabilityError {
    /// What is acknowledged is less safe than declared.
    #[error("acknowledged would not mean safe: {}", sentence(.0))]
    Weak(Vec<Weakness>),
    /// The server does not answer. Another try may be successful.
    #[error("JetStream does not answer about the stream {stream}: {reason}")]
    Unanswered {
        /// The stream that was asked about.
        stream: String,
        /// What happened.
        reason: String,
    },
}

fn sentence(weaknesses: &[Weakness]) -> String {
    let all: Vec<_> = weaknesses.iter().map(ToString::to_string).collect();
    all.join("; ")
}

/// Makes sure that the streams, which have to be there, are kept as safely as they are declared.
///
/// # Errors
/// [`DurabilityError::Weak`] if they are not and `weak` does not accept that; otherwise when the server does not answer.
pub async fn require(
    connection: &Connection,
    streams: &[StreamSpec],
    weak: WeakDurability,
) -> Result<(), DurabilityError> {
    let weaknesses = weaknesses(connection, streams).await?;
    match weak {
        WeakDurability::Refused if !weaknesses.is_empty() => Err(DurabilityError::Weak(weaknesses)),
        _ => {
            for weakness in weaknesses {
                tracing::warn!("accepted: {weakness}");
            }
            Ok(())
        }
    }
}

/// In what ways the streams, which have to be there, are kept less safely than they are declared. A server that is down is
/// not asked: a cluster starts to work when enough of it is there.
///
/// # Errors
/// When JetStream does not answer.
pub async fn weaknesses(
    connection: &Connection,
    streams: &[StreamSpec],
) -> Result<Vec<Weakness>, DurabilityError> {
    let jetstream = connection.jetstream();
    let mut weaknesses = Vec::new();
    let mut servers = BTreeSet::new();
    for spec in streams {
        let unanswered = |reason: String| DurabilityError::Unanswered {
            stream: spec.name.to_owned(),
            reason,
        };
        let stream = jetstream.get_stream(spec.name).await;
        let stream = stream.map_err(|error| unanswered(error.to_string()))?;
        let info = stream.cached_info();
        weaknesses.extend(of_stream(spec, &info.config));
        if let Some(cluster) = &info.cluster {
            servers.extend(cluster.leader.clone());
            let up = cluster.replicas.iter().filter(|replica| !replica.offline);
            servers.extend(up.map(|replica| replica.name.clone()));
        }
    }
    let told = ask(connection, &servers)
        .await
        .map_err(|reason| DurabilityError::Unanswered {
            stream: QUESTION.to_owned(),
            reason,
        })?;
    weaknesses.extend(of_servers(&servers, &told));
    Ok(weaknesses)
}

fn of_stream(spec: &StreamSpec, there: &Config) -> Vec<Weakness> {
    let stream = || spec.name.to_owned();
    let mut weaknesses = Vec::new();
    if there.num_replicas < spec.replicas {
        weaknesses.push(Weakness::FewReplicas {
            stream: stream(),
            declared: spec.replicas,
            there: there.num_replicas,
        });
    }
    if spec.storage == Storage::File && there.storage == Storage::Memory {
        weaknesses.push(Weakness::InMemory { stream: stream() });
    }
    if there.persist_mode == Some(PersistenceMode::Async) {
        weaknesses.push(Weakness::LatePersistence { stream: stream() });
    }
    weaknesses
}

fn of_servers(servers: &BTreeSet<String>, told: &BTreeMap<String, Sync>) -> Vec<Weakness> {
    if told.is_empty() {
        return vec![Weakness::Untold { server: None }];
    }
    let silent = servers.iter().filter(|server| !told.contains_key(*server));
    let silent = silent.map(|server| Weakness::Untold {
        server: Some(server.clone()),
    });
    // One server alone has no cluster in which it would have a name.
    let kept_by = |server: &String| servers.is_empty() || servers.contains(server);
    let late = told
        .iter()
        .filter(|(server, sync)| kept_by(server) && !sync.sync_always);
    let late = late.map(|(server, sync)| Weakness::LateSync {
        server: server.clone(),
        interval: Duration::from_nanos(sync.sync_interval),
    });
    silent.chain(late).collect()
}

/// How a server syncs, in nanoseconds.
#[derive(Debug, Clone, Deserialize)]
struct Sync {
    #[serde(default)]
    sync_always: bool,
    #[serde(default)]
    sync_interval: u64,
}

/// What a server answers.
#[derive(Deserialize)]
struct Answer {
    server: Server,
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Server {
    name: String,
}

/// Without `config` if the server has no JetStream.
#[derive(Deserialize)]
struct Data {
    config: Option<Sync>,
}

/// Asks all servers, and waits until these have answered, or one if none is named.
async fn ask(
    connection: &Connection,
    servers: &BTreeSet<String>,
) -> Result<BTreeMap<String, Sync>, String> {
    let client = connection.client();
    let inbox = client.new_inbox();
    let subscription = client.subscribe(inbox.clone()).await;
    let mut answers = subscription.map_err(|error| error.to_string())?;
    let asked = client.publish_with_reply(QUESTION, inbox, r#"{"config":true}"#.into());
    asked.await.map_err(|error| error.to_string())?;

    let mut told = BTreeMap::new();
    let collect = async {
        while let Some(answer) = answers.next().await {
            if answer.status == Some(StatusCode::NO_RESPONDERS) {
                return Ok(());
            }
            let answer: Answer =
                serde_json::from_slice(&answer.payload).map_err(|error| error.to_string())?;
            if let Some(sync) = answer.data.and_then(|data| data.config) {
                told.insert(answer.server.name, sync);
            }
            if !told.is_empty() && servers.iter().all(|server| told.contains_key(server)) {
                return Ok(());
            }
        }
        Err("the connection was closed".to_owned())
    };
    match tokio::time::timeout(ANSWERS_WITHIN, collect).await {
        Ok(collected) => collected?,
        // Who has not answered by now is told of as such.
        Err(_) => tracing::debug!(?servers, "not all of them say how they sync"),
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(servers: &[(&str, bool)]) -> BTreeMap<String, Sync> {
        let sync = |always| Sync {
            sync_always: always,
            sync_interval: 120_000_000_000,
        };
        let servers = servers.iter();
        servers
            .map(|(name, always)| ((*name).to_owned(), sync(*always)))
            .collect()
    }

    fn names(servers: &[&str]) -> BTreeSet<String> {
        servers.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn each_server_that_keeps_a_copy_has_to_say_that_it_syncs() {
        let late = |server: &str| Weakness::LateSync {
            server: server.to_owned(),
            interval: Duration::from_secs(120),
        };
        let untold = |server: &str| Weakness::Untold {
            server: Some(server.to_owned()),
        };
        let all = names(&["a", "b", "c"]);
        let good = told(&[("a", true), ("b", true), ("c", true), ("other", false)]);
        assert_eq!(of_servers(&all, &good), []);
        let mixed = told(&[("a", true), ("b", false)]);
        assert_eq!(of_servers(&all, &mixed), [untold("c"), late("b")]);
        assert_eq!(of_servers(&names(&[]), &told(&[("x", false)])), [late("x")]);
        let nobody = Weakness::Untold { server: None };
        assert_eq!(of_servers(&names(&[]), &told(&[])), [nobody]);
    }
}
