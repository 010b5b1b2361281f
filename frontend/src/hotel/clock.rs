//! The browser's clock.

use js_sys::Date as JsDate;
use shared::{Date, Timestamp};

use crate::model::words;

const MILLISECONDS_A_MINUTE: f64 = 60_000.0;
const MILLISECONDS_A_DAY: f64 = 86_400_000.0;

pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix_milliseconds(JsDate::now() as i64)
}

/// The day it is where the browser is.
pub(crate) fn today() -> Date {
    Date::from_days_since_1970((local_milliseconds() / MILLISECONDS_A_DAY).floor() as i32)
}

/// How long until the browser's next day begins. A change of daylight saving time in between is not foreseen: whoever
/// waits has to look at the date again.
pub(crate) fn milliseconds_to_midnight() -> u32 {
    let passed = local_milliseconds().rem_euclid(MILLISECONDS_A_DAY);
    (MILLISECONDS_A_DAY - passed) as u32
}

/// Milliseconds since 1970-01-01T00:00 on the wall where the browser is.
fn local_milliseconds() -> f64 {
    let now = JsDate::new_0();
    now.get_time() - now.get_timezone_offset() * MILLISECONDS_A_MINUTE
}

/// The moment on the wall where the browser is: `09:30`.
pub(crate) fn local_time(moment: Timestamp) -> String {
    let date = JsDate::new(&(moment.unix_milliseconds() as f64).into());
    format!("{:02}:{:02}", date.get_hours(), date.get_minutes())
}

/// The moment in full where the browser is: `Sat 21 Nov, 09:30`.
pub(crate) fn local_day_and_time(moment: Timestamp) -> String {
    let date = JsDate::new(&(moment.unix_milliseconds() as f64).into());
    let offset = date.get_timezone_offset() * MILLISECONDS_A_MINUTE;
    let day = Timestamp::from_unix_milliseconds((date.get_time() - offset) as i64).date();
    format!("{}, {}", words::day(day), local_time(moment))
}
