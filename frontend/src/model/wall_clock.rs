//! Date and time of day, as a clock on a wall shows them.

use std::str::FromStr;

use shared::{Date, Timestamp};

const SECONDS_A_DAY: u32 = 86_400;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WallClock {
    pub date: Date,
    /// Since midnight.
    seconds: u32,
}

/// It is not written like `2026-11-21 09:30:15`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a date and a time are written like 2026-11-21 09:30:15")]
pub struct WallClockError;

impl WallClock {
    /// What it shows in Greenwich.
    pub fn at_greenwich(moment: Timestamp) -> Self {
        let date = moment.date();
        let passed = moment.unix_milliseconds() - Timestamp::midnight(date).unix_milliseconds();
        let seconds = u32::try_from(passed / 1_000).unwrap_or_default();
        Self { date, seconds }
    }

    /// `09:30`.
    pub fn time(self) -> String {
        let minutes = self.seconds / 60;
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    }

    /// How long it takes until it shows the next day.
    pub fn milliseconds_to_midnight(self) -> u32 {
        SECONDS_A_DAY.saturating_sub(self.seconds) * 1_000
    }
}

impl FromStr for WallClock {
    type Err = WallClockError;

    fn from_str(text: &str) -> Result<Self, WallClockError> {
        let (date, time) = text.split_once(' ').ok_or(WallClockError)?;
        let date = date.parse().map_err(|_| WallClockError)?;
        let mut seconds = 0;
        let mut parts = 0;
        for part in time.split(':') {
            let part: u32 = part.parse().map_err(|_| WallClockError)?;
            seconds = seconds * 60 + part;
            parts += 1;
        }
        match parts == 3 && seconds < SECONDS_A_DAY {
            true => Ok(Self { date, seconds }),
            false => Err(WallClockError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_read_and_knows_the_end_of_its_day() {
        let wall: WallClock = "2026-11-21 23:30:15".parse().unwrap();
        assert_eq!(wall.date.to_string(), "2026-11-21");
        assert_eq!(wall.time(), "23:30");
        assert_eq!(wall.milliseconds_to_midnight(), (29 * 60 + 45) * 1_000);
        for wrong in [
            "",
            "2026-11-21",
            "21.11.2026 10:00:00",
            "2026-11-21 10:00",
            "2026-11-21 24:00:00",
        ] {
            assert_eq!(wrong.parse::<WallClock>(), Err(WallClockError), "{wrong}");
        }
    }

    #[test]
    fn in_greenwich_it_is_the_timestamps_own() {
        let moment: Timestamp = "2026-11-21T09:30:15Z".parse().unwrap();
        let wall = WallClock::at_greenwich(moment);
        assert_eq!(Ok(wall), "2026-11-21 09:30:15".parse());
    }
}
