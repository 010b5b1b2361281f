//! What of a message is an object: all of it, and all of its data, but for the few lists of texts that commands have.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

/// A message with a member `data`, be it a CloudEvent or the body of a request.
pub(super) struct Message;

/// Data without a list in the place of an object, which serde would take for the object's members.
struct Data;

/// What is a list, of texts, in the commands that have it.
const LISTS: [&str; 1] = ["others"];

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Message;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Message, A::Error> {
                while let Some(name) = members.next_key::<String>()? {
                    if name == "data" {
                        members.next_value::<Data>()?;
                    } else {
                        members.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Message)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Anything;
        impl<'de> Visitor<'de> for Anything {
            type Value = Data;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object or a single value")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Data, A::Error> {
                while let Some(name) = members.next_key::<String>()? {
                    if LISTS.contains(&name.as_str()) {
                        members.next_value::<IgnoredAny>()?;
                    } else {
                        members.next_value::<Data>()?;
                    }
                }
                Ok(Data)
            }
            fn visit_bool<E>(self, _: bool) -> Result<Data, E> {
                Ok(Data)
            }
            fn visit_i64<E>(self, _: i64) -> Result<Data, E> {
                Ok(Data)
            }
            fn visit_u64<E>(self, _: u64) -> Result<Data, E> {
                Ok(Data)
            }
            fn visit_f64<E>(self, _: f64) -> Result<Data, E> {
                Ok(Data)
            }
            fn visit_str<E>(self, _: &str) -> Result<Data, E> {
                Ok(Data)
            }
            fn visit_unit<E>(self) -> Result<Data, E> {
                Ok(Data)
            }
        }
        deserializer.deserialize_any(Anything)
    }
}
