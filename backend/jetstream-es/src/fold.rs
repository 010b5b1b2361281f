//! Folding events into the values of a projection.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::CodecError;
use crate::boundary::StoredMessage;
use crate::projection::{Position, Projection};
use crate::repository::LoadError;

/// Why events were not folded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FoldError {
    /// What comes before an event could not be read.
    #[error(transparent)]
    Before(#[from] LoadError),
    /// The projection panicked over an event, and will do so again.
    #[error("the projection panics over event {} of the stream {}: {text}", at.sequence, at.stream)]
    Panicked { at: Position, text: String },
}

/// An event with its place.
pub(crate) type Placed<P> = (Position, <P as Projection>::Event);

/// Whether the value has the event already.
pub(crate) fn has<P: Projection>(value: Option<&P::Value>, at: Position) -> bool {
    value.is_some_and(|value| P::position(value, at.stream) >= at.sequence)
}

/// The value after those of the events that it does not have yet, and whether there was one.
pub(crate) async fn fold<P: Projection>(
    projection: &P,
    key: &P::Key,
    mut value: Option<P::Value>,
    events: &[&Placed<P>],
) -> Result<(Option<P::Value>, bool), FoldError> {
    let mut changed = false;
    for (at, event) in events.iter().copied() {
        if has::<P>(value.as_ref(), *at) {
            continue;
        }
        let mut next = apply::<P>(key, value.clone(), event, *at)?;
        if next.is_none() && value.is_none() {
            for (at, event) in projection.before(key).await? {
                value = apply::<P>(key, value, &event, at)?;
            }
            // What came before may hold the event itself.
            if has::<P>(value.as_ref(), *at) {
                changed = true;
                continue;
            }
            next = apply::<P>(key, value.clone(), event, *at)?;
        }
        if let Some(next) = next {
            value = Some(next);
            changed = true;
        } else {
            tracing::error!(
                bucket = P::BUCKET,
                %key,
                stream = at.stream,
                sequence = at.sequence,
                "an event needs a value that is not there, and is missing from the view"
            );
        }
    }
    Ok((value, changed))
}

/// The event of a message. A panic of the projection over it, or over what it changes, is an error like any other: nothing that
/// was touched is kept.
pub(crate) fn read_event<P: Projection>(
    stream: &'static str,
    message: &StoredMessage,
) -> Result<P::Event, CodecError> {
    let read = || {
        let event = P::read(stream, message)?;
        // Asked here for the first time, so that it does not panic where many events are at stake.
        drop(P::keys(&event));
        Ok(event)
    };
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| {
        let text = text_of_panic(panic.as_ref());
        Err(format!("the projection panics when it reads it: {text}").into())
    })
}

/// What the event of a message belongs to. `None` if the projection panics over that.
pub(crate) fn boundary_of<P: Projection>(message: &StoredMessage) -> Option<String> {
    catch_unwind(AssertUnwindSafe(|| P::boundary(message))).ok()
}

/// What a panic says.
pub(crate) fn text_of_panic(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "without a text".to_owned())
}

fn apply<P: Projection>(
    key: &P::Key,
    value: Option<P::Value>,
    event: &P::Event,
    at: Position,
) -> Result<Option<P::Value>, FoldError> {
    // The value was given away, so a panic leaves nothing half changed.
    let applied = catch_unwind(AssertUnwindSafe(|| P::apply(key, value, event, at)));
    applied.map_err(|panic| {
        let text = text_of_panic(panic.as_ref());
        FoldError::Panicked { at, text }
    })
}
