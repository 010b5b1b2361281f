//! What became of one's commands: refusals as toasts that stay, everything else for the screen reader alone.

use leptos::prelude::*;

/// A refusal or a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Toast {
    number: u32,
    code: String,
    title: String,
    message: String,
}

/// Where outcomes are told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Notices(RwSignal<Told>);

#[derive(Debug, Default)]
struct Told {
    toasts: Vec<Toast>,
    /// The number of the last toast.
    last: u32,
    announcement: String,
}

impl Notices {
    pub(super) fn new() -> Self {
        Self(RwSignal::new(Told::default()))
    }

    /// Says politely what has been done.
    pub(super) fn announce(self, text: String) {
        self.0.update(|told| told.announcement = text);
    }

    /// Shows what has not been done, until it is dismissed. `code` is a [`shared::outcome::Refusal`]'s.
    pub(super) fn alert(self, code: String, title: String, message: String) {
        self.0.update(|told| {
            told.last += 1;
            told.toasts.push(Toast {
                number: told.last,
                code,
                title,
                message,
            });
        });
    }

    fn dismiss(self, number: u32) {
        self.0
            .update(|told| told.toasts.retain(|toast| toast.number != number));
    }
}

/// The toasts and the live region of `notices`.
#[component]
pub(super) fn NoticeBoard(notices: Notices) -> impl IntoView {
    let toast = move |toast: Toast| {
        view! {
            <div class="toast" role="alert" data-toast data-refusal=toast.code>
                <div>
                    <strong>{toast.title}</strong>
                    <p>{toast.message}</p>
                </div>
                <button
                    class="plain"
                    data-action="dismiss"
                    aria-label="Dismiss"
                    on:click=move |_| notices.dismiss(toast.number)
                >
                    "✕"
                </button>
            </div>
        }
    };
    view! {
        <div class="toasts">
            {move || {
                let toasts = notices.0.with(|told| told.toasts.clone());
                toasts.into_iter().map(toast).collect_view()
            }}
        </div>
        <p class="unseen" role="status" data-announcer>
            {move || notices.0.with(|told| told.announcement.clone())}
        </p>
    }
}
