//! Input that is not what it should be, told so that whoever sent it finds the place.

mod shape;

use serde::de::DeserializeOwned;
use serde_json::error::Category;
use shared::outcome::{Code, Refusal};

use shape::Message;

/// What is wrong with a JSON text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// The path of the field, such as `data.client.id`; empty when it is about the text as a whole.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
    /// Whether the text is not JSON at all, or JSON that means nothing here.
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Malformed,
    Meaningless,
}

/// Reads JSON, and nothing after it.
pub fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, Invalid> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        invalid(&path, error.inner())
    })?;
    deserializer.end().map_err(|error| invalid(".", &error))?;
    objects_alone(json)?;
    Ok(value)
}

/// Makes sure that what was read as an object is one: serde reads an array as well, member by member.
fn objects_alone(json: &[u8]) -> Result<(), Invalid> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let read = serde_path_to_error::deserialize::<_, Message>(&mut deserializer);
    read.map(|Message| ()).map_err(|error| {
        let path = error.path().to_string();
        invalid(&path, error.inner())
    })
}

/// The refusal of a command because of what it says.
pub fn refusal(field: impl Into<String>, message: impl Into<String>) -> Refusal {
    let field: String = field.into();
    Refusal {
        code: Code::Invalid.as_str().into(),
        field: (!field.is_empty()).then(|| field.into()),
        message: message.into(),
        retry_in: None,
    }
}

fn invalid(path: &str, error: &serde_json::Error) -> Invalid {
    let text = error.to_string();
    match error.classify() {
        Category::Data => {
            // The place in the text says less than the path.
            let message = text
                .rsplit_once(" at line ")
                .map_or(&*text, |(text, _)| text);
            Invalid {
                field: field(path, message),
                message: message.to_owned(),
                kind: Kind::Meaningless,
            }
        }
        Category::Syntax | Category::Eof | Category::Io => Invalid {
            field: String::new(),
            message: format!("this is not JSON: {text}"),
            kind: Kind::Malformed,
        },
    }
}

/// The path of the field that the message is about. serde's path ends at the object around a field that is missing,
/// unknown or there twice; the field is named in the message alone.
fn field(path: &str, message: &str) -> String {
    let path = if path == "." { "" } else { path };
    let named = ["missing field `", "unknown field `", "duplicate field `"]
        .iter()
        .find_map(|start| message.strip_prefix(start))
        .and_then(|rest| rest.split_once('`'))
        .map(|(name, _)| name);
    match named {
        None => path.to_owned(),
        Some(name) if path.is_empty() => name.to_owned(),
        Some(name) if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        Some(name) => format!("{path}.{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::bookings::BookRoom;
    use shared::cloud_event::CloudEvent;

    #[track_caller]
    fn field_of(data: &str, field: &str, message: &str) {
        let json =
            format!(r#"{{"specversion":"1.0","id":"c1","source":"/t","type":"t","data":{data}}}"#);
        let invalid = read::<CloudEvent<BookRoom>>(json.as_bytes()).unwrap_err();
        assert_eq!((&*invalid.field, invalid.kind), (field, Kind::Meaningless));
        assert!(invalid.message.starts_with(message), "{}", invalid.message);
    }

    #[test]
    fn the_field_is_named_wherever_it_is() {
        let (client, date) = (r#""client":{"id":1}"#, r#""date":"2022-12-12""#);
        field_of(
            &format!(r#"{{"room":{{"id":1}},{client},{date},"nights":0}}"#),
            "data.nights",
            "a stay has 1 to 730 nights, not 0",
        );
        field_of(
            &format!(r#"{{"room":{{"id":0}},{client},{date}}}"#),
            "data.room.id",
            "a room's id is a whole number",
        );
        field_of(
            &format!(r#"{{"room":{{}},{client},{date}}}"#),
            "data.room.id",
            "missing field `id`",
        );
        field_of(
            &format!(r#"{{"room":{{"id":1}},{client},{date},"bed":"king"}}"#),
            "data.bed",
            "unknown field `bed`",
        );
        field_of(
            &format!(r#"{{"room":{{"id":1}},{client},{date},{date}}}"#),
            "data.date",
            "duplicate field `date`",
        );
        field_of(
            &format!(r#"{{"room":{{"id":1}},{client},"date":"2022-02-30"}}"#),
            "data.date",
            "2022-02-30 is not a day of the calendar",
        );
        field_of("7", "data", "invalid type");
        field_of(
            &format!(r#"{{"room":[1],{client},{date}}}"#),
            "data.room",
            "invalid type: sequence",
        );
        field_of(
            r#"[{"id":1},{"id":1},"2022-12-12",1,false]"#,
            "data",
            "invalid type: sequence",
        );
    }

    #[test]
    fn what_is_no_json_is_told_from_what_has_no_meaning() {
        for json in ["", "{", "{]", "nul", "{}{}", "\u{0}", "[1,]"] {
            let invalid = read::<serde_json::Value>(json.as_bytes()).unwrap_err();
            assert_eq!(
                (&*invalid.field, invalid.kind),
                ("", Kind::Malformed),
                "{json}"
            );
        }
        let deep = "[".repeat(100_000);
        assert!(read::<serde_json::Value>(deep.as_bytes()).is_err());
        assert!(read::<serde_json::Value>(b"\xff\xfe").is_err());
    }
}
