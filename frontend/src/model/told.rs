//! What people are told of a command on its way, in the words of the hotel.

use super::errand::Progress;
use super::wish::Wish;

/// Whether others are heard of while one waits: then the hotel is busy, and else it may be away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hotel {
    Busy,
    Silent,
}

/// What people read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub title: String,
    /// A sentence or two.
    pub text: String,
}

/// Why one has to wait longer than for an answer, if that is so. `letter` is the dead letter of what is parked.
pub fn waiting(
    wish: &Wish,
    room: &str,
    progress: Progress,
    hotel: Hotel,
    letter: Option<&str>,
) -> Option<Told> {
    let text = match (progress, hotel) {
        // What is queued has a list of its own.
        (Progress::Queued | Progress::Sending | Progress::Accepted, _) => return None,
        (Progress::Late, Hotel::Busy) => {
            "The hotel is busy, and others are before it. It will show up shortly."
        }
        (Progress::Late, Hotel::Silent) => {
            "The hotel does not answer at the moment. It is kept safe, and will show up as soon as the hotel does."
        }
        (Progress::Unsure, _) => {
            "The connection was lost before the hotel said that it has it. It is asked for as soon as there is one \
             again, and sent again if need be. It is never done twice."
        }
        (Progress::Parked, _) => {
            "The hotel could not decide it. It is kept for the operator, and what becomes of it is told here."
        }
    };
    let text = match letter {
        Some(letter) => format!("{text} The operator finds it as the dead letter {letter}."),
        None => text.to_owned(),
    };
    let state = match progress {
        Progress::Unsure => "not known yet whether it arrived",
        Progress::Parked => "waits for the operator",
        _ => "accepted",
    };
    let title = format!("{}: {state}", what(wish, room));
    Some(Told { title, text })
}

/// That a wish is done, where the hotel says no more.
pub fn done(wish: &Wish, room: &str) -> String {
    match wish {
        Wish::Book(_) => format!("Room {room} is booked."),
        Wish::Confirm(_) => format!("The booking of room {room} is confirmed."),
        Wish::CheckIn(_) => format!("The guest is checked in to room {room}."),
        Wish::CheckOut(_) => format!("The guest of room {room} is checked out."),
        Wish::NoShow(_) => format!("Noted that the guest of room {room} did not come."),
        Wish::Cancel(_) => format!("The booking of room {room} is cancelled."),
        Wish::Change(_) => format!("The booking of room {room} is changed."),
        Wish::Swap(_) => format!("The booking of room {room} has changed places."),
        Wish::Pin(_) => format!("The booking stays in room {room}."),
        Wish::Unpin(_) => format!("The booking may leave room {room}."),
        Wish::Clean(_) => format!("Room {room} is clean."),
        Wish::Inspect(_) => format!("Room {room} has passed the inspection."),
        Wish::FailCleanup(_) => format!("Noted what is wrong with room {room}."),
        Wish::RequestCleanup(_) => format!("Room {room} is to be cleaned."),
        Wish::Undo(_) => format!("The last change in room {room} is undone."),
    }
}

/// That a wish is not done, as a title.
pub fn failed(wish: &Wish, room: &str) -> String {
    match wish {
        Wish::Book(_) => format!("Room {room} was not booked"),
        Wish::Confirm(_) => format!("The booking of room {room} was not confirmed"),
        Wish::CheckIn(_) => format!("Nobody was checked in to room {room}"),
        Wish::CheckOut(_) => format!("Nobody was checked out of room {room}"),
        Wish::NoShow(_) => format!("Not noted as a no-show in room {room}"),
        Wish::Cancel(_) => format!("The booking of room {room} was not cancelled"),
        Wish::Change(_) | Wish::Swap(_) => not_moved(room),
        Wish::Pin(_) => format!("The booking was not pinned to room {room}"),
        Wish::Unpin(_) => format!("The booking is still pinned to room {room}"),
        Wish::Clean(_) => format!("Room {room} was not marked clean"),
        Wish::Inspect(_) => format!("Room {room} was not marked as inspected"),
        Wish::FailCleanup(_) => format!("The problem with room {room} was not noted"),
        Wish::RequestCleanup(_) => format!("Room {room} was not put on the list to be cleaned"),
        Wish::Undo(_) => format!("Nothing was undone in room {room}"),
    }
}

/// That a stay is where it was, as a title.
pub fn not_moved(room: &str) -> String {
    format!("The booking of room {room} was not changed")
}

/// That nobody can say whether a wish is done, as a title.
pub fn unknown(wish: &Wish, room: &str) -> String {
    format!("{}: not known whether it is done", what(wish, room))
}

/// What was asked for, as a title.
pub fn what(wish: &Wish, room: &str) -> String {
    let what = match wish {
        Wish::Book(_) => "Booking of",
        Wish::Confirm(_) => "Confirmation of",
        Wish::CheckIn(_) => "Check-in to",
        Wish::CheckOut(_) => "Check-out of",
        Wish::NoShow(_) => "No-show in",
        Wish::Cancel(_) => "Cancellation of",
        Wish::Change(_) | Wish::Swap(_) => "Change in",
        Wish::Pin(_) => "Pinning to",
        Wish::Unpin(_) => "Unpinning from",
        Wish::Clean(_) => "Cleaning of",
        Wish::Inspect(_) => "Inspection of",
        Wish::FailCleanup(_) => "Problem with",
        Wish::RequestCleanup(_) => "Request to clean",
        Wish::Undo(_) => "Undo in",
    };
    format!("{what} room {room}")
}

#[cfg(test)]
mod tests {
    use shared::housekeeping::Cleanup;
    use shared::rooms::RoomId;

    use super::*;

    #[test]
    fn each_way_of_waiting_has_its_own_words() {
        let wish = Wish::Clean(Cleanup {
            room: RoomId::try_from(1).unwrap().into(),
            date: "2026-11-21".parse().unwrap(),
        });
        let told = |progress, hotel| waiting(&wish, "101", progress, hotel, None);
        assert_eq!(told(Progress::Sending, Hotel::Silent), None);
        assert_eq!(told(Progress::Accepted, Hotel::Silent), None);
        let ways = [
            told(Progress::Late, Hotel::Busy).unwrap(),
            told(Progress::Late, Hotel::Silent).unwrap(),
            told(Progress::Unsure, Hotel::Silent).unwrap(),
        ];
        assert_eq!(ways[0].title, "Cleaning of room 101: accepted");
        assert_eq!(
            ways[2].title,
            "Cleaning of room 101: not known yet whether it arrived"
        );
        assert!(ways[0].text != ways[1].text && ways[1].text != ways[2].text);
        let letter = Some("commands.room-1.commands.7");
        let parked = waiting(&wish, "101", Progress::Parked, Hotel::Silent, letter).unwrap();
        assert_eq!(parked.title, "Cleaning of room 101: waits for the operator");
        assert!(
            parked
                .text
                .ends_with("as the dead letter commands.room-1.commands.7."),
            "{}",
            parked.text
        );
    }
}
