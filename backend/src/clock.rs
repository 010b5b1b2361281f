//! The time of day, which the rules never ask for themselves.

use std::time::{Duration, SystemTime};

use shared::Timestamp;

/// What the machine's clock says.
pub fn now() -> Timestamp {
    timestamp(SystemTime::now())
}

/// The moment on the machine's clock. One before 1970 is 1970.
pub fn system_time(moment: Timestamp) -> SystemTime {
    let milliseconds = u64::try_from(moment.unix_milliseconds()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds)
}

/// A time of the machine's clock. A time before 1970 is 1970.
pub fn timestamp(time: SystemTime) -> Timestamp {
    let since_1970 = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let milliseconds = i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_unix_milliseconds(milliseconds)
}
