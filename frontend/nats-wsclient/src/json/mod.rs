//! JSON, as `INFO`, `CONNECT` and JetStream's API have it: objects whose fields are known by name.
//!
//! serde_json would do, and better ones of its kind were tried: for `INFO` and `CONNECT` alone it adds 14 KB (brotli) to the
//! WebAssembly, miniserde 9, and each structure of JetStream's API adds to that. Here a structure is a list of names and
//! fields, and one loop reads or writes whatever it is given.
//!
//! | file | what |
//! |---|---|
//! | `value` | reading: text that was checked once, and looked into where something is wanted |
//! | `field` | between a value and a type of Rust |
//! | `object` | between an object and a structure: [`json_object!`] and [`json_names!`] |

// Without JetStream there is an INFO to read, and nothing to write.
#![cfg_attr(not(feature = "jetstream"), allow(dead_code, unused_imports))]

mod field;
mod object;
mod value;

#[cfg(feature = "jetstream")]
pub(crate) use field::index_of;
pub(crate) use field::{Field, Mismatch, write_text};
#[cfg(feature = "jetstream")]
pub use object::UnknownFields;
#[cfg(feature = "jetstream")]
pub(crate) use object::json_names;
#[cfg(feature = "jetstream")]
pub(crate) use object::read_into;
pub(crate) use object::{Object, json_object, read, write};
pub(crate) use value::Value;

/// Why a text could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JsonError {
    #[error("it is no JSON from byte {at} on")]
    Syntax { at: usize },
    #[error("its field {key} is missing or of another type")]
    Field { key: &'static str },
}
