//! With nats.js as the other end: what one writes, the other one reads, both ways.

use std::time::Duration;

use futures_util::StreamExt;
use nats_wsclient::jetstream::consumer::OrderedConfig;
use nats_wsclient::kv::{Config, Entry, KvError, MarkerReason, Operation, Watch};
use nats_wsclient::{
    Client, HeaderMap, LiveBucket, Message, Publish, Request, RequestMany, Subscription,
};
use serde_json::{Value, json};

use crate::chaos::read_in_order;
use crate::peer::Peer;
use crate::run;
use crate::server::{Server, free_port, store};

const CONFIG: &str = r#"
listen: 127.0.0.1:TCP
websocket { listen: "127.0.0.1:PORT", no_tls: true, compression: true }
jetstream { store_dir: "FOLDER" }
no_auth_user: all
accounts { MAIN { jetstream: enabled, users: [ { user: all, password: all } ] } }
"#;

/// A server, nats.js and this client.
async fn start() -> (Server, Peer, Client) {
    let tcp = free_port();
    let mut server = Server::prepare(free_port(), &CONFIG.replace("TCP", &tcp.to_string()));
    server.restart();
    let client = server.connect().await;
    (server, Peer::start(tcp), client)
}

async fn next(messages: &mut Subscription) -> Message {
    messages.next().await.expect("no end").expect("no error")
}

fn list(headers: &HeaderMap) -> Value {
    headers
        .iter()
        .map(|(name, value)| json!([name, value]))
        .collect()
}

/// Several values of a name, names that differ in case only, what is not ASCII, and nothing.
fn odd_headers() -> (HeaderMap, Value) {
    let odd = [
        ("Zebra", "1"),
        ("Apple", "x: y"),
        ("Zebra", "2"),
        ("zebra", "ÄÖ € 🏨"),
        ("Empty", ""),
    ];
    let mut headers = HeaderMap::new();
    for (name, value) in odd {
        headers.append(name, value).expect("valid");
    }
    (headers, json!(odd))
}

/// The same whatever the order of different names: nats.js sorts them together.
fn by_name(headers: &Value) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> =
        serde_json::from_value(headers.clone()).expect("names and values");
    pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
    pairs
}

#[test]
fn messages_with_headers() {
    run(async {
        let (_server, mut peer, client) = start().await;
        let (headers, odd) = odd_headers();
        peer.ask("subscribe", json!({ "subject": "to.peer" })).await;
        client
            .publish_with_headers("to.peer", &headers, "héllo")
            .expect("a connection");
        let heard = peer.ask("next", json!({ "subject": "to.peer" })).await;
        assert_eq!(heard["payload"], "héllo");
        assert_eq!(by_name(&heard["headers"]), by_name(&odd));

        let mut messages = client.subscribe("to.us").expect("a subject");
        client.flush().await.expect("a connection");
        for (payload, headers) in [("wörld", &odd), ("", &json!([]))] {
            let said = json!({ "subject": "to.us", "payload": payload, "headers": headers });
            peer.ask("publish", said).await;
            let heard = next(&mut messages).await;
            assert_eq!(heard.payload, payload);
            assert_eq!(by_name(&list(&heard.headers)), by_name(headers));
        }
    });
}

#[test]
fn requests_and_requests_for_many() {
    run(async {
        let (_server, mut peer, client) = start().await;
        // We ask.
        peer.ask("answer", json!({ "subject": "count" })).await;
        let (headers, odd) = odd_headers();
        let request = Request::new().payload("1").headers(headers);
        let answer = client.send_request("count", request).await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.payload, "0");
        assert_eq!(by_name(&list(&answer.headers)), by_name(&odd));
        let until_empty = RequestMany::new().payload("5").until_empty();
        let counted = RequestMany::new().payload("5").max_messages(3);
        let quick = Duration::from_millis(200);
        let stalled = RequestMany::new().payload("5").stall(quick);
        for (request, expected) in [(until_empty, 5), (counted, 3), (stalled, 6)] {
            let answers = client.request_many("count", request).expect("a connection");
            let answers: Vec<_> = answers
                .map(|answer| answer.expect("no error"))
                .collect()
                .await;
            let full = answers.iter().filter(|answer| !answer.payload.is_empty());
            assert_eq!(full.count(), expected.min(5), "{answers:?}");
        }

        // It asks.
        let mut questions = client.subscribe("ours").expect("a subject");
        client.flush().await.expect("a connection");
        let answering = client.clone();
        let service = tokio::task::spawn_local(async move {
            while let Some(Ok(question)) = questions.next().await {
                let reply = question.reply.expect("a question");
                for payload in ["a", "b", ""] {
                    answering
                        .publish_with_headers(&reply, &question.headers, payload)
                        .expect("a connection");
                }
            }
        });
        let asked = json!({ "subject": "ours", "payload": "?", "headers": odd });
        let answer = peer.ask("request", asked).await;
        assert_eq!(answer["payload"], "a");
        assert_eq!(by_name(&answer["headers"]), by_name(&odd));
        let asked = json!({ "subject": "ours", "payload": "?", "strategy": "sentinel" });
        let answers = peer.ask("requestMany", asked).await;
        let payloads: Vec<_> = (answers.as_array().into_iter().flatten())
            .map(|answer| answer["payload"].as_str().expect("text"))
            .filter(|payload| !payload.is_empty())
            .collect();
        assert_eq!(payloads, ["a", "b"]);
        let asked = json!({ "subject": "nobody", "payload": "?" });
        let refused = peer.ask_in_vain("request", asked).await;
        assert!(refused.contains("no responders"), "{refused}");
        service.abort();
    });
}

/// The next entries of a live watch.
async fn entries(watch: &mut Watch, count: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    while entries.len() < count {
        let update = watch.next().await.expect("no end").expect("no error");
        entries.extend(update.entries);
    }
    entries
}

#[test]
fn what_becomes_of_a_key() {
    run(async {
        let (_server, mut peer, client) = start().await;
        let republish = json!({ "src": "$KV.b.>", "dest": "live.b.>" });
        let bucket = json!({
            "bucket": "b", "history": 10, "markerTTL": 1_000, "republish": republish,
            "allow_direct": true,
        });
        peer.ask("kvCreate", bucket).await;
        let mut watch = client
            .live(LiveBucket::new("b").expect("a name"))
            .expect("a watch");

        // It writes, we read.
        assert_eq!(peer.kv("b", "put", json!(["key", "1"])).await, 1);
        assert_eq!(peer.kv("b", "update", json!(["key", "zwölf", 1])).await, 2);
        peer.kv("b", "delete", json!(["key"])).await;
        peer.kv("b", "purge", json!(["key"])).await;
        assert_eq!(peer.kv("b", "create", json!(["brief", "x", "1s"])).await, 5);
        let read = entries(&mut watch, 6).await;
        let seen: Vec<_> = read
            .iter()
            .map(|entry| (&*entry.key, entry.revision, entry.operation, entry.marker))
            .collect();
        // The purge took what was before it out of the stream, and the last one is the server's: the key's time is over.
        assert_eq!(
            seen,
            [
                ("key", 1, Operation::Put, None),
                ("key", 2, Operation::Put, None),
                ("key", 3, Operation::Delete, None),
                ("key", 4, Operation::Purge, None),
                ("brief", 5, Operation::Put, None),
                ("brief", 6, Operation::Purge, Some(MarkerReason::MaxAge)),
            ]
        );
        assert_eq!(read[1].value, "zwölf");

        let store = client.jetstream().key_value("b").expect("a name");
        let history = store.history("key").await.expect("an answer");
        assert_eq!(history.len(), 1, "a purge leaves nothing but itself");
        let current = store.entry("key").await.expect("an answer");
        assert_eq!(current.expect("its marker").operation, Operation::Purge);
        assert_eq!(store.get("brief").await.expect("an answer"), None);
    });
}

#[test]
fn what_we_make_of_a_key() {
    run(async {
        let (_server, mut peer, client) = start().await;
        let config = Config {
            bucket: "ours".to_owned(),
            history: 5,
            limit_markers: Duration::from_secs(1),
            ..Config::default()
        };
        let store = client.jetstream().create_key_value(&config).await;
        let store = store.expect("a bucket");
        assert_eq!(store.create("a.b", "eins").await.expect("a revision"), 1);
        assert_eq!(store.update("a.b", "zwö", 1).await.expect("a revision"), 2);
        let read = peer.kv("ours", "get", json!(["a.b"])).await;
        let expected = json!({ "key": "a.b", "revision": 2, "operation": "PUT", "value": "zwö" });
        assert_eq!(read, expected);
        assert_eq!(store.delete("a.b").await.expect("a revision"), 3);
        let asked = json!({ "bucket": "ours", "key": "a.b", "count": 3 });
        let history = peer.ask("kvHistory", asked).await;
        let operations: Vec<_> = (history.as_array().into_iter().flatten())
            .map(|entry| (entry["revision"].as_u64(), entry["operation"].as_str()))
            .collect();
        let expected = [(1, "PUT"), (2, "PUT"), (3, "DEL")]
            .map(|(revision, operation)| (Some(revision), Some(operation)));
        assert_eq!(operations, expected);
        assert_eq!(store.purge("a.b").await.expect("a revision"), 4);
        let read = peer.kv("ours", "get", json!(["a.b"])).await;
        assert_eq!(read["operation"], "PURGE");
        // A key whose last is a marker can be created again, by either.
        assert_eq!(peer.kv("ours", "create", json!(["a.b", "it"])).await, 5);
        let taken = store.create("a.b", "us").await.expect_err("it is there");
        assert!(matches!(taken, KvError::AlreadyExists { .. }), "{taken}");
        let late = json!({ "bucket": "ours", "verb": "update", "args": ["a.b", "late", 4] });
        let refused = peer.ask_in_vain("kvDo", late).await;
        assert!(refused.contains("wrong last sequence"), "{refused}");

        // A life of its own, after which the server leaves a marker.
        let soon = Duration::from_secs(1);
        let brief = store.create_with_ttl("brief", "x", soon).await;
        assert_eq!(brief.expect("a revision"), 6);
        let asked = json!({ "bucket": "ours", "count": 3 });
        let seen = peer.ask("kvWatch", asked).await;
        assert_eq!(seen[2]["key"], "brief");
        assert_eq!(seen[2]["revision"], 7);
        assert_ne!(seen[2]["operation"], "PUT");
    });
}

#[test]
fn batches_and_what_is_read_of_them() {
    run(async {
        let (_server, mut peer, client) = start().await;
        let config = json!({
            "name": "s", "subjects": ["s.>"], "allow_atomic": true, "allow_direct": true,
        });
        peer.ask("createStream", config).await;
        let jetstream = client.jetstream();
        let mut batch = jetstream.batch();
        for number in 0..3 {
            let message = Publish::to(format!("s.{number}")).payload(number.to_string());
            batch.add(message).await.expect("a place in the batch");
        }
        let ack = batch.commit(Publish::to("s.3").payload("3")).await;
        let ack = ack.expect("the whole batch");
        assert_eq!((ack.sequence, ack.size), (4, 4));
        let messages: Vec<_> = (4..8)
            .map(
                |number| json!({ "subject": format!("s.{number}"), "payload": number.to_string() }),
            )
            .collect();
        let ack = peer.ask("batch", json!({ "messages": messages })).await;
        assert_eq!(ack, json!({ "count": 4, "seq": 8 }));
        let (headers, odd) = odd_headers();
        let message = Publish::to("s.8").payload("8").headers(headers);
        let ack = store(&jetstream, message).await.expect("a sequence");
        assert_eq!(ack.sequence, 9);

        let read = peer
            .ask("ordered", json!({ "stream": "s", "count": 9 }))
            .await;
        for (number, message) in read.as_array().into_iter().flatten().enumerate() {
            assert_eq!(message["sequence"], number + 1);
            assert_eq!(message["subject"], format!("s.{number}"));
            assert_eq!(message["payload"], number.to_string());
        }
        assert_eq!(by_name(&read[8]["headers"]), by_name(&odd));
        let ours = jetstream.ordered_consumer("s", OrderedConfig::new());
        let mut ours = ours.expect("a connection");
        assert!(read_in_order(&mut ours, 9).await.into_iter().eq(1..=9));
        let stored = jetstream.stream("s").expect("a name").get_message(8).await;
        let stored = stored.expect("an answer").expect("a message");
        assert_eq!((&*stored.subject, &*stored.payload), ("s.7", &b"7"[..]));
    });
}

#[test]
fn services_are_found() {
    run(async {
        let (_server, mut peer, client) = start().await;
        let service = json!({
            "name": "echo", "version": "1.2.3", "description": "Says it again", "subject": "again",
            "metadata": { "zone": "a" },
        });
        let id = peer.ask("serve", service).await;
        let id = id.as_str().expect("an id");
        client.request("again", "hello").await.expect("an answer");
        let services = client.services();
        let found = services.ping().expect("a connection");
        let found: Vec<_> = found.map(|found| found.expect("an answer")).collect().await;
        let [ping] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!(
            (&*ping.name, &*ping.id, &*ping.version),
            ("echo", id, "1.2.3")
        );
        let one = services.instance("echo", id).expect("a name and an id");
        let info = one.info().expect("a connection").next().await;
        let info = info.expect("somebody").expect("an answer");
        assert_eq!(info.description, "Says it again");
        assert_eq!(info.endpoints[0].subject, "again");
        let stats = one.stats().expect("a connection").next().await;
        let stats = stats.expect("somebody").expect("an answer");
        assert_eq!(stats.endpoints[0].num_requests, 1);
    });
}
