//! Finds stays by whatever one knows of them: a part of the guest's name, the room, the guest's number, the booking.

use shared::Date;
use shared::bookings::{StayKey, StayView};

use super::hotel::Hotel;
use super::in_order;
use super::row;
use super::words;

/// How many are told at most: who sees none that fits types on.
pub const MOST: usize = 8;

/// A stay that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    pub key: StayKey,
    pub guest: String,
    /// In which room, and when.
    pub detail: String,
}

/// The stays that have all words of the text, in whatever case and order: those of now first, then by how far they are from today.
pub fn hits(hotel: &Hotel, text: &str, today: Date) -> Vec<Hit> {
    let text = text.to_lowercase();
    let sought: Vec<&str> = text.split_whitespace().collect();
    let mut found: Vec<(u32, Hit)> = Vec::new();
    if sought.is_empty() {
        return Vec::new();
    }
    hotel.visit_stays(|stay| {
        let (guest, door) = (row::guest(stay), hotel.door(stay.room));
        let known = format!("{guest} {door} {} {}", stay.client.id, stay.booking());
        let known = known.to_lowercase();
        if !sought.iter().all(|word| known.contains(word)) {
            return;
        }
        let days = words::day(stay.arrival);
        let hit = Hit {
            key: stay.key(),
            guest,
            detail: format!("Room {door}, {days}, {}", words::status(stay.status)),
        };
        in_order::put(&mut found, (distance(stay, today), hit), |(distance, _)| {
            *distance
        });
        found.truncate(MOST);
    });
    found.into_iter().map(|(_, hit)| hit).collect()
}

/// How many days lie between the stay and today.
fn distance(stay: &StayView, today: Date) -> u32 {
    let before = stay.arrival.days_since(today).max(0);
    let since = today.days_since(stay.departure()).max(0);
    before.max(since).unsigned_abs()
}
