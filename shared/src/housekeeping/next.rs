//! What follows a command about a room's cleanliness that has been done.

use super::CleanupEvent;
use crate::outcome::Next;
use crate::rooms::Room;

impl CleanupEvent {
    /// What the one whose command led to the event can do now.
    pub fn next(&self, room: &Room) -> Vec<Next> {
        let (door, date) = (&room.name, self.date());
        vec![Next::message(match self {
            Self::RoomCleaned(_) => format!("Room {door} is clean since {date}."),
            Self::RoomInspected(_) => format!("Room {door} has passed the inspection of {date}."),
            Self::CleaningAsked(_) => {
                format!("Room {door} is on the list to be cleaned on {date}.")
            }
            Self::CleaningFailed(_) => {
                format!("Noted: room {door} could not be cleaned on {date}.")
            }
        })]
    }
}
