//! How long a message lives, as a header says it (ADR-43).

use std::time::Duration;

/// Whole seconds, rounded up: the server counts no finer. [`Duration::MAX`] is for ever.
pub(super) fn header(ttl: Duration) -> String {
    if ttl == Duration::MAX {
        return "never".to_owned();
    }
    let seconds = ttl.as_secs() + u64::from(ttl.subsec_nanos() > 0);
    seconds.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for (ttl, text) in [
            (Duration::from_secs(60), "60"),
            (Duration::from_millis(1_001), "2"),
            (Duration::from_nanos(1), "1"),
            (Duration::MAX, "never"),
        ] {
            assert_eq!(header(ttl), text);
        }
    }
}
