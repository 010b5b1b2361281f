//! Whatever the parser of a value accepts validates against its schema, and whatever validates is accepted.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Display;
use std::str::FromStr;

use jsonschema::Validator;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use schemars::{JsonSchema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::bookings::{
    BookingId, ClientId, DayKey, GuestKey, HoldMinutes, Nights, OccupancyKey, StayKey, VacancyKey,
};
use shared::cloud_event::SpecVersion;
use shared::identity::Actor;
use shared::rooms::{RoomId, RoomType};
use shared::staff::{Role, StaffName, UserNkey};
use shared::text::{Name, Note, Token};
use shared::{Date, HotelName, Timestamp};

fn validator<T: JsonSchema>() -> Validator {
    let schema = SchemaGenerator::default().into_root_schema_for::<T>();
    let options = jsonschema::options().should_validate_formats(true);
    options.build(schema.as_value()).unwrap()
}

/// Whether both say the same of the value, which is accepted or not.
#[track_caller]
fn same<T: DeserializeOwned>(validator: &Validator, value: &Value) -> bool {
    let parsed = serde_json::from_value::<T>(value.clone());
    let (accepted, validates) = (parsed.is_ok(), validator.is_valid(value));
    assert_eq!(accepted, validates, "accepted and valid: {value}");
    accepted
}

/// The examples are accepted, the others are not, and of whatever comes from `strategy` parser and schema say the same.
fn agree<T: JsonSchema + DeserializeOwned>(
    good: &[Value],
    bad: &[Value],
    strategy: impl Strategy<Value = Value>,
) {
    let validator = validator::<T>();
    for value in good {
        assert!(same::<T>(&validator, value), "{value}");
    }
    let others = [json!(null), json!(true), json!([]), json!({}), json!("")];
    for value in bad.iter().chain(&others) {
        assert!(!same::<T>(&validator, value), "{value}");
    }
    let examples = validator_examples::<T>();
    for example in &examples {
        assert!(same::<T>(&validator, example), "{example}");
    }
    let mut runner = TestRunner::new(Config {
        cases: 400,
        failure_persistence: None,
        ..Config::default()
    });
    let run = runner.run(&strategy, |value| {
        same::<T>(&validator, &value);
        Ok(())
    });
    run.unwrap();
}

/// The examples in the schema itself.
fn validator_examples<T: JsonSchema>() -> Vec<Value> {
    let schema = SchemaGenerator::default().into_root_schema_for::<T>();
    let examples = schema.get("examples").and_then(Value::as_array);
    examples.cloned().unwrap_or_default()
}

fn text(pattern: &'static str) -> impl Strategy<Value = Value> {
    prop_oneof![
        pattern.prop_map(Value::from),
        ".{0,12}".prop_map(Value::from)
    ]
}

fn number(near: i64) -> impl Strategy<Value = Value> {
    prop_oneof![
        (-3_i64..3).prop_map(Value::from),
        (near - 3..near + 3).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0..5_i32, 0..5_i32)
            .prop_map(|(whole, part)| json!(f64::from(whole) + f64::from(part) / 4.0)),
        Just(json!(u64::MAX)),
        Just(json!("1")),
    ]
}

fn whole_number<T: JsonSchema + DeserializeOwned>(max: u64) {
    let near = i64::try_from(max).unwrap();
    let (good, bad) = (
        [json!(1), json!(1.0), json!(max)],
        [json!(0), json!(-1), json!(max + 1)],
    );
    agree::<T>(&good, &bad, number(near));
}

#[test]
fn whole_numbers() {
    whole_number::<RoomId>(RoomId::MAX.into());
    whole_number::<ClientId>(ClientId::MAX);
    whole_number::<Nights>(Nights::MAX.into());
    whole_number::<HoldMinutes>(HoldMinutes::MAX.into());
}

#[test]
fn tokens() {
    let long = |length| json!("x".repeat(length));
    let good = [json!("1_2022-12-12"), long(Token::MAX_LENGTH)];
    let bad = [
        json!("a.b"),
        json!("a\n"),
        json!("ü"),
        long(Token::MAX_LENGTH + 1),
    ];
    agree::<Token>(&good, &bad, text("[-_A-Za-z0-9.]{0,66}"));
    agree::<RoomType>(&good, &bad, text("[-_a-z0-9.]{0,66}"));
    agree::<Actor>(
        &[json!("frontdesk/anna"), json!("hotel/cli")],
        &[
            json!("owner/anna"),
            json!("frontdesk"),
            json!("frontdesk/a/b"),
            json!("guest/"),
        ],
        text("(hotel|manager|frontdesk|housekeeping|channel|guest|x)/?[-_a-z0-9.]{0,66}"),
    );
    agree::<SpecVersion>(
        &[json!("1.0")],
        &[json!("1"), json!("0.3"), json!(1.0)],
        text("1.0"),
    );
}

#[test]
fn names_of_hotels() {
    let long = |length| json!("x".repeat(length));
    agree::<HotelName>(
        &[json!("a"), json!("sea-view-2"), long(HotelName::MAX_LENGTH)],
        &[
            json!(""),
            json!("Sea"),
            json!("2sea"),
            json!("-a"),
            json!("sea_view"),
            json!("a.b"),
            json!("a\n"),
            json!("é"),
            long(HotelName::MAX_LENGTH + 1),
        ],
        text("[-_a-z0-9A.]{0,34}"),
    );
}

#[test]
fn staff() {
    let long = |length| json!("x".repeat(length));
    agree::<StaffName>(
        &[
            json!("a"),
            json!("anna-berg_2"),
            long(StaffName::MAX_LENGTH),
        ],
        &[
            json!("Anna"),
            json!("aNna"),
            json!("2anna"),
            json!("-a"),
            json!("a.b"),
            json!("a\n"),
            json!("é"),
            long(StaffName::MAX_LENGTH + 1),
        ],
        text("[-_a-z0-9A.]{0,34}"),
    );
    agree::<UserNkey>(
        &[json!(
            "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"
        )],
        &[
            // The seed of one, a secret, is no such key; and neither is the key of an account.
            json!("SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"),
            json!("ADXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"),
            json!("UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF"),
            json!("UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF41"),
            json!("UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF1"),
        ],
        text("U[A-Z2-7]{54,56}"),
    );
    agree::<Role>(
        &Role::ALL.map(|role| json!(role.as_str())),
        &[json!("owner"), json!("Manager"), json!("frontdesk")],
        text("(manager|front-desk|housekeeping|channel)x?"),
    );
}

/// What one writes on a line: all there is of space, of what cannot be seen, and of several bytes and code units.
const LINE: &str =
    "[ \t\r\n\u{85}\u{a0}\u{2003}\u{2028}\u{3000}\u{feff}\u{0}\u{7f}\u{9f}a-cé👩‍🚀李]{0,8}";

#[test]
fn lines() {
    let long = |length| json!("é".repeat(length));
    let bad = [json!(" "), json!("a\nb"), json!("a\u{85}b"), json!(7)];
    agree::<Name>(
        &[
            json!("  Zoë O’Hara-李 👩‍🚀 "),
            json!("\na\u{85}"),
            json!("\u{feff}"),
            long(Name::MAX_LENGTH),
        ],
        &[
            &bad[..],
            &[
                long(Name::MAX_LENGTH + 1),
                json!(format!(" {}", "é".repeat(Name::MAX_LENGTH))),
            ],
        ]
        .concat(),
        text(LINE),
    );
    agree::<Note>(
        &[json!("the tap drips"), long(Note::MAX_LENGTH)],
        &[&bad[..], &[long(Note::MAX_LENGTH + 1)]].concat(),
        text(LINE),
    );
}

#[test]
fn dates_and_moments() {
    agree::<Date>(
        &[
            json!("1900-01-01"),
            json!("2024-02-29"),
            json!("2199-12-31"),
        ],
        &[
            json!("1899-12-31"),
            json!("2200-01-01"),
            json!("2022-02-29"),
            json!("2022-2-3"),
            json!("today"),
        ],
        text("(18|19|20|21|22)[0-9]{2}-[01][0-9]-[0-3][0-9]"),
    );
    agree::<Timestamp>(
        &[
            json!("2022-12-12T10:20:30Z"),
            json!("2022-12-12t23:59:59.123456789z"),
        ],
        &[
            json!("2022-12-12T24:00:00Z"),
            json!("2022-12-12T10:20:30+01:00"),
            json!("2022-12-12T10:20:30.Z"),
        ],
        text(
            "20[0-9]{2}-0[1-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,4})?[Zz]?",
        ),
    );
}

#[test]
fn bookings() {
    agree::<BookingId>(
        &[
            json!("1_2022-12-12"),
            json!(format!("{}_2022-12-12", ClientId::MAX)),
        ],
        &[
            json!("0_2022-12-12"),
            json!("01_2022-12-12"),
            json!("+1_2022-12-12"),
            json!("1_2022-13-12"),
            json!("1-2022-12-12"),
            json!(format!("{}_2022-12-12", ClientId::MAX + 1)),
            json!(format!("{}0_2022-12-12", ClientId::MAX)),
            json!("1_2022-02-29"),
        ],
        text("[+0-9]{0,17}_?20[0-9]{2}-[01][0-9]-[0-3][0-9]"),
    );
    agree::<StayKey>(
        &[json!("1.1_2022-12-12"), json!("4294967295.7_2022-12-12")],
        &[
            json!("1_2022-12-12"),
            json!("0.1_2022-12-12"),
            json!("01.1_2022-12-12"),
            json!("1.01_2022-12-12"),
            json!("1.1.1_2022-12-12"),
            json!("4294967296.7_2022-12-12"),
        ],
        text("[+0-9]{0,11}\\.?[+0-9]{0,17}_?20[0-9]{2}-[01][0-9]-[0-3][0-9]"),
    );
}

/// A text is a key, written as keys are, exactly if it validates.
fn keys<K: JsonSchema + FromStr + Display>(good: &[&str], bad: &[&str], strategy: &'static str) {
    let validator = validator::<K>();
    let same = |text: &str| {
        let is_key = text.parse::<K>().is_ok_and(|key| key.to_string() == text);
        assert_eq!(is_key, validator.is_valid(&json!(text)), "{text}");
        is_key
    };
    assert!(good.iter().all(|text| same(text)));
    assert!(!bad.iter().any(|text| same(text)));
    for example in validator_examples::<K>() {
        assert!(same(example.as_str().unwrap()));
    }
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::default()
    });
    let run = runner.run(&strategy, |text| {
        same(&text);
        Ok(())
    });
    run.unwrap();
}

#[test]
fn keys_of_views() {
    keys::<VacancyKey>(
        &["double", "double.2024-02-29"],
        &[
            "",
            "double.",
            "double.2023-02-29",
            "a.b",
            "double.2022-12-12.1",
        ],
        "[a-z]{0,3}\\.?2[0-9]{3}-[01][0-9]-[0-3][0-9]",
    );
    keys::<DayKey>(
        &["2022-12-12.4294967295.7_2022-12-12"],
        &[
            "2022-12-12.1",
            "2022-12-12.01.7_2022-12-12",
            "2022-12-12.4294967296.7_2022-12-12",
        ],
        "20[0-9]{2}-[01][0-9]-[0-3][0-9]\\.[+0-9]{0,11}\\.[0-9]{1,2}_20[0-9]{2}-1[0-2]-[0-3][0-9]",
    );
    keys::<GuestKey>(
        &["9007199254740991.1.9007199254740991_2022-12-12"],
        &[
            "9007199254740992.1.9007199254740992_2022-12-12",
            "7.0.7_2022-12-12",
            "7.1_2022-12-12",
        ],
        // That both clients are the same, JSON Schema cannot say.
        "[+0]{0,2}7\\.[0-9]{0,2}\\.[+0]{0,2}7_20[0-9]{2}-1[0-2]-[0-3][0-9]",
    );
    keys::<OccupancyKey>(
        &["house", "2024-02-29"],
        &["House", "2023-02-29", "house.2024-02-29"],
        "(18|19|20|21|22)[0-9]{2}-[01][0-9]-[0-3][0-9]",
    );
}
