//! Folding events into the values of a projection.

use crate::projection::{Position, Projection};
use crate::repository::LoadError;

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
) -> Result<(Option<P::Value>, bool), LoadError> {
    let mut changed = false;
    for (at, event) in events.iter().copied() {
        if has::<P>(value.as_ref(), *at) {
            continue;
        }
        let mut next = P::apply(key, value.clone(), event, *at);
        if next.is_none() && value.is_none() {
            for (at, event) in projection.before(key).await? {
                value = P::apply(key, value, &event, at);
            }
            // What came before may hold the event itself.
            if has::<P>(value.as_ref(), *at) {
                changed = true;
                continue;
            }
            next = P::apply(key, value.clone(), event, *at);
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
