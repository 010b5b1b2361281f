//! Server-Sent Events.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use shared::bookings::StayView;

use crate::hotel::{Backend, DEADLINE, Hotel, cleanup, new_id, stay, until};
use crate::mutations::read;

/// An event as a browser reads it.
#[derive(Debug, Clone, Default, PartialEq)]
struct Event {
    id: String,
    name: String,
    data: Value,
}

/// A client of `/events`.
struct Events {
    answer: reqwest::Response,
    text: String,
    last_id: String,
}

impl Hotel {
    async fn events(&self, query: &str, last_id: Option<&str>) -> Events {
        Events::of(&self.backend, query, last_id).await
    }

    /// How many subscriptions of the backend begin like this.
    async fn subscriptions(&self, to: &str) -> usize {
        let all = self.server.subscriptions().await;
        all.iter().filter(|subject| subject.starts_with(to)).count()
    }
}

impl Events {
    /// Opens a stream, and waits until it has begun.
    async fn of(backend: &Backend, query: &str, last_id: Option<&str>) -> Self {
        let mut request = reqwest::Client::new().get(format!("{}/events{query}", backend.http));
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
        let mut events = Self {
            answer,
            text: String::new(),
            last_id: String::new(),
        };
        let opening = events.block().await.unwrap();
        assert!(opening.starts_with("retry: "), "{opening}");
        events
    }

    /// What is between two empty lines; `None` when the stream has ended.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let block = block.to_owned();
                self.text = rest.to_owned();
                if let Some(id) = block.lines().find_map(|line| line.strip_prefix("id: ")) {
                    self.last_id = id.to_owned();
                }
                return Some(block);
            }
            let bytes = tokio::time::timeout(DEADLINE, self.answer.chunk()).await;
            let bytes = bytes.expect("something from the stream").ok()??;
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }

    /// The next event, without comments.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let block = self.block().await?;
            let field = |name: &str| {
                let lines = block.lines();
                let values = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                values.collect::<Vec<_>>().join("\n")
            };
            let data = field("data");
            if !data.is_empty() {
                return Some(Event {
                    id: field("id"),
                    name: field("event"),
                    data: serde_json::from_str(&data).unwrap(),
                });
            }
        }
    }

    async fn event(&mut self, name: &str) -> Event {
        let event = self.next().await.expect("an event");
        assert_eq!(event.name, name, "{event:?}");
        event
    }
}

#[tokio::test]
async fn changes_of_views_and_outcomes_of_the_caller_are_told() {
    let hotel = Hotel::with_rooms(1).await;
    let mut events = hotel.events("?view=stays", None).await;
    // Of another one.
    hotel.done("cleanup", cleanup(1, "2022-12-12")).await;
    let key = new_id();
    let put = hotel.request(Method::PUT, "/mutation/book-room");
    let body = json!({"data": stay(1, 1, "2022-12-12", 1)});
    let put = put.header("idempotency-key", &key).json(&body);
    assert_eq!(put.send().await.unwrap().status(), 202);

    // Which of them is told first, nobody knows.
    let (a, b) = (events.next().await.unwrap(), events.next().await.unwrap());
    let (change, outcome) = if a.name == "change" { (a, b) } else { (b, a) };
    assert_eq!(outcome.name, "outcome");
    assert_eq!(
        (&outcome.data["command"], &outcome.data["decision"]),
        (&key.into(), &"done".into())
    );
    let value: Value = hotel.value("stays", "1.1_2022-12-12").await.unwrap();
    let expected = json!({"view": "stays", "key": "1.1_2022-12-12", "revision": 1, "value": value});
    assert_eq!(change.data, expected);
    assert!(change.id.contains("stays=1"), "{}", change.id);
}

#[tokio::test]
async fn the_outcome_of_one_command_is_told_whether_it_was_decided_before_or_not() {
    let hotel = Hotel::with_rooms(1).await;
    let put = async |key: &str, date: &str| {
        let put = hotel.request(Method::PUT, "/mutation/cleanup");
        let put = put
            .header("idempotency-key", key)
            .header("prefer", "wait=20");
        let answer = put
            .json(&json!({"data": cleanup(1, date)}))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
    };
    let [before, after] = [new_id(), new_id()];
    put(&before, "2022-12-12").await;
    let query = format!("?command={before}&command={after}");
    let mut events = hotel.events(&query, None).await;
    assert_eq!(events.event("outcome").await.data["command"], before);
    put(&new_id(), "2022-12-13").await;
    put(&after, "2022-12-14").await;
    assert_eq!(events.event("outcome").await.data["command"], after);
    // Seen already, so not told again.
    let mut again = hotel.events(&query, Some(&events.last_id)).await;
    put(&after, "2022-12-14").await;
    let more = new_id();
    put(&more, "2022-12-15").await;
    let mut all = hotel.events("", Some(&events.last_id)).await;
    assert_eq!(all.event("outcome").await.data["command"], more);
    let nothing = tokio::time::timeout(Duration::from_millis(200), again.next()).await;
    assert!(nothing.is_err(), "{nothing:?}");
}

#[tokio::test]
async fn who_comes_again_misses_nothing_and_hears_nothing_twice() {
    const STAYS: u64 = 40;
    let hotel = Hotel::with_rooms(1).await;
    let query = "?view=stays&view=rooms";
    let mut events = hotel.events(query, None).await;
    let book = async {
        for night in 1..=STAYS {
            let date = format!("2022-{:02}-{:02}", 1 + night / 28, 1 + night % 28);
            hotel.done("book-room", stay(1, night, &date, 1)).await;
        }
    };
    let listen = async {
        let mut heard: Vec<(String, u64)> = Vec::new();
        let mut stays = 0;
        while stays < STAYS {
            // The line breaks after every third event, and some happen meanwhile.
            for _ in 0..3 {
                let change = events.event("change").await.data;
                let revision = change["revision"].as_u64().unwrap();
                let view = change["view"].as_str().unwrap().to_owned();
                stays += u64::from(view == "stays");
                heard.push((view, revision));
                if stays == STAYS {
                    break;
                }
            }
            let id = events.last_id.clone();
            drop(std::mem::replace(
                &mut events,
                hotel.events(query, Some(&id)).await,
            ));
        }
        heard
    };
    let ((), heard) = tokio::join!(book, listen);
    let stays = heard.iter().filter(|(view, _)| view == "stays");
    let stays: Vec<_> = stays.map(|(_, revision)| *revision).collect();
    // Each stay was written once, so every write has to be there.
    assert_eq!(stays, (1..=STAYS).collect::<Vec<_>>());
    let mut once = heard.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), heard.len(), "{heard:?}");
}

#[tokio::test]
async fn a_view_that_was_read_is_followed_without_a_gap() {
    let hotel = Hotel::with_rooms(1).await;
    hotel.done("book-room", stay(1, 1, "2022-12-12", 1)).await;
    hotel
        .until_value("stays", "1.1_2022-12-12", |_: &StayView| true)
        .await;
    let (_, view) = read(hotel.request(Method::GET, "/views/stays")).await;
    hotel.done("book-room", stay(1, 2, "2022-12-13", 1)).await;
    hotel
        .until_value("stays", "1.2_2022-12-13", |_: &StayView| true)
        .await;
    let query = format!("?view=stays&last-event-id=stays={}", view["sequence"]);
    let mut events = hotel.events(&query, None).await;
    assert_eq!(events.event("change").await.data["key"], "1.2_2022-12-13");
}

#[tokio::test]
async fn a_deleted_value_is_told_as_null_and_nonsense_is_passed_over() {
    let hotel = Hotel::with_rooms(0).await;
    let stays = hotel.jetstream().get_key_value("stays").await.unwrap();
    let mut events = hotel.events("?view=stays", None).await;
    stays.put("1.1_2022-12-12", "no json".into()).await.unwrap();
    stays
        .put("1.1_2022-12-12", "{\n\"a\":\n1}".into())
        .await
        .unwrap();
    stays.delete("1.1_2022-12-12").await.unwrap();
    assert_eq!(events.event("change").await.data["value"], json!({"a": 1}));
    let deleted = events.event("change").await;
    assert_eq!(
        (&deleted.data["value"], &deleted.data["revision"]),
        (&Value::Null, &3.into())
    );
    let mut again = hotel
        .events("?view=stays&last-event-id=stays=1", None)
        .await;
    assert_eq!(again.event("change").await.data, deleted.data);
}

#[tokio::test]
async fn a_broken_connection_to_the_server_leaves_no_gap() {
    let mut hotel = Hotel::with_rooms(1).await;
    let mut events = hotel.events("?view=stays", None).await;
    hotel.server.kill();
    events.event("stale").await;
    hotel.server.restart().await;
    hotel.connection = hotel.server.connect().await;
    // Perhaps before the backend is back.
    hotel.done("book-room", stay(1, 1, "2022-12-12", 1)).await;
    let mut told = [events.next().await.unwrap(), events.next().await.unwrap()];
    told.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!((&*told[0].name, &*told[1].name), ("change", "live"));
    assert_eq!(told[0].data["key"], "1.1_2022-12-12");
}

#[tokio::test]
async fn one_subscription_serves_all_and_ends_with_the_last() {
    let hotel = Hotel::with_rooms(0).await;
    assert_eq!(hotel.subscriptions("live.").await, 0);
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(hotel.events("?view=stays&view=rooms", None).await);
    }
    assert_eq!(hotel.subscriptions("live.stays.").await, 1);
    assert_eq!(hotel.subscriptions("live.").await, 2);
    assert_eq!(hotel.subscriptions("outcome.hotel.http.").await, 1);
    let last = streams.pop();
    drop(streams);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(hotel.subscriptions("live.stays.").await, 1);
    drop(last);
    until("no subscription", async || {
        let left =
            hotel.subscriptions("live.").await + hotel.subscriptions("outcome.hotel.http.").await;
        (left == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_client_that_reads_too_slowly_is_cut_off_and_told_why() {
    let hotel = Hotel::with_rooms(0).await;
    let stays = hotel.jetstream().get_key_value("stays").await.unwrap();
    let mut slow = hotel.events("?view=stays", None).await;
    // More than the connection holds, and then more changes than are held for anybody.
    let large = json!("x".repeat(500_000)).to_string();
    for number in 1..=40 {
        let key = format!("{number}.1_2022-12-12");
        stays.put(key, large.clone().into()).await.unwrap();
    }
    let jetstream = hotel.jetstream();
    let mut acks = Vec::new();
    for number in 0..3_000_u32 {
        let subject = format!("$KV.stays.{}.2_2022-12-12", 1 + number % 5);
        let ack = jetstream.publish(subject, number.to_string().into());
        acks.push(ack.await.unwrap());
        if acks.len() == 100 {
            for ack in acks.drain(..) {
                ack.await.unwrap();
            }
        }
    }
    // One who keeps up has heard the last one when the backend has told them all.
    let mut last = Event::default();
    let mut changes = 0;
    while let Some(event) = slow.next().await {
        changes += usize::from(event.name == "change");
        last = event;
    }
    assert_eq!(
        last.name, "error",
        "{changes} changes, and then {:?}",
        last.data["key"]
    );
    assert_eq!(last.data["type"], "/problems/too-slow");
    assert!(changes < 2_000, "{changes}");

    // Coming again, it finds the newest of everything that it has missed.
    let mut again = hotel.events("?view=stays", Some(&slow.last_id)).await;
    while again.event("change").await.data["value"] != 2_999 {}
}

#[tokio::test]
async fn there_are_as_many_streams_as_there_may_be() {
    let hotel = Hotel::with_rooms(0).await;
    let backend = Backend::start(&hotel.server.url(), &["--http-streams", "2"]);
    backend.until_health_is(200).await;
    let open = async || backend.get("/events").await;
    let (first, _second) = (open().await, open().await);
    let third = open().await;
    assert_eq!(third.status(), 503);
    assert_eq!(third.headers()[header::RETRY_AFTER], "5");
    let problem: Value = third.json().await.unwrap();
    assert_eq!(problem["type"], "/problems/too-many-streams");
    drop(first);
    until("a place", async || {
        (open().await.status() == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn bad_questions_are_problems() {
    let hotel = Hotel::with_rooms(0).await;
    let long = format!("?command={}", "x".repeat(65));
    let many: String = (0..101)
        .map(|number| format!("&command=c{number}"))
        .collect();
    for (query, status) in [
        ("?view=none", 404),
        ("?view=outcomes", 404),
        ("?views=stays", 400),
        ("?command=a.b", 400),
        (&*long, 400),
        (&*format!("?{}", &many[1..]), 400),
        ("?last-event-id=7", 400),
    ] {
        let path = format!("/events{query}");
        let (found, problem) = read(hotel.request(Method::GET, &path)).await;
        assert_eq!(found, status, "{query}: {problem}");
    }
    for (id, status) in [
        ("7", 400),
        ("stays", 400),
        ("stays=x", 400),
        ("stays=-1", 400),
        ("none=1", 400),
        ("stays=18446744073709551615", 400),
        ("\u{fc}", 400),
        // What has not happened.
        ("stays=1000000", 409),
        ("outcomes=1000000", 409),
    ] {
        let request = hotel.request(Method::GET, "/events?view=stays");
        let id = header::HeaderValue::from_bytes(id.as_bytes()).unwrap();
        let (found, problem) = read(request.header("last-event-id", id.clone())).await;
        assert_eq!(found, status, "{id:?}: {problem}");
    }
}

#[tokio::test]
async fn streams_end_with_the_backend() {
    let mut hotel = Hotel::with_rooms(0).await;
    let mut events = hotel.events("?view=stays", None).await;
    let (status, ()) = tokio::join!(hotel.backend.stop(), async {
        assert_eq!(events.next().await, None);
    });
    assert!(status.success());
}

#[tokio::test]
async fn another_backend_goes_on_where_one_has_ended() {
    let mut hotel = Hotel::with_rooms(1).await;
    let other = Backend::start(&hotel.server.url(), &[]);
    other.until_health_is(200).await;
    let mut events = hotel.events("?view=stays", None).await;
    hotel.done("book-room", stay(1, 1, "2022-12-12", 1)).await;
    events.event("change").await;
    assert!(hotel.backend.stop().await.success());
    assert_eq!(events.next().await, None);
    hotel.done("book-room", stay(1, 2, "2022-12-13", 1)).await;
    let mut events = Events::of(&other, "?view=stays", Some(&events.last_id)).await;
    assert_eq!(events.event("change").await.data["key"], "1.2_2022-12-13");
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_disconnected() {
    let hotel = Hotel::with_rooms(0).await;
    let backend = Backend::start(&hotel.server.url(), &["--http-streams", "1"]);
    backend.until_health_is(200).await;
    let mut client = TcpStream::connect(backend.http.strip_prefix("http://").unwrap()).unwrap();
    client
        .write_all(b"GET /events?view=stays HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    // No more than it takes to know that the only place is this client's.
    let mut head = [0; b"HTTP/1.1 200".len()];
    client.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    let place = async |status: u16| (backend.get("/events").await.status() == status).then_some(());
    assert!(place(503).await.is_some());
    // More than the buffers of a connection hold.
    let stays = hotel.jetstream().get_key_value("stays").await.unwrap();
    let large = json!("x".repeat(500_000)).to_string();
    for number in 1..=40 {
        let key = format!("{number}.1_2022-12-12");
        stays.put(key, large.clone().into()).await.unwrap();
    }
    // Half a minute, and some time more.
    let gone = async {
        while place(200).await.is_none() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(3 * DEADLINE, gone)
        .await
        .expect("its place");
}

#[tokio::test]
async fn a_client_that_is_gone_without_a_word_leaves_nothing() {
    let hotel = Hotel::with_rooms(0).await;
    let address = hotel.backend.http.strip_prefix("http://").unwrap();
    let mut client = TcpStream::connect(address).unwrap();
    client
        .write_all(b"GET /events?view=stays HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    until("its subscription", async || {
        (hotel.subscriptions("live.").await == 1).then_some(())
    })
    .await;
    drop(client);
    until("no subscription", async || {
        (hotel.subscriptions("live.").await == 0).then_some(())
    })
    .await;
}
