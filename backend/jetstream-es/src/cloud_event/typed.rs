//! From `type` and `data` to the user's enum, without a detour over a map of all attributes.
//!
//! serde's own way to take them out of a larger object (`flatten`) first copies every attribute into a buffer, and tells
//! an unknown type only in the text of an error.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::DecodeError;
use crate::upcast::version;

/// The data of an event: as it was written, or lifted.
pub(super) enum Data<'a> {
    Raw(Option<&'a RawValue>),
    Value(Value),
}

pub(super) fn read<E: DeserializeOwned>(
    event_type: &str,
    data: Data<'_>,
) -> Result<E, DecodeError> {
    let object = Object { event_type, data };
    E::deserialize(object).map_err(|fault| match fault {
        Fault::UnknownType { found, known } => unknown(found, known),
        Fault::Other(reason) => DecodeError::Data {
            event_type: event_type.to_owned(),
            reason,
        },
    })
}

fn unknown(found: String, known: &'static [&'static str]) -> DecodeError {
    if let Some((name, number)) = version(&found) {
        let versions = known.iter().filter_map(|known| version(known));
        let newest = versions.filter(|(known, _)| *known == name).max();
        if let Some((name, newest)) = newest.filter(|(_, newest)| number > *newest) {
            let newest = format!("{name}.v{newest}");
            return DecodeError::FutureVersion { found, newest };
        }
    }
    DecodeError::UnknownType { found, known }
}

/// Why the user's type does not come about.
#[derive(Debug)]
enum Fault {
    UnknownType {
        found: String,
        known: &'static [&'static str],
    },
    Other(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownType { found, .. } => write!(f, "unknown type {found}"),
            Self::Other(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Other(message.to_string())
    }

    // Only the tag is read with this type of error; what is wrong inside the data is told by JSON's.
    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::UnknownType {
            found: variant.to_owned(),
            known: expected,
        }
    }
}

/// The JSON object `{"type": …, "data": …}`.
struct Object<'a> {
    event_type: &'a str,
    data: Data<'a>,
}

impl<'de> Deserializer<'de> for Object<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_map(Members {
            object: self,
            next: Some("type"),
        })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Members<'a> {
    object: Object<'a>,
    /// The name of the member that comes next.
    next: Option<&'static str>,
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        let Some(name) = self.next else {
            return Ok(None);
        };
        seed.deserialize(BorrowedStrDeserializer::new(name))
            .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        if self.next == Some("type") {
            let has_data = !matches!(self.object.data, Data::Raw(None));
            self.next = has_data.then_some("data");
            return seed.deserialize(BorrowedStrDeserializer::new(self.object.event_type));
        }
        self.next = None;
        let value = match std::mem::replace(&mut self.object.data, Data::Raw(None)) {
            Data::Raw(raw) => {
                let json = raw.map_or("null", RawValue::get);
                seed.deserialize(&mut serde_json::Deserializer::from_str(json))
            }
            Data::Value(value) => seed.deserialize(value),
        };
        value.map_err(|error| Fault::Other(error.to_string()))
    }
}
