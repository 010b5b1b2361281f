//! What a guest has chosen, and what is held for them.

use serde::{Deserialize, Serialize};
use shared::bookings::{
    BookingId, Client, ClientId, Confirm, HoldMinutes, HoldRoomType, Nights, Span,
};
use shared::outcome::Next;
use shared::rooms::{RoomRef, RoomType};
use shared::text::{Name, NameError};
use shared::{Date, Timestamp};

use super::vacancy::Vacancy;

/// Nights in a room of a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub room_type: RoomType,
    pub arrival: Date,
    pub nights: Nights,
}

/// What the hotel holds for this guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    pub choice: Choice,
    pub room: RoomRef,
    pub booking: BookingId,
    /// When it ends, unless it is confirmed.
    pub until: Timestamp,
    /// It is a booking now.
    pub confirmed: bool,
}

impl Choice {
    /// The first night.
    pub fn of_a_night(room_type: RoomType, arrival: Date) -> Self {
        Self {
            room_type,
            arrival,
            nights: Nights::ONE,
        }
    }

    pub fn span(&self) -> Span {
        Span::new(self.arrival, self.nights)
    }

    /// So many nights more, or fewer; at least one, and no more than a stay may have.
    #[must_use]
    pub fn longer(self, nights: i32) -> Self {
        let departure = self.span().departure().plus_days(nights);
        match Span::until(self.arrival, departure) {
            Some(Span { nights, .. }) => Self { nights, ..self },
            None => self,
        }
    }

    /// The first of its nights on which no room of the type is free, as far as is known.
    pub fn full_on(&self, vacancy: &Vacancy) -> Option<Date> {
        let mut nights = self.span().dates();
        nights.find(|night| vacancy.free(&self.room_type, *night) == 0)
    }

    /// The command that holds it for `client`, who may say a name.
    ///
    /// # Errors
    /// When that is no name.
    pub fn hold(&self, client: ClientId, name: &str) -> Result<HoldRoomType, NameError> {
        let name = match name.trim() {
            "" => None,
            name => Some(name.parse::<Name>()?),
        };
        Ok(HoldRoomType {
            room_type: self.room_type.clone(),
            client: Client { id: client, name },
            date: self.arrival,
            nights: self.nights,
            minutes: HoldMinutes::default(),
        })
    }
}

impl Held {
    /// What is held since `now`, if the hotel says which room and booking it is.
    pub fn of(choice: Choice, next: &[Next], now: Timestamp) -> Option<Self> {
        next.iter().find_map(|next| match next {
            Next::Confirm { room, booking } => Some(Self {
                choice: choice.clone(),
                room: *room,
                booking: *booking,
                until: now.plus_minutes(HoldMinutes::default().get()),
                confirmed: false,
            }),
            _ => None,
        })
    }

    pub fn confirm(&self) -> Confirm {
        Confirm {
            room: self.room,
            booking: self.booking,
        }
    }

    /// Whether it has ended because nobody has confirmed it.
    pub fn is_over(&self, now: Timestamp) -> bool {
        !self.confirmed && self.until <= now
    }
}

/// Where a browser keeps what is held, for a page that is loaded anew.
pub fn entry(hotel: &str) -> String {
    format!("vacancy.hold.{hotel}")
}

#[cfg(test)]
mod tests {
    use shared::rooms::RoomId;

    use super::*;

    fn choice() -> Choice {
        Choice::of_a_night("double".parse().unwrap(), "2026-11-21".parse().unwrap())
    }

    fn vacancy(taken: &[(&str, u32)]) -> Vacancy {
        let mut vacancy = Vacancy::default();
        let rooms = serde_json::json!({ "kind": "type", "rooms": 2, "sequence": 1 });
        let mut apply = |key: &str, revision, value: serde_json::Value| {
            let value = value.to_string();
            let applied = vacancy.apply(key, revision, Some(value.as_bytes()));
            assert_eq!(applied, Ok(true), "{key}");
        };
        apply("double", 1, rooms);
        for (revision, (night, taken)) in (2..).zip(taken) {
            let value = serde_json::json!({ "kind": "night", "taken": taken, "sequence": 1 });
            apply(&format!("double.{night}"), revision, value);
        }
        vacancy
    }

    #[test]
    fn every_night_has_to_be_free() {
        let vacancy = vacancy(&[("2026-11-22", 1), ("2026-11-23", 2)]);
        assert_eq!(choice().longer(1).full_on(&vacancy), None);
        let full = choice().longer(2).full_on(&vacancy);
        assert_eq!(full, Some("2026-11-23".parse().unwrap()));
        let unknown = Choice {
            room_type: "suite".parse().unwrap(),
            ..choice()
        };
        assert_eq!(unknown.full_on(&vacancy), Some(unknown.arrival));
    }

    #[test]
    fn a_stay_has_a_night_at_least() {
        assert_eq!(choice().longer(-3), choice());
        assert_eq!(choice().longer(2).longer(-1).nights.get(), 2);
    }

    #[test]
    fn a_name_is_said_or_not_and_is_one() {
        let client = ClientId::MIN;
        assert_eq!(choice().hold(client, " ").unwrap().client.name, None);
        let hold = choice().hold(client, " Ada ").unwrap();
        assert_eq!(hold.client.name.unwrap().as_str(), "Ada");
        assert!(choice().hold(client, &"x".repeat(300)).is_err());
    }

    #[test]
    fn a_hold_ends_unless_it_is_confirmed() {
        let now = Timestamp::from_unix_milliseconds(0);
        assert_eq!(Held::of(choice(), &[], now), None);
        let next = Next::Confirm {
            room: RoomId::try_from(4).unwrap().into(),
            booking: "7_2026-11-21".parse().unwrap(),
        };
        let held = Held::of(choice(), &[next], now).unwrap();
        assert!(!held.is_over(now.plus_minutes(14)));
        assert!(held.is_over(now.plus_minutes(15)));
        let confirmed = Held {
            confirmed: true,
            ..held
        };
        assert!(!confirmed.is_over(now.plus_minutes(90)));
    }
}
