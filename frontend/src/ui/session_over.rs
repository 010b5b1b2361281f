//! The log-in over a page whose session has expired: what was typed there is still there afterwards.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::dialog::Dialog;
use super::focus::focus_soon;
use super::form;
use super::log_in::{Attempt, Failed};
use super::password::PasswordField;
use crate::hotel::Session;

const PASSWORD: &str = "[data-dialog='over'] [name='password']";

#[component]
pub(super) fn SessionOver(
    session: Session,
    enter: impl Fn(Session) + Copy + Send + Sync + 'static,
    leave: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let attempt = Attempt::new();
    let name = session.who().user.to_string();
    let session = StoredValue::new_local(session);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let password = form::text(&event, "password");
        let entered = async move {
            let session = session.get_value();
            let name = session.who().user.to_string();
            // `None`: the page goes on, and takes this dialog away.
            if let Some(other) = session.go_on(&name, &password).await? {
                enter(other);
            }
            Ok(())
        };
        attempt.make(entered, PASSWORD);
    };
    let is_busy = move || attempt.is_busy();
    let close = RwSignal::new(false);
    focus_soon(PASSWORD);
    view! {
        <Dialog name="over" labelled_by="over-title" close stays=true on_closed=leave>
            <form
                class="log-in-again"
                aria-busy=move || is_busy().to_string()
                on:submit=submit
            >
                <h2 id="over-title">"Your session is over"</h2>
                <p>"Sign in again, and go on where you were. What you have typed is still there."</p>
                <label class="field">
                    <span>"Log-in name"</span>
                    <input type="text" name="name" autocomplete="username" readonly value=name />
                </label>
                <PasswordField autocomplete="current-password" />
                <Failed attempt />
                <div class="actions">
                    <button type="button" data-action="leave" on:click=move |_| close.set(true)>
                        "I am somebody else"
                    </button>
                    <button type="submit" class="primary" disabled=is_busy>"Sign in"</button>
                </div>
            </form>
        </Dialog>
    }
}
