//! The time of day, which the rules never ask for themselves.

use std::time::SystemTime;

use shared::Timestamp;

/// What the machine's clock says. A clock before 1970 says 1970.
pub fn now() -> Timestamp {
    let since_1970 = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let milliseconds = i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_unix_milliseconds(milliseconds)
}
