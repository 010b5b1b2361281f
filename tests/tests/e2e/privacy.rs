//! What reaches those who may not know everything, captured from the wire.

use futures_util::StreamExt;
use serde_json::{Value, json};
use shared::bookings::{CheckIn, CheckOut, ClientRef, EraseGuest};
use shared::identity::Account;
use shared::staff::Role as Post;
use shared::subjects::Stream;
use vacancy_backend::commands::catalogue;
use vacancy_backend::views;
use vacancy_tests::board::{Board, Role};
use vacancy_tests::hotel::{Hotel, client_id, room_id, today};
use vacancy_tests::wait;
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

/// Sends a command as a page does, and waits until the answer to it is there.
async fn send(wire: &mut Wire, user: &str, name: &str, data: Value) -> Delivery {
    let id = format!("{user}-{name}-{}", data["room"]["id"]);
    let command = json!({
        "specversion": "1.0", "id": id, "source": "/test", "type": catalogue::type_of(name), "data": data,
    });
    let (subject, payload) = (format!("cmd.{user}.{name}"), command.to_string());
    let reply = format!("_INBOX.{user}.{id}");
    assert_eq!(wire.subscribe(&reply, None).await, Verdict::Allowed);
    let verdict = wire.publish_with_reply(&subject, &reply, payload.as_bytes());
    assert_eq!(verdict.await, Verdict::Allowed, "{subject}");
    let answer = format!("outcome.{user}.{id}");
    let mut others = Vec::new();
    let outcome = loop {
        let message = wire.delivery().await;
        if message.subject == answer {
            break message;
        }
        others.push(message);
    };
    wire.messages.extend(others);
    // Whoever asks later is told the same.
    let later = format!("$JS.API.DIRECT.GET.KV_outcomes.$KV.outcomes.{user}.{user}.{id}");
    assert_eq!(
        wire.publish_with_reply(&later, &reply, b"").await,
        Verdict::Allowed
    );
    outcome
}

/// What somebody of the account may ask for: things that are done, and things that are refused because of a guest with a name.
fn wishes(account: Account) -> Vec<(&'static str, Value, &'static str)> {
    let (day, guest) = (today(), json!({"id": 30}));
    let stay = |room: u32| json!({"room": {"id": room}, "client": guest, "date": day, "nights": 1});
    let named = json!({"room": {"id": 2}, "client": {"id": 21, "name": "A Stranger"}, "date": day, "nights": 1});
    let room = |room: u32| json!({"room": {"id": room}, "date": day});
    let booking = |room: u32| json!({"room": {"id": room}, "booking": format!("21_{day}")});
    match account {
        Account::Guest => vec![
            ("hold", stay(1), "refused"),
            ("hold", named, "done"),
            ("confirm", booking(1), "refused"),
            ("confirm", booking(2), "done"),
            (
                "hold-room-type",
                json!({"type": "standard", "client": guest, "date": day, "nights": 1}),
                "done",
            ),
        ],
        _ => vec![
            ("cleanup", room(1), "done"),
            ("inspect", room(9), "refused"),
            ("request-cleanup", room(1), "done"),
        ],
    }
}

/// All that somebody of the account gets to see: its buckets, page by page and live, and the answers to its commands.
async fn all_that_is_seen(hotel: &Hotel, account: Account, user: Option<&str>) -> Vec<Delivery> {
    let mut wire = hotel.page(user).await;
    let user = user.unwrap_or("guest");
    let mut seen = Vec::new();
    for live in ["live.>", &format!("outcome.{user}.>")] {
        assert_eq!(wire.subscribe(live, None).await, Verdict::Allowed);
    }
    for view in views::for_account(account) {
        let page = snapshot(&mut wire, view.name(), user).await;
        assert!(!page.is_empty(), "the bucket {} is empty", view.name());
        seen.extend(page);
    }
    for (name, data, decision) in wishes(account) {
        let outcome = send(&mut wire, user, name, data).await;
        let decided = format!(r#""decision":"{decision}""#);
        assert!(outcome.payload.contains(&decided), "{name}: {outcome:?}");
        seen.push(outcome);
    }

    // The last of the views to hear of a booking tells that all have.
    let mut views: Vec<_> = Vec::new();
    for view in [
        "live.stays.>",
        "live.vacancy.>",
        "live.rooms.>",
        "live.housekeeping.>",
    ] {
        views.push(
            hotel
                .client()
                .subscribe(view)
                .await
                .expect("a subscription"),
        );
    }
    hotel.client().flush().await.expect("a server");
    hotel.book(4, 22, NAME, today(), 1).await;
    let room = room_id(4).into();
    let client = ClientRef { id: client_id(22) };
    let arrived = CheckIn {
        room,
        client,
        date: today(),
    };
    hotel.done(arrived).await;
    for view in &mut views {
        view.next().await.expect("a change");
    }
    assert_eq!(wire.verdict().await, Verdict::Allowed);
    seen.extend(wire.messages);
    seen
}

#[tokio::test]
async fn guests_and_housekeeping_receive_no_name() {
    for (account, user) in [
        (Account::Guest, None),
        (Account::Housekeeping, Some("housekeeping")),
    ] {
        let hotel = Hotel::with_rooms(4).await;
        hotel.book(1, 21, NAME, today(), 2).await;
        let seen = all_that_is_seen(&hotel, account, user).await;
        for message in &seen {
            let text = format!("{message:?}");
            assert!(!text.contains("Johnson"), "{account} gets a name: {text}");
            assert!(!text.contains("Stranger"), "{account} gets a name: {text}");
            if account == Account::Housekeeping || !message.subject.starts_with("outcome.") {
                assert!(!text.contains("22_"), "{account} gets a booking: {text}");
            }
        }
    }
}

#[tokio::test]
async fn a_guest_who_was_erased_is_on_the_board_without_a_name() {
    let hotel = Hotel::with_rooms(1).await;
    let booking = format!("21_{}", today());
    hotel.book(1, 21, NAME, today(), 2).await;
    let board = Board::live(&hotel, Role::FrontDesk).await;
    board.wait_for_bar(1, &booking, "booked").await;
    let room = room_id(1).into();
    let client = ClientRef { id: client_id(21) };
    let arrived = CheckIn {
        room,
        client,
        date: today(),
    };
    hotel.done(arrived).await;
    let expected = hotel.refused(EraseGuest { client }).await;
    assert_eq!(expected.code, "guest-expected");
    let left = CheckOut {
        room,
        booking: booking.parse().expect("a booking"),
        date: today().plus_days(1),
    };
    hotel.done(left).await;
    board.wait_for_bar(1, &booking, "checked-out").await;
    let bar = format!(r#"[data-stay="{booking}"]"#);
    let text = board.text(&bar).await.expect("a bar");
    assert!(text.contains(NAME), "the bar says {text:?}");

    hotel.done(EraseGuest { client }).await;
    wait::until("the bar has no name", async || {
        let text = board.text(&bar).await;
        text.filter(|text| text.contains("Guest 21"))
    })
    .await;
    // Nor has the page it anywhere else, or the browser for later.
    let all = "return document.documentElement.outerHTML + JSON.stringify([{...localStorage}, {...sessionStorage}])";
    let all: String = board.run(all, json!([])).await;
    assert!(!all.contains("Johnson"), "a name in the page: {all}");
    assert_eq!(board.console_errors().await, Vec::<String>::new());
}

/// Everything that can be asked for by GET, and ends.
fn addresses(command: &str) -> Vec<String> {
    let stay = format!("1.21_{}", today());
    let mut addresses = vec![
        "/views".to_owned(),
        format!("/views/stays/{stay}"),
        format!("/commands/{command}"),
        "/events?view=stays".to_owned(),
        "/session".to_owned(),
    ];
    addresses.extend(
        views::names()
            .into_iter()
            .map(|view| format!("/views/{view}")),
    );
    addresses
}

#[tokio::test]
async fn over_http_neither_housekeeping_nor_strangers_get_a_name() {
    let hotel = Hotel::with_rooms(2).await;
    hotel.hire("bert", Post::Housekeeping).await;
    let bert = hotel.log_in("bert").await;
    hotel.book(1, 21, NAME, today(), 2).await;
    let key = format!("1.21_{}", today());
    let stays = hotel.bucket("stays").await;
    wait::until("the stay", async || stays.get(&key).await.expect("stays")).await;
    let sent = hotel.messages(Stream::Commands, 1).await;
    let booked = sent.last().expect("a booking");
    let booking = booked["id"].as_str().expect("an id").to_owned();
    assert!(booked.to_string().contains(NAME));

    let client = reqwest::Client::new();
    // A proxy says for whom it asks, and then nobody is of this machine.
    let stranger = ("X-Forwarded-For", "203.0.113.7");
    let bert = ("Cookie", bert.as_str());
    for address in addresses(&booking) {
        for (header, value) in [bert, stranger] {
            let request = client.get(hotel.backend.url(&address));
            let answer = request.header(header, value).send().await;
            let answer = answer.expect("an answer");
            let status = answer.status();
            let body = answer.text().await.expect("a body");
            assert!(!body.contains("Johnson"), "{address} by {header}: {body}");
            let of_bert = ["/views/rooms", "/views/housekeeping", "/views"];
            let may =
                address == "/session" || header == "Cookie" && of_bert.contains(&address.as_str());
            assert_eq!(
                status.is_success(),
                may,
                "{address} by {header}: {status} {body}"
            );
        }
    }
}
