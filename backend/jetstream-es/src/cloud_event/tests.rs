use std::time::{Duration, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::{Value, json};

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
enum Event {
    #[serde(rename = "bank.deposited.v3")]
    Deposited(Deposited),
    #[serde(rename = "bank.closed.v1")]
    Closed,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Deposited {
    cents: u64,
    by: String,
}

const UPCASTERS: &[Upcaster] = &[
    Upcaster {
        from: "bank.deposited.v1",
        to: "bank.deposited.v2",
        lift: |data| {
            let euros = data["euros"].as_u64().ok_or("it has no euros")?;
            Ok(json!({"cents": 100 * euros}))
        },
    },
    Upcaster {
        from: "bank.deposited.v2",
        to: "bank.deposited.v3",
        lift: |mut data| {
            data["by"] = "somebody".into();
            Ok(data)
        },
    },
    Upcaster {
        from: "bank.round.v1",
        to: "bank.round.v2",
        lift: Ok,
    },
    Upcaster {
        from: "bank.round.v2",
        to: "bank.round.v1",
        lift: Ok,
    },
];

fn deposited(cents: u64, by: &str) -> Event {
    Event::Deposited(Deposited {
        cents,
        by: by.to_owned(),
    })
}

fn structured(event_type: &str, data: Option<Value>) -> Result<Event, DecodeError> {
    let mut event = json!({"specversion": "1.0", "id": "1", "source": "/s", "type": event_type});
    if let Some(data) = data {
        event["data"] = data;
    }
    let payload = event.to_string();
    read(&HeaderMap::new(), payload.as_bytes(), UPCASTERS).map(|(event, _)| event)
}

#[test]
fn what_is_written_is_the_same_for_ever() {
    let attributes = Attributes {
        id: Some("e1"),
        source: "/bank",
        subject: Some("7"),
        time: UNIX_EPOCH + Duration::from_micros(1_670_840_430_500_999),
        correlation: Some("click"),
        causation: Some("command"),
        actor: Some("counter/ada"),
    };
    let (headers, payload) = write(&deposited(5, "ada"), &attributes).unwrap();
    assert_eq!(
        str::from_utf8(&payload).unwrap(),
        r#"{"specversion":"1.0","id":"e1","source":"/bank","subject":"7","time":"2022-12-12T10:20:30.500Z","datacontenttype":"application/json","correlationid":"click","causationid":"command","actor":"counter/ada","type":"bank.deposited.v3","data":{"cents":5,"by":"ada"}}"#
    );
    assert_eq!(
        headers.get("Content-Type").unwrap().as_str(),
        "application/cloudevents+json"
    );
    let (event, metadata) = read::<Event>(&headers, &payload, &[]).unwrap();
    assert_eq!(event, deposited(5, "ada"));
    let expected = Metadata {
        id: "e1".into(),
        source: "/bank".into(),
        event_type: "bank.deposited.v3".into(),
        subject: Some("7".into()),
        time: Some(UNIX_EPOCH + Duration::from_millis(1_670_840_430_500)),
        correlation: Some("click".into()),
        causation: Some("command".into()),
        actor: Some("counter/ada".into()),
    };
    assert_eq!(metadata, expected);
}

#[test]
fn an_event_without_data_has_none() {
    let attributes = Attributes {
        id: None,
        source: "/bank",
        subject: None,
        time: UNIX_EPOCH,
        correlation: None,
        causation: None,
        actor: None,
    };
    let (headers, payload) = write(&Event::Closed, &attributes).unwrap();
    let value: Value = serde_json::from_slice(&payload).unwrap();
    assert!(value.get("data").is_none() && value.get("actor").is_none());
    assert_eq!(
        read::<Event>(&headers, &payload, &[]).unwrap().0,
        Event::Closed
    );
    assert_eq!(
        structured("bank.closed.v1", Some(Value::Null)).unwrap(),
        Event::Closed
    );
}

#[test]
fn binary_mode_is_read_as_the_binding_says() {
    let binary = |more: &[(&str, &str)]| {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("ce-specversion", "1.0"),
            ("Ce-Id", "e1"),
            ("ce-source", "/b%C3%A4nk"),
            ("ce-type", "bank.deposited.v1"),
            ("ce-time", "2022-12-12T11:20:30+01:00"),
            ("ce-causationid", "100%"),
        ] {
            headers.insert(name, value);
        }
        for (name, value) in more {
            headers.insert(*name, *value);
        }
        read::<Event>(&headers, br#"{"euros":3}"#, UPCASTERS)
    };
    let (event, metadata) = binary(&[("content-type", "application/json; charset=utf-8")]).unwrap();
    assert_eq!(event, deposited(300, "somebody"));
    assert_eq!(metadata.event_type, "bank.deposited.v1");
    assert_eq!(metadata.source, "/bänk");
    assert_eq!(metadata.causation.as_deref(), Some("100%"));
    assert_eq!(
        metadata.time,
        Some(UNIX_EPOCH + Duration::from_secs(1_670_840_430))
    );
    let text = binary(&[("ce-datacontenttype", "text/plain")]);
    assert!(matches!(
        text,
        Err(DecodeError::Attribute {
            name: "datacontenttype",
            ..
        })
    ));
    // It says that it is structured, and is not.
    let both = binary(&[("Content-Type", "application/cloudevents+json")]);
    assert!(matches!(both, Err(DecodeError::Envelope(_))));

    let mut nameless = HeaderMap::new();
    nameless.insert("ce-specversion", "1.0");
    let nameless = read::<Event>(&nameless, b"{}", &[]);
    assert!(matches!(nameless, Err(DecodeError::Missing("id"))));
}

#[test]
fn an_old_version_is_lifted_step_by_step() {
    let lifted = structured("bank.deposited.v1", Some(json!({"euros": 3})));
    assert_eq!(lifted.unwrap(), deposited(300, "somebody"));
    let lifted = structured("bank.deposited.v2", Some(json!({"cents": 3})));
    assert_eq!(lifted.unwrap(), deposited(3, "somebody"));
    for data in [None, Some(json!({"dollars": 3}))] {
        let refused = structured("bank.deposited.v1", data).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "an event bank.deposited.v1 could not be lifted to bank.deposited.v2: it has no euros"
        );
    }
    let circle = structured("bank.round.v1", None);
    assert!(matches!(
        circle,
        Err(DecodeError::Upcast(UpcastError::Circle(_)))
    ));
}

#[test]
fn what_is_not_understood_says_why() {
    let error = structured("bank.deposited.v4", None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the type bank.deposited.v4 is newer than bank.deposited.v3, the newest version that is known here: \
         update this program"
    );
    let error = structured("bank.robbed.v1", None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the type bank.robbed.v1 is not known here; known are bank.deposited.v3, bank.closed.v1"
    );
    let error = structured("bank.deposited.v3", Some(json!({"cents": "x"}))).unwrap_err();
    assert!(matches!(error, DecodeError::Data { .. }), "{error}");
    let error = structured("bank.deposited.v3", None).unwrap_err();
    assert!(matches!(error, DecodeError::Data { .. }), "{error}");
    for payload in [&b"{"[..], b"", b"\xff", b"[]", b"{\"specversion\":\"1.0\"}"] {
        let error = read::<Event>(&HeaderMap::new(), payload, &[]).unwrap_err();
        assert!(matches!(error, DecodeError::Envelope(_)), "{error}");
    }
    let old = br#"{"specversion":"0.3","id":"1","source":"/","type":"bank.closed.v1"}"#;
    let error = read::<Event>(&HeaderMap::new(), old, &[]).unwrap_err();
    assert!(matches!(
        error,
        DecodeError::Attribute {
            name: "specversion",
            ..
        }
    ));
}

#[test]
fn a_type_that_does_not_tell_itself_cannot_be_written_unnoticed() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Untagged {
        amount: u32,
    }
    let attributes = Attributes {
        id: None,
        source: "/bank",
        subject: None,
        time: UNIX_EPOCH,
        correlation: None,
        causation: None,
        actor: None,
    };
    let (headers, payload) = write(&Untagged { amount: 1 }, &attributes).unwrap();
    assert!(read::<Untagged>(&headers, &payload, &[]).is_err());
}
