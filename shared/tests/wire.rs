//! What goes over the wire, byte for byte: other programs and older versions of this one read it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use shared::bookings::{
    BookRoom, BookRoomType, BookingEvent, CheckIn, HoldRoomType, OccupancyView, StayView,
    VacancyView,
};
use shared::cloud_event::CloudEvent;
use shared::housekeeping::{Cleanup, CleanupEvent};
use shared::identity::Account;
use shared::outcome::{Next, Outcome};
use shared::rooms::{AddRoom, RoomEvent, RoomView};
use shared::staff::{
    AddStaff, ChangeRole, DisableStaff, EnableStaff, ResetPassword, StaffEvent, StaffView,
};
use shared::{Timestamp, cloud_event::Command};

/// The text is read, and written again as it was.
#[track_caller]
fn golden<T: serde::Serialize + serde::de::DeserializeOwned>(text: &str) -> T {
    let value: T = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&value).unwrap(), text);
    value
}

#[track_caller]
fn refused<T: serde::de::DeserializeOwned + std::fmt::Debug>(text: &str, expected: &str) {
    let error = serde_json::from_str::<T>(text).unwrap_err().to_string();
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn commands() {
    golden::<BookRoom>(r#"{"room":{"id":1},"client":{"id":1},"date":"2022-12-12","nights":1}"#);
    golden::<BookRoom>(
        r#"{"room":{"id":1},"client":{"id":1,"name":"Ada Lovelace"},"date":"2022-12-12","nights":7}"#,
    );
    golden::<BookRoomType>(r#"{"type":"double","client":{"id":1},"date":"2022-12-12","nights":1}"#);
    golden::<HoldRoomType>(
        r#"{"type":"double","client":{"id":1},"date":"2022-12-12","nights":2,"minutes":15}"#,
    );
    golden::<Cleanup>(r#"{"room":{"id":1},"date":"2022-12-12"}"#);
    golden::<CheckIn>(r#"{"room":{"id":1},"client":{"id":1},"date":"2022-12-13"}"#);
    golden::<AddRoom>(r#"{"room":{"id":1},"name":"101","type":"double","floor":1}"#);
    golden::<AddStaff>(r#"{"staff":"anna","name":"Anna Berg","role":"front-desk"}"#);
    golden::<AddStaff>(concat!(
        r#"{"staff":"agency","name":"Agency","role":"channel","#,
        r#""nkey":"UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"}"#
    ));
    golden::<ChangeRole>(r#"{"staff":"anna","role":"manager"}"#);
    golden::<DisableStaff>(r#"{"staff":"anna"}"#);
    golden::<EnableStaff>(r#"{"staff":"anna"}"#);
    golden::<ResetPassword>(r#"{"staff":"anna"}"#);
}

#[test]
fn a_command_in_its_envelope() {
    let cleanup = serde_json::from_str(r#"{"room":{"id":1},"date":"2022-12-12"}"#).unwrap();
    let time = Timestamp::from_unix_milliseconds(1_670_840_430_500);
    let event: CloudEvent<Cleanup> =
        CloudEvent::command("c1".parse().unwrap(), "/board", time, cleanup);
    let text = concat!(
        r#"{"specversion":"1.0","id":"c1","source":"/board","type":"vacancy.housekeeping.cleanup.v1","#,
        r#""time":"2022-12-12T10:20:30.500Z","datacontenttype":"application/json","correlationid":"c1","#,
        r#""data":{"room":{"id":1},"date":"2022-12-12"}}"#
    );
    assert_eq!(event.message_type, Cleanup::TYPE);
    assert_eq!(golden::<CloudEvent<Cleanup>>(text), event);
}

#[test]
fn an_envelope_may_say_more_than_is_known() {
    let text = r#"{"specversion":"1.0","id":"c1","source":"/x","type":"t","traceparent":"00-0-0-0","data":1}"#;
    assert_eq!(
        serde_json::from_str::<CloudEvent<u8>>(text).unwrap().data,
        1
    );
    refused::<CloudEvent<u8>>(
        &text.replace("1.0", "0.3"),
        "specversion \"0.3\" is not supported",
    );
    refused::<CloudEvent<u8>>(
        &text.replace("c1", "c.1"),
        "\"c.1\" must be 1 to 64 letters, digits, - or _",
    );
}

#[test]
fn events() {
    golden::<RoomEvent>(
        r#"{"type":"vacancy.rooms.room-added.v1","data":{"room":{"id":1},"name":"101","type":"double","floor":1}}"#,
    );
    golden::<BookingEvent>(concat!(
        r#"{"type":"vacancy.booking.room-booked.v1","data":{"room":{"id":1},"type":"double","#,
        r#""client":{"id":1,"name":"Ada Lovelace"},"arrival":"2022-12-12","nights":2}}"#
    ));
    golden::<BookingEvent>(concat!(
        r#"{"type":"vacancy.booking.guest-checked-in.v2","data":{"room":{"id":1},"#,
        r#""booking":"1_2022-12-12","arrival":"2022-12-12","nights":2,"date":"2022-12-13"}}"#
    ));
    golden::<CleanupEvent>(
        r#"{"type":"vacancy.housekeeping.room-cleaned.v1","data":{"room":{"id":1},"date":"2022-12-12"}}"#,
    );
    for event in [
        r#"{"type":"vacancy.staff.staff-added.v1","data":{"staff":"anna","name":"Anna Berg","role":"front-desk"}}"#,
        concat!(
            r#"{"type":"vacancy.staff.staff-added.v1","data":{"staff":"agency","name":"Agency","role":"channel","#,
            r#""nkey":"UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"}}"#
        ),
        r#"{"type":"vacancy.staff.role-changed.v1","data":{"staff":"anna","role":"housekeeping"}}"#,
        r#"{"type":"vacancy.staff.staff-disabled.v1","data":{"staff":"anna"}}"#,
        r#"{"type":"vacancy.staff.staff-enabled.v1","data":{"staff":"anna"}}"#,
        r#"{"type":"vacancy.staff.password-reset.v1","data":{"staff":"anna"}}"#,
    ] {
        golden::<StaffEvent>(event);
    }
}

#[test]
fn views() {
    golden::<RoomView>(concat!(
        r#"{"id":1,"name":"101","type":"double","floor":1,"cleaned":"2022-12-12","#,
        r#""occupied":{"arrival":"2022-12-12","nights":2},"position":{"room":1,"room-booking":3,"room-cleanup":2}}"#
    ));
    golden::<StayView>(concat!(
        r#"{"room":1,"client":{"id":1,"name":"Ada Lovelace"},"arrival":"2022-12-12","nights":2,"#,
        r#""status":"in-house","sequence":7}"#
    ));
    golden::<VacancyView>(r#"{"kind":"type","rooms":10,"sequence":4}"#);
    golden::<VacancyView>(concat!(
        r#"{"kind":"type","rooms":10,"retired":[{"from":"2022-12-12","rooms":2}],"#,
        r#""sequence":4,"booking":9}"#
    ));
    golden::<VacancyView>(r#"{"kind":"night","taken":3,"sequence":9}"#);
    golden::<OccupancyView>(concat!(
        r#"{"kind":"house","rooms":30,"retired":[{"from":"2022-12-12","rooms":2}],"#,
        r#""sequence":4,"booking":9}"#
    ));
    golden::<OccupancyView>(r#"{"kind":"night","sold":3,"out_of_order":1,"sequence":9}"#);
    golden::<StaffView>(concat!(
        r#"{"name":"Anna Berg","role":"manager","active":true,"added":"2022-12-12T10:20:30.500Z","#,
        r#""since":"2022-12-13T10:20:30.500Z","sequence":7}"#
    ));
}

#[test]
fn outcomes() {
    golden::<Outcome>(
        r#"{"command":"c1","decision":"done","event":{"stream":"room-booking","sequence":1}}"#,
    );
    golden::<Outcome>(concat!(
        r#"{"command":"c1","decision":"done","event":{"stream":"room-booking","sequence":7},"#,
        r#""view":{"stays":{"key":"1.7_2022-12-12","value":{"room":1,"client":{"id":7,"name":"Ada"},"#,
        r#""arrival":"2022-12-12","nights":2,"status":"booked","sequence":7}}},"#,
        r#""next":[{"do":"message","text":"Room 101 is booked."},"#,
        r#"{"do":"open","view":"stays","key":"1.7_2022-12-12"},"#,
        r#"{"do":"confirm","room":{"id":1},"booking":"7_2022-12-12"},"#,
        r#"{"do":"undo","room":{"id":1},"command":"c1"}]}"#
    ));
    golden::<Outcome>(concat!(
        r#"{"command":"c1","decision":"done","event":{"stream":"room-booking","sequence":7},"#,
        r#""view":{"rooms":{"key":1,"value":{"id":1,"name":"101","type":"double","floor":-1,"#,
        r#""blocks":[{"kind":"out-of-order","from":"2022-12-12","nights":2,"reason":"No heating"}],"#,
        r#""position":{"room":1,"room-booking":7,"room-cleanup":0}}}}}"#
    ));
    golden::<Outcome>(concat!(
        r#"{"command":"c1","decision":"done","event":{"stream":"room-cleanup","sequence":2},"#,
        r#""view":{"housekeeping":{"key":1,"value":{"id":1,"name":"101","type":"double","floor":1,"#,
        r#""cleanups":{"cleaned":"2022-12-12"},"position":{"room":1,"room-booking":0,"room-cleanup":2}}}}}"#
    ));
    golden::<Outcome>(concat!(
        r#"{"command":"c1","decision":"parked","letter":"commands.7","#,
        r#""next":[{"do":"message","text":"It waits."},{"do":"correct","field":"date"}]}"#
    ));
    golden::<Outcome>(concat!(
        r#"{"command":"c1","decision":"refused","refusal":{"code":"room-taken","field":"date","#,
        r#""message":"Room 1 is taken."}}"#
    ));
}

#[test]
fn a_vacancy_has_what_its_kind_says() {
    golden::<VacancyView>(
        r#"{"kind":"type","rooms":30,"retired":[{"from":"2022-12-12","rooms":2}],"sequence":4,"booking":9}"#,
    );
    refused::<VacancyView>(r#"{"kind":"night","sequence":4}"#, "missing field `taken`");
    refused::<VacancyView>(r#"{"kind":"type","sequence":4}"#, "missing field `rooms`");
}

#[test]
fn an_outcome_has_what_its_decision_says() {
    refused::<Outcome>(
        r#"{"command":"c1","decision":"done"}"#,
        "missing field `event`",
    );
    refused::<Outcome>(
        r#"{"command":"c1","decision":"forgotten"}"#,
        "unknown variant `forgotten`",
    );
    let open = r#"{"command":"c1","decision":"parked","letter":"l","next":[{"do":"open","view":"stays"}]}"#;
    refused::<Outcome>(open, "missing field `key`");
}

#[test]
fn an_outcome_may_offer_more_than_is_known() {
    let text = concat!(
        r#"{"command":"c1","decision":"done","event":{"stream":"room-booking","sequence":1},"#,
        r#""next":[{"do":"rate","stars":5},{"do":"message","text":"Done."}]}"#
    );
    let outcome: Outcome = serde_json::from_str(text).unwrap();
    let text = "Done.".to_owned();
    assert_eq!(outcome.next, [Next::Unknown, Next::Message { text }]);
}

#[test]
fn a_guest_learns_nothing_that_guests_cannot_read() {
    let text = concat!(
        r#"{"command":"c1","decision":"done","event":{"stream":"room-booking","sequence":7},"#,
        r#""view":{"stays":{"key":"1.7_2022-12-12","value":{"room":1,"client":{"id":7,"name":"Ada"},"#,
        r#""arrival":"2022-12-12","nights":2,"status":"tentative","sequence":7}}},"#,
        r#""next":[{"do":"message","text":"Room 101 is held."},"#,
        r#"{"do":"open","view":"stays","key":"1.7_2022-12-12"},"#,
        r#"{"do":"undo","room":{"id":1},"command":"c1"}]}"#
    );
    let outcome: Outcome = serde_json::from_str(text).unwrap();
    for (account, expected) in [
        (Account::Hotel, text),
        (Account::FrontDesk, text),
        (
            Account::Guest,
            concat!(
                r#"{"command":"c1","decision":"done","event":{"stream":"room-booking","sequence":7},"#,
                r#""next":[{"do":"message","text":"Room 101 is held."}]}"#
            ),
        ),
    ] {
        let told = outcome.clone().for_account(account);
        assert_eq!(serde_json::to_string(&told).unwrap(), expected, "{account}");
    }
}

#[test]
fn bad_data_is_refused_with_the_reason() {
    let valid = r#"{"room":{"id":1},"client":{"id":1},"date":"2022-12-12","nights":1}"#;
    serde_json::from_str::<BookRoom>(valid).unwrap();
    for (from, to, expected) in [
        (
            r#""nights":1"#,
            r#""nights":0"#,
            "a stay has 1 to 730 nights, not 0",
        ),
        (
            r#""nights":1"#,
            r#""nights":-3"#,
            "a stay has 1 to 730 nights, not -3",
        ),
        (
            r#""nights":1"#,
            r#""nights":731"#,
            "a stay has 1 to 730 nights, not 731",
        ),
        (
            r#""nights":1"#,
            r#""nights":1.5"#,
            "invalid type: floating point",
        ),
        (
            r#""room":{"id":1}"#,
            r#""room":{"id":0}"#,
            "a room's id is a whole number from 1 to 4294967295",
        ),
        (
            r#""room":{"id":1}"#,
            r#""room":{"id":4294967296}"#,
            "a room's id is a whole number from 1 to 4294967295",
        ),
        (
            r#""client":{"id":1}"#,
            r#""client":{"id":9007199254740992}"#,
            "a client's id is a whole number from 1 to 9007199254740991",
        ),
        (
            "2022-12-12",
            "2022-02-30",
            "2022-02-30 is not a day of the calendar",
        ),
        (r#""date""#, r#""day""#, "unknown field `day`"),
        (r#","date":"2022-12-12""#, "", "missing field `date`"),
    ] {
        refused::<BookRoom>(&valid.replace(from, to), expected);
    }
}
