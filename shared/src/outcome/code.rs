//! Why a command is refused, as programs tell it apart. This is the table of all reasons: whoever explains them, such as the HTTP
//! adapter under `/problems/<code>`, goes by it.

use std::fmt;

/// Declares the codes: the text of each, and what it means in a sentence.
macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $code:ident = $text:literal,)+) => {
        /// Why a command is refused. The texts are part of the contract: one is never given another meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $meaning])+ $code,)+
        }

        impl Code {
            pub const ALL: &[Self] = &[$(Self::$code),+];

            /// The code as it is in a [`Refusal`](super::Refusal): `room-taken`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $text,)+
                }
            }

            /// What it means, in a sentence.
            #[cfg(feature = "schema")]
            pub fn meaning(self) -> &'static str {
                let meaning = match self {
                    $(Self::$code => concat!($($meaning),+),)+
                };
                meaning.trim_start()
            }
        }
    };
}

codes! {
    /// The command is not what a command of its name has to be: a field is missing, unknown, or has a value that cannot be meant.
    Invalid = "invalid",
    /// The hotel knows no command of this name.
    UnknownCommand = "unknown-command",
    /// The account of the one who asks may not send this command.
    Forbidden = "forbidden",
    /// Somebody else has sent a command with this id.
    CommandIdTaken = "command-id-taken",
    /// More commands have come from the one who asks than the hotel takes from one, so it has not looked at this one.
    TooManyCommands = "too-many-commands",
    /// The command could not be decided, and an operator has given it up.
    Discarded = "discarded",
    /// The hotel has no room with this id.
    UnknownRoom = "unknown-room",
    /// The hotel has no rooms of this type.
    UnknownRoomType = "unknown-room-type",
    /// No room of this type is free on all of these nights.
    NoneFree = "none-free",
    /// The hotel has a room with this id already.
    RoomExists = "room-exists",
    /// Somebody else has the room on one of these nights.
    RoomTaken = "room-taken",
    /// The room is out of order on one of these nights: nobody can sleep in it.
    OutOfOrder = "out-of-order",
    /// The room is out of service on one of these nights: it is not given to guests.
    OutOfService = "out-of-service",
    /// The hotel gives the room up before the last of these nights.
    RoomRetired = "room-retired",
    /// A room is not held for as long as this.
    HoldTooLong = "hold-too-long",
    /// The client has a booking in this room with this day of arrival already.
    BookingExists = "booking-exists",
    /// There is no such booking in this room.
    NoSuchBooking = "no-such-booking",
    /// The booking is not in the state in which this can be done with it.
    WrongStatus = "wrong-status",
    /// The client has no stay in this room on this day.
    NoSuchStay = "no-such-stay",
    /// The guest has been checked in already.
    AlreadyCheckedIn = "already-checked-in",
    /// The room is not clean since its last guest, so no guest can check in.
    RoomNotReady = "room-not-ready",
    /// The stay begins on a later day.
    TooEarly = "too-early",
    /// The hold of the booking ends at another time than this.
    OtherHold = "other-hold",
    /// It is like this already.
    NoChange = "no-change",
    /// The guest is in the house.
    InHouse = "in-house",
    /// The booking is pinned to its room.
    Pinned = "pinned",
    /// The booking is not pinned to its room.
    NotPinned = "not-pinned",
    /// The room is not blocked like this from this day on.
    NoSuchBlock = "no-such-block",
    /// The room is blocked until an earlier day only.
    BlockOver = "block-over",
    /// Nothing has happened in the room that could be undone.
    NothingToUndo = "nothing-to-undo",
    /// Something else has happened in the room since.
    NotTheLast = "not-the-last",
    /// What the command did cannot be undone.
    CannotBeUndone = "cannot-be-undone",
    /// The hotel knows no client with this id.
    NoSuchGuest = "no-such-guest",
    /// The guest is in the house, or is still to come, so the name cannot be erased yet.
    GuestExpected = "guest-expected",
    /// The room is not clean on this day, so there is nothing to inspect.
    NotClean = "not-clean",
    /// There is, or was, somebody with this log-in name.
    StaffExists = "staff-exists",
    /// There is nobody with this log-in name.
    NoSuchStaff = "no-such-staff",
    /// Without this manager there would be none.
    LastManager = "last-manager",
    /// People log in with a password and machines with an NKey, and neither becomes the other.
    PersonOrMachine = "person-or-machine",
    /// Another machine logs in with this NKey, or did.
    NkeyTaken = "nkey-taken",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_reasons_have_the_same_code() {
        for (index, code) in Code::ALL.iter().enumerate() {
            let before = &Code::ALL[..index];
            assert!(
                before.iter().all(|other| other.as_str() != code.as_str()),
                "{code}"
            );
        }
    }
}
