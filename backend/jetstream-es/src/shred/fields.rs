//! Fields out of the data of a CloudEvent, in either mode, and back into it.

use std::borrow::Cow;
use std::fmt;

use async_nats::HeaderMap;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use crate::cloud_event;

/// Fields by their pointers.
pub(super) type Fields = Map<String, Value>;

/// Takes the fields out of the data. `None` if none of them is there; otherwise the payload without them, and them.
pub(super) fn take_out(
    headers: &HeaderMap,
    payload: &[u8],
    pointers: &[&str],
) -> serde_json::Result<Option<(Vec<u8>, Fields)>> {
    let mut fields = Fields::new();
    let payload = with_data(headers, payload, |data| {
        for pointer in pointers {
            let member = object_of(data, pointer);
            if let Some(value) = member.and_then(|(object, name)| object.remove(&name)) {
                fields.insert((*pointer).to_owned(), value);
            }
        }
        !fields.is_empty()
    })?;
    Ok(payload.map(|payload| (payload, fields)))
}

/// The payload with the fields in its data. `None` if it has no place for any of them.
pub(super) fn put_back(
    headers: &HeaderMap,
    payload: &[u8],
    fields: Fields,
) -> serde_json::Result<Option<Vec<u8>>> {
    with_data(headers, payload, |data| {
        let mut changed = false;
        for (pointer, value) in fields {
            if let Some((object, name)) = object_of(data, &pointer) {
                object.insert(name, value);
                changed = true;
            }
        }
        changed
    })
}

/// The payload with its data changed, if it was.
fn with_data(
    headers: &HeaderMap,
    payload: &[u8],
    change: impl FnOnce(&mut Value) -> bool,
) -> serde_json::Result<Option<Vec<u8>>> {
    if cloud_event::is_binary(headers) {
        let mut data: Value = serde_json::from_slice(payload)?;
        let changed = change(&mut data).then(|| serde_json::to_vec(&data));
        return changed.transpose();
    }
    let mut envelope: Members<'_> = serde_json::from_slice(payload)?;
    let Some((_, raw)) = envelope.0.iter_mut().find(|(name, _)| name == "data") else {
        return Ok(None);
    };
    let mut data: Value = serde_json::from_str(raw.get())?;
    if !change(&mut data) {
        return Ok(None);
    }
    *raw = Cow::Owned(to_raw_value(&data)?);
    serde_json::to_vec(&envelope).map(Some)
}

/// The object that has the member to which a pointer leads, and the member's name.
fn object_of<'a>(
    data: &'a mut Value,
    pointer: &str,
) -> Option<(&'a mut Map<String, Value>, String)> {
    let (object, name) = pointer.rsplit_once('/')?;
    let object = data.pointer_mut(object)?.as_object_mut()?;
    Some((object, name.replace("~1", "/").replace("~0", "~")))
}

/// A JSON object whose members stay in their order, and which are not looked into.
struct Members<'a>(Vec<(Cow<'a, str>, Cow<'a, RawValue>)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    let value: &'de RawValue = map.next_value()?;
                    members.push((Cow::Owned(name), Cow::Borrowed(value)));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_go_out_and_come_back() {
        let payload =
            br#"{"type":"x","id":"1","data":{"client":{"id":7,"name":"Ada"},"a/b":1},"actor":"z"}"#;
        let headers = HeaderMap::new();
        let pointers = ["/client/name", "/a~1b", "/client/phone", "/no/thing"];
        let (without, fields) = take_out(&headers, payload, &pointers).unwrap().unwrap();
        assert_eq!(
            String::from_utf8(without.clone()).unwrap(),
            r#"{"type":"x","id":"1","data":{"client":{"id":7}},"actor":"z"}"#
        );
        assert_eq!(
            Value::Object(fields.clone()),
            json!({"/client/name": "Ada", "/a~1b": 1})
        );
        let again = put_back(&headers, &without, fields).unwrap().unwrap();
        let again: Value = serde_json::from_slice(&again).unwrap();
        assert_eq!(again, serde_json::from_slice::<Value>(payload).unwrap());
    }

    #[test]
    fn in_binary_mode_the_payload_is_the_data() {
        let mut headers = HeaderMap::new();
        headers.insert("ce-specversion", "1.0");
        let taken = take_out(&headers, br#"{"name":"Ada","id":7}"#, &["/name"]);
        let (without, fields) = taken.unwrap().unwrap();
        assert_eq!(without, br#"{"id":7}"#);
        let again = put_back(&headers, &without, fields).unwrap().unwrap();
        assert_eq!(again, br#"{"id":7,"name":"Ada"}"#);
    }

    #[test]
    fn what_is_not_there_changes_nothing() {
        let headers = HeaderMap::new();
        for payload in [
            r#"{"type":"x"}"#,
            r#"{"data":{"id":7}}"#,
            r#"{"data":null}"#,
        ] {
            let taken = take_out(&headers, payload.as_bytes(), &["/client/name"]);
            assert!(taken.unwrap().is_none(), "{payload}");
        }
        assert!(take_out(&headers, b"not JSON", &["/name"]).is_err());
    }
}
