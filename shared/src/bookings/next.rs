//! What follows a command about the nights of a room that has been done.

use super::ledger::cannot_be_undone;
use super::{BookingEvent, Stay, StayKey, StayStatus, Undone, UndoneBlock};
use crate::cloud_event::MessageId;
use crate::outcome::Next;
use crate::rooms::Room;
use crate::subjects::{ROOMS, STAYS};

impl BookingEvent {
    /// What the one whose command led to the event can do now. `stay` is the stay that it is about, as it is after the
    /// event.
    pub fn next(&self, room: &Room, stay: Option<&Stay>, command: &MessageId) -> Vec<Next> {
        let mut next = vec![Next::message(self.told(room, stay))];
        next.extend(self.place(stay));
        if let (Self::RoomHeld(held), Some(booking)) = (self, self.booking()) {
            let room = held.room;
            next.push(Next::Confirm { room, booking });
        }
        if cannot_be_undone(self).is_none() {
            next.push(Next::Undo {
                room: self.room(),
                command: command.clone(),
            });
        }
        next
    }

    /// Where on the board it is to be seen, if it is.
    fn place(&self, stay: Option<&Stay>) -> Option<Next> {
        let room = self.room().id;
        if self.booking().is_none() {
            return Some(Next::Open {
                view: ROOMS.name().into(),
                key: room.to_string(),
            });
        }
        let stay = stay.filter(|stay| stay.status.takes_nights())?;
        let booking = stay.booking();
        Some(Next::Open {
            view: STAYS.name().into(),
            key: StayKey { room, booking }.to_string(),
        })
    }

    /// The sentence for the one who asked.
    fn told(&self, room: &Room, stay: Option<&Stay>) -> String {
        let door = &room.name;
        let guest = stay.map_or_else(|| "the guest".to_owned(), guest);
        let nights = stay.map_or_else(String::new, |stay| {
            format!(" from {} to {}", stay.arrival, stay.departure())
        });
        match self {
            Self::RoomBooked(_) => format!("Room {door} is booked for {guest}{nights}."),
            // These two without a name: guests hold rooms and confirm, and all of them hear each other's outcomes.
            Self::RoomHeld(_) => {
                format!("Room {door} is held{nights}; the hold ends unless it is confirmed.")
            }
            Self::HoldConfirmed(_) => {
                format!("The hold of room {door} is a booking now{nights}.")
            }
            Self::HoldExpired(_) => {
                format!("The hold of room {door} for {guest} has expired: its nights are free.")
            }
            Self::BookingCancelled(_) => {
                format!("The booking of {guest} in room {door} is cancelled: its nights are free.")
            }
            Self::StayChanged(_) | Self::StayMovedOut(_) | Self::StayMovedIn(_) => {
                format!("The stay of {guest} is in room {door}{nights} now.")
            }
            Self::StayPinned(_) => format!("The stay of {guest} is pinned to room {door}."),
            Self::StayUnpinned(_) => {
                format!("The stay of {guest} in room {door} may be moved to make space.")
            }
            Self::GuestCheckedIn(_) => {
                format!("The stay of {guest} has begun: checked in to room {door}.")
            }
            Self::GuestCheckedOut(_) => {
                format!("The stay of {guest} is over: checked out of room {door}.")
            }
            Self::NoShowNoted(_) => {
                format!(
                    "Noted for room {door}: {guest} did not come; the nights after the first are free."
                )
            }
            Self::RoomBlocked(event) => {
                let (kind, from) = (event.block.kind, event.block.from);
                format!(
                    "Room {door} is {kind} from {from} to {}.",
                    event.block.until()
                )
            }
            Self::RoomReleased(event) => {
                format!("Room {door} is not {} from {} on.", event.kind, event.date)
            }
            Self::RoomRetired(event) => {
                format!(
                    "The hotel no longer has room {door} from {} on.",
                    event.date
                )
            }
            Self::GuestErased(event) => {
                let client = event.booking.client;
                format!("The name of client {client} is erased from all stays.")
            }
            Self::ChangeUndone(event) => match &event.undone {
                Undone::Stay(undone) => format!(
                    "Undone: the stay of {guest} in room {door} is {}{nights}.",
                    as_it_is(undone.is.status)
                ),
                Undone::Block(block) => undone_block(door.as_str(), block),
            },
        }
    }
}

fn guest(stay: &Stay) -> String {
    match &stay.client.name {
        Some(name) => name.to_string(),
        None => format!("client {}", stay.client.id),
    }
}

/// `cancelled`, or `booked again`.
fn as_it_is(status: StayStatus) -> String {
    match status {
        StayStatus::Cancelled => status.to_string(),
        status => format!("{status} again"),
    }
}

fn undone_block(door: &str, undone: &UndoneBlock) -> String {
    match undone.is {
        Some(nights) => {
            let (kind, from, until) = (undone.kind, undone.from, nights.departure(undone.from));
            format!("Undone: room {door} is {kind} from {from} to {until} again.")
        }
        None => format!(
            "Undone: room {door} is not {} from {}.",
            undone.kind, undone.from
        ),
    }
}
