//! Of which hotel the page is: a server has several. `/` is the page of the first one, `/sea/` that of the hotel `sea`.

use leptos::prelude::{document, window};
use shared::HotelName;

use crate::model::place::of_path;

/// The hotel that the page's path names; `None` on the page of the first one.
pub(super) fn named() -> Option<HotelName> {
    of_path(&window().location().pathname().unwrap_or_default())
}

/// What the hotel is called.
pub(super) fn hotel() -> String {
    match named() {
        Some(hotel) => hotel.to_string(),
        None => meta("hotel").unwrap_or_default(),
    }
}

/// The hotel's time zone, where the page says which it is.
pub(super) fn time_zone() -> Option<String> {
    meta("time-zone")
}

/// The path of what belongs to the hotel, over HTTP as on the WebSocket: the cookie of its session goes there alone.
pub(super) fn of_the_hotel(path: &str) -> String {
    format!("/hotels/{}/{path}", hotel())
}

/// What the page's `<meta>` tag of this name says, unless that is nothing.
pub(super) fn meta(name: &str) -> Option<String> {
    let tag = document().query_selector(&format!("meta[name='{name}']"));
    let content = tag.ok()??.get_attribute("content");
    content.filter(|content| !content.is_empty())
}
