//! Personal data: sealed in what is stored, there for whoever has the key, and gone with it.

use std::path::Path;

use async_nats::HeaderMap;
use jetstream_es::declare::{self, BucketSpec, StreamSpec};
use jetstream_es::history;
use jetstream_es::projector::Projector;
use jetstream_es::rebuild::{self, Options, Progress};
use jetstream_es::shred::{SEALED, SEALED_FOR};
use jetstream_es::testing::Server;
use jetstream_es::{
    Boundary, Cause, CodecError, Connection, DeadLetters, ExecuteError, GroupCommit, Keys,
    Personal, Position, Projection, Recorded, Repository, StoredMessage,
};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::bank::publish;
use crate::guarded::until;

const KEYS: &str = "owner-keys";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
enum Said {
    #[serde(rename = "bank.owner-named.v1")]
    Named(Named),
    #[serde(rename = "bank.owner-forgotten.v1")]
    Forgotten { owner: u32 },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Named {
    owner: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl Said {
    fn owner(&self) -> u32 {
        match self {
            Self::Named(Named { owner, .. }) | Self::Forgotten { owner } => *owner,
        }
    }

    fn name(&self) -> Option<String> {
        match self {
            Self::Named(named) => named.name.clone(),
            Self::Forgotten { .. } => None,
        }
    }
}

/// An owner; the state is the name.
struct Owners;

impl Boundary for Owners {
    type Id = u32;
    type Event = Said;
    type State = Option<String>;

    const STREAM: &'static str = "owners";
    const SOURCE: &'static str = "/bank";

    fn filter(owner: &u32) -> String {
        format!("owner.{owner}.>")
    }

    fn subject(event: &Said) -> String {
        format!("owner.{}.said", event.owner())
    }

    fn about(event: &Said) -> String {
        event.owner().to_string()
    }

    fn evolve(_: Option<String>, event: &Recorded<Said>) -> Option<String> {
        event.event.name()
    }

    fn personal(event: &Said) -> Option<Personal> {
        let of = event.owner().to_string();
        event.name().map(|_| Personal {
            of,
            fields: &["/name"],
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Shown {
    name: Option<String>,
    sequence: u64,
}

struct Names;

impl Projection for Names {
    type Event = Said;
    type Key = u32;
    type Value = Shown;

    const BUCKET: &'static str = "names";
    const STREAMS: &'static [&'static str] = &["owners"];

    fn read(_stream: &'static str, message: &StoredMessage) -> Result<Said, CodecError> {
        Ok(Owners::decode(message)?.event)
    }

    fn keys(event: &Said) -> Vec<u32> {
        vec![event.owner()]
    }

    fn position(value: &Shown, _stream: &'static str) -> u64 {
        value.sequence
    }

    fn apply(_key: &u32, _value: Option<Shown>, event: &Said, at: Position) -> Option<Shown> {
        let (name, sequence) = (event.name(), at.sequence);
        Some(Shown { name, sequence })
    }
}

/// A server with the streams, a connection without keys, and one with them.
async fn open() -> (Server, Connection, Connection) {
    let server = Server::start().await;
    let connection = server.connect().await;
    let jetstream = connection.jetstream();
    for stream in [
        StreamSpec::events("owners", ["owner.>"]),
        DeadLetters::stream(),
    ] {
        declare::stream(&jetstream, &stream).await.unwrap();
    }
    for bucket in [BucketSpec::new("names"), Keys::bucket(KEYS)] {
        declare::bucket(&jetstream, &bucket).await.unwrap();
    }
    let with_keys = server.connect().await.with_keys(KEYS);
    (server, connection, with_keys)
}

fn named(owner: u32, name: &str) -> Said {
    let name = Some(name.to_owned());
    Said::Named(Named { owner, name })
}

async fn say(owners: &Repository<Owners>, command: &str, event: Said) {
    let decide = |_: &Option<String>| Ok::<_, ()>(vec![event.clone()]);
    let (owner, cause) = (event.owner(), Cause::new(command));
    owners.execute(&owner, &cause, decide).await.unwrap();
}

async fn name_of(connection: &Connection, owner: u32) -> Option<String> {
    let owners = Repository::<Owners>::new(connection, 10);
    owners.newest(&owner, Option::clone).await.unwrap()
}

async fn shown(connection: &Connection, owner: u32) -> Option<Shown> {
    let names = connection.jetstream().get_key_value("names").await.unwrap();
    let value = names.get(owner.to_string()).await.unwrap()?;
    Some(serde_json::from_slice(&value).unwrap())
}

/// Whether the bytes are in a file below the folder.
fn is_in_a_file(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return is_in_a_file(&path, bytes);
        }
        let file = std::fs::read(&path).unwrap_or_default();
        file.windows(bytes.len()).any(|window| window == bytes)
    })
}

#[tokio::test]
async fn a_name_is_stored_sealed_and_read_by_whoever_has_the_key() {
    let (server, without_keys, with_keys) = open().await;
    let owners = Repository::<Owners>::new(&with_keys, 10);
    say(&owners, "c1", named(7, "Ada Lovelace")).await;
    // What was decided here is known here without being read.
    let at_hand = owners.at_hand(&7, Option::clone);
    assert_eq!(at_hand, Some(Some("Ada Lovelace".to_owned())));

    let stored = history::at(&without_keys, "owners", 1).await.unwrap();
    let stored = stored.unwrap();
    let text = String::from_utf8(stored.payload.to_vec()).unwrap();
    assert!(
        !text.contains("Ada") && text.contains(r#""data":{"owner":7}"#),
        "{text}"
    );
    assert!(text.starts_with(r#"{"specversion":"1.0","id":"#), "{text}");
    assert_eq!(stored.headers.get(SEALED_FOR).unwrap().as_str(), "7");
    assert!(!is_in_a_file(server.folder(), b"Lovelace"));

    assert_eq!(
        name_of(&with_keys, 7).await.as_deref(),
        Some("Ada Lovelace")
    );
    assert_eq!(name_of(&without_keys, 7).await, None);
    let events = history::events::<Owners>(&with_keys, &7).await.unwrap();
    assert_eq!(events[0].1.event, named(7, "Ada Lovelace"));
}

#[tokio::test]
async fn with_the_key_the_name_is_gone_for_good() {
    let (server, _, connection) = open().await;
    let owners = Repository::<Owners>::new(&connection, 10);
    say(&owners, "c1", named(7, "Ada Lovelace")).await;
    say(&owners, "c2", named(8, "Grace Hopper")).await;
    let keys = Keys::new(&connection, KEYS);
    let jetstream = connection.jetstream();
    let bucket = jetstream.get_key_value(KEYS).await.unwrap();
    let key = bucket.get("7").await.unwrap().unwrap();
    assert!(is_in_a_file(server.folder(), &key));

    let revision = keys.revision("7").await.unwrap().unwrap();
    assert!(keys.erase("7", revision).await.unwrap());
    assert_eq!(name_of(&connection, 7).await, None);
    assert_eq!(
        name_of(&connection, 8).await.as_deref(),
        Some("Grace Hopper")
    );
    assert!(bucket.get("7").await.unwrap().is_none());
    assert!(
        !is_in_a_file(server.folder(), &key),
        "the key is still in a file"
    );
    assert_eq!(keys.revision("7").await.unwrap(), None);

    // Known again, with another key, which does not open what the first one sealed.
    say(&owners, "c3", named(7, "Ada King")).await;
    let events = history::events::<Owners>(&connection, &7).await.unwrap();
    let names: Vec<_> = events.iter().map(|(_, event)| event.event.name()).collect();
    assert_eq!(names, [None, Some("Ada King".to_owned())]);
    // The same erasure once more does not touch it.
    assert!(!keys.erase("7", revision).await.unwrap());
    assert_eq!(name_of(&connection, 7).await.as_deref(), Some("Ada King"));
}

#[tokio::test]
async fn a_read_model_shows_the_name_until_an_event_takes_it_away() {
    let (_server, _, connection) = open().await;
    let owners = Repository::<Owners>::new(&connection, 10);
    let stop = CancellationToken::new();
    let projector = Projector::open(&connection, Names).await.unwrap();
    let running = tokio::spawn(projector.run(stop.clone()));
    for owner in 1..=20 {
        say(&owners, &format!("n{owner}"), named(owner, "Ada")).await;
    }
    let name = |shown: Option<Shown>| shown.and_then(|shown| shown.name);
    until("the last one is shown", async || {
        name(shown(&connection, 20).await).as_deref() == Some("Ada")
    })
    .await;
    for owner in 1..=20 {
        let shown = name(shown(&connection, owner).await);
        assert_eq!(shown.as_deref(), Some("Ada"), "{owner}");
    }

    say(&owners, "f7", Said::Forgotten { owner: 7 }).await;
    let keys = Keys::new(&connection, KEYS);
    let revision = keys.revision("7").await.unwrap().unwrap();
    keys.erase("7", revision).await.unwrap();
    until("the name is taken away", async || {
        name(shown(&connection, 7).await).is_none()
    })
    .await;
    stop.cancel();
    running.await.unwrap();

    // Made anew, it is the same, and the others have their names.
    let before = shown(&connection, 7).await;
    let progress = watch::Sender::new(Progress::default());
    let rebuilt = rebuild::rebuild(&connection, &Names, Options::default(), &progress).await;
    let rebuilt = rebuilt.unwrap();
    assert_eq!(
        (rebuilt.events, rebuilt.unreadable, rebuilt.written),
        (21, 0, 0)
    );
    assert_eq!(shown(&connection, 7).await, before);
    assert_eq!(name(shown(&connection, 8).await).as_deref(), Some("Ada"));
}

#[tokio::test]
async fn events_of_one_commit_are_sealed_each_for_its_own() {
    let (server, _, connection) = open().await;
    let groups = GroupCommit::default();
    let owners = Repository::<Owners>::new(&connection, 100).committing_in_groups(groups);
    let all = (1..=40).map(|owner| {
        let owners = &owners;
        let (command, event) = (format!("c{owner}"), named(owner, &format!("Owner {owner}")));
        async move { say(owners, &command, event).await }
    });
    futures_util::future::join_all(all).await;
    assert!(!is_in_a_file(server.folder(), b"Owner "));
    for owner in [1, 17, 40] {
        let name = name_of(&connection, owner).await;
        assert_eq!(name, Some(format!("Owner {owner}")));
    }
}

#[tokio::test]
async fn nothing_personal_is_stored_without_a_key() {
    let (_server, without_keys, _) = open().await;
    let owners = Repository::<Owners>::new(&without_keys, 10);
    let decide = |_: &Option<String>| Ok::<_, ()>(vec![named(7, "Ada")]);
    let refused = owners.execute(&7, &Cause::new("c1"), decide).await;
    let Err(ExecuteError::Append(error)) = refused else {
        panic!("{refused:?}");
    };
    assert!(!error.is_transient(), "{error}");
    assert!(error.to_string().contains("with_keys"), "{error}");
    assert!(
        history::at(&without_keys, "owners", 1)
            .await
            .unwrap()
            .is_none()
    );
    // What is not personal needs no key.
    say(&owners, "c2", Said::Forgotten { owner: 7 }).await;
}

#[tokio::test]
async fn an_event_of_before_and_one_that_was_tampered_with_are_read() {
    let (_server, _, connection) = open().await;
    let plain = r#"{"specversion":"1.0","id":"1","source":"/bank","type":"bank.owner-named.v1","data":{"owner":7,"name":"Ada"}}"#;
    publish(&connection, "owner.7.said", plain).await;
    assert_eq!(name_of(&connection, 7).await.as_deref(), Some("Ada"));

    let owners = Repository::<Owners>::new(&connection, 10);
    say(&owners, "c8", named(8, "Grace")).await;
    let sealed = history::at(&connection, "owners", 2)
        .await
        .unwrap()
        .unwrap();
    // The same under the subject of somebody else does not open, though the key is there.
    let jetstream = connection.jetstream();
    let mut headers = HeaderMap::new();
    for name in [SEALED, SEALED_FOR] {
        headers.insert(name, sealed.headers.get(name).unwrap().clone());
    }
    let stored = jetstream.publish_with_headers("owner.9.said", headers, sealed.payload);
    stored.await.unwrap().await.unwrap();
    assert_eq!(name_of(&connection, 9).await, None);
}
