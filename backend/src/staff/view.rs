//! The read model `staff`, for the managers.

use jetstream_es::projection::{Position, Projection};
use jetstream_es::{Boundary, CodecError, Recorded, StoredMessage};
use shared::staff::{StaffEvent, StaffName, StaffView};
use shared::subjects::STAFF;

use super::{Staff, happened};

/// A value for each of the staff.
#[derive(Debug)]
pub struct StaffList;

impl Projection for StaffList {
    type Event = Recorded<StaffEvent>;
    type Key = StaffName;
    type Value = StaffView;

    const BUCKET: &'static str = STAFF.name();
    const STREAMS: &'static [&'static str] = &[Staff::STREAM];

    fn read(
        _stream: &'static str,
        message: &StoredMessage,
    ) -> Result<Recorded<StaffEvent>, CodecError> {
        Ok(Staff::decode(message)?)
    }

    fn keys(event: &Recorded<StaffEvent>) -> Vec<StaffName> {
        vec![event.event.staff().clone()]
    }

    fn position(view: &StaffView, _stream: &'static str) -> u64 {
        view.sequence
    }

    fn apply(
        _staff: &StaffName,
        view: Option<StaffView>,
        event: &Recorded<StaffEvent>,
        at: Position,
    ) -> Option<StaffView> {
        StaffView::evolve(view, &event.event, happened(event), at.sequence)
    }
}
