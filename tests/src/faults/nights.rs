//! Who has which night of which room, folded from raw events. It shares no code with the product's own rules, so that a
//! mistake in those cannot hide itself.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::Date;

/// Nights that were sold twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldTwice {
    pub room: u64,
    pub sequence: u64,
    /// The stays, or blocks, that share a night.
    pub holders: [String; 2],
}

/// The nights of all rooms, from event to event.
#[derive(Debug, Default)]
pub struct Nights {
    /// By room and holder: the first night, and the day after the last.
    taken: BTreeMap<u64, BTreeMap<String, (Date, Date)>>,
}

impl Nights {
    /// Takes the event at `sequence` into account, and says what is sold twice since.
    ///
    /// # Panics
    /// When it is no event of a room's nights: then this fold has to learn it.
    pub fn apply(&mut self, sequence: u64, event: &Value) -> Option<SoldTwice> {
        let data = &event["data"];
        let room = data["room"]["id"].as_u64().expect("a room");
        let of_room = self.taken.entry(room).or_default();
        let kind = event["type"].as_str().unwrap_or_default();
        let name = kind.trim_start_matches("vacancy.booking.");
        let name = name.rsplit_once(".v").map_or(name, |(name, _)| name);
        let changed = match name {
            "room-booked" | "room-held" => {
                let client = &data["client"]["id"];
                let arrival = data["arrival"].as_str().expect("a day");
                Some((format!("{client}_{arrival}"), Some(span(data, "arrival"))))
            }
            "stay-changed" | "stay-moved-in" | "guest-checked-out" | "no-show-noted" => {
                Some((booking(data), Some(span(data, "arrival"))))
            }
            "hold-expired" | "booking-cancelled" | "stay-moved-out" => Some((booking(data), None)),
            "room-blocked" => (data["kind"] == "out-of-order")
                .then(|| (block(&data["from"]), Some(span(data, "from")))),
            "room-released" => (data["kind"] == "out-of-order").then(|| {
                let (from, until) = nights_from(day(&data["from"]), &data["before"]);
                let until = until.min(day(&data["date"]));
                (
                    block(&data["from"]),
                    (until > from).then_some((from, until)),
                )
            }),
            "change-undone" => undone(&data["undone"]),
            "hold-confirmed" | "stay-pinned" | "stay-unpinned" | "guest-checked-in"
            | "room-retired" => None,
            other => panic!("an event of which the checker knows nothing: {other:?}"),
        };
        let (holder, nights) = changed?;
        let Some((from, until)) = nights else {
            of_room.remove(&holder);
            return None;
        };
        of_room.insert(holder.clone(), (from, until));
        let other = of_room
            .iter()
            .find(|(other, taken)| **other != holder && taken.0 < until && from < taken.1);
        other.map(|(other, _)| SoldTwice {
            room,
            sequence,
            holders: [holder, other.clone()],
        })
    }
}

fn day(value: &Value) -> Date {
    let text = value.as_str().expect("a day");
    text.parse().expect("a day")
}

/// The first night of `data`, and the day after its last.
fn span(data: &Value, first: &str) -> (Date, Date) {
    nights_from(day(&data[first]), &data["nights"])
}

fn nights_from(from: Date, nights: &Value) -> (Date, Date) {
    let nights = nights
        .as_u64()
        .and_then(|nights| i32::try_from(nights).ok());
    (from, from.plus_days(nights.expect("some nights")))
}

fn booking(data: &Value) -> String {
    data["booking"].as_str().expect("a booking").to_owned()
}

fn block(from: &Value) -> String {
    format!("out of order from {}", from.as_str().expect("a day"))
}

/// What is again as it was.
fn undone(undone: &Value) -> Option<(String, Option<(Date, Date)>)> {
    if let Some(stay) = undone.get("stay") {
        let is = &stay["is"];
        let gone = ["cancelled", "expired", "moved"];
        let is_gone = gone.contains(&is["status"].as_str().unwrap_or_default());
        return Some((booking(stay), (!is_gone).then(|| span(is, "arrival"))));
    }
    let undone = &undone["block"];
    if undone["kind"] != "out-of-order" {
        return None;
    }
    let is = undone.get("is");
    let nights = is.map(|nights| nights_from(day(&undone["from"]), nights));
    Some((block(&undone["from"]), nights))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn booked(client: u64, arrival: &str, nights: u16) -> Value {
        json!({ "type": "vacancy.booking.room-booked.v1", "data": {
            "room": {"id": 1}, "client": {"id": client}, "arrival": arrival, "nights": nights,
        }})
    }

    fn about(kind: &str, booking: &str) -> Value {
        json!({ "type": format!("vacancy.booking.{kind}.v1"), "data": {
            "room": {"id": 1}, "booking": booking, "arrival": "2031-03-01", "nights": 2,
        }})
    }

    #[test]
    fn a_night_that_is_sold_again_is_found() {
        let mut nights = Nights::default();
        assert_eq!(nights.apply(1, &booked(1, "2031-03-01", 2)), None);
        assert_eq!(nights.apply(2, &booked(2, "2031-03-03", 1)), None);
        let twice = nights.apply(3, &booked(3, "2031-03-02", 1)).unwrap();
        assert_eq!((twice.room, twice.sequence), (1, 3));
        assert_eq!(twice.holders, ["3_2031-03-02", "1_2031-03-01"]);
    }

    #[test]
    fn a_night_that_was_given_back_may_be_sold_again() {
        let mut nights = Nights::default();
        nights.apply(1, &booked(1, "2031-03-01", 2));
        assert_eq!(
            nights.apply(2, &about("booking-cancelled", "1_2031-03-01")),
            None
        );
        assert_eq!(nights.apply(3, &booked(2, "2031-03-01", 2)), None);
        let undo = json!({ "type": "vacancy.booking.change-undone.v1", "data": {
            "room": {"id": 1}, "undone": {"stay": { "booking": "1_2031-03-01", "is": {
                "arrival": "2031-03-01", "nights": 2, "status": "booked",
            }}},
        }});
        assert!(nights.apply(4, &undo).is_some(), "the undo takes them back");
    }
}
