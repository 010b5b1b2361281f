//! `vacancy command` beside a board: one asks on the command line, the other sees it.

use shared::subjects::Stream;
use vacancy_tests::board::{Board, Role, Wish};
use vacancy_tests::hotel::{Hotel, today};

#[tokio::test]
async fn a_booking_from_the_command_line_is_on_the_board_until_it_is_undone() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let wish = Wish {
        room: 1,
        client: 91,
        guest: "Grace Hopper",
        arrival: today().plus_days(1),
        nights: 2,
    };
    let arrival = wish.arrival.to_string();
    let book = [
        "book-room",
        "--room",
        "1",
        "--client",
        "91",
        "--nights",
        "2",
    ];
    let book = [
        &book[..],
        &[
            "--client-name",
            wish.guest,
            "--date",
            &arrival,
            "--wait",
            "30",
        ],
    ];
    let done = hotel.backend.run("command", &book.concat()).await;
    let told = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{done:?}");
    assert!(
        told.contains("Room 101 is booked for Grace Hopper"),
        "{told}"
    );
    desk.wait_for_bar(1, &wish.booking(), "booked").await;

    // What it says of how to undo it can be taken as it is.
    let undo = told
        .lines()
        .find_map(|line| line.split_once("vacancy command "))
        .map(|(_, undo)| undo)
        .unwrap();
    let mut undo: Vec<&str> = undo.split(' ').collect();
    undo.extend(["--wait", "30"]);
    let undone = hotel.backend.run("command", &undo).await;
    assert!(undone.status.success(), "{undone:?}");
    vacancy_tests::wait::until_equal("the bar", None, async || desk.bar(1, &wish.booking()).await)
        .await;
    assert_eq!(hotel.count(Stream::RoomBooking).await, 2);
}
