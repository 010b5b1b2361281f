//! The page: what happens to it, and what it shows.

use nats_wsclient::{Client, ConnectOptions, Status};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, UnwrapThrowExt};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Document, Element, Event, HtmlFormElement, HtmlInputElement};

/// Where the chat's own `nats.conf` has the server listen.
const SERVER: &str = "ws://127.0.0.1:9223";

/// Everybody in the room subscribes to this subject, and everybody publishes to it.
const ROOM: &str = "chat.room";

pub(crate) async fn run() {
    let document = web_sys::window()
        .and_then(|window| window.document())
        .expect_throw("a page");
    // The first attempt may fail, too: the chat goes on trying.
    let connected = ConnectOptions::new()
        .name("chat")
        .retry_on_initial_connect()
        .connect(SERVER)
        .await;
    match connected {
        Ok(client) => {
            send_what_is_typed(&document, &client);
            spawn_local(show_messages(document.clone(), client.clone()));
            show_status(&document, client).await;
        }
        Err(error) => element(&document, "status").set_text_content(Some(&error.to_string())),
    }
}

fn send_what_is_typed(document: &Document, client: &Client) {
    let form: HtmlFormElement = element(document, "form").unchecked_into();
    let text: HtmlInputElement = element(document, "text").unchecked_into();
    let (document, client) = (document.clone(), client.clone());
    let on_submit = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        event.prevent_default();
        match client.publish(ROOM, text.value()) {
            // What is not sent stays in its field.
            Err(error) => show(&document, &error.to_string()),
            Ok(_) => text.set_value(""),
        }
    });
    form.add_event_listener_with_callback("submit", on_submit.as_ref().unchecked_ref())
        .expect_throw("an event that exists");
    // The form is there as long as the page is.
    on_submit.forget();
}

async fn show_messages(document: Document, client: Client) {
    let mut messages = client.subscribe(ROOM).expect_throw("a subject");
    while let Some(message) = messages.next().await {
        match message {
            Ok(message) => show(&document, &String::from_utf8_lossy(&message.payload)),
            Err(error) => show(&document, &error.to_string()),
        }
    }
}

async fn show_status(document: &Document, client: Client) {
    let place = element(document, "status");
    let mut changes = client.status_changes();
    while let Some(status) = changes.next().await {
        let text = match status {
            Status::Connected => "connected".to_owned(),
            Status::Connecting { cause: None, .. } => "connecting…".to_owned(),
            Status::Connecting {
                cause: Some(cause), ..
            } => format!("not connected: {cause}"),
            Status::Reconnecting { cause, .. } => format!("connecting again: {cause}"),
            Status::Closed { .. } => "closed".to_owned(),
        };
        place.set_text_content(Some(&text));
    }
}

fn show(document: &Document, text: &str) {
    let item = document
        .create_element("li")
        .expect_throw("an element that exists");
    item.set_text_content(Some(text));
    let messages = element(document, "messages");
    messages.append_child(&item).expect_throw("a list");
    messages.set_scroll_top(messages.scroll_height());
}

fn element(document: &Document, id: &str) -> Element {
    document
        .get_element_by_id(id)
        .expect_throw("an element of index.html")
}
