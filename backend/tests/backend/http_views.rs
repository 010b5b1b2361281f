//! Reading the views over HTTP.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use shared::bookings::StayView;
use shared::identity::Account;
use vacancy_backend::views;

use crate::hotel::{Hotel, arrival, stay, until};
use crate::mutations::read;

impl Hotel {
    async fn view(&self, path: &str) -> Value {
        let (status, body) = read(self.request(Method::GET, path)).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// Books `nights` nights one by one, and waits until the view has them.
    async fn booked(&self, nights: u64) {
        for night in 1..=nights {
            let date = format!("2022-12-{night:02}");
            self.done("book-room", stay(1, night, &date, 1)).await;
        }
        let last = format!("1.{nights}_2022-12-{nights:02}");
        self.until_value("stays", &last, |_: &StayView| true).await;
        until("all stays", async || {
            let view = self.view("/views/stays").await;
            (keys(&view).len() as u64 == nights).then_some(())
        })
        .await;
    }
}

fn keys(view: &Value) -> Vec<&str> {
    let values = view["values"].as_array().unwrap();
    values
        .iter()
        .map(|entry| entry["key"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_view_is_read_whole_or_in_parts() {
    let hotel = Hotel::with_rooms(1).await;
    hotel.booked(7).await;

    let list = hotel.view("/views").await;
    let all = list["views"].as_array().unwrap();
    let front_desk = views::for_account(Account::FrontDesk);
    assert_eq!(all.len(), front_desk.count());
    assert!(all.contains(&json!({"view": "stays", "url": "/views/stays"})));

    let whole = hotel.view("/views/stays").await;
    assert_eq!(
        (&whole["view"], &whole["next"]),
        (&"stays".into(), &Value::Null)
    );
    let entry = &whole["values"][0];
    let kept: Value = hotel.value("stays", keys(&whole)[0]).await.unwrap();
    assert_eq!(entry["value"], kept);
    let revisions = whole["values"].as_array().unwrap();
    let revisions: Vec<_> = revisions
        .iter()
        .map(|entry| entry["revision"].as_u64().unwrap())
        .collect();
    assert!(revisions.is_sorted());
    assert_eq!(whole["sequence"].as_u64(), revisions.last().copied());

    let mut parts = Vec::new();
    let mut next = Value::from("/views/stays?limit=3&prefix=1.");
    while let Some(path) = next.as_str() {
        let part = hotel.view(path).await;
        assert!(keys(&part).len() <= 3);
        parts.extend(keys(&part).into_iter().map(str::to_owned));
        next = part["next"].clone();
    }
    assert_eq!(parts, keys(&whole));

    for (prefix, found) in [
        ("1.7_", 1),
        ("1.7_2022-12-07", 1),
        ("1", 7),
        ("2", 0),
        ("1.8", 0),
    ] {
        let part = hotel.view(&format!("/views/stays?prefix={prefix}")).await;
        assert_eq!(keys(&part).len(), found, "{prefix}");
    }
}

#[tokio::test]
async fn who_has_the_newest_gets_nothing() {
    let hotel = Hotel::with_rooms(1).await;
    hotel.booked(1).await;
    for path in ["/views/stays", "/views/stays/1.1_2022-12-01"] {
        let answer = hotel.request(Method::GET, path).send().await.unwrap();
        let etag = answer.headers()[header::ETAG].clone();
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-cache");
        let again = || {
            hotel
                .request(Method::GET, path)
                .header(header::IF_NONE_MATCH, &etag)
        };
        let answer = again().send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(answer.headers()[header::ETAG], etag);
        assert!(answer.bytes().await.unwrap().is_empty());

        let head = hotel.request(Method::HEAD, path).send().await.unwrap();
        assert_eq!(
            (head.status(), &head.headers()[header::ETAG]),
            (StatusCode::OK, &etag)
        );
        assert!(head.bytes().await.unwrap().is_empty());

        let (command, data) = if path.ends_with("01") {
            let data = json!({"room": {"id": 1}, "booking": "1_2022-12-01", "date": "2022-12-02"});
            ("checkout", data)
        } else {
            ("checkin", arrival(1, 1, "2022-12-01"))
        };
        hotel.done(command, data).await;
        let answer = until("a new state", async || {
            let answer = again().send().await.unwrap();
            (answer.status() == StatusCode::OK).then_some(answer)
        })
        .await;
        assert_ne!(answer.headers()[header::ETAG], etag);
    }
    // The revision of a value is that of its entry.
    let view = hotel.view("/views/stays").await;
    let path = "/views/stays/1.1_2022-12-01";
    let value = hotel.request(Method::GET, path).send().await.unwrap();
    let etag = format!("\"{}\"", view["values"][0]["revision"]);
    assert_eq!(value.headers()[header::ETAG], etag);
    assert_eq!(
        value.json::<Value>().await.unwrap(),
        view["values"][0]["value"]
    );
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let hotel = Hotel::with_rooms(0).await;
    for (path, status) in [
        ("/views/outcomes", 404),
        ("/views/decisions", 404),
        // Who works here is for managers.
        ("/views/staff", 404),
        ("/views/staff/anna", 404),
        ("/views/none", 404),
        ("/views/stays/1.1_2022-12-01", 404),
        ("/views/rooms/7", 404),
        ("/views/stays/1", 404),
        ("/views/stays/%3E", 404),
        ("/views/rooms/*", 404),
        ("/views/rooms/0", 404),
        ("/views/rooms/+1", 404),
        ("/views/guests/8.1.7_2022-12-12", 404),
        ("/views/rooms/%FF", 400),
        ("/views/%FF", 400),
        ("/views/days/2022-02-30", 404),
        ("/views/stays/1/2", 404),
        ("/views/stays?prefix=%3E", 400),
        ("/views/stays?prefix=.1", 400),
        ("/views/stays?prefix=1..2", 400),
        ("/views/stays?prefix=a%20b", 400),
        ("/views/stays?after=-1", 400),
        ("/views/stays?after=18446744073709551616", 400),
        ("/views/stays?limit=0", 400),
        ("/views/stays?limit=many", 400),
        ("/views/stays?page=2", 400),
    ] {
        let (found, problem) = read(hotel.request(Method::GET, path)).await;
        assert_eq!(found, status, "{path}: {problem}");
    }
    let (status, _) = read(hotel.request(Method::PUT, "/views/stays")).await;
    assert_eq!(status, 405);
    let end = hotel
        .view(&format!("/views/stays?after={}", u64::MAX))
        .await;
    assert_eq!(end["values"], json!([]));
    assert_eq!(hotel.view("/views/stays").await["values"], json!([]));
}

#[tokio::test]
async fn a_view_of_twenty_thousand_values_is_no_burden() {
    const VALUES: usize = 20_000;
    let hotel = Hotel::with_rooms(0).await;
    let jetstream = hotel.jetstream();
    let mut acks = Vec::new();
    for number in 0..VALUES {
        let subject = format!("$KV.stays.{}.1_2022-12-12", number + 1);
        let value = json!({ "number": number }).to_string();
        acks.push(jetstream.publish(subject, value.into()).await.unwrap());
        if acks.len() == 500 {
            for ack in acks.drain(..) {
                ack.await.unwrap();
            }
        }
    }
    let view = hotel.view("/views/stays").await;
    let values = view["values"].as_array().unwrap();
    assert_eq!(values.len(), VALUES);
    assert!(
        values
            .iter()
            .enumerate()
            .all(|(number, entry)| entry["value"]["number"] == number)
    );
    let answer = hotel.view("/views/stays?prefix=777.").await;
    assert_eq!(keys(&answer), ["777.1_2022-12-12"]);
}
