//! Working at the same time on many things, and in order on each.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// A fixed number of tasks. What has the same key goes through the same one, in the order it was put.
#[derive(Debug)]
pub struct Lanes<T> {
    lanes: Vec<mpsc::Sender<T>>,
    tasks: JoinSet<()>,
}

/// One of the lanes that gave it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lane(usize);

impl<T: Send + 'static> Lanes<T> {
    /// Starts `count` lanes, at least one, each of which has room for `capacity` waiting items.
    pub fn new<F, W>(count: usize, capacity: usize, work: W) -> Self
    where
        W: Fn(T) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send,
    {
        let work = Arc::new(work);
        let mut tasks = JoinSet::new();
        let lane = |_| {
            let (sender, mut items) = mpsc::channel(capacity);
            let work = Arc::clone(&work);
            tasks.spawn(async move {
                while let Some(item) = items.recv().await {
                    work(item).await;
                }
            });
            sender
        };
        let lanes = (0..count.max(1)).map(lane).collect();
        Self { lanes, tasks }
    }

    /// The lane of a key.
    pub fn lane(&self, key: impl Hash) -> Lane {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        // The remainder is less than the number of lanes, so it fits.
        Lane((hasher.finish() % self.lanes.len() as u64) as usize)
    }

    /// Puts an item into a lane; waits while that is full. Returns false if the lane has ended, which it does only by a
    /// panic in its work.
    pub async fn put(&self, lane: Lane, item: T) -> bool {
        self.lanes[lane.0].send(item).await.is_ok()
    }

    /// Waits until everything that was put is done.
    pub async fn finish(mut self) {
        self.lanes.clear();
        while self.tasks.join_next().await.is_some() {}
    }
}
