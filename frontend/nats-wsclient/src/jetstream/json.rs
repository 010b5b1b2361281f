//! How JetStream writes durations, moments and maps as JSON, where that is not how Rust's types are written.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::Timestamp;

/// Whether a field need not be written.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Durations in nanoseconds.
pub(super) mod nanos {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::jetstream) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(number(*duration))
    }

    pub(in crate::jetstream) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        Option::deserialize(deserializer).map(duration)
    }

    /// The server counts in 64 bits with a sign: 292 years stand for everything longer.
    pub(super) fn number(duration: Duration) -> i64 {
        i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
    }

    /// The server writes -1 for "none yet" in places.
    pub(super) fn duration(nanos: Option<i64>) -> Duration {
        Duration::from_nanos(nanos.and_then(|nanos| nanos.try_into().ok()).unwrap_or(0))
    }
}

/// Several durations in nanoseconds.
pub(super) mod nanos_list {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::nanos;

    pub(in crate::jetstream) fn serialize<S: Serializer>(
        durations: &[Duration],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(durations.iter().copied().map(nanos::number))
    }

    pub(in crate::jetstream) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Duration>, D::Error> {
        let list: Option<Vec<i64>> = Option::deserialize(deserializer)?;
        let durations = list.into_iter().flatten();
        Ok(durations.map(|one| nanos::duration(Some(one))).collect())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not a time in UTC"))
    }
}

/// A moment for which the server writes the year 1 if there is none.
pub(super) fn moment<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    const NONE: &str = "0001-01-01T00:00:00Z";
    let text: Option<String> = Option::deserialize(deserializer)?;
    text.filter(|text| text != NONE)
        .map(|text| Timestamp::parse(&text).ok_or_else(|| D::Error::custom("not a time in UTC")))
        .transpose()
}

/// What is null, where a list could be, is an empty one.
pub(super) fn list<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// The pairs of a JSON object, in its order.
pub(super) fn pairs<'de, V: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(String, V)>, D::Error> {
    struct Pairs<V>(PhantomData<V>);

    impl<'de, V: Deserialize<'de>> Visitor<'de> for Pairs<V> {
        type Value = Vec<(String, V)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut pairs = Vec::new();
            while let Some(pair) = map.next_entry()? {
                pairs.push(pair);
            }
            Ok(pairs)
        }
    }

    deserializer.deserialize_any(Pairs(PhantomData))
}
