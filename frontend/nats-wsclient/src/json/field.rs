//! Between a value of JSON and a type of Rust.

use std::fmt::Write;
use std::time::Duration;

use super::Value;
use super::object::Object;
use crate::Timestamp;

/// A value is of another type than its field; with the name of the innermost field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mismatch(pub(crate) &'static str);

/// What stands in a field of an object.
pub(crate) trait Field {
    fn read(&mut self, value: Value<'_>) -> Result<(), Mismatch>;

    fn write(&self, out: &mut String);

    /// Whether it is left out when the object is written: the server takes what is not there for zero, too.
    fn is_zero(&self) -> bool;
}

/// Takes over what was found, if something was.
fn set<T>(field: &mut T, found: Option<T>) -> Result<(), Mismatch> {
    *field = found.ok_or(Mismatch(""))?;
    Ok(())
}

impl Field for String {
    fn read(&mut self, value: Value<'_>) -> Result<(), Mismatch> {
        set(self, value.text().map(Into::into))
    }

    fn write(&self, out: &mut String) {
        write_text(out, self);
    }

    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

impl Field for bool {
    fn read(&mut self, value: Value<'_>) -> Result<(), Mismatch> {
        set(self, value.flag())
    }

    fn write(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }

    fn is_zero(&self) -> bool {
        !self
    }
}

macro_rules! number {
    ($($type:ty)*) => { $(
        impl Field for $type {
            fn read(&mut self, value: Value<'_>) -> Result<(), Mismatch> {
                set(self, value.number())
            }

            fn write(&self, out: &mut String) {
                // Writing to a string does not fail.
                let _ = write!(out, "{self}");
            }

            fn is_zero(&self) -> bool {
                *self == 0
            }
        }
    )* };
}

number!(u8 u16 u32 u64 usize i32 i64);

/// Nanoseconds, as Go writes a duration. The server writes -1 for "none yet" in places.
impl Field for Duration {
    fn read(&mut self, value: Value<'_>) -> Result<(), Mismatch> {
        let nanos = value.number::<i64>();
        set(
            self,
            nanos.map(|nanos| Self::from_nanos(nanos.try_into().unwrap_or(0))),
        )
    }

    fn write(&self, out: &mut String) {
        // Go counts in an i64: 292 years.
        let nanos = self.as_nanos().min(i64::MAX as u128) as u64;
        nanos.write(out);
    }

    fn is_zero(&self) -> bool {
        Duration::is_zero(self)
    }
}

/// A moment, in RFC 3339.
impl Field for Timestamp {
    fn read(&mut self, value: Value<'_>) -> Result<(), Mismatch> {
        set(self, value.text().and_then(|text| Self::parse(&text)))
    }

    fn write(&self, out: &mut String) {
        write_text(out, &self.to_string());
    }

    fn is_zero(&self) -> bool {
        false
    }
}

/// `None` is left out; what is there is written, even if it is zero.
impl<T: Field + Default> Field for Option<T> {
    fn read(&mut self, value: Value<'_>) -> Result<(), Mismatch> {
        *self = None;
        if value.is_nothing() {
            return Ok(());
        }
        self.insert(T::default()).read(value)
    }

    fn write(&self, out: &mut String) {
        match self {
            Some(field) => field.write(out),
            None => out.push_str("null"),
        }
    }

    fn is_zero(&self) -> bool {
        self.is_none()
    }
}

impl<T: Field + Default> Field for Vec<T> {
    fn read(&mut self, value: Value<'_>) -> Result<(), Mismatch> {
        self.clear();
        each_item(value, &mut |item| {
            let mut field = T::default();
            field.read(item)?;
            self.push(field);
            Ok(())
        })
    }

    fn write(&self, out: &mut String) {
        out.push('[');
        for (index, item) in self.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            item.write(out);
        }
        out.push(']');
    }

    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

/// What is the same for arrays of all types, so that the page has it once.
fn each_item(
    array: Value<'_>,
    read: &mut dyn FnMut(Value<'_>) -> Result<(), Mismatch>,
) -> Result<(), Mismatch> {
    array.items().ok_or(Mismatch(""))?.try_for_each(read)
}

/// Which of these names the value is.
#[cfg(feature = "jetstream")]
pub(crate) fn index_of(value: Value<'_>, names: &[&str]) -> Option<usize> {
    let text = value.text()?;
    names.iter().position(|name| *name == text)
}

/// An object whose names are not known beforehand, in its order. There are few: looking through them costs less than a map
/// would.
impl<V: Field + Default> Field for Vec<(String, V)> {
    fn read(&mut self, value: Value<'_>) -> Result<(), Mismatch> {
        self.clear();
        for (name, value) in value.entries().ok_or(Mismatch(""))? {
            let mut field = V::default();
            field.read(value)?;
            self.push((name.into_owned(), field));
        }
        Ok(())
    }

    fn write(&self, out: &mut String) {
        out.push('{');
        for (index, (name, field)) in self.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            write_text(out, name);
            out.push(':');
            field.write(out);
        }
        out.push('}');
    }

    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Object> Field for T {
    fn read(&mut self, value: Value<'_>) -> Result<(), Mismatch> {
        super::object::read_fields(self, value)
    }

    fn write(&self, out: &mut String) {
        super::object::write_fields(self, out);
    }

    fn is_zero(&self) -> bool {
        false
    }
}

/// Writes a string, in quotes and with its escapes.
pub(crate) fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            char if char < ' ' => {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(char));
            }
            char => out.push(char),
        }
    }
    out.push('"');
}
