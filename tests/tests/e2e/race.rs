//! Two who want the same night.

use shared::bookings::BookRoom;
use shared::cloud_event::CloudEvent;
use shared::outcome::Decision;
use shared::subjects::{CommandSubject, Stream};
use tokio::task::JoinSet;
use vacancy_tests::board::{Bar, Board, Role, Toast, Wish};
use vacancy_tests::hotel::{self, Hotel, booking, today};
use vacancy_tests::wait;

fn rivals() -> [Wish; 2] {
    [(11, "Emmy Noether"), (12, "Sofja Kowalewskaja")].map(|(client, guest)| Wish {
        room: 1,
        client,
        guest,
        arrival: today().plus_days(3),
        nights: 2,
    })
}

/// Clicks on the submit button at the moment `arguments[0]`, in milliseconds since 1970, by the clock both pages share.
const SUBMIT_AT: &str = r#"
    const [moment, done] = arguments;
    const button = document.querySelector('dialog[data-dialog="book"] button[type="submit"]');
    const clock = () => performance.timeOrigin + performance.now();
    setTimeout(() => {
        while (clock() < moment) {}
        button.click();
        done(null);
    }, Math.max(0, moment - clock() - 20));
"#;

#[tokio::test]
async fn two_book_the_same_night_at_the_same_moment_and_one_of_them_reads_why_not() {
    let hotel = Hotel::with_rooms(1).await;
    let (one, two) = tokio::join!(
        Board::live(&hotel, Role::FrontDesk),
        Board::live(&hotel, Role::FrontDesk)
    );
    let wishes = rivals();
    tokio::join!(one.fill_in(&wishes[0]), two.fill_in(&wishes[1]));

    let moment = hotel::now().unix_milliseconds() + 300;
    tokio::join!(
        one.run_async::<()>(SUBMIT_AT, vec![moment.into()]),
        two.run_async::<()>(SUBMIT_AT, vec![moment.into()])
    );

    one_has_won(&hotel, [&one, &two], &wishes, async |board| {
        // Either the hotel has refused it, or the winner's bar was on the loser's screen before the button.
        let in_dialog = r#"dialog[data-dialog="book"] [data-error="date"]"#;
        match board.toasts().await.as_slice() {
            [toast] => Some(toast.text.clone()),
            _ => board.text(in_dialog).await,
        }
    })
    .await;
}

#[tokio::test]
async fn two_who_both_believe_they_have_the_night_are_told_by_the_hotel() {
    let hotel = Hotel::with_rooms(1).await;
    let (one, two) = tokio::join!(
        Board::live(&hotel, Role::FrontDesk),
        Board::live(&hotel, Role::FrontDesk)
    );
    let wishes = rivals();
    // As long as nothing is decided, each sees only its own bar.
    hotel.backend.pause();
    tokio::join!(one.book(&wishes[0]), two.book(&wishes[1]));
    for (board, wish) in [(&one, &wishes[0]), (&two, &wishes[1])] {
        let predicted = Some(Bar {
            status: "booked".to_owned(),
            pending: true,
        });
        wait::until_equal("the predicted bar", predicted, async || {
            board.bar(1, &wish.booking()).await
        })
        .await;
    }
    wait::until_equal("the accepted bookings", 2, async || {
        let subjects = hotel.subjects(Stream::Commands).await;
        subjects
            .get("cmd.frontdesk.frontdesk.book-room")
            .copied()
            .unwrap_or_default()
    })
    .await;
    hotel.backend.resume();

    one_has_won(&hotel, [&one, &two], &wishes, async |board| {
        let toasts = board.toasts().await;
        let [Toast { refusal, text }] = toasts.as_slice() else {
            return None;
        };
        assert_eq!(refusal.as_deref(), Some("room-taken"));
        Some(text.clone())
    })
    .await;
}

/// Checks that one of the two wishes is on both screens, and the other on neither; and that the one who lost reads
/// which booking has the night, as `reason` finds it.
async fn one_has_won(
    hotel: &Hotel,
    boards: [&Board; 2],
    wishes: &[Wish; 2],
    mut reason: impl AsyncFnMut(&Board) -> Option<String>,
) {
    let winner = wait::until("a winner", async || {
        for (number, wish) in wishes.iter().enumerate() {
            if boards[0].bar(1, &wish.booking()).await == Bar::decided("booked") {
                return Some(number);
            }
        }
        None
    })
    .await;
    let won = wishes[winner].booking();
    let lost = wishes[1 - winner].booking();
    let told = wait::until("the loser to be told why", async || {
        reason(boards[1 - winner]).await
    })
    .await;
    assert!(told.contains(&won), "{told:?} does not name {won}");
    for board in boards {
        board.wait_for_bar(1, &won, "booked").await;
        wait::until_equal("the bar of the one who lost", None, async || {
            board.bar(1, &lost).await
        })
        .await;
    }
    assert!(boards[winner].toasts().await.is_empty());
    assert_eq!(hotel.count(Stream::RoomBooking).await, 1);
}

#[tokio::test]
async fn of_many_clients_that_want_one_night_exactly_one_gets_it() {
    const CLIENTS: u64 = 24;
    const ROUNDS: i32 = 5;
    let hotel = Hotel::with_rooms(1).await;
    let subject = CommandSubject::text::<BookRoom>(&hotel::actor());

    for round in 0..ROUNDS {
        // A connection each, so that nothing but the hotel puts them in an order.
        let mut commands = JoinSet::new();
        let mut ids = Vec::new();
        for client in 1..=CLIENTS {
            // Stays of different length that share one night.
            let arrival = today().plus_days(40 * round - i32::try_from(client % 3).unwrap());
            let command = booking(
                1,
                client,
                "Rival",
                arrival,
                3 + u16::try_from(client % 4).unwrap(),
            );
            let id = hotel::new_id();
            ids.push(id.clone());
            let event = CloudEvent::command(id, "/tests", hotel::now(), command);
            let payload = serde_json::to_vec(&event).unwrap();
            let (subject, connection) = (
                subject.clone(),
                hotel.nats.connect("backend").await.unwrap(),
            );
            commands.spawn(async move {
                connection.publish(subject, payload.into()).await.unwrap();
                connection.flush().await.unwrap();
            });
        }
        commands.join_all().await;

        let mut winners = 0;
        for id in &ids {
            let outcome = wait::until("an outcome", async || hotel.kept_outcome(id).await).await;
            match outcome.decision {
                Decision::Done { .. } => winners += 1,
                Decision::Refused { refusal } => assert_eq!(refusal.code, "room-taken"),
                Decision::Parked { letter } => panic!("parked: {letter}"),
            }
        }
        assert_eq!(winners, 1, "in round {round}");
    }
    assert_eq!(
        hotel.count(Stream::RoomBooking).await,
        u64::try_from(ROUNDS).unwrap()
    );
}
