//! Conditions with a deadline, in place of sleeps.

use std::time::{Duration, Instant};

/// Generous: a machine of two cores that compiles beside the tests must not make them fail.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// How soon a condition is tried again: short beside everything that is waited for.
const INTERVAL: Duration = Duration::from_millis(10);

/// Waits until `condition` has a value, and gives it back. `what` completes the sentence "waited for …".
pub async fn until<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(
            start.elapsed() < DEADLINE,
            "waited for {what}, in vain for {DEADLINE:?}"
        );
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Waits until `probe` gives `expected`; the failure tells what it gave last.
pub async fn until_equal<T: PartialEq + std::fmt::Debug>(
    what: &str,
    expected: T,
    mut probe: impl AsyncFnMut() -> T,
) {
    let start = Instant::now();
    loop {
        let found = probe().await;
        if found == expected {
            return;
        }
        assert!(
            start.elapsed() < DEADLINE,
            "waited for {what} to be {expected:?}, in vain for {DEADLINE:?}: it is {found:?}"
        );
        tokio::time::sleep(INTERVAL).await;
    }
}
