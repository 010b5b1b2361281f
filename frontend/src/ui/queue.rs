//! What waits for a connection to be sent: each of it can be withdrawn until then.

use leptos::prelude::*;
use shared::Timestamp;
use shared::cloud_event::MessageId;

use super::desk::Desk;
use super::dialog::Dialog;
use crate::hotel::local_day_and_time;

/// Why the list is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// Somebody wants to see it.
    Asked,
    /// Somebody signs out, and would give up what is on it.
    Leaving,
}

/// A command that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Queued {
    pub(super) id: MessageId,
    pub(super) what: String,
    pub(super) since: Timestamp,
}

/// Signs out, unless something waits that nobody would ever send then: that is asked about first.
pub(super) fn leave(desk: Desk, sign_out: impl Fn()) {
    match untrack(|| desk.queued()).is_empty() {
        true => sign_out(),
        false => desk.queue.set(Some(Shown::Leaving)),
    }
}

/// The list of `desk`, while it is shown.
#[component]
pub(super) fn Queue(
    desk: Desk,
    sign_out: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    move || {
        let shown = desk.queue.get()?;
        Some(view! { <QueueDialog desk shown sign_out /> })
    }
}

#[component]
fn QueueDialog(
    desk: Desk,
    shown: Shown,
    sign_out: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let close = RwSignal::new(false);
    let is_leaving = shown == Shown::Leaving;
    let queued = Memo::new(move |_| desk.queued());
    let item = move |queued: Queued| {
        let Queued { id, what, since } = queued;
        let (name, label) = (id.to_string(), format!("Withdraw: {what}"));
        view! {
            <li data-queued=name>
                <p>
                    <strong>{what}</strong>
                    <span>{format!("Since {}", local_day_and_time(since))}</span>
                </p>
                <button
                    type="button"
                    data-action="withdraw"
                    aria-label=label
                    on:click=move |_| desk.withdraw(&id)
                >
                    "Withdraw"
                </button>
            </li>
        }
    };
    view! {
        <Dialog
            name="queue"
            labelled_by="queue-title"
            close
            on_closed=move || desk.queue.set(None)
        >
            <h2 id="queue-title">
                {if is_leaving { "Sign out, and send nothing of this?" } else { "Waits to be sent" }}
            </h2>
            <p class="hint">
                {move || match queued.with(Vec::is_empty) {
                    true => "Nothing waits any more.",
                    false if is_leaving => "There has been no connection to send it. Whoever signs out gives it up.",
                    false => "It is sent as soon as there is a connection, also if this page is loaded anew.",
                }}
            </p>
            <ul class="queue">{move || queued.get().into_iter().map(item).collect_view()}</ul>
            <div class="actions">
                <button type="button" data-action="close" on:click=move |_| close.set(true)>
                    {if is_leaving { "Stay" } else { "Close" }}
                </button>
                {is_leaving.then(|| view! {
                    <button
                        type="button"
                        class="primary"
                        data-action="give-up"
                        on:click=move |_| sign_out()
                    >
                        "Sign out"
                    </button>
                })}
            </div>
        </Dialog>
    }
}
