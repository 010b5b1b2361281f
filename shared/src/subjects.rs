//! Every NATS subject, stream and bucket of the hotel, as types: a subject that is misspelt does not compile.
//!
//! | subject | who publishes it | kept in |
//! |---|---|---|
//! | `cmd.<account>.<user>.<command>` | whoever wants something; account and user are put there by the server | stream `commands` |
//! | `gate.guest.guest.<command>` | a guest who wants something; from there the backend lets it into the stream | |
//! | `room.<room>` | the handler of add-room | stream `room` |
//! | `booking.<room>.<arrival>.<client>_<arrival>` | the handlers of commands about a stay; the arrival is the one first booked | stream `room-booking` |
//! | `booking.<room>.<from>.out-of-order`, `….out-of-service` | the handlers of commands about a block | stream `room-booking` |
//! | `booking.<room>.<date>.retired` | the handler of retire-room | stream `room-booking` |
//! | `cleanup.<room>.<date>.<room>_<date>` | the handlers of housekeeping | stream `room-cleanup` |
//! | `staff.<log-in name>` | the handlers of commands about the staff | stream `staff` |
//! | `$KV.<bucket>.<key>` | the projector of the bucket | stream `KV_<bucket>` |
//! | `live.<bucket>.<key>` | the server, for each write to the bucket | |
//! | `outcome.<account>.<user>.<command id>` | the server, for each write to the bucket `outcomes` | |
//! | `here.<account>.<user>` | a page of the front desk or a manager, about the stay that it shows; not in the account `HOTEL` | |
//!
//! In a browser's own account the account's token is left out: `cmd.<user>.<command>`, `outcome.<user>.<command id>`.

mod bucket;
mod form;

use std::fmt;
use std::str::FromStr;

pub use bucket::{
    Bucket, DAYS, GUESTS, HOUSEKEEPING, OCCUPANCY, OUTCOMES, ROOMS, STAFF, STAYS, VACANCY,
};
pub use form::Form;

use crate::Date;
use crate::bookings::{About, BookingIdError};
use crate::cloud_event::{Command, MessageId};
use crate::date::DateError;
use crate::identity::{Account, Actor, ActorError};
use crate::rooms::{BlockKind, RoomId, RoomIdError};
use crate::staff::StaffName;
use crate::text::{Token, TokenError};

/// A stream that holds commands or events, the truth of the hotel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stream {
    Commands,
    Room,
    RoomBooking,
    RoomCleanup,
    Staff,
}

impl Stream {
    pub const ALL: [Self; 5] = [
        Self::Commands,
        Self::Room,
        Self::RoomBooking,
        Self::RoomCleanup,
        Self::Staff,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Commands => "commands",
            Self::Room => "room",
            Self::RoomBooking => "room-booking",
            Self::RoomCleanup => "room-cleanup",
            Self::Staff => "staff",
        }
    }

    /// The filter of the subjects that the stream captures.
    pub const fn subjects(self) -> &'static str {
        match self {
            Self::Commands => "cmd.>",
            Self::Room => "room.>",
            Self::RoomBooking => "booking.>",
            Self::RoomCleanup => "cleanup.>",
            Self::Staff => "staff.>",
        }
    }
}

/// The stream that has a copy of every command, event and outcome for 14 days, made by the server.
pub const AUDIT: &str = "audit";

/// The bucket that has every decision that left no event, such as a refusal, for ever. The backend's own.
pub const DECISIONS: &str = "decisions";

/// The bucket with the key of each guest, with which the name is sealed in events; without it the name is gone. The backend's
/// own.
pub const GUEST_KEYS: &str = "guest-keys";

/// Where the commands of guests arrive first: `gate` in place of `cmd`.
pub const GATE: &str = "gate";

/// Where a command arrives in the account `HOTEL`: `cmd.<account>.<user>.<command>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandSubject {
    pub actor: Actor,
    /// The [`Command::NAME`].
    pub command: Token,
}

impl CommandSubject {
    /// The subject on which somebody inside `HOTEL` publishes a command of the type `C`.
    pub fn text<C: Command>(actor: &Actor) -> String {
        format!("cmd.{}.{}.{}", actor.account, actor.user, C::NAME)
    }

    /// The subject on which `user` publishes a command of the type `C` inside the account of a browser.
    pub fn in_browser<C: Command>(user: &Token) -> String {
        format!("cmd.{user}.{}", C::NAME)
    }
}

/// The events of a room: `room.<room>`, which is also the filter of its boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomSubject {
    pub room: RoomId,
}

/// The events about a room's nights: `booking.<room>.<arrival>.<client>_<arrival>` for a stay,
/// `booking.<room>.<from>.out-of-order` or `….out-of-service` for a block, `booking.<room>.<date>.retired` for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookingSubject {
    pub room: RoomId,
    pub about: About,
}

const RETIRED: &str = "retired";

impl BookingSubject {
    /// The filter of a room's consistency boundary: every append about the room expects the last sequence of exactly
    /// this text.
    pub fn boundary(room: RoomId) -> String {
        format!("booking.{room}.>")
    }
}

/// The cleanups of a room on a day: `cleanup.<room>.<date>.<room>_<date>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CleanupSubject {
    pub room: RoomId,
    pub date: Date,
}

impl CleanupSubject {
    /// The filter of a room's consistency boundary.
    pub fn boundary(room: RoomId) -> String {
        format!("cleanup.{room}.>")
    }
}

/// The events about one of the staff: `staff.<log-in name>`. The filter of their boundary is that of all of them
/// ([`Stream::subjects`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffSubject {
    pub staff: StaffName,
}

/// The key of an outcome: `<account>.<user>.<command id>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeKey {
    pub actor: Actor,
    pub command: MessageId,
}

impl OutcomeKey {
    /// The subject on which `user` hears of the command inside the account of a browser.
    pub fn in_browser(user: &Token, command: &MessageId) -> String {
        format!("outcome.{user}.{command}")
    }

    /// The subject of a direct get (ADR-31) of the outcome, the same inside and outside the account of a browser.
    pub fn direct_get(account: Account, user: &Token, command: &MessageId) -> String {
        format!("$JS.API.DIRECT.GET.KV_outcomes.$KV.outcomes.{account}.{user}.{command}")
    }
}

/// Where a page says at which stay it looks: `here.<account>.<user>`. It passes from one account to the other as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceSubject {
    pub actor: Actor,
}

impl PresenceSubject {
    /// What the pages that may know listen to.
    pub const ALL: &str = "here.>";

    /// The subject on which the actor says it.
    pub fn text(actor: &Actor) -> String {
        format!("here.{}.{}", actor.account, actor.user)
    }
}

impl fmt::Display for CommandSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cmd.{}.{}.{}",
            self.actor.account, self.actor.user, self.command
        )
    }
}

impl fmt::Display for RoomSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "room.{}", self.room)
    }
}

impl fmt::Display for BookingSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let room = self.room;
        match self.about {
            About::Stay(booking) => write!(f, "booking.{room}.{}.{booking}", booking.arrival),
            About::Block(kind, from) => write!(f, "booking.{room}.{from}.{}", kind.as_str()),
            About::Retirement(date) => write!(f, "booking.{room}.{date}.{RETIRED}"),
        }
    }
}

impl fmt::Display for CleanupSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cleanup.{room}.{date}.{room}_{date}",
            room = self.room,
            date = self.date
        )
    }
}

impl fmt::Display for StaffSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "staff.{}", self.staff)
    }
}

impl fmt::Display for OutcomeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{}.{}",
            self.actor.account, self.actor.user, self.command
        )
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    #[error("{text:?} is not of the form {form}")]
    Form { text: String, form: &'static str },
    #[error(transparent)]
    Actor(#[from] ActorError),
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Room(#[from] RoomIdError),
    #[error(transparent)]
    Booking(#[from] BookingIdError),
    #[error(transparent)]
    Date(#[from] DateError),
}

/// The tokens of a subject that must start with `first` and have `N` more.
fn tokens<'a, const N: usize>(
    text: &'a str,
    first: &str,
    form: &'static str,
) -> Result<[&'a str; N], SubjectError> {
    let error = || SubjectError::Form {
        text: text.to_owned(),
        form,
    };
    let mut tokens = text.split('.');
    if tokens.next() != Some(first) {
        return Err(error());
    }
    let rest: Vec<&str> = tokens.collect();
    rest.try_into().map_err(|_| error())
}

impl FromStr for CommandSubject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, SubjectError> {
        let [account, user, command] = tokens(text, "cmd", "cmd.<account>.<user>.<command>")?;
        let actor = Actor {
            account: account.parse()?,
            user: user.parse()?,
        };
        Ok(Self {
            actor,
            command: command.parse()?,
        })
    }
}

impl FromStr for PresenceSubject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, SubjectError> {
        let [account, user] = tokens(text, "here", "here.<account>.<user>")?;
        Ok(Self {
            actor: Actor {
                account: account.parse()?,
                user: user.parse()?,
            },
        })
    }
}

impl FromStr for BookingSubject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, SubjectError> {
        const FORM: &str = "booking.<room>.<date>.<what it is about>";
        let [room, date, about] = tokens(text, "booking", FORM)?;
        let date: Date = date.parse()?;
        let about = if let Some(kind) = BlockKind::from_token(about) {
            About::Block(kind, date)
        } else if about == RETIRED {
            About::Retirement(date)
        } else {
            About::Stay(about.parse()?)
        };
        match about {
            About::Stay(booking) if booking.arrival != date => Err(SubjectError::Form {
                text: text.to_owned(),
                form: FORM,
            }),
            about => Ok(Self {
                room: room.parse()?,
                about,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bookings::{BookRoom, BookingId, StayKey};

    #[test]
    fn subjects_are_the_documented_ones() {
        let (room, date) = (RoomId::try_from(1).unwrap(), "2022-12-12".parse().unwrap());
        let booking: BookingId = "1_2022-12-12".parse().unwrap();
        assert_eq!(RoomSubject { room }.to_string(), "room.1");
        assert_eq!(
            BookingSubject {
                room,
                about: About::Stay(booking)
            }
            .to_string(),
            "booking.1.2022-12-12.1_2022-12-12"
        );
        assert_eq!(BookingSubject::boundary(room), "booking.1.>");
        assert_eq!(
            CleanupSubject { room, date }.to_string(),
            "cleanup.1.2022-12-12.1_2022-12-12"
        );
        let staff = "anna".parse().unwrap();
        assert_eq!(StaffSubject { staff }.to_string(), "staff.anna");
        assert_eq!(
            STAYS.subject(&StayKey { room, booking }),
            "$KV.stays.1.1_2022-12-12"
        );
        let actor: Actor = "frontdesk/anna".parse().unwrap();
        assert_eq!(
            CommandSubject::text::<BookRoom>(&actor),
            "cmd.frontdesk.anna.book-room"
        );
        assert_eq!(
            CommandSubject::in_browser::<BookRoom>(&actor.user),
            "cmd.anna.book-room"
        );
        let command: MessageId = "c1".parse().unwrap();
        assert_eq!(
            OutcomeKey::in_browser(&actor.user, &command),
            "outcome.anna.c1"
        );
        assert_eq!(
            OutcomeKey::direct_get(actor.account, &actor.user, &command),
            format!(
                "$JS.API.DIRECT.GET.KV_outcomes.{}",
                OUTCOMES.subject(&OutcomeKey { actor, command })
            )
        );
    }

    #[test]
    fn a_subject_is_read_back_whole_or_not_at_all() {
        for text in ["cmd.frontdesk.anna.book-room", "cmd.hotel.http.cleanup"] {
            assert_eq!(text.parse::<CommandSubject>().unwrap().to_string(), text);
        }
        for text in [
            "cmd.frontdesk.book-room",
            "cmd.owner.anna.book-room",
            "cmd.frontdesk.anna.book-room.x",
            "evt.a.b.c",
        ] {
            assert!(text.parse::<CommandSubject>().is_err(), "{text}");
        }
        for text in [
            "booking.1.2022-12-12.1_2022-12-12",
            "booking.1.2022-12-12.out-of-order",
            "booking.1.2022-12-12.out-of-service",
            "booking.1.2022-12-12.retired",
        ] {
            assert_eq!(text.parse::<BookingSubject>().unwrap().to_string(), text);
        }
        assert!(
            "booking.1.2022-12-13.1_2022-12-12"
                .parse::<BookingSubject>()
                .is_err()
        );
    }
}
