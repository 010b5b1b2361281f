//! What JSON Schema says of the values that validate themselves (feature `schema`).
//!
//! Each schema reads the bounds of the parser beside which the value stands, so the two cannot drift apart; what the
//! parser accepts validates, and what validates is accepted (`tests/schema`).

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::bookings::{
    BookingId, ClientId, DayKey, GuestKey, HoldMinutes, Nights, OccupancyKey, StayKey, VacancyKey,
};
use crate::cloud_event::SpecVersion;
use crate::identity::{Account, Actor};
use crate::rooms::RoomId;
use crate::staff::{StaffName, UserNkey};
use crate::text::{Name, Note, Token};
use crate::{Date, HotelName, Timestamp};

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
        "pattern": format!("^{}[.]{}$", room(), booking()),
        "examples": ["1.1_2026-12-01"],
    })
);

schema!(
    VacancyKey,
    "VacancyKey",
    json_schema!({
        "description": "A type of rooms in the bucket `vacancy`, or one of its nights.",
        "type": "string",
        "pattern": format!("^{TOKEN}{{1,{}}}([.]{})?$", Token::MAX_LENGTH, date()),
        "examples": ["double", "double.2026-12-01"],
    })
);

schema!(
    DayKey,
    "DayKey",
    json_schema!({
        "description": "A stay on one of its days in the bucket `days`.",
        "type": "string",
        "pattern": format!("^{}[.]{}[.]{}$", date(), room(), booking()),
        "examples": ["2026-12-01.1.1_2026-12-01"],
    })
);

schema!(
    GuestKey,
    "GuestKey",
    json_schema!({
        "description": "A stay of a client in the bucket `guests`.",
        "type": "string",
        "pattern": format!("^{}[.]{}[.]{}$", client(), room(), booking()),
        "examples": ["1.1.1_2026-12-01"],
    })
);

schema!(
    OccupancyKey,
    "OccupancyKey",
    json_schema!({
        "description": "The house in the bucket `occupancy`, or one of its nights.",
        "type": "string",
        "pattern": format!("^(house|{})$", date()),
        "examples": ["house", "2026-12-01"],
    })
);

schema!(
    StaffName,
    "StaffName",
    json_schema!({
        "description": "The name that somebody logs in with.",
        "type": "string",
        "minLength": 1,
        "maxLength": StaffName::MAX_LENGTH,
        "pattern": "^[a-z][a-z0-9_-]*$",
        "examples": ["anna"],
    })
);

schema!(
    HotelName,
    "HotelName",
    json_schema!({
        "description": "What a hotel is called where one server has several.",
        "type": "string",
        "minLength": 1,
        "maxLength": HotelName::MAX_LENGTH,
        "pattern": "^[a-z][a-z0-9-]*$",
        "examples": ["main"],
    })
);

schema!(
    UserNkey,
    "UserNkey",
    json_schema!({
        "description": "The public NKey of a user, which a machine logs in with.",
        "type": "string",
        "pattern": format!("^U[A-Z2-7]{{{}}}$", UserNkey::LENGTH - 1),
        "examples": [format!("U{}", "A".repeat(UserNkey::LENGTH - 1))],
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

/// The form of a booking.
fn booking() -> String {
    format!("{}_{}", client(), date())
}

fn client() -> String {
    up_to(ClientId::MAX)
}

fn room() -> String {
    up_to(RoomId::MAX.into())
}

/// The whole numbers from 1 to `max`, in digits.
fn up_to(max: u64) -> String {
    let digits = max.to_string();
    let last = digits.len() - 1;
    // Those with fewer digits, those that are smaller from one of their digits on, and the largest itself.
    let mut forms = Vec::new();
    if last > 0 {
        forms.push(format!("[1-9][0-9]{{0,{}}}", last - 1));
    }
    for (place, digit) in digits.char_indices() {
        let lowest = if place == 0 { '1' } else { '0' };
        let smaller = (lowest..digit).next_back();
        forms.extend(smaller.map(|smaller| {
            let same = &digits[..place];
            format!("{same}[{lowest}-{smaller}][0-9]{{{}}}", last - place)
        }));
    }
    forms.push(digits);
    format!("({})", forms.join("|"))
}

/// The days of the calendar, in the centuries that are accepted.
fn date() -> String {
    let century = |date: Date| date.civil().0 / 100;
    let centuries = century(Date::MIN)..=century(Date::MAX);
    let some = |leap: bool| {
        let centuries = centuries.clone();
        let some = centuries.filter(|century| !leap || century % 4 == 0);
        some.map(|century| century.to_string())
            .collect::<Vec<_>>()
            .join("|")
    };
    let (all, leap) = (some(false), some(true));
    let of_31 = "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])";
    let of_30 = "(0[469]|11)-(0[1-9]|[12][0-9]|30)";
    let of_28 = "02-(0[1-9]|1[0-9]|2[0-8])";
    let fourth_years = "(0[48]|[2468][048]|[13579][26])";
    format!(
        "(({all})[0-9]{{2}}-({of_31}|{of_30}|{of_28})|(({all}){fourth_years}|({leap})00)-02-29)"
    )
}
