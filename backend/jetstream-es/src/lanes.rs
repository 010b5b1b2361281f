//! Working at the same time on many things, and in order on each.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use tokio_util::task::TaskTracker;

/// A lane for each key that has something to do: what has the same key is done in the order in which it was put, and
/// whatever holds up one key holds up no other.
///
/// Nothing bounds what waits in a lane but the one who puts it there.
pub struct Lanes<K, T> {
    shared: Arc<Shared<K, T>>,
    tasks: TaskTracker,
}

struct Shared<K, T> {
    /// A key is in here as long as its lane works; its items are those that wait.
    waiting: Mutex<HashMap<K, VecDeque<T>>>,
    work: Box<dyn Fn(T) -> BoxFuture<'static, ()> + Send + Sync>,
}

impl<K, T> Lanes<K, T>
where
    K: Clone + Eq + Hash + Send + 'static,
    T: Send + 'static,
{
    /// Lanes in which items are worked on by `work`. It must not panic: nothing of the same key would be done any more.
    pub fn new<F>(work: impl Fn(T) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let work = Box::new(move |item| -> BoxFuture<'static, ()> { Box::pin(work(item)) });
        let waiting = Mutex::new(HashMap::new());
        Self {
            shared: Arc::new(Shared { waiting, work }),
            tasks: TaskTracker::new(),
        }
    }

    /// Puts an item into the lane of its key.
    pub fn put(&self, key: K, item: T) {
        match self.shared.lock().entry(key.clone()) {
            Entry::Occupied(mut lane) => return lane.get_mut().push_back(item),
            Entry::Vacant(lane) => lane.insert(VecDeque::new()),
        };
        let shared = Arc::clone(&self.shared);
        self.tasks.spawn(async move {
            let mut next = Some(item);
            while let Some(item) = next {
                (shared.work)(item).await;
                next = shared.next(&key);
            }
        });
    }

    /// Waits until everything that was put is done.
    pub async fn finish(self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl<K: Eq + Hash, T> Shared<K, T> {
    /// The next item of the key; if there is none, its lane ends.
    fn next(&self, key: &K) -> Option<T> {
        let mut waiting = self.lock();
        let next = waiting.get_mut(key).and_then(VecDeque::pop_front);
        if next.is_none() {
            waiting.remove(key);
        }
        next
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, VecDeque<T>>> {
        // Nothing that runs under the lock leaves the map half changed.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash, T> fmt::Debug for Lanes<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lanes")
            .field("busy", &self.shared.lock().len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::sync::Notify;

    use super::Lanes;

    #[tokio::test]
    async fn a_key_that_is_held_up_keeps_its_order_and_holds_up_no_other() {
        let done = Arc::new(Mutex::new(Vec::new()));
        let (open, others) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let lanes = {
            let (done, open, others) = (Arc::clone(&done), Arc::clone(&open), Arc::clone(&others));
            Lanes::new(move |(key, number): (u32, u32)| {
                let (done, open, others) =
                    (Arc::clone(&done), Arc::clone(&open), Arc::clone(&others));
                async move {
                    if (key, number) == (0, 0) {
                        open.notified().await;
                    }
                    let mut done = done.lock().unwrap();
                    done.push((key, number));
                    if done.len() == 99 * 10 {
                        others.notify_one();
                    }
                }
            })
        };
        for number in 0..10 {
            for key in 0..100 {
                lanes.put(key, (key, number));
            }
        }
        others.notified().await;
        open.notify_one();
        lanes.finish().await;
        let done = done.lock().unwrap();
        for key in 0..100 {
            let of_key = done.iter().filter(|(of, _)| *of == key);
            assert!(of_key.map(|(_, number)| *number).eq(0..10), "{key}");
        }
    }
}
