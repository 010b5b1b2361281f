//! Between an object of JSON and a structure of Rust.

use super::field::{Field, Mismatch, write_text};
use super::{JsonError, Value};

/// A structure whose fields have names in JSON: see [`json_object!`].
pub(crate) trait Object {
    fn fields(&self, visit: &mut dyn FnMut(&'static str, &dyn Field));

    fn fields_mut(&mut self, visit: &mut dyn FnMut(&'static str, &mut dyn Field));

    /// The fields without which it is none.
    fn required(&self) -> &'static [&'static str];

    /// What it is to be written with, beside its fields.
    fn unknown(&self) -> Option<&UnknownFields> {
        None
    }

    /// Takes what it has no field for, if it cares.
    fn unknown_mut(&mut self) -> Option<&mut UnknownFields> {
        None
    }
}

/// The fields of an object that this version has no names for: so that an object that was read can be written without a
/// loss. It cannot be looked into.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "jetstream"),
    expect(unreachable_pub, reason = "only the objects of JetStream keep them")
)]
pub struct UnknownFields {
    /// Names, and values as they were written.
    entries: Vec<(String, String)>,
}

/// Makes an [`Object`] of a structure: each field with its name in JSON, those that have to be there, and the field for those
/// without a name here.
macro_rules! json_object {
    ($type:ty { $($field:ident: $name:literal),* $(,)? } $(required = [$($required:literal),*])? $(unknown = $unknown:ident)?) => {
        impl $crate::json::Object for $type {
            fn fields(&self, visit: &mut dyn FnMut(&'static str, &dyn $crate::json::Field)) {
                $( visit($name, &self.$field); )*
            }

            fn fields_mut(&mut self, visit: &mut dyn FnMut(&'static str, &mut dyn $crate::json::Field)) {
                $( visit($name, &mut self.$field); )*
            }

            fn required(&self) -> &'static [&'static str] {
                &[$($($required),*)?]
            }
            $(
                fn unknown(&self) -> Option<&$crate::json::UnknownFields> {
                    Some(&self.$unknown)
                }

                fn unknown_mut(&mut self) -> Option<&mut $crate::json::UnknownFields> {
                    Some(&mut self.$unknown)
                }
            )?
        }
    };
}

/// Makes a field of an enumeration without data: each variant with its name in JSON. With `zero = "name"` the variant of
/// that name is left out when an object is written.
#[cfg(feature = "jetstream")]
macro_rules! json_names {
    ($type:ident { $($variant:ident: $name:literal),* $(,)? } $(zero = $zero:literal)?) => {
        impl $crate::json::Field for $type {
            fn read(&mut self, value: $crate::json::Value<'_>) -> Result<(), $crate::json::Mismatch> {
                const NAMES: &[&str] = &[$($name),*];
                const VARIANTS: &[$type] = &[$($type::$variant),*];
                let index = $crate::json::index_of(value, NAMES);
                let found = index.and_then(|index| VARIANTS.get(index));
                *self = *found.ok_or($crate::json::Mismatch(""))?;
                Ok(())
            }

            fn write(&self, out: &mut String) {
                $crate::json::write_text(out, match self {
                    $( Self::$variant => $name, )*
                });
            }

            fn is_zero(&self) -> bool {
                let name = match self {
                    $( Self::$variant => $name, )*
                };
                [$($zero)?].contains(&name)
            }
        }
    };
}

#[cfg(feature = "jetstream")]
pub(crate) use json_names;
pub(crate) use json_object;

/// Reads an object. Fields that the structure does not have are passed over; those that are not there, or null, stay as
/// they are.
pub(crate) fn read<T: Object + Default>(text: &[u8]) -> Result<T, JsonError> {
    let mut object = T::default();
    read_into(text, &mut object)?;
    Ok(object)
}

/// Reads an object into one that is there.
pub(crate) fn read_into(text: &[u8], object: &mut dyn Object) -> Result<(), JsonError> {
    read_fields(object, Value::parse(text)?).map_err(|Mismatch(key)| JsonError::Field { key })
}

/// Writes an object, without the fields that are zero.
pub(crate) fn write(object: &dyn Object) -> String {
    let mut out = String::new();
    write_fields(object, &mut out);
    out
}

pub(super) fn read_fields(object: &mut dyn Object, value: Value<'_>) -> Result<(), Mismatch> {
    let entries = || value.entries().into_iter().flatten();
    for required in object.required() {
        if !entries().any(|(key, _)| key == *required) {
            return Err(Mismatch(required));
        }
    }
    let mut result = Ok(());
    for (key, value) in value.entries().ok_or(Mismatch(""))? {
        if value.is_null() {
            continue;
        }
        let mut known = false;
        object.fields_mut(&mut |name, field| {
            if name != key {
                return;
            }
            known = true;
            if let Err(Mismatch(inner)) = field.read(value) {
                result = Err(Mismatch(if inner.is_empty() { name } else { inner }));
            }
        });
        if !known && let Some(unknown) = object.unknown_mut() {
            let entry = (key.into_owned(), value.as_written().to_owned());
            unknown.entries.push(entry);
        }
    }
    result
}

pub(super) fn write_fields(object: &dyn Object, out: &mut String) {
    out.push('{');
    let mut first = true;
    let mut begin = |out: &mut String, name| {
        if !std::mem::take(&mut first) {
            out.push(',');
        }
        write_text(out, name);
        out.push(':');
    };
    object.fields(&mut |name, field| {
        if !field.is_zero() {
            begin(out, name);
            field.write(out);
        }
    });
    for (name, value) in object.unknown().iter().flat_map(|unknown| &unknown.entries) {
        begin(out, name);
        out.push_str(value);
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[derive(Debug, Default, PartialEq)]
    struct Inner {
        text: String,
        number: i64,
    }
    json_object!(Inner {
        text: "t",
        number: "n"
    });

    #[derive(Debug, Default, PartialEq)]
    struct Outer {
        flag: bool,
        inner: Inner,
        many: Vec<Inner>,
        maybe: Option<u64>,
        age: Duration,
    }
    json_object!(Outer {
        flag: "flag",
        inner: "inner",
        many: "many",
        maybe: "maybe",
        age: "age",
    });

    #[test]
    fn written_and_read_again() {
        assert_eq!(write(&Outer::default()), r#"{"inner":{}}"#);
        let outer = Outer {
            flag: true,
            inner: Inner {
                text: "a \"b\" \\ \n \u{1}ä".to_owned(),
                number: -3,
            },
            many: vec![
                Inner::default(),
                Inner {
                    text: String::new(),
                    number: 7,
                },
            ],
            maybe: Some(0),
            age: Duration::from_millis(1_500),
        };
        let text = write(&outer);
        let expected = r#"{"flag":true,"inner":{"t":"a \"b\" \\ \u000a \u0001ä","n":-3},"many":[{},{"n":7}],"maybe":0,"age":1500000000}"#;
        assert_eq!(text, expected);
        assert_eq!(read(text.as_bytes()), Ok(outer));
    }

    #[test]
    fn a_newer_server_is_read() {
        let text = br#"{"future":{"a":[1]},"flag":null,"maybe":18446744073709551615,"inner":{"n":1,"x":2}}"#;
        let read: Outer = read(text).expect("valid");
        assert_eq!(
            (read.maybe, read.flag, read.inner.number),
            (Some(u64::MAX), false, 1)
        );
    }

    #[derive(Debug, Default, PartialEq)]
    struct Open {
        number: u64,
        unknown: UnknownFields,
    }
    json_object!(Open { number: "n" } unknown = unknown);

    #[test]
    fn what_has_no_name_here_is_kept() {
        let text = r#"{"a":{"b":[1, "\""]},"n":1,"c":null,"d\"":2}"#;
        let read: Open = read(text.as_bytes()).expect("valid");
        assert_eq!(write(&read), r#"{"n":1,"a":{"b":[1, "\""]},"d\"":2}"#);
    }

    #[test]
    fn another_type_is_named() {
        for (text, key) in [
            (r#"{"flag":1}"#, "flag"),
            (r#"{"inner":{"n":"1"}}"#, "n"),
            (r#"{"many":[{"t":[]}]}"#, "t"),
            (r#"{"many":{}}"#, "many"),
            (r#"{"maybe":-1}"#, "maybe"),
            ("[]", ""),
        ] {
            let found = read::<Outer>(text.as_bytes());
            assert_eq!(found, Err(JsonError::Field { key }), "{text}");
        }
        assert_eq!(read::<Outer>(b"{"), Err(JsonError::Syntax { at: 1 }));
    }
}
