//! What cannot be decided waits for the operator, and the one who asked hears what became of it.

use shared::bookings::BookRoom;
use shared::subjects::DECISIONS;
use vacancy_tests::board::{Board, Role, Wish};
use vacancy_tests::hotel::{Hotel, today};
use vacancy_tests::wait;

const PARKED: &str = r#"[role="status"] [data-notice="parked"]"#;

fn wish() -> Wish {
    Wish {
        room: 1,
        client: 91,
        guest: "Ada Lovelace",
        arrival: today().plus_days(1),
        nights: 2,
    }
}

/// Books, and breaks the decision on it: something nobody can read stands in its place. Returns its key.
async fn book_in_vain(hotel: &Hotel, desk: &Board) -> String {
    hotel.backend.pause();
    desk.book(&wish()).await;
    let id = wait::until("the command", async || desk.kept().await.pop()).await;
    let key = format!("{id}.booking.1.=3E");
    let bucket = hotel.bucket(DECISIONS).await;
    bucket.put(&key, "not a decision".into()).await.unwrap();
    hotel.backend.resume();
    desk.wait_for(PARKED).await;
    key
}

/// What the operator does, which has to succeed.
async fn operate(hotel: &Hotel, arguments: &[&str]) {
    let output = hotel.backend.run("dlq", arguments).await;
    assert!(output.status.success(), "{output:?}");
}

/// The name of the dead letter, as the notice says it.
async fn letter(desk: &Board) -> String {
    let text = desk.text(PARKED).await.unwrap_or_default();
    let (_, name) = text.rsplit_once(' ').unwrap();
    name.trim_end_matches('.').to_owned()
}

#[tokio::test]
async fn what_is_parked_says_so_and_is_done_when_the_operator_lets_it_be_tried_again() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let key = book_in_vain(&hotel, &desk).await;
    let doubt = async || desk.doubt(&wish().booking()).await;
    assert_eq!(doubt().await.as_deref(), Some("parked"));
    assert_eq!(desk.toasts().await, []);
    let name = letter(&desk).await;
    assert!(name.starts_with("commands.room-1.commands."), "{name}");

    // A page that is loaded meanwhile knows of it, too.
    desk.enter(&hotel, Role::FrontDesk).await;
    desk.wait_for(PARKED).await;
    assert_eq!(letter(&desk).await, name);
    assert_eq!(doubt().await.as_deref(), Some("parked"));

    let bucket = hotel.bucket(DECISIONS).await;
    bucket.delete(&key).await.unwrap();
    operate(&hotel, &["retry", &name]).await;
    desk.wait_for_bar(1, &wish().booking(), "booked").await;
    desk.wait_for(r#"[data-notice="done"]"#).await;
    assert!(!desk.has(PARKED).await);
    assert_eq!(desk.kept().await, [""; 0]);
    assert_eq!(hotel.sent::<BookRoom>().await, 1);
}

#[tokio::test]
async fn what_the_operator_gives_up_is_taken_back_and_told() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    book_in_vain(&hotel, &desk).await;
    let name = letter(&desk).await;
    operate(&hotel, &["discard", &name, "--user", "otto"]).await;

    desk.wait_for(r#"[data-refusal="discarded"]"#).await;
    let toasts = desk.toasts().await;
    assert!(
        toasts[0].text.contains("otto has given it up"),
        "{toasts:?}"
    );
    assert_eq!(desk.bar(1, &wish().booking()).await, None);
    assert!(!desk.has(PARKED).await);
    assert_eq!(desk.kept().await, [""; 0]);
}
