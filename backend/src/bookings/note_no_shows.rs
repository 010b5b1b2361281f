//! The reaction to a booking: on the morning after the first night it is noted that its guest has not come, if so.

use std::time::SystemTime;

use jetstream_es::reaction::{Effect, Reaction};
use jetstream_es::{Failure, Recorded, Start};
use shared::Timestamp;
use shared::bookings::{BookingEvent, NoShow, StayStatus};

use super::Bookings;
use crate::clock;
use crate::reactions::{self, ACTOR, SOURCE};

/// When a guest who was to arrive the day before is given up, in minutes of the day (UTC).
const MORNING: u16 = 11 * 60;

/// Sets the morning on which a guest is given up, for each stay that is still to come when it is booked or changed. Stays
/// of the past, entered late, are left to people.
#[derive(Debug)]
pub struct NoteNoShows;

impl Reaction for NoteNoShows {
    type Events = Bookings;

    const NAME: &'static str = "note-no-shows";
    const SOURCE: &'static str = SOURCE;
    const ACTOR: Option<&'static str> = Some(ACTOR);
    // Stays that were booked before this was added have a morning, too. Of those that are over, what is due is decided on now.
    const FROM: Start = Start::Beginning;

    fn react(&self, event: &Recorded<BookingEvent>) -> Result<Vec<Effect>, Failure> {
        let decided = event.metadata.time.unwrap_or(SystemTime::UNIX_EPOCH);
        let event = &event.event;
        let (Some(booking), Some(stay)) = (event.booking(), event.stay_effect()) else {
            return Ok(Vec::new());
        };
        let is_first = match event {
            BookingEvent::RoomBooked(_) | BookingEvent::StayMovedIn(_) => true,
            BookingEvent::HoldConfirmed(_)
            | BookingEvent::StayChanged(_)
            | BookingEvent::BookingCancelled(_)
            | BookingEvent::StayMovedOut(_)
            | BookingEvent::GuestCheckedIn(_)
            | BookingEvent::ChangeUndone(_) => false,
            // Nothing of this changes who is awaited, or when.
            _ => return Ok(Vec::new()),
        };
        let room = event.room();
        let deadline = reactions::deadline("no-show", room, booking)?;
        let date = stay.span.arrival.plus_days(1);
        let morning = Timestamp::midnight(date).plus_minutes(MORNING);
        let at = clock::system_time(morning);
        if stay.status == StayStatus::Booked && decided < at {
            let command = NoShow {
                room,
                booking,
                date,
            };
            let command = reactions::command(&command, booking.to_string())?;
            return Ok(vec![Effect::SendAt {
                deadline,
                at,
                command,
            }]);
        }
        // Nothing can have been set for a stay that has just begun.
        Ok(if is_first {
            Vec::new()
        } else {
            vec![Effect::Cancel { deadline }]
        })
    }
}
