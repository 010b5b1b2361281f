//! What is killed, stopped and started again.

use shared::bookings::{StayView, VacancyView};
use shared::outcome::{Decision, Outcome};

use crate::hotel::{Backend, Hotel, arrival, cleanup, envelope, new_id, program, stay};

#[tokio::test]
async fn commands_that_come_while_nobody_decides_are_done_afterwards() {
    let mut hotel = Hotel::with_rooms(2).await;
    assert!(hotel.backend.stop().await.success(), "not a good end");
    for night in 10..20 {
        let data = stay(1, night, &format!("2022-12-{night}"), 1);
        let payload = envelope("book-room", &new_id(), data).to_string();
        let subject = "cmd.hotel.test.book-room";
        hotel.publish(subject, None, payload).await;
    }
    hotel.start_backend();
    for night in 10..20 {
        let key = format!("1.{night}_2022-12-{night}");
        hotel.until_value("stays", &key, |_: &StayView| true).await;
    }
}

#[tokio::test]
async fn a_killed_backend_leaves_nothing_half_done() {
    let mut hotel = Hotel::with_rooms(5).await;
    let mut sent = Vec::new();
    for round in 0..5 {
        for room in 1..=5 {
            let date = format!("2022-12-{}", 10 + 3 * round);
            let id = new_id();
            let payload = envelope("book-room", &id, stay(room, 1, &date, 3)).to_string();
            hotel
                .publish("cmd.hotel.test.book-room", Some(&id), payload)
                .await;
            sent.push(id);
        }
        // In the middle of it.
        hotel.backend.kill();
        hotel.start_backend();
    }
    let mut last = 0;
    for id in sent {
        let key = format!("hotel.test.{id}");
        let outcome: Outcome = hotel.until_value("outcomes", &key, |_| true).await;
        match outcome.decision {
            Decision::Done { event, .. } => last = last.max(event.sequence),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((last, hotel.count("room-booking").await), (25, 25));
    // 5 rooms from the 10th to the 24th, each night once.
    for night in 10..25 {
        let key = format!("double.2022-12-{night}");
        hotel
            .until_value("vacancy", &key, |view| {
                matches!(view, VacancyView::Night { taken: 5, .. })
            })
            .await;
    }
}

#[tokio::test]
async fn a_killed_server_is_told_and_work_goes_on_by_itself() {
    let mut hotel = Hotel::with_rooms(1).await;
    hotel.done("book-room", stay(1, 1, "2022-12-12", 1)).await;
    for night in 13..16 {
        hotel.server.kill();
        hotel.backend.until_health_is(503).await;
        let body = r#"{"data":{"room":{"id":1},"date":"2022-12-12"}}"#;
        let put = reqwest::Client::new().put(format!("{}/mutation/cleanup", hotel.backend.http));
        let answer = put.body(body).send().await.unwrap();
        assert_eq!(answer.status(), 503);
        assert!(answer.headers().contains_key("retry-after"));
        hotel.server.restart().await;
        hotel.backend.until_health_is(200).await;
        hotel.connection = hotel.server.connect().await;
        let date = format!("2022-12-{night}");
        hotel.done("book-room", stay(1, night, &date, 1)).await;
        let key = format!("1.{night}_{date}");
        hotel.until_value("stays", &key, |_: &StayView| true).await;
    }
}

#[tokio::test]
async fn a_backend_waits_for_its_server() {
    let server = jetstream_es::testing::Server::start().await;
    let nats = server.url();
    drop(server);
    let mut backend = Backend::start(&nats, &[]);
    backend.until_health_is(503).await;
    assert_eq!(backend.get("/health/live").await.status(), 200);
    assert!(backend.stop().await.success());
}

#[tokio::test]
async fn a_server_that_may_lose_bookings_is_refused_unless_that_is_accepted() {
    use jetstream_es::testing::Syncs;
    let server = jetstream_es::testing::Server::start_that(Syncs::Later).await;
    let refused = program(&server.url(), "serve")
        .args(["--http", "127.0.0.1:0"])
        .output()
        .unwrap();
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        said.contains("sync_interval: always") && said.contains("--accept-weak-durability"),
        "{said}"
    );
    let accepted = Backend::start(&server.url(), &["--accept-weak-durability"]);
    accepted.until_health_is(200).await;
}

#[tokio::test]
async fn two_backends_share_the_work_and_one_of_them_is_killed() {
    let mut hotel = Hotel::with_rooms(4).await;
    let second = Backend::start(&hotel.server.url(), &[]);
    // It stands by, which is ready.
    second.until_health_is(200).await;
    let mut sent = Vec::new();
    for night in 1..=25 {
        for room in 1..=4 {
            let date = format!("2023-01-{night:02}");
            // Each check-in is refused unless the two before it are done, in this order.
            for (command, data) in [
                ("cleanup", cleanup(room, &date)),
                ("book-room", stay(room, night, &date, 1)),
                ("checkin", arrival(room, night, &date)),
            ] {
                let id = new_id();
                let payload = envelope(command, &id, data).to_string();
                let subject = format!("cmd.hotel.test.{command}");
                hotel.publish(&subject, Some(&id), payload).await;
                sent.push(id);
            }
        }
        if night == 12 {
            hotel.backend.kill();
        }
    }
    for id in &sent {
        let key = format!("hotel.test.{id}");
        let outcome: Outcome = hotel.until_value("outcomes", &key, |_| true).await;
        let decision = outcome.decision;
        assert!(matches!(decision, Decision::Done { .. }), "{decision:?}");
    }
    // Once each: a booking and a check-in are events of the same stream.
    assert_eq!(hotel.count("room-booking").await, 2 * 4 * 25);
    assert_eq!(hotel.count("room-cleanup").await, 4 * 25);
    for night in 1..=25 {
        let date = format!("2023-01-{night:02}");
        let taken = |view: &VacancyView| matches!(view, VacancyView::Night { taken: 4, .. });
        hotel
            .until_value("vacancy", &format!("double.{date}"), taken)
            .await;
    }
}
