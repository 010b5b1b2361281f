//! What JSON Schema says of the values that validate themselves (feature `schema`).
//!
//! Each schema reads the bounds of the parser beside which the value stands, so the two cannot drift apart; what the
//! parser accepts validates, and what validates is accepted (`tests/schema`). JSON Schema cannot say all of it:
//!
//! - a day of the calendar is `format: date`, which a validator may pass over;
//! - the largest client in the text of a booking (2⁵³ − 1) is told by its number of digits alone;
//! - `1.0` and `1e0` are whole numbers to JSON Schema, and none to the parsers: a whole number is written in digits.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::bookings::{BookingId, ClientId, HoldMinutes, Nights, StayKey};
use crate::cloud_event::SpecVersion;
use crate::identity::{Account, Actor};
use crate::rooms::RoomId;
use crate::text::{Name, Note, Token};
use crate::{Date, Timestamp};

/// What `char::is_whitespace` is true of, and a regular expression of any dialect understands.
const SPACE: &str =
    r"\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
/// What `char::is_control` is true of.
const CONTROL: &str = r"\u0000-\u001f\u007f-\u009f";
const TOKEN: &str = "[A-Za-z0-9_-]";

/// A schema of its own name: what refers to it does so by that name.
macro_rules! schema {
    ($type:ty, $name:literal, $schema:expr) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn schema_id() -> Cow<'static, str> {
                concat!("shared::", $name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

schema!(
    RoomId,
    "RoomId",
    json_schema!({
        "description": "A room's number in the books. What is painted on its door is its name.",
        "type": "integer",
        "minimum": RoomId::MIN.get(),
        "maximum": RoomId::MAX,
    })
);

schema!(
    ClientId,
    "ClientId",
    json_schema!({
        "description": "A client's number in the books, up to the largest that every JSON reader keeps exact (RFC 8259, 6).",
        "type": "integer",
        "minimum": ClientId::MIN.get(),
        "maximum": ClientId::MAX,
    })
);

schema!(
    Nights,
    "Nights",
    json_schema!({
        "description": "How many nights in a row.",
        "type": "integer",
        "minimum": Nights::ONE.get(),
        "maximum": Nights::MAX,
    })
);

schema!(
    HoldMinutes,
    "HoldMinutes",
    json_schema!({
        "description": "How long a room is held, in minutes. A guest holds one no longer than by default.",
        "type": "integer",
        "minimum": HoldMinutes::MIN,
        "maximum": HoldMinutes::MAX,
    })
);

schema!(
    Token,
    "Token",
    json_schema!({
        "description": "One token of a NATS subject, safe in keys and URLs too: an id, a name for programs.",
        "type": "string",
        "minLength": 1,
        "maxLength": Token::MAX_LENGTH,
        "pattern": format!("^{TOKEN}*$"),
    })
);

schema!(
    Name,
    "Name",
    json_schema!({
        "description": "A name as a person would write it, on one line. Space around it is dropped.",
        "type": "string",
        "minLength": 1,
        "maxLength": Name::MAX_LENGTH,
        "pattern": one_line(),
    })
);

schema!(
    Note,
    "Note",
    json_schema!({
        "description": "A reason or a remark, on one line. Space around it is dropped.",
        "type": "string",
        "minLength": 1,
        "maxLength": Note::MAX_LENGTH,
        "pattern": one_line(),
    })
);

schema!(
    Date,
    "Date",
    json_schema!({
        "description": format!("A day of the calendar, from {} to {}.", Date::MIN, Date::MAX),
        "type": "string",
        "format": "date",
        "pattern": format!("^{}$", date()),
        "examples": ["2026-12-01"],
    })
);

schema!(
    Timestamp,
    "Timestamp",
    json_schema!({
        "description": "A moment in UTC (RFC 3339). What lies beyond a millisecond is cut off.",
        "type": "string",
        "format": "date-time",
        "pattern": format!("^{}[Tt]([01][0-9]|2[0-3])(:[0-5][0-9]){{2}}(\\.[0-9]+)?[Zz]$", date()),
        "examples": ["2026-11-21T09:30:00.000Z"],
    })
);

schema!(
    BookingId,
    "BookingId",
    json_schema!({
        "description": "A booking, unique within a room: its client, and the day of arrival as it was first booked.",
        "type": "string",
        "pattern": format!("^{}$", booking()),
        "examples": ["1_2026-12-01"],
    })
);

schema!(
    StayKey,
    "StayKey",
    json_schema!({
        "description": "A stay in the bucket `stays`: its room and its booking.",
        "type": "string",
        "pattern": format!("^[1-9][0-9]{{0,{}}}[.]{}$", RoomId::MAX.ilog10(), booking()),
        "examples": ["1.1_2026-12-01"],
    })
);

schema!(
    Actor,
    "Actor",
    json_schema!({
        "description": "Who asked: a user of an account. The server knows it, whatever a message claims.",
        "type": "string",
        "pattern": format!(
            "^({})/{TOKEN}{{1,{}}}$",
            Account::ALL.map(Account::as_str).join("|"),
            Token::MAX_LENGTH,
        ),
        "examples": ["frontdesk/anna"],
    })
);

schema!(
    SpecVersion,
    "SpecVersion",
    json_schema!({
        "description": "The version of CloudEvents.",
        "const": SpecVersion::TEXT,
    })
);

/// Something that is no space, and no control character before the space after it.
fn one_line() -> String {
    let (inside, outer) = (format!("[^{CONTROL}]"), format!("[^{SPACE}{CONTROL}]"));
    format!("^[{SPACE}]*{outer}({inside}*{outer})?[{SPACE}]*$")
}

/// The form of a booking. The largest client is told by the number of its digits alone.
fn booking() -> String {
    format!("[1-9][0-9]{{0,{}}}_{}", ClientId::MAX.ilog10(), date())
}

/// The form of a date, with the centuries that are accepted.
fn date() -> String {
    let century = |date: Date| date.civil().0 / 100;
    let centuries = century(Date::MIN)..=century(Date::MAX);
    let centuries: Vec<String> = centuries.map(|century| century.to_string()).collect();
    format!(
        "({})[0-9]{{2}}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
        centuries.join("|")
    )
}
