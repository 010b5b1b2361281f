//! Guests who want to be forgotten.

use shared::bookings::{BookingEvent, ClientRef, EraseGuest, RoomLedger, StayStatus};
use shared::outcome::Refusal;

use super::world::{booking, client, given, room, there};

/// The ledger of room 1 after a story in which everybody has a name.
fn named(story: &[&str]) -> RoomLedger {
    let events = given(story.to_vec()).events.into_iter().map(|mut event| {
        if let BookingEvent::RoomBooked(booked) = &mut event {
            booked.client.name = Some("Ada Lovelace".parse().unwrap());
        }
        event
    });
    events.fold(RoomLedger::default(), |ledger, event| {
        ledger.evolve(&event, Some("c1"))
    })
}

fn erase(id: i64, ledger: &RoomLedger) -> Result<Vec<BookingEvent>, Refusal> {
    let id = client(id).id;
    let command = EraseGuest {
        client: ClientRef { id },
    };
    Ok(command.decide(room(1), there(1).as_ref(), ledger)?)
}

#[test]
fn the_name_goes_from_every_stay_and_all_else_stays() {
    let before = named(&[
        "book 1 12 2",
        "checkin 1 12",
        "checkout 1_12 14",
        "book 2 14 1",
        "book 1 20 1",
        "cancel 1_20",
    ]);
    let events = erase(1, &before).unwrap();
    let stays: Vec<_> = events
        .iter()
        .map(|event| event.booking().unwrap())
        .collect();
    assert_eq!(stays, [booking(1, 12), booking(1, 20)]);
    let after = events
        .iter()
        .fold(before.clone(), |ledger, event| ledger.evolve(event, None));
    for (stay, was) in after.stays().zip(before.stays()) {
        assert_eq!(stay.state(), was.state());
        let has_name = stay.client.id == client(2).id;
        assert_eq!(stay.client.name.is_some(), has_name, "{stay:?}");
    }
    assert_eq!(after.occupied(), before.occupied());
    assert_eq!(after.left(), before.left());
    // Once more, there is nothing to do.
    assert_eq!(erase(1, &after), Ok(Vec::new()));
}

#[test]
fn a_guest_who_is_expected_or_in_the_house_keeps_the_name() {
    for (story, status) in [
        (&["book 1 12 2"][..], StayStatus::Booked),
        (&["hold 1 12 2"], StayStatus::Tentative),
        (&["book 1 12 2", "checkin 1 12"], StayStatus::InHouse),
        (
            &["book 1 12 2", "no-show 1_12 13", "book 1 20 1"],
            StayStatus::Booked,
        ),
    ] {
        let refusal = erase(1, &named(story)).unwrap_err();
        assert_eq!(refusal.code.as_ref(), "guest-expected", "{story:?}");
        assert!(refusal.message.contains(&status.to_string()), "{refusal:?}");
    }
    let over = &["book 1 12 2", "no-show 1_12 13"];
    assert_eq!(erase(1, &named(over)).unwrap().len(), 1);
}

#[test]
fn nobody_else_is_erased() {
    let ledger = named(&["book 1 12 2"]);
    assert_eq!(erase(2, &ledger), Ok(Vec::new()));
    let command = |id| EraseGuest {
        client: ClientRef { id: client(id).id },
    };
    assert!(command(1).is_about(&ledger) && !command(2).is_about(&ledger));
}
