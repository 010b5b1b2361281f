//! Somebody of the staff who sends more than anybody can mean.

use futures_util::StreamExt;
use serde_json::json;
use shared::outcome::{Code, Decision, Outcome, Refusal};

use crate::hotel::{DEADLINE, Hotel, envelope, event, new_id, stay, until};

const BOOK: &str = "cmd.frontdesk.anna.book-room";

/// What becomes of a command of Anna's, which the stream takes whether it had this id before or not.
async fn asked(hotel: &Hotel, id: &str, client: u64) -> Outcome {
    let data = stay(1, client, "2031-03-01", 1);
    let payload = envelope("book-room", id, data).to_string();
    let outcome = format!("outcome.frontdesk.anna.{id}");
    hotel.answer(BOOK, None, payload, &outcome).await
}

/// The refusal for being too many.
fn too_many(outcome: &Outcome) -> Option<&Refusal> {
    match &outcome.decision {
        Decision::Refused { refusal } if refusal.is(Code::TooManyCommands) => Some(refusal),
        _ => None,
    }
}

/// Sends `count` commands of Anna's about room 1 without waiting for anything, and returns how all ended.
async fn flood(hotel: &Hotel, count: u64) -> Vec<Outcome> {
    let client = hotel.connection.client();
    let outcomes = client.subscribe("outcome.frontdesk.anna.>").await.unwrap();
    for number in 0..count {
        let id = new_id();
        let data = stay(1, 1_000 + number, "2031-03-01", 1);
        let payload = envelope("book-room", &id, data).to_string();
        client.publish(BOOK, payload.into()).await.unwrap();
    }
    let outcomes = outcomes.take(usize::try_from(count).unwrap());
    let outcomes = outcomes.map(|message| serde_json::from_slice(&message.payload).unwrap());
    let outcomes = tokio::time::timeout(DEADLINE, outcomes.collect()).await;
    outcomes.expect("each is answered")
}

#[tokio::test]
async fn a_flood_of_one_is_refused_and_another_is_not() {
    let mut hotel = Hotel::with_rooms(2).await;
    hotel.restart_backend(&["--command-rate", "2"]).await;
    let before = new_id();
    event(&asked(&hotel, &before, 7).await);

    let beside = async {
        for day in 1..=8 {
            let date = format!("2031-04-0{day}");
            let payload = envelope("book-room", &format!("ben-{day}"), stay(2, 8, &date, 1));
            let outcome = format!("outcome.frontdesk.ben.ben-{day}");
            let subject = "cmd.frontdesk.ben.book-room";
            let answer = hotel.answer(subject, None, payload.to_string(), &outcome);
            event(&answer.await);
        }
    };
    let (outcomes, ()) = tokio::join!(flood(&hotel, 300), beside);
    let refused: Vec<&Outcome> = outcomes
        .iter()
        .filter(|outcome| too_many(outcome).is_some())
        .collect();
    // Ten at once, and two in each second that the stream needed to take them.
    assert!((200..=291).contains(&refused.len()), "{}", refused.len());
    let refusal = too_many(refused[0]).unwrap();
    assert_eq!(refusal.retry_in, Some(1));
    assert!(refusal.message.contains("in a second"), "{refusal:?}");

    // What comes again gets the answer that it got, be there room for it or not.
    let id = refused[0].command.as_str();
    until("a free place", async || {
        let outcome = asked(&hotel, &new_id(), 7).await;
        too_many(&outcome).is_none().then_some(())
    })
    .await;
    assert!(too_many(&asked(&hotel, id, 1_000).await).is_some());
    flood(&hotel, 20).await;
    event(&asked(&hotel, &before, 7).await);
}

#[tokio::test]
async fn what_was_sent_while_nobody_decided_is_not_too_much_for_that() {
    let mut hotel = Hotel::with_rooms(1).await;
    hotel.backend.kill();
    let ids: Vec<String> = (0..12).map(|_| new_id()).collect();
    for (day, id) in (10..).zip(&ids) {
        let data = stay(1, 7, &format!("2031-05-{day}"), 1);
        let payload = envelope("book-room", id, data).to_string();
        hotel.publish(BOOK, None, payload).await;
        // The pace of somebody who keeps to the limit.
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
    hotel.restart_backend(&["--command-rate", "2"]).await;
    for id in ids {
        let key = format!("frontdesk.anna.{id}");
        let outcome: Outcome = hotel.until_value("outcomes", &key, |_| true).await;
        event(&outcome);
    }
}

#[tokio::test]
async fn a_program_of_the_house_has_no_limit() {
    let mut hotel = Hotel::with_rooms(1).await;
    hotel.restart_backend(&["--command-rate", "1"]).await;
    for number in 0..20 {
        let date = format!("2031-06-{:02}", 1 + number);
        hotel.done("book-room", json!(stay(1, 7, &date, 1))).await;
    }
}
