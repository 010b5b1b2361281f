//! What the board shows of rooms and dates: what is due today, when a room cannot be used, how full it is, and links to just that.

use serde_json::json;
use shared::bookings::{CheckIn, ClientRef};
use shared::rooms::{OutOfOrder, OutOfService};
use vacancy_tests::board::{Board, Role};
use vacancy_tests::hotel::{self, Hotel, client_id, room_id, today};
use vacancy_tests::wait;

const FOLD: &str = r#"[data-group="standard"] [data-action="fold"]"#;

async fn attribute_becomes(board: &Board, selector: &str, name: &str, value: &str) {
    let expected = Some(value.to_owned());
    let what = format!("{name} of {selector}");
    wait::until_equal(&what, expected, async || {
        board.attribute(selector, name).await
    })
    .await;
}

fn stay(booking: &str) -> String {
    format!(r#"[data-stay="{booking}"]"#)
}

#[tokio::test]
async fn each_stay_says_what_is_due_of_it_today() {
    let hotel = Hotel::with_rooms(4).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let (today, yesterday) = (today(), today().plus_days(-1));
    hotel.book(1, 1, "Ada", today, 2).await;
    hotel.book(1, 2, "Later", today.plus_days(4), 1).await;
    hotel.book(2, 3, "Late", yesterday, 3).await;
    hotel.book(3, 4, "Leaving", yesterday, 1).await;
    for (client, due) in [(1, "arrival"), (2, "not-today"), (3, "late-arrival")] {
        let arrival = match client {
            1 => today,
            2 => today.plus_days(4),
            _ => yesterday,
        };
        let bar = stay(&format!("{client}_{arrival}"));
        attribute_becomes(&desk, &bar, "data-due", due).await;
    }
    for (room, client, date) in [(1, 1, today), (3, 4, yesterday)] {
        hotel
            .done(CheckIn {
                room: room_id(room).into(),
                client: ClientRef {
                    id: client_id(client),
                },
                date,
            })
            .await;
    }
    let (in_house, leaving) = (stay(&format!("1_{today}")), stay(&format!("4_{yesterday}")));
    attribute_becomes(&desk, &in_house, "data-due", "in-house").await;
    attribute_becomes(&desk, &leaving, "data-due", "departure").await;
    let label = desk.attribute(&leaving, "aria-label").await;
    assert!(
        label.is_some_and(|label| label.ends_with("in house, leaves today")),
        "said to those who do not see it"
    );
}

#[tokio::test]
async fn a_hold_counts_down_on_its_bar() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let arrival = today().plus_days(1);
    hotel.done(hotel::hold(1, 9, arrival, 3)).await;
    let bar = stay(&format!("9_{arrival}"));
    attribute_becomes(&desk, &bar, "data-due", "confirmation").await;
    let countdown = format!("{bar} [data-countdown]");
    let first = desk.text(&countdown).await.unwrap_or_default();
    let (minutes, seconds) = first.split_once(':').unwrap_or_default();
    let (minutes, seconds): (u32, u32) = (minutes.parse().unwrap(), seconds.parse().unwrap());
    assert!(minutes < 60 && seconds < 60, "{first}");
    wait::until("another second", async || {
        let text = desk.text(&countdown).await?;
        (text != first).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_room_that_cannot_be_used_says_why_and_until_when() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let (from, later) = (today().plus_days(2), today().plus_days(6));
    hotel
        .done(OutOfOrder {
            room: room_id(1).into(),
            date: from,
            nights: 2.try_into().unwrap(),
            reason: "The pipe has burst".parse().unwrap(),
        })
        .await;
    hotel
        .done(OutOfService {
            room: room_id(1).into(),
            date: later,
            nights: 1.try_into().unwrap(),
            reason: "New carpet".parse().unwrap(),
        })
        .await;
    desk.wait_for(r#"[data-room="1"] [data-closed="out-of-service"]"#)
        .await;
    let order = r#"[data-room="1"] [data-closed="out-of-order"]"#;
    let label = desk
        .attribute(order, "aria-label")
        .await
        .unwrap_or_default();
    assert!(label.starts_with("Out of order until "), "{label}");
    assert!(label.ends_with(": The pipe has burst"), "{label}");
}

#[tokio::test]
async fn a_type_folds_and_a_link_shows_the_same_dates_and_types() {
    let hotel = Hotel::with_rooms(2).await;
    let first = today().plus_days(40);
    hotel.book(1, 1, "Ada", first.plus_days(1), 1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    desk.set_value(r#"[name="jump"]"#, &first.to_string()).await;
    attribute_becomes(&desk, "[data-board]", "data-first", &first.to_string()).await;
    desk.click(r#".ranges label:has([value="7"])"#).await;
    let bar = stay(&format!("1_{}", first.plus_days(1)));
    desk.wait_for(&bar).await;
    // Two rooms, one of them taken on the second night.
    let taken = r#"[data-group="standard"] .night:nth-child(2)"#;
    attribute_becomes(&desk, taken, "aria-label", "1 free, 50 % taken").await;

    desk.click(FOLD).await;
    wait::until("the rooms to be gone", async || {
        (!desk.has("[data-room]").await).then_some(())
    })
    .await;
    attribute_becomes(&desk, FOLD, "aria-expanded", "false").await;
    let address: String = desk.run("return location.href", json!([])).await;
    desk.go_to("about:blank").await;
    desk.go_to(&address).await;
    desk.wait_for_connection("live").await;
    attribute_becomes(&desk, "[data-board]", "data-first", &first.to_string()).await;
    attribute_becomes(&desk, "[data-board]", "data-days", "7").await;
    attribute_becomes(&desk, FOLD, "aria-expanded", "false").await;
    assert!(!desk.has("[data-room]").await);

    desk.click(FOLD).await;
    desk.wait_for(&bar).await;
    // The usual dates are in no address: tomorrow they are others.
    desk.click(r#"[data-action="today"]"#).await;
    let query: String = desk.run("return location.search", json!([])).await;
    assert!(!query.contains(&first.to_string()), "{query}");
}
