//! Three servers that keep three copies of each stream, and lose one of them.

use std::collections::BTreeMap;
use std::time::Duration;

use nats_wsclient::jetstream::consumer::OrderedConfig;
use nats_wsclient::{Client, LiveBucket, Publish, SyncState};
use serde_json::{Value, json};

use crate::chaos::read_in_order;
use crate::copy::Copy;
use crate::run;
use crate::server::{Server, free_port, options, store};

const CONFIG: &str = r#"
server_name: NAME
listen: 127.0.0.1:-1
websocket { listen: "127.0.0.1:PORT", no_tls: true }
jetstream { store_dir: "FOLDER" }
cluster { name: trio, listen: "127.0.0.1:ROUTE", routes: [ROUTES], pool_size: -1 }
accounts { MAIN { jetstream: enabled, users: [ { user: all, password: all } ] } }
"#;

struct Cluster {
    nodes: [Server; 3],
}

impl Cluster {
    /// Three servers that know of each other and have agreed on a leader.
    async fn start() -> Self {
        let ports = [(); 3].map(|()| free_port());
        let routes = ports
            .map(|port| format!("\"nats://127.0.0.1:{port}\""))
            .join(", ");
        let mut nodes = [0, 1, 2].map(|number| {
            let config = CONFIG
                .replace("NAME", &name(number))
                .replace("ROUTES", &routes)
                .replace("ROUTE", &ports[number].to_string());
            Server::prepare(free_port(), &config)
        });
        nodes.iter_mut().for_each(Server::restart);
        let cluster = Self { nodes };
        let client = cluster.connect(0).await;
        // Whoever is asked before there is a leader does not answer, or refuses.
        while !is_done(client.request("$JS.API.INFO", "").await.ok()) {
            pause().await;
        }
        cluster
    }

    async fn connect(&self, number: usize) -> Client {
        let soon = Duration::from_secs(1);
        let patient = options("all").request_timeout(soon);
        self.nodes[number].connect_with(patient).await
    }
}

fn name(number: usize) -> String {
    format!("node-{number}")
}

/// Between two looks at something that no message tells of.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

/// Whether that is the server that a client heard of last.
fn is_on(client: &Client, number: usize) -> bool {
    let info = client.server_info();
    info.is_some_and(|info| info.server_name == name(number))
}

fn is_done(answer: Option<nats_wsclient::Message>) -> bool {
    answer.is_some_and(|answer| {
        serde_json::from_slice::<Value>(&answer.payload)
            .is_ok_and(|answer| answer.get("error").is_none())
    })
}

/// Makes a stream of three copies. The servers learn of each other's resources one after the other.
async fn create(client: &Client, config: Value) {
    let subject = format!(
        "$JS.API.STREAM.CREATE.{}",
        config["name"].as_str().expect("a name")
    );
    while !is_done(client.request(&subject, config.to_string()).await.ok()) {
        pause().await;
    }
}

/// The number of the server that leads a stream; `None` while there is none.
async fn leader(client: &Client, stream: &str) -> Option<usize> {
    let answer = client
        .request(format!("$JS.API.STREAM.INFO.{stream}"), "")
        .await
        .ok()?;
    let info: Value = serde_json::from_slice(&answer.payload).ok()?;
    let leader = info["cluster"]["leader"].as_str()?;
    (0..3).find(|number| name(*number) == leader)
}

/// Publishes until it is acknowledged: the message's id makes it arrive once.
async fn publish_surely(client: &Client, subject: &str, id: &str, payload: &str) {
    let jetstream = client.jetstream();
    loop {
        let publish = Publish::to(subject)
            .message_id(id)
            .payload(payload.to_owned());
        if store(&jetstream, publish).await.is_ok() {
            return;
        }
        pause().await;
    }
}

#[test]
fn the_leader_of_a_stream_goes_and_comes_back() {
    // One reader is on the server that goes; the writer and the other reader are on those that stay.
    run(the_leader_goes(|victim| {
        [(victim + 1) % 3, (victim + 2) % 3, victim]
    }));
}

#[test]
fn the_server_that_everybody_is_connected_to_goes_and_comes_back() {
    // Each knows the address of that one, and of the others what it has told.
    run(the_leader_goes(|victim| [victim; 3]));
}

/// The leader of a stream is killed while it is written to, and started again. `places` tells where the writer and the
/// two readers are.
async fn the_leader_goes(places: fn(usize) -> [usize; 3]) {
    let mut cluster = Cluster::start().await;
    let owner = cluster.connect(0).await;
    create(
        &owner,
        json!({ "name": "events", "subjects": ["events.>"], "num_replicas": 3 }),
    )
    .await;
    create(
        &owner,
        json!({
            "name": "KV_b", "subjects": ["$KV.b.>"], "num_replicas": 3,
            "max_msgs_per_subject": 1, "allow_direct": true, "allow_rollup_hdrs": true,
            "republish": { "src": "$KV.b.>", "dest": "live.b.>" },
        }),
    )
    .await;
    let victim = loop {
        if let Some(leader) = leader(&owner, "KV_b").await {
            break leader;
        }
        pause().await;
    };
    drop(owner);
    let [writer, far, near] = places(victim);
    let writer = cluster.connect(writer).await;
    let far = cluster.connect(far).await;
    let near = cluster.connect(near).await;
    let soon = Duration::from_millis(300);
    let bucket = LiveBucket::new("b")
        .expect("a name")
        .page_timeout(Duration::from_secs(1))
        .check(soon, soon);
    // One watch by republishing and direct gets, one by an ordered consumer, and each client has one.
    let by_consumer = near.jetstream().key_value("b").expect("a name");
    let mut watches = [
        far.live(bucket).expect("a watch"),
        by_consumer.watch_all().expect("a watch"),
    ];
    let mut copies = [(); 2].map(|()| Copy::default());

    let soon = Duration::from_secs(1);
    let config = OrderedConfig::new().heartbeat(soon).api_timeout(soon);
    let events = near.jetstream().ordered_consumer("events", config);
    let mut events = events.expect("a connection");

    let mut expected = BTreeMap::new();
    let writing = async {
        publish_surely(&writer, "$KV.b.first", "first", "").await;
        expected.insert("first".to_owned(), String::new());
        for number in 0..150 {
            match number {
                50 => cluster.nodes[victim].kill(),
                100 => cluster.nodes[victim].restart(),
                _ => {}
            }
            let id = number.to_string();
            publish_surely(&writer, "events.a", &format!("e{id}"), &id).await;
            let key = format!("k{}", number % 23);
            publish_surely(&writer, &format!("$KV.b.{key}"), &format!("k{id}"), &id).await;
            expected.insert(key, id);
            if number == 75 {
                for client in [&writer, &far, &near] {
                    while is_on(client, victim) {
                        pause().await;
                    }
                }
            }
        }
        publish_surely(&writer, "$KV.b.last", "last", "").await;
        expected.insert("last".to_owned(), String::new());
    };
    let complete = |copy: &Copy| {
        copy.values.contains_key("last") && copy.states.last() == Some(&SyncState::Live)
    };
    let [far_watch, near_watch] = &mut watches;
    let [far_copy, near_copy] = &mut copies;
    let reading = async {
        tokio::join!(
            far_copy.until(far_watch, complete),
            near_copy.until(near_watch, complete)
        );
    };
    let reading_events = read_in_order(&mut events, 150);
    let ((), (), read) = tokio::join!(writing, reading, reading_events);
    assert!(read.into_iter().eq(1..=150));
    for copy in &copies {
        assert_eq!(copy.values, expected);
        assert_eq!(copy.resets, 0);
    }

    // Each event once, and in order.
    let events = writer.jetstream().stream("events").expect("a name");
    let info = events.info().await.expect("an answer");
    assert_eq!(info.state.messages, 150);
    for sequence in 1..=150_u64 {
        let stored = events.get_message(sequence).await.expect("an answer");
        let stored = stored.expect("a message");
        assert_eq!(stored.payload, (sequence - 1).to_string());
    }
}
