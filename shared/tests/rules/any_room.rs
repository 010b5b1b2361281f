//! Which room a stay goes to whose guest wants any room of a type.

use shared::bookings::{BookRoomType, Fit};

use super::world::{World, client, day, done, given, nights, room, there};

/// The room that a stay fits into best.
fn best(world: &World, arrival: i32, number: i64) -> Option<u32> {
    let wish = BookRoomType {
        room_type: "double".parse().unwrap(),
        client: client(9),
        date: day(arrival),
        nights: nights(number),
    };
    let fits = [1, 2, 3].map(|id| {
        let there = there(id)?;
        let id = room(id).id;
        Fit::of(
            id,
            &there,
            &world.ledger(id.get()),
            &wish.client,
            wish.span(),
        )
    });
    let best = fits.into_iter().flatten().min();
    best.map(|fit| fit.room.get())
}

#[test]
fn in_an_empty_house_it_goes_to_the_first_room() {
    assert_eq!(best(&given([""; 0]), 12, 2), Some(1));
}

#[test]
fn it_goes_where_the_fewest_nights_are_left_over() {
    // One night is left over in room 1, none in room 2, and in room 3 nobody is near.
    let world = given([
        "book 1 10 1",
        "book 2 14 2",
        "book 3 10 2 in 2",
        "book 4 14 2 in 2",
    ]);
    assert_eq!(best(&world, 12, 2), Some(2));
    let world = done(world, "book 5 12 2 in 2");
    assert_eq!(best(&world, 12, 2), Some(1));
}

#[test]
fn what_is_out_of_order_or_retired_is_a_neighbour_too() {
    let world = given(["out-of-order 14 2 Painters in 3"]);
    assert_eq!(best(&world, 12, 2), Some(3));
    let world = given(["retire 14 in 2"]);
    assert_eq!(best(&world, 12, 2), Some(2));
}

#[test]
fn it_goes_nowhere_if_no_room_is_free_on_all_nights() {
    let world = given([
        "book 1 12 1",
        "book 2 13 1 in 2",
        "out-of-order 12 3 Paint in 3",
    ]);
    assert_eq!(best(&world, 12, 2), None);
    assert_eq!(best(&world, 13, 1), Some(1));
}

#[test]
fn a_client_has_two_rooms_on_the_same_nights() {
    let world = given(["book 9 12 2"]);
    assert_eq!(best(&world, 12, 2), Some(2));
    // The id of a booking is used once in a room, wherever its nights went.
    let world = done(given(["book 9 12 2"]), "change 9_12 20 2");
    assert_eq!(best(&world, 12, 2), Some(2));
}
