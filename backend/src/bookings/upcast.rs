//! Old versions of the events of `room-booking`.

use jetstream_es::Upcaster;
use serde_json::Value;

/// The steps, each from a version to the next.
pub(super) const UPCASTERS: &[Upcaster] = &[Upcaster {
    from: "vacancy.booking.guest-checked-in.v1",
    to: "vacancy.booking.guest-checked-in.v2",
    lift: name_the_booking,
}];

/// Until dates could be changed, client and arrival told the booking; now it is named.
fn name_the_booking(mut data: Value) -> Result<Value, String> {
    let event = data.as_object_mut().ok_or("it is no object")?;
    let client = event.remove("client").ok_or("it has no client")?;
    let client = client["id"].as_u64().ok_or("its client has no id")?;
    let arrival = event.get("arrival").and_then(Value::as_str);
    let arrival = arrival.ok_or("it has no arrival")?;
    let booking = format!("{client}_{arrival}");
    event.insert("booking".to_owned(), booking.into());
    Ok(data)
}
