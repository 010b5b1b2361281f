//! A room whose nights are sold one after the other. Small on purpose: what is measured is how decisions become durable.

use serde::{Deserialize, Serialize};

/// What is known of a room after its events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// The first night that is not sold, counted from the opening of the hotel.
    pub free_from: u32,
    /// How many stays there are.
    pub stays: u32,
}

/// The command: a guest wants the next free nights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    pub room: u32,
    pub client: u64,
    pub guest: String,
    pub nights: u16,
}

/// What happens to a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "bench.room-booked.v1")]
    RoomBooked {
        room: u32,
        client: u64,
        guest: String,
        /// Of all nights of the room, the first one of this stay.
        arrival: u32,
        nights: u16,
    },
}

/// Why a command is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("a stay has at least one night")]
pub struct Refusal;

impl Book {
    /// # Errors
    /// When the stay has no night.
    pub fn decide(&self, room: &Room) -> Result<Event, Refusal> {
        if self.nights == 0 {
            return Err(Refusal);
        }
        Ok(Event::RoomBooked {
            room: self.room,
            client: self.client,
            guest: self.guest.clone(),
            arrival: room.free_from,
            nights: self.nights,
        })
    }
}

impl Room {
    #[must_use]
    pub fn evolve(self, event: &Event) -> Self {
        let Event::RoomBooked {
            arrival, nights, ..
        } = event;
        Self {
            free_from: arrival + u32::from(*nights),
            stays: self.stays + 1,
        }
    }
}

/// Whether no night was sold twice, and none was left out, by the events of one room in their order.
pub fn sold_once<'a>(events: impl IntoIterator<Item = &'a Event>) -> bool {
    let mut room = Room::default();
    for event in events {
        let Event::RoomBooked { arrival, .. } = event;
        if *arrival != room.free_from {
            return false;
        }
        room = room.evolve(event);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(nights: u16) -> Book {
        Book {
            room: 1,
            client: 7,
            guest: "Ada".into(),
            nights,
        }
    }

    #[test]
    fn nights_are_sold_one_after_the_other() {
        let first = book(2).decide(&Room::default()).unwrap();
        let room = Room::default().evolve(&first);
        let second = book(3).decide(&room).unwrap();
        assert_eq!(
            room.evolve(&second),
            Room {
                free_from: 5,
                stays: 2
            }
        );
        assert!(sold_once([&first, &second]));
        assert!(!sold_once([&first, &first]));
        assert_eq!(book(0).decide(&Room::default()), Err(Refusal));
    }
}
