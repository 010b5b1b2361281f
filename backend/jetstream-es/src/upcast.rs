//! Old versions of events, lifted to the present one when they are read.
//!
//! An event type ends in its version: `bank.deposited.v1`. When its data changes in a way that serde's defaults do not
//! cover, the new version gets a new type, the enum of events knows the newest one alone, and an [`Upcaster`] makes the
//! old data into the new. What is stored is never touched.

use serde_json::Value;
use serde_json::value::RawValue;

/// One step from a version of an event to the next. A pure function.
#[derive(Debug, Clone, Copy)]
pub struct Upcaster {
    /// The type before, such as `bank.deposited.v1`.
    pub from: &'static str,
    /// The type afterwards, such as `bank.deposited.v2`. Another step may begin there.
    pub to: &'static str,
    /// The data afterwards, or why this cannot be the data of a `from`. Data that is absent is `null`.
    pub lift: fn(Value) -> Result<Value, String>,
}

/// Why an old version could not be lifted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpcastError {
    /// The upcaster did not understand the data.
    #[error("an event {from} could not be lifted to {to}: {reason}")]
    Refused {
        /// The version before.
        from: String,
        /// The version it should have become.
        to: &'static str,
        /// What the upcaster says.
        reason: String,
    },
    /// The steps lead back to where they began.
    #[error(
        "the upcasters of {0} go in a circle: one of them leads to a type that was there before"
    )]
    Circle(String),
}

/// The newest type and data that the upcasters lead to; `None` if there is none that begins at `event_type`.
pub(crate) fn lift(
    event_type: &str,
    data: Option<&RawValue>,
    upcasters: &[Upcaster],
) -> Result<Option<(&'static str, Value)>, UpcastError> {
    let step = |from: &str| upcasters.iter().find(|upcaster| upcaster.from == from);
    let Some(mut upcaster) = step(event_type) else {
        return Ok(None);
    };
    let refused = |from: &str, to: &'static str, reason| UpcastError::Refused {
        from: from.to_owned(),
        to,
        reason,
    };
    let json = data.map_or("null", RawValue::get);
    let mut data: Value = serde_json::from_str(json)
        .map_err(|error| refused(event_type, upcaster.to, error.to_string()))?;
    for _ in upcasters {
        data =
            (upcaster.lift)(data).map_err(|reason| refused(upcaster.from, upcaster.to, reason))?;
        match step(upcaster.to) {
            Some(next) => upcaster = next,
            None => return Ok(Some((upcaster.to, data))),
        }
    }
    Err(UpcastError::Circle(event_type.to_owned()))
}

/// The name and the number of a type such as `bank.deposited.v1`.
pub(crate) fn version(event_type: &str) -> Option<(&str, u32)> {
    let (name, number) = event_type.rsplit_once(".v")?;
    Some((name, number.parse().ok()?))
}
