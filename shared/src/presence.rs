//! Who looks at which stay: each page of the front desk and of a manager says so to the others, and nobody keeps it.
//!
//! It is said over core NATS, when it changes and every [`EVERY_SECONDS`]. Whoever says nothing for [`GONE_AFTER_SECONDS`] is gone:
//! a page that is closed, or has lost its connection, says no goodbye.

use std::fmt;
use std::str::FromStr;

use crate::bookings::{StayKey, ViewKeyError};

pub const EVERY_SECONDS: u32 = 10;
pub const GONE_AFTER_SECONDS: u32 = 25;

/// What somebody looks at. In a message it is the stay's key, empty for none, with a question mark where others are to say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    pub stay: Option<StayKey>,
    /// Whoever looks at it, too, is to say so now: somebody new wants to know.
    pub asks: bool,
}

const ASKS: char = '?';

impl fmt::Display for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(stay) = self.stay {
            write!(f, "{stay}")?;
        }
        if self.asks {
            write!(f, "{ASKS}")?;
        }
        Ok(())
    }
}

impl FromStr for Presence {
    type Err = ViewKeyError;

    fn from_str(text: &str) -> Result<Self, ViewKeyError> {
        let stay = text.strip_suffix(ASKS);
        let asks = stay.is_some();
        let stay = match stay.unwrap_or(text) {
            "" => None,
            key => Some(key.parse()?),
        };
        Ok(Self { stay, asks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_heard() {
        let stay = Some("1.7_2026-11-21".parse().unwrap());
        for (text, presence) in [
            (
                "",
                Presence {
                    stay: None,
                    asks: false,
                },
            ),
            ("1.7_2026-11-21", Presence { stay, asks: false }),
            ("1.7_2026-11-21?", Presence { stay, asks: true }),
        ] {
            assert_eq!(presence.to_string(), text);
            assert_eq!(text.parse(), Ok(presence));
        }
        assert!("anything".parse::<Presence>().is_err());
    }
}
