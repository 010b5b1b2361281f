//! A copy of a bucket's values, merged by revision.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use serde::de::DeserializeOwned;

/// The values of a bucket with keys `K` and values `V` as far as they were heard of.
///
/// An entry that is older than the one that is there changes nothing, so entries may be told twice and in any order.
#[derive(Debug, Clone)]
pub struct Replica<K, V> {
    entries: BTreeMap<K, Entry<V>>,
}

/// `value` is `None` for a key that was deleted: the mark keeps older values out.
#[derive(Debug, Clone)]
struct Entry<V> {
    revision: u64,
    value: Option<Value<V>>,
}

#[derive(Debug, Clone)]
struct Value<V> {
    read: V,
    /// As it came, to be kept.
    json: Box<str>,
}

/// The revision of what is only remembered: whatever the bucket says is newer.
pub const REMEMBERED: u64 = 0;

/// Why an entry could not be taken over. The rest of the bucket is not affected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    #[error("the key {key:?} cannot be read: {reason}")]
    Key { key: String, reason: String },
    #[error(
        "the value of {key:?} cannot be read: {reason} (is this page older than the hotel's backend? reload it)"
    )]
    Value { key: String, reason: String },
}

impl<K, V> Default for Replica<K, V> {
    fn default() -> Self {
        Self {
            entries: BTreeMap::new(),
        }
    }
}

impl<K, V> Replica<K, V>
where
    K: Ord + Clone + FromStr<Err: Display>,
    V: DeserializeOwned,
{
    /// Takes over an entry in its form on the wire; `value` is `None` for a deletion. Returns the key if that changed
    /// something, with the value that it had.
    ///
    /// # Errors
    /// When the key or the value cannot be read.
    pub fn apply(
        &mut self,
        key: &str,
        revision: u64,
        value: Option<&[u8]>,
    ) -> Result<Option<(K, Option<V>)>, EntryError> {
        let typed: K = key.parse().map_err(|reason: K::Err| EntryError::Key {
            key: key.to_owned(),
            reason: reason.to_string(),
        })?;
        if self
            .entries
            .get(&typed)
            .is_some_and(|entry| entry.revision >= revision)
        {
            return Ok(None);
        }
        let value = match value {
            None => None,
            Some(json) => {
                let read = serde_json::from_slice(json).map_err(|reason| EntryError::Value {
                    key: key.to_owned(),
                    reason: reason.to_string(),
                })?;
                let json = String::from_utf8_lossy(json).into();
                Some(Value { read, json })
            }
        };
        let entry = Entry { revision, value };
        let before = self.entries.insert(typed.clone(), entry);
        Ok(Some((
            typed,
            before.and_then(|before| Some(before.value?.read)),
        )))
    }
}

impl<K: Ord, V> Replica<K, V> {
    pub fn get(&self, key: &K) -> Option<&V> {
        Some(&self.entries.get(key)?.value.as_ref()?.read)
    }

    /// Whether the key was there and has been deleted.
    pub fn is_deleted(&self, key: &K) -> bool {
        self.entries
            .get(key)
            .is_some_and(|entry| entry.value.is_none())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let entries = self.entries.iter();
        entries.filter_map(|(key, entry)| Some((key, &entry.value.as_ref()?.read)))
    }

    /// The values from `key` on, in the order of keys.
    pub fn iter_from(&self, key: K) -> impl Iterator<Item = (&K, &V)> {
        let entries = self.entries.range(key..);
        entries.filter_map(|(key, entry)| Some((key, &entry.value.as_ref()?.read)))
    }

    /// The values as they came, in the order of keys.
    pub fn texts(&self) -> impl Iterator<Item = (&K, &str)> {
        let entries = self.entries.iter();
        entries.filter_map(|(key, entry)| Some((key, &*entry.value.as_ref()?.json)))
    }

    /// Drops what is only remembered: the bucket has told all that it has.
    pub fn forget_remembered(&mut self) {
        self.entries.retain(|_, entry| entry.revision != REMEMBERED);
    }

    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replica(entries: &[(&str, u64, Option<&str>)]) -> Replica<u32, u32> {
        let mut replica = Replica::default();
        for (key, revision, value) in entries {
            replica
                .apply(key, *revision, value.map(str::as_bytes))
                .unwrap();
        }
        replica
    }

    #[test]
    fn the_newest_revision_wins_in_whatever_order_it_comes() {
        for order in [
            [("7", 1, Some("10")), ("7", 2, Some("20"))],
            [("7", 2, Some("20")), ("7", 1, Some("10"))],
        ] {
            assert_eq!(replica(&order).get(&7), Some(&20));
        }
    }

    #[test]
    fn a_deletion_keeps_older_values_out() {
        let mut replica = replica(&[("7", 3, None), ("7", 2, Some("20"))]);
        assert_eq!(replica.get(&7), None);
        assert!(replica.is_deleted(&7));
        assert_eq!(replica.apply("7", 3, Some(b"30")), Ok(None));
        assert_eq!(replica.apply("7", 4, Some(b"40")), Ok(Some((7, None))));
        assert_eq!(replica.apply("7", 5, None), Ok(Some((7, Some(40)))));
        assert_eq!(replica.apply("7", 6, Some(b"40")), Ok(Some((7, None))));
        assert_eq!(replica.iter().collect::<Vec<_>>(), [(&7, &40)]);
    }

    #[test]
    fn what_is_remembered_gives_way_to_whatever_the_bucket_says() {
        let mut replica = replica(&[
            ("7", REMEMBERED, Some("70")),
            ("8", REMEMBERED, Some("80")),
            ("9", REMEMBERED, Some("90")),
            ("8", 1, Some("81")),
            ("9", 2, None),
            ("8", REMEMBERED, Some("80")),
        ]);
        assert_eq!(
            replica.texts().collect::<Vec<_>>(),
            [(&7, "70"), (&8, "81")]
        );
        replica.forget_remembered();
        assert_eq!(replica.iter().collect::<Vec<_>>(), [(&8, &81)]);
        assert!(replica.is_deleted(&9));
    }

    #[test]
    fn what_cannot_be_read_is_said_and_leaves_the_rest_alone() {
        let mut replica = replica(&[("7", 1, Some("10"))]);
        assert!(matches!(
            replica.apply("seven", 2, Some(b"1")),
            Err(EntryError::Key { .. })
        ));
        assert!(matches!(
            replica.apply("7", 2, Some(b"{")),
            Err(EntryError::Value { .. })
        ));
        assert_eq!(replica.get(&7), Some(&10));
    }
}
