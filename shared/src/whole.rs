//! Whole numbers as JSON has them: `1`, `1.0` and `1e0` are the same one (JSON Schema 2020-12, 4.2.3), and there are writers that
//! know floating-point numbers alone.

use std::fmt;
use std::marker::PhantomData;

use serde::{Deserializer, de};

/// The largest number up to which every whole one is exact as a floating-point number.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Reads a whole number through `TryFrom<i64>`.
pub(crate) fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64, Error: fmt::Display>,
{
    struct Whole<T>(PhantomData<T>);
    impl<T: TryFrom<i64, Error: fmt::Display>> de::Visitor<'_> for Whole<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number")
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
            T::try_from(number).map_err(E::custom)
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
            match i64::try_from(number) {
                Ok(number) => self.visit_i64(number),
                Err(_) => Err(E::invalid_value(de::Unexpected::Unsigned(number), &self)),
            }
        }

        fn visit_f64<E: de::Error>(self, number: f64) -> Result<T, E> {
            if number.fract() == 0.0 && number.abs() <= EXACT {
                self.visit_i64(number as i64)
            } else {
                Err(E::invalid_type(de::Unexpected::Float(number), &self))
            }
        }
    }
    deserializer.deserialize_i64(Whole(PhantomData))
}
