//! How long to wait before the next try.

use std::time::Duration;

/// Waits that double from `first` to `longest`. There is no jitter: the tries of one backend do not form a herd.
#[derive(Debug, Clone)]
pub struct Patience {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Patience {
    /// Waits that start at `first` and never exceed `longest`.
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            next: first,
        }
    }

    /// Sleeps for the next wait, which is returned.
    pub async fn wait(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(self.longest);
        tokio::time::sleep(wait).await;
        wait
    }

    /// Starts from the first wait again, after a success.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

impl Default for Patience {
    /// From 20 ms to 2 s: what is away for a moment is found quickly, what is away for long is not asked all the time.
    fn default() -> Self {
        Self::new(Duration::from_millis(20), Duration::from_secs(2))
    }
}
