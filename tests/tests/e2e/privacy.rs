//! What reaches those who may not know everything, captured from the wire.

use futures_util::StreamExt;
use shared::subjects::ROOMS;
use vacancy_tests::hotel::{Hotel, today};
use vacancy_tests::wire::{Delivery, Verdict, Wire};

const NAME: &str = "Katherine Johnson";

/// A page of a bucket, read as the board does it: everything in it after the sequence 0.
async fn snapshot(wire: &mut Wire, bucket: &str, user: &str) -> Vec<Delivery> {
    let reply = format!("_INBOX.{user}.page");
    assert_eq!(wire.subscribe(&reply, None).await, Verdict::Allowed);
    let request = format!(r#"{{"seq":1,"next_by_subj":"$KV.{bucket}.>","batch":1000}}"#);
    let subject = format!("$JS.API.DIRECT.GET.KV_{bucket}");
    let verdict = wire
        .publish_with_reply(&subject, &reply, request.as_bytes())
        .await;
    assert_eq!(verdict, Verdict::Allowed);
    let mut page = Vec::new();
    loop {
        let message = wire.delivery().await;
        if message.headers.starts_with("NATS/1.0 204") {
            return page;
        }
        assert!(
            !message.headers.starts_with("NATS/1.0 4"),
            "the page of {bucket} fails: {}",
            message.headers
        );
        page.push(message);
    }
}

#[tokio::test]
async fn guests_and_housekeeping_receive_no_name() {
    let hotel = Hotel::with_rooms(2).await;
    hotel.book(1, 21, NAME, today(), 2).await;
    let mut wires = Vec::new();
    for (user, bucket) in [(None, "vacancy"), (Some("housekeeping"), ROOMS.name())] {
        let mut wire = hotel.page(user).await;
        let page = snapshot(&mut wire, bucket, user.unwrap_or("guest")).await;
        assert!(!page.is_empty(), "the bucket {bucket} is empty");
        assert_eq!(wire.subscribe("live.>", None).await, Verdict::Allowed);
        wires.push((wire, bucket, page));
    }

    // The last of the views to hear of the booking tells that all have.
    let mut views: Vec<_> = Vec::new();
    for view in ["live.stays.>", "live.vacancy.>"] {
        views.push(hotel.client().subscribe(view).await.unwrap());
    }
    hotel.client().flush().await.unwrap();
    hotel.book(2, 22, NAME, today(), 1).await;
    for view in &mut views {
        view.next().await.unwrap();
    }

    for (mut wire, bucket, page) in wires {
        assert_eq!(wire.verdict().await, Verdict::Allowed);
        for message in page.iter().chain(&wire.messages) {
            let text = format!("{message:?}");
            assert!(
                !text.contains("Johnson"),
                "a name in the bucket {bucket}: {text}"
            );
            assert!(
                !text.contains("22_"),
                "a booking in the bucket {bucket}: {text}"
            );
        }
        for message in &wire.messages {
            let expected = format!("live.{bucket}.");
            assert!(
                message.subject.starts_with(&expected),
                "{} is none of {bucket}'s",
                message.subject
            );
        }
    }
}
