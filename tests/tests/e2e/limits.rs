//! The limits of `nats-server.conf`, reached.

use vacancy_tests::hotel::Hotel;
use vacancy_tests::nats::Options;
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
