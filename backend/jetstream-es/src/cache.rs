//! A bounded cache from which values are taken out while they are worked on.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Keeps the last used values, at least `capacity` and at most twice as many.
///
/// There are two generations. A value that is put goes into the young one; when that is full it becomes the old one, and
/// what was still in the old one is forgotten. So whatever is used often stays, at the cost of two hash tables.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    capacity: usize,
    generations: Mutex<Generations<K, V>>,
}

#[derive(Debug)]
struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Eq + Hash, V> Cache<K, V> {
    pub(crate) fn new(capacity: usize) -> Self {
        let generations = Generations {
            young: HashMap::new(),
            old: HashMap::new(),
        };
        Self {
            capacity,
            generations: Mutex::new(generations),
        }
    }

    /// Takes the value out, so that it can be changed without a copy.
    pub(crate) fn take(&self, key: &K) -> Option<V> {
        let mut generations = self.lock();
        let young = generations.young.remove(key);
        young.or_else(|| generations.old.remove(key))
    }

    /// Puts a value, which replaces another one unless `keeps` says that the other one is to stay.
    pub(crate) fn put(&self, key: K, value: V, keeps: impl FnOnce(&V, &V) -> bool) {
        let mut generations = self.lock();
        let old = generations.old.remove(&key);
        let there = generations.young.remove(&key).or(old);
        let value = match there {
            Some(there) if keeps(&there, &value) => there,
            _ => value,
        };
        if generations.young.len() >= self.capacity {
            let young = std::mem::take(&mut generations.young);
            generations.old = young;
        }
        generations.young.insert(key, value);
    }

    fn lock(&self) -> MutexGuard<'_, Generations<K, V>> {
        // Each method leaves the maps whole wherever it might panic, so a poisoned lock guards nothing broken.
        self.generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Cache;

    #[test]
    fn what_is_used_stays_and_the_rest_is_forgotten() {
        let cache = Cache::new(2);
        for key in 0..100 {
            if let Some(used) = cache.take(&0) {
                cache.put(0, used, |_, _| false);
            }
            cache.put(key, key, |_, _| false);
        }
        assert_eq!(cache.take(&0), Some(0));
        assert_eq!(cache.take(&99), Some(99));
        assert_eq!(cache.take(&50), None);
    }

    #[test]
    fn the_newer_of_two_values_stays() {
        let cache = Cache::new(2);
        let newest = |there: &u64, new: &u64| there > new;
        cache.put("a", 5, newest);
        cache.put("a", 3, newest);
        assert_eq!(cache.take(&"a"), Some(5));
        assert_eq!(cache.take(&"a"), None);
    }
}
