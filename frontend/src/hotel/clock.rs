//! What time it is: by the hotel's server where this device's clock is wrong, and on the hotel's wall.

use std::cell::Cell;

use js_sys::{Date as JsDate, Object, Reflect};
use shared::{Date, Timestamp};
use wasm_bindgen::JsValue;

use super::place;
use crate::model::wall_clock::WallClock;
use crate::model::words;

/// What the server's answers say is off by less may as well be the way that they took.
const TOLERANCE_MS: f64 = 60_000.0;

thread_local! {
    /// How far this device's clock is behind the server's, in milliseconds.
    static BEHIND: Cell<f64> = const { Cell::new(0.0) };
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix_milliseconds((JsDate::now() + BEHIND.get()) as i64)
}

/// Milliseconds on this device's own clock, which is never set right in between and goes on while the device sleeps: for how long
/// something takes.
pub(super) fn device_milliseconds() -> u64 {
    JsDate::now() as u64
}

/// Compares this device's clock with the moment at which the server says it has answered, as HTTP writes it.
pub(super) fn compare(answered: &str) {
    let behind = JsDate::parse(answered) - JsDate::now();
    if !behind.is_nan() {
        BEHIND.set(if behind.abs() < TOLERANCE_MS {
            0.0
        } else {
            behind
        });
    }
}

/// The day it is in the hotel.
pub(crate) fn today() -> Date {
    on_the_wall(now()).date
}

/// How long until the hotel's next day begins. A change of daylight saving time in between is not foreseen: whoever
/// waits has to look at the date again.
pub(crate) fn milliseconds_to_midnight() -> u32 {
    on_the_wall(now()).milliseconds_to_midnight()
}

/// The moment on the hotel's wall: `09:30`.
pub(crate) fn local_time(moment: Timestamp) -> String {
    on_the_wall(moment).time()
}

/// The moment in full on the hotel's wall: `Sat 21 Nov, 09:30`.
pub(crate) fn local_day_and_time(moment: Timestamp) -> String {
    let wall = on_the_wall(moment);
    format!("{}, {}", words::day(wall.date), wall.time())
}

/// Swedes write dates as ISO 8601 does, which is how the browser's own time zones are read without a library of ours.
const AS_ISO: &str = "sv-SE";

fn on_the_wall(moment: Timestamp) -> WallClock {
    let date = JsDate::new(&(moment.unix_milliseconds() as f64).into());
    let options = Object::new();
    if let Some(zone) = place::time_zone() {
        // A plain object takes any member.
        let _set = Reflect::set(&options, &"timeZone".into(), &JsValue::from_str(&zone));
    }
    let text = date.to_locale_string(AS_ISO, &options);
    let text = text.as_string().unwrap_or_default();
    // A browser that knows no Swedish shows the time of Greenwich.
    text.parse()
        .unwrap_or_else(|_| WallClock::at_greenwich(moment))
}
