//! The limits of `nats-server.conf`, and of the HTTP edge, reached.

use serde_json::Value;
use shared::cloud_event::CloudEvent;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vacancy_tests::backend::Backend;
use vacancy_tests::hotel::{self, Hotel, today};
use vacancy_tests::nats::{NatsServer, Options};
use vacancy_tests::wait;
use vacancy_tests::wire::{Verdict, Wire};

/// A page of a guest.
async fn guest(hotel: &Hotel) -> (Wire, Verdict) {
    hotel.try_page(None).await
}

fn denied(text: &str) -> Verdict {
    Verdict::Denied(text.to_owned())
}

#[tokio::test]
async fn one_guest_too_many_is_turned_away_and_the_front_desk_is_not() {
    let hotel = Hotel::start_with(Options {
        edits: &[("max_connections: 2000", "max_connections: 2")],
        ..Options::default()
    })
    .await;
    let (first, verdict) = guest(&hotel).await;
    assert_eq!(verdict, Verdict::Allowed);
    let (mut second, verdict) = guest(&hotel).await;
    assert_eq!(verdict, Verdict::Allowed);

    let (_, verdict) = guest(&hotel).await;
    assert_eq!(
        verdict,
        denied("maximum account active connections exceeded")
    );

    let mut desk = hotel.page(Some("frontdesk")).await;
    assert_eq!(desk.verdict().await, Verdict::Allowed);
    assert_eq!(second.verdict().await, Verdict::Allowed);

    // A place that is given up is free again.
    drop(first);
    vacancy_tests::wait::until("a free place", async || {
        (guest(&hotel).await.1 == Verdict::Allowed).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_message_over_the_limit_ends_the_connection_and_no_other() {
    let hotel = Hotel::start().await;
    let mut bystander = hotel.page(Some("frontdesk")).await;
    for (user, subject, limit) in [
        (None, "$JS.API.DIRECT.GET.KV_vacancy", 4 * 1024),
        (Some("frontdesk"), "cmd.frontdesk.book-room", 16 * 1024),
        (Some("housekeeping"), "cmd.housekeeping.cleanup", 16 * 1024),
    ] {
        let mut wire = hotel.page(user).await;
        assert_eq!(
            wire.publish(subject, &vec![b' '; limit]).await,
            Verdict::Allowed
        );
        let verdict = wire.publish(subject, &vec![b' '; limit + 1]).await;
        assert_eq!(verdict, denied("Maximum Payload Violation"), "{user:?}");
        wire.closed().await;
    }
    assert_eq!(bystander.verdict().await, Verdict::Allowed);
}

#[tokio::test]
async fn a_guest_has_eight_subscriptions() {
    let hotel = Hotel::start().await;
    let (mut wire, _) = guest(&hotel).await;
    for number in 0..8 {
        let subject = format!("live.vacancy.type-{number}");
        assert_eq!(wire.subscribe(&subject, None).await, Verdict::Allowed);
    }
    let verdict = wire.subscribe("live.vacancy.one-too-many", None).await;
    assert_eq!(verdict, denied("maximum subscriptions exceeded"));
}

#[tokio::test]
async fn bytes_that_are_no_protocol_end_the_connection_and_no_other() {
    let hotel = Hotel::start().await;
    let mut bystander = hotel.page(Some("frontdesk")).await;
    for bytes in [
        &b"HELLO\r\n"[..],
        b"PUB live.rooms.1 99999999999999999999\r\n",
        b"PUB \r\n",
        b"\0\xff\xfe\x80\r\n",
        b"CONNECT {\"verbose\":\r\n",
    ] {
        let (mut wire, _) = guest(&hotel).await;
        wire.send(bytes).await;
        wire.closed().await;
    }
    assert_eq!(bystander.verdict().await, Verdict::Allowed);
}

#[tokio::test]
async fn a_page_of_the_staff_has_sixty_four_subscriptions() {
    let hotel = Hotel::start().await;
    let mut wire = hotel.page(Some("frontdesk")).await;
    for number in 0..64 {
        let subject = format!("live.stays.{number}");
        assert_eq!(wire.subscribe(&subject, None).await, Verdict::Allowed);
    }
    let verdict = wire.subscribe("live.stays.one-too-many", None).await;
    assert_eq!(verdict, denied("maximum subscriptions exceeded"));
}

#[tokio::test]
async fn who_never_reads_is_cut_off_and_others_go_on() {
    let hotel = Hotel::start().await;
    let mut bystander = hotel.page(None).await;
    let (mut sleeper, _) = guest(&hotel).await;
    for page in [&mut bystander, &mut sleeper] {
        let verdict = page.subscribe("live.vacancy.>", None).await;
        assert_eq!(verdict, Verdict::Allowed);
    }
    // More than `max_pending` and what the operating system holds for the two ends of a connection.
    let value = bytes::Bytes::from(vec![b'x'; 1_000_000]);
    for _ in 0..60 {
        let live = hotel.client().publish("live.vacancy.x", value.clone());
        live.await.unwrap();
        hotel.client().flush().await.unwrap();
        assert_eq!(bystander.verdict().await, Verdict::Allowed);
        bystander.messages.clear();
    }
    sleeper.closed().await;
    assert_eq!(bystander.verdict().await, Verdict::Allowed);
}

#[tokio::test]
async fn handshakes_that_are_never_finished_are_closed_and_others_come_in() {
    let hotel = Hotel::start_with(Options {
        edits: &[(r#"handshake_timeout: "5s""#, r#"handshake_timeout: "1s""#)],
        ..Options::default()
    })
    .await;
    let mut half = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(hotel.nats.websocket_address())
            .await
            .unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
        half.push(stream);
    }
    let (_page, verdict) = guest(&hotel).await;
    assert_eq!(verdict, Verdict::Allowed);
    for mut stream in half {
        let mut answer = Vec::new();
        let read = tokio::time::timeout(wait::DEADLINE, stream.read_to_end(&mut answer)).await;
        // By a reset or in good order: what counts is that it ends.
        drop(read.expect("the end of the connection"));
    }
}

#[tokio::test]
async fn who_does_not_say_who_they_are_is_closed() {
    let hotel = Hotel::start_with(Options {
        edits: &[("  timeout: 2\n", "  timeout: 1\n")],
        ..Options::default()
    })
    .await;
    let (url, origin) = (hotel.nats.websocket_url(), hotel.backend.url(""));
    let mut silent = Wire::dial(&url, &origin).await.unwrap();
    let error = silent.closed().await;
    assert_eq!(error.as_deref(), Some("Authentication Timeout"));
    let (_page, verdict) = guest(&hotel).await;
    assert_eq!(verdict, Verdict::Allowed);
}

#[tokio::test]
async fn what_the_backend_declares_fits_with_room_to_spare() {
    let hotel = Hotel::start().await;
    let account = hotel.jetstream().query_account().await.unwrap();
    let limits = account.limits;
    for (what, used, limit) in [
        ("streams", account.streams, limits.max_streams),
        ("consumers", account.consumers, limits.max_consumers),
    ] {
        let limit = usize::try_from(limit.unwrap()).unwrap();
        assert!(used * 3 / 2 <= limit, "{what}: {used} of {limit}");
    }
}

#[tokio::test]
async fn too_few_streams_or_consumers_are_told_at_the_start() {
    for (from, to, expected) in [
        ("max_streams: 50", "max_streams: 10", "raise max_streams"),
        (
            "max_consumers: 100",
            "max_consumers: 5",
            "raise max_consumers",
        ),
    ] {
        let options = Options {
            edits: &[(from, to)],
            ..Options::default()
        };
        let nats = NatsServer::start(8080, options).await;
        let backend = Backend::without_pages(&nats, 1);
        let output = backend.run("serve", &["--http", "127.0.0.1:0"]).await;
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(expected), "{said}");
    }
}

#[tokio::test]
async fn a_line_of_the_protocol_that_is_too_long_ends_the_connection_and_no_other() {
    let hotel = Hotel::start().await;
    let (mut bystander, _) = guest(&hotel).await;
    let (mut wire, _) = guest(&hotel).await;
    let subject = format!("cmd.guest.{}", "x".repeat(4 * 1024));
    wire.send(format!("PUB {subject} 2\r\n{{}}\r\n")).await;
    let error = wire.closed().await;
    assert_eq!(error.as_deref(), Some("maximum control line exceeded"));
    assert_eq!(bystander.verdict().await, Verdict::Allowed);
}

#[tokio::test]
async fn a_machine_that_sends_too_much_is_told_when_to_send_it_again_and_the_desk_works_on() {
    let hotel = Hotel::with_options(["--channel-rate", "1"]).await;
    hotel.add_room(1).await;
    let key = hotel.hire_channel("agency").await;
    let (mut machine, verdict) = hotel.machine(&key).await;
    assert_eq!(verdict, Verdict::Allowed);
    let heard = machine.subscribe("outcome.agency.>", None).await;
    assert_eq!(heard, Verdict::Allowed);
    let book = |client| {
        let nights_away = today().plus_days(i32::try_from(client).unwrap());
        let booking = hotel::booking(1, client, "Ada", nights_away, 1);
        let event = CloudEvent::command(hotel::new_id(), "/agency", hotel::now(), booking);
        serde_json::to_vec(&event).unwrap()
    };
    // Five at once, and one a second: of a hundred, most are too many on any machine.
    for client in 1..=100 {
        let verdict = machine.publish("cmd.agency.book-room", &book(client)).await;
        assert_eq!(verdict, Verdict::Allowed);
    }
    let mut refused = 0;
    for _ in 0..100 {
        let outcome: Value = serde_json::from_str(&machine.delivery().await.payload).unwrap();
        if outcome["refusal"]["code"] == "too-many-commands" {
            let wait = outcome["refusal"]["retry_in"].as_u64();
            assert!(wait.is_some_and(|seconds| seconds >= 1), "{outcome}");
            refused += 1;
        }
    }
    assert!((1..=95).contains(&refused), "{refused}");
    hotel.book(1, 200, "Grace", today().plus_days(200), 1).await;
}

#[tokio::test]
async fn with_as_many_connections_as_there_may_be_over_http_the_next_one_is_told_so() {
    // Those of an address may be more than those of all.
    let options = ["--http-all-connections", "3", "--http-connections", "0"];
    let hotel = Hotel::with_options(options).await;
    a_connection_too_many(&hotel, 503).await;
}

#[tokio::test]
async fn an_address_with_too_many_connections_is_told_so() {
    let hotel = Hotel::with_options(["--http-connections", "3"]).await;
    a_connection_too_many(&hotel, 429).await;
}

/// Opens connections over HTTP until one is refused with this status, of which there may be three.
async fn a_connection_too_many(hotel: &Hotel, status: u16) {
    let begin = format!("HTTP/1.1 {status} ");
    let address = hotel.backend.url("").replace("http://", "");
    let open = async || TcpStream::connect(&address).await.unwrap();
    let mut held = Vec::new();
    // Others of this test's programs may have some for a moment, such as the one that asks for the health.
    let answer = wait::until("a connection too many", async || {
        let mut stream = open().await;
        let request = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut answer = vec![0; 1024];
        let length = stream.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
        held.push(stream);
        answer.starts_with(&begin).then_some(answer)
    })
    .await;
    assert!(held.len() <= 4, "{}", held.len());
    assert!(answer.contains("application/problem+json"), "{answer}");
    assert!(answer.contains("Retry-After: 5"), "{answer}");
    // Whose connections end has places again.
    held.clear();
    wait::until("a free place", async || {
        let answer = reqwest::get(hotel.backend.url("/health/live")).await.ok()?;
        answer.status().is_success().then_some(())
    })
    .await;
}
