//! From a click, or a publish, to the bar painted on the other screen.
//!
//! Both pages and this program read the clock of the same machine: `performance.timeOrigin + performance.now()` is
//! milliseconds since 1970 as is the system's time here. Painted means: a frame has been made after the bar was in the
//! document, so the first message that the page handles after that frame's callback.

use std::collections::HashSet;
use std::time::SystemTime;

use serde_json::json;
use shared::Date;
use shared::bookings::StayView;
use shared::subjects::STAYS;

use crate::bench::report;
use crate::board::{Board, Role, Wish};
use crate::hotel::{Hotel, booking, room_id, today};

/// How many bookings each of the two ways is measured with.
const BOOKINGS: usize = 110;
/// Not counted: the first ones compile and warm up what the others find ready.
const WARM_UP: usize = 10;
/// The first day of the window that both pages show, in days from today: bars of the seeded stays on its left, and enough
/// free nights on its right.
const FIRST: i32 = 46;
/// How many nights of the window are booked, from its first one.
const NIGHTS: i32 = 29;

/// Notes the moment at which each bar that is new in the document has been painted, as `window.painted[booking]`.
const WATCH: &str = r#"
    window.painted = {};
    window.waiting = {};
    const clock = () => performance.timeOrigin + performance.now();
    const seen = new Set();
    const look = () => {
        for (const bar of document.querySelectorAll('[data-stay]')) {
            const booking = bar.dataset.stay;
            if (seen.has(booking)) continue;
            seen.add(booking);
            requestAnimationFrame(() => {
                const channel = new MessageChannel();
                channel.port1.onmessage = () => {
                    window.painted[booking] = clock();
                    window.waiting[booking]?.(window.painted[booking]);
                };
                channel.port2.postMessage(null);
            });
        }
    };
    look();
    new MutationObserver(look).observe(document.body,
        { subtree: true, childList: true, attributes: true, attributeFilter: ['data-stay'] });
"#;

/// Notes the moment of the last click, as `window.clicked`: when the browser got it, which is before the page did.
const NOTE_CLICKS: &str = "addEventListener('click', (event) => {
    window.clicked = performance.timeOrigin + event.timeStamp;
}, { capture: true });";

/// Books in one browser, and over NATS, and prints how long it took until the bar was painted in another one.
pub(super) async fn measure(hotel: &Hotel) {
    let (here, there) = tokio::join!(
        Board::live(hotel, Role::FrontDesk),
        Board::live(hotel, Role::FrontDesk)
    );
    for board in [&here, &there] {
        let first = today().plus_days(FIRST).to_string();
        board.set_value(r#"input[name="jump"]"#, &first).await;
        board
            .wait_for(&format!(r#"[data-board][data-first="{first}"]"#))
            .await;
        board.run::<()>(WATCH, json!([])).await;
    }
    here.run::<()>(NOTE_CLICKS, json!([])).await;
    let mut free = free_nights(hotel, &there).await.into_iter();
    let mut next = |number: usize| {
        let (room, arrival) = free
            .next()
            .expect("a free night on the visible part of the board");
        Wish {
            room,
            client: 900_000_000 + u64::try_from(number).expect("a small number"),
            guest: "Bench",
            arrival,
            nights: 1,
        }
    };

    let (mut elsewhere, mut own) = (Vec::new(), Vec::new());
    for number in 0..WARM_UP + BOOKINGS {
        let wish = next(number);
        here.book(&wish).await;
        let there = painted(&there, &wish).await;
        let here_painted = painted(&here, &wish).await;
        let clicked: f64 = here.run("return window.clicked", json!([])).await;
        if number >= WARM_UP {
            elsewhere.push(there - clicked);
            own.push(here_painted - clicked);
        }
    }
    let details = json!({ "rooms": 40, "browsers": 2 });
    report::percentiles("board.click-to-other-browser", &elsewhere, &details);
    report::percentiles("board.click-to-own-bar", &own, &details);

    let mut published = Vec::new();
    for number in 0..WARM_UP + BOOKINGS {
        let wish = next(WARM_UP + BOOKINGS + number);
        let start = milliseconds_since_1970();
        let command = booking(
            wish.room,
            wish.client,
            wish.guest,
            wish.arrival,
            wish.nights,
        );
        hotel.done(command).await;
        let painted = painted(&there, &wish).await;
        if number >= WARM_UP {
            published.push(painted - start);
        }
    }
    report::percentiles("board.publish-to-paint", &published, &details);
}

/// When the bar of `wish` was painted, in milliseconds since 1970.
async fn painted(board: &Board, wish: &Wish) -> f64 {
    // A callback, since asking over and over would keep the very page busy that is measured.
    let script = "const [booking, done] = arguments;
        if (booking in window.painted) done(window.painted[booking]);
        else window.waiting[booking] = done;";
    board.run_async(script, vec![wish.booking().into()]).await
}

/// Nights that nobody has booked, in rooms that the page shows without scrolling.
async fn free_nights(hotel: &Hotel, board: &Board) -> Vec<(u32, Date)> {
    let script = "const area = document.querySelector('[data-board]').getBoundingClientRect();
        return [...document.querySelectorAll('[data-room]')].filter((row) => {
            const { top, bottom } = row.getBoundingClientRect();
            return bottom <= area.bottom - 1 && top >= area.top;
        }).map((row) => Number(row.dataset.room));";
    let rooms: Vec<u32> = board.run(script, json!([])).await;
    let mut taken = HashSet::new();
    for value in hotel.entries(STAYS.name()).await.into_values() {
        let stay: StayView = serde_json::from_slice(&value).expect("a stay");
        for night in 0..i32::from(stay.nights.get()) {
            taken.insert((stay.room, stay.arrival.plus_days(night)));
        }
    }
    let mut free = Vec::new();
    for night in 0..NIGHTS {
        for &room in &rooms {
            let date = today().plus_days(FIRST + night);
            if !taken.contains(&(room_id(room), date)) {
                free.push((room, date));
            }
        }
    }
    let needed = 2 * (WARM_UP + BOOKINGS);
    assert!(
        free.len() >= needed,
        "{} free nights in {} visible rooms are fewer than the {needed} that are needed",
        free.len(),
        rooms.len()
    );
    free
}

fn milliseconds_since_1970() -> f64 {
    let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    elapsed.expect("a clock past 1970").as_secs_f64() * 1_000.0
}
