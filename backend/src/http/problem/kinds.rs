//! The types of problems: what `GET /problems/<code>` tells of each. A problem is given a type by one of these, so none has a type
//! that is not explained.

use axum::http::StatusCode;
use shared::outcome::Code;

/// A type of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    /// Its name in `/problems/<code>`.
    pub(crate) code: &'static str,
    /// The status of a response with it.
    pub(crate) status: StatusCode,
    /// What it is called; the same each time.
    pub(crate) title: &'static str,
    /// What it means, in a sentence.
    pub(crate) meaning: &'static str,
    /// What can be done about it.
    pub(crate) remedy: &'static str,
}

/// The key of a command was used for something else.
pub(in crate::http) const KEY_REUSED: Kind = Kind {
    code: "idempotency-key-reused",
    status: StatusCode::CONFLICT,
    title: "Idempotency key reused",
    meaning: "The Idempotency-Key was used for another command, or for this one with other data.",
    remedy: "Repeat the command as it was, or send this one with a new key.",
};

/// A webhook is not believed.
pub(in crate::http) const NOT_SIGNED: Kind = Kind {
    code: "not-signed",
    status: StatusCode::UNAUTHORIZED,
    title: "Not signed",
    meaning: "The webhook has no signature that one of the source's secrets makes, or its time is more than five minutes from the hotel's.",
    remedy: "Sign id, time and body as Standard Webhooks say, with the secret that the hotel knows, and set the clock.",
};

/// Nobody is logged in.
pub(in crate::http) const LOG_IN: Kind = Kind {
    code: "log-in",
    status: StatusCode::UNAUTHORIZED,
    title: "Log in",
    meaning: "What is asked for is for the staff, and the request does not show who asks.",
    remedy: "Log in with POST /session and send the cookie along.",
};

/// The session is over.
pub(in crate::http) const SESSION_OVER: Kind = Kind {
    code: "session-over",
    status: StatusCode::UNAUTHORIZED,
    title: "Session over",
    meaning: "The session was ended, by its time, by a log-out, or because the manager changed what its owner may do.",
    remedy: "Log in again.",
};

/// Name and password do not fit.
pub(in crate::http) const WRONG_PASSWORD: Kind = Kind {
    code: "wrong-password",
    status: StatusCode::UNAUTHORIZED,
    title: "Wrong name or password",
    meaning: "Nobody of the staff has this name and this password.",
    remedy: "Check both. A manager makes a link with which a new password can be chosen.",
};

/// Too many wrong passwords.
pub(in crate::http) const TOO_MANY_TRIES: Kind = Kind {
    code: "too-many-tries",
    status: StatusCode::TOO_MANY_REQUESTS,
    title: "Too many tries",
    meaning: "Too many wrong passwords came for this name, or from this address.",
    remedy: "Try again after the seconds of Retry-After.",
};

/// A link is worth nothing.
pub(in crate::http) const LINK_OVER: Kind = Kind {
    code: "link-over",
    status: StatusCode::GONE,
    title: "Link over",
    meaning: "The link was used, is older than a day, was replaced by a newer one, or never was one.",
    remedy: "Ask a manager for a new link.",
};

/// A new password is not good enough.
pub(in crate::http) const WEAK_PASSWORD: Kind = Kind {
    code: "weak-password",
    status: StatusCode::UNPROCESSABLE_ENTITY,
    title: "Weak password",
    meaning: "The password that was chosen is too short, too long, or contains the log-in name.",
    remedy: "Choose another one of 10 to 200 characters. The link is still good.",
};

/// Another site's page asks.
pub(in crate::http) const FOREIGN_PAGE: Kind = Kind {
    code: "foreign-page",
    status: StatusCode::FORBIDDEN,
    title: "Foreign page",
    meaning: "A page of another origin has a browser ask for something with the cookie of its user.",
    remedy: "Ask from the hotel's own page.",
};

/// There is no space left.
pub(in crate::http) const STORAGE_FULL: Kind = Kind {
    code: "storage-full",
    status: StatusCode::SERVICE_UNAVAILABLE,
    title: "Storage full",
    meaning: "The hotel has no space left to keep a command in. Nothing was stored.",
    remedy: "The operator makes space, or raises max_file of the account HOTEL in nats-server.conf. Then send it again.",
};

/// No more streams of events are served.
pub(in crate::http) const TOO_MANY_STREAMS: Kind = Kind {
    code: "too-many-streams",
    status: StatusCode::SERVICE_UNAVAILABLE,
    title: "Too many streams",
    meaning: "As many streams of events are open as the hotel serves.",
    remedy: "Come again after the seconds of Retry-After. The operator raises the limit with --http-streams.",
};

/// The end of a stream of events whose client does not keep up.
pub(in crate::http) const TOO_SLOW: Kind = Kind {
    code: "too-slow",
    status: StatusCode::SERVICE_UNAVAILABLE,
    title: "Too slow",
    meaning: "The client of a stream of events reads more slowly than things happen, so that what it has not read yet is no longer held for it.",
    remedy: "Open the stream again with the Last-Event-ID: what was missed is told first.",
};

/// A stream of events is to go on after something that has not happened.
pub(in crate::http) const UNKNOWN_EVENT_ID: Kind = Kind {
    code: "unknown-event-id",
    status: StatusCode::CONFLICT,
    title: "Unknown event id",
    meaning: "The Last-Event-ID says that more has been written to a bucket than there is in it: the bucket was made anew since.",
    remedy: "Load the view, and open the stream with the sequence of that, or without an id.",
};

/// Those of HTTP itself.
const OF_HTTP: [Kind; 13] = [
    LOG_IN,
    SESSION_OVER,
    WRONG_PASSWORD,
    TOO_MANY_TRIES,
    LINK_OVER,
    WEAK_PASSWORD,
    FOREIGN_PAGE,
    KEY_REUSED,
    NOT_SIGNED,
    STORAGE_FULL,
    TOO_MANY_STREAMS,
    TOO_SLOW,
    UNKNOWN_EVENT_ID,
];

impl Kind {
    /// All there are.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let refusals = Code::ALL.iter().map(|code| Self::of_refusal(*code));
        OF_HTTP.into_iter().chain(refusals)
    }

    /// The one with this name.
    pub(crate) fn find(code: &str) -> Option<Self> {
        Self::all().find(|kind| kind.code == code)
    }

    /// Of a command that is refused for this reason.
    fn of_refusal(code: Code) -> Self {
        const UNKNOWN: StatusCode = StatusCode::NOT_FOUND;
        const NO_MEANING: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
        // The hotel is not in the state that this would need.
        const STATE: StatusCode = StatusCode::CONFLICT;
        let (status, title, remedy) = match code {
            Code::Invalid => (
                NO_MEANING,
                "Invalid command",
                "Correct the fields that errors names, and send it as a new command.",
            ),
            Code::UnknownCommand => (
                UNKNOWN,
                "Unknown command",
                "Look its name up in the contracts: openapi.json over HTTP, asyncapi.json over NATS.",
            ),
            Code::Forbidden => (
                StatusCode::FORBIDDEN,
                "Forbidden",
                "Log in as somebody who may send it, or ask such a one.",
            ),
            Code::CommandIdTaken => (
                STATE,
                "Id taken",
                "Send the command again with a new id; over HTTP that is the Idempotency-Key.",
            ),
            Code::TooManyCommands => (
                StatusCode::TOO_MANY_REQUESTS,
                "Too many commands",
                "Send it as a new command after the seconds of Retry-After. The operator raises the limit with --command-rate, that of channels with --channel-rate.",
            ),
            Code::Discarded => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Given up",
                "Ask the operator for the reason, and send it as a new command when that is mended.",
            ),
            Code::UnknownRoom => (
                UNKNOWN,
                "Unknown room",
                "Choose one of the rooms in the view rooms.",
            ),
            Code::UnknownRoomType => (
                UNKNOWN,
                "Unknown type of rooms",
                "Choose one of the types in the view vacancy.",
            ),
            Code::NoneFree => (
                STATE,
                "None free",
                "Choose other nights or another type: the view vacancy says what is free.",
            ),
            Code::RoomExists => (
                STATE,
                "Room exists",
                "Give the new room an id that no other room has.",
            ),
            Code::RoomTaken => (
                STATE,
                "Room taken",
                "Choose other nights or another room: the view vacancy says what is free.",
            ),
            Code::OutOfOrder => (
                STATE,
                "Room out of order",
                "Choose other nights or another room, or end the block with back-in-order when the room is repaired.",
            ),
            Code::OutOfService => (
                STATE,
                "Room out of service",
                "Choose other nights or another room, or end the block with back-in-service.",
            ),
            Code::RoomRetired => (
                STATE,
                "Room retired",
                "Choose earlier nights, or a room that the hotel keeps.",
            ),
            Code::HoldTooLong => (
                NO_MEANING,
                "Hold too long",
                "Hold the room for fewer minutes, or leave them out.",
            ),
            Code::BookingExists => (
                STATE,
                "Booking exists",
                "Change the booking that is there, with change-stay, or choose another room.",
            ),
            Code::NoSuchBooking => (
                UNKNOWN,
                "No such booking",
                "Look the booking up in the view stays: it may have been moved to another room.",
            ),
            Code::WrongStatus => (
                STATE,
                "Wrong status",
                "Look up in the view stays how the booking is, and what can still be done with it.",
            ),
            Code::NoSuchStay => (
                UNKNOWN,
                "No such stay",
                "Look up in the view days who stays in the house on this day, and where.",
            ),
            Code::AlreadyCheckedIn => (
                STATE,
                "Already checked in",
                "Nothing has to be done: the guest is in the house.",
            ),
            Code::RoomNotReady => (
                STATE,
                "Room not ready",
                "Have the room cleaned, with request-cleanup and cleanup, or move the guest to another one.",
            ),
            Code::TooEarly => (
                STATE,
                "Too early",
                "Wait for the day of arrival, or change the stay.",
            ),
            Code::OtherHold => (
                STATE,
                "Another hold",
                "Nothing has to be done: the hold ends at its own time.",
            ),
            Code::NoChange => (
                STATE,
                "No change",
                "Nothing has to be done, unless something else was meant.",
            ),
            Code::InHouse => (STATE, "Guest in the house", "Check the guest out first."),
            Code::Pinned => (STATE, "Booking pinned", "Unpin the booking first."),
            Code::NotPinned => (
                STATE,
                "Booking not pinned",
                "Nothing has to be done, unless another booking was meant.",
            ),
            Code::NoSuchBlock => (
                UNKNOWN,
                "No such block",
                "Look up in the view rooms what blocks the room, and from which day on.",
            ),
            Code::BlockOver => (
                STATE,
                "Block over",
                "Choose an earlier day. After the block the room is free without it.",
            ),
            Code::NothingToUndo => (STATE, "Nothing to undo", "Nothing has to be done."),
            Code::NotTheLast => (
                STATE,
                "Not the last",
                "Undo what has happened since first, or send the command that makes up for it.",
            ),
            Code::CannotBeUndone => (
                STATE,
                "Cannot be undone",
                "Send the command that makes up for it, such as a new booking.",
            ),
            Code::NotClean => (
                STATE,
                "Not clean",
                "Have the room cleaned first, with cleanup.",
            ),
            Code::StaffExists => (
                STATE,
                "Log-in name taken",
                "Choose another log-in name: one is never given to a second person.",
            ),
            Code::NoSuchStaff => (
                UNKNOWN,
                "No such staff",
                "Look the log-in name up in the view staff.",
            ),
            Code::LastManager => (
                STATE,
                "Last manager",
                "Make somebody else a manager first, with add-staff or change-role.",
            ),
            Code::PersonOrMachine => (
                STATE,
                "Person or machine",
                "Give a machine an NKey and a person none. Instead of changing one into the other, disable it and add one anew.",
            ),
            Code::NoSuchGuest => (
                UNKNOWN,
                "No such guest",
                "Use the number of a client who has booked.",
            ),
            Code::GuestExpected => (
                STATE,
                "Guest expected",
                "Cancel the booking, check the guest out or note the no-show first.",
            ),
            Code::NkeyTaken => (STATE, "NKey taken", "Make a new NKey for each machine."),
        };
        Self {
            code: code.as_str(),
            status,
            title,
            meaning: code.meaning(),
            remedy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_name_of_its_own_and_explains_itself() {
        let all: Vec<Kind> = Kind::all().collect();
        for (index, kind) in all.iter().enumerate() {
            assert_eq!(Kind::find(kind.code), Some(*kind), "{index}");
            for sentence in [kind.meaning, kind.remedy] {
                assert!(sentence.ends_with('.'), "{}: {sentence}", kind.code);
            }
            assert!(!kind.status.is_success() && !kind.title.is_empty());
        }
        assert_eq!(Kind::find("room-on-fire"), None);
    }
}
