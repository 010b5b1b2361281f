//! A map whose keys are handed out in ascending order: numbers of subscriptions, of requests, of pings.
//!
//! It is a sorted vector. New keys are larger than all others, so they are appended; what is removed is mostly old. For
//! the few hundred entries that a client has, that is as fast as a `BTreeMap`, and each of those would add several
//! kilobytes to the page.

#[derive(Debug)]
pub(crate) struct Ascending<K, V> {
    entries: Vec<(K, V)>,
}

impl<K: Ord + Copy, V> Ascending<K, V> {
    pub(crate) const fn new() -> Self {
        Self {
            entries: Vec::new(),
        }
    }

    /// Adds an entry. Its key is larger than all others.
    pub(crate) fn push(&mut self, key: K, value: V) {
        debug_assert!(self.entries.last().is_none_or(|(last, _)| *last < key));
        self.entries.push((key, value));
    }

    pub(crate) fn get(&self, key: K) -> Option<&V> {
        self.index(key).map(|index| &self.entries[index].1)
    }

    pub(crate) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        self.index(key).map(|index| &mut self.entries[index].1)
    }

    pub(crate) fn remove(&mut self, key: K) -> Option<V> {
        self.index(key).map(|index| self.entries.remove(index).1)
    }

    /// Removes the entries for which `wanted` holds, as far as the iterator is driven.
    pub(crate) fn remove_where(
        &mut self,
        wanted: impl Fn(&V) -> bool,
    ) -> impl Iterator<Item = (K, V)> {
        self.entries.extract_if(.., move |(_, value)| wanted(value))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.entries.iter().map(|(key, value)| (*key, value))
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    fn index(&self, key: K) -> Option<usize> {
        self.entries
            .binary_search_by_key(&key, |(key, _)| *key)
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_by_their_keys() {
        let mut map = Ascending::new();
        for key in [1, 3, 7, 8] {
            map.push(key, key * 10);
        }
        assert_eq!(
            (map.get(3), map.get(2), map.get(8)),
            (Some(&30), None, Some(&80))
        );
        assert_eq!((map.remove(3), map.remove(3)), (Some(30), None));
        map.push(9, 90);
        let removed = map.remove_where(|value| *value == 70 || *value == 90);
        assert_eq!(removed.collect::<Vec<_>>(), [(7, 70), (9, 90)]);
        assert_eq!(map.iter().collect::<Vec<_>>(), [(1, &10), (8, &80)]);
        map.clear();
        assert_eq!(map.values().count(), 0);
    }
}
