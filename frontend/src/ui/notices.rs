//! What became of one's commands. What was not done stays until it is dismissed; what takes long is shown for as long as
//! it does; what is done, for a while, with what can be done next.

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use shared::cloud_event::MessageId;
use shared::outcome::EventPointer;
use shared::rooms::RoomId;

use super::desk::Desk;
use crate::model::hotel::Waiting;
use crate::model::wish::Wish;

/// How long a command that is done can be undone from its notice.
const SHOWN_MS: u32 = 20_000;

/// A refusal or a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Toast {
    number: u32,
    alert: Alert,
}

/// What was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alert {
    /// A [`shared::outcome::Refusal`]'s, or the like.
    pub(super) code: String,
    pub(super) title: String,
    pub(super) message: String,
    pub(super) place: Option<Place>,
    /// What did not reach the hotel, to be sent again under its id: it is never done twice.
    pub(super) again: Option<(MessageId, Wish)>,
}

/// What has been done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) text: String,
    pub(super) place: Option<Place>,
    pub(super) undo: Option<Undoable>,
}

/// Something to be seen on the board: a bucket and a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) view: String,
    pub(super) key: String,
}

/// A command that can be undone as long as its event is the last one of the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Undoable {
    pub(super) room: RoomId,
    pub(super) command: MessageId,
    pub(super) event: EventPointer,
}

/// Where outcomes are told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Notices(RwSignal<Told>);

#[derive(Debug, Default)]
struct Told {
    toasts: Vec<Toast>,
    done: Option<Done>,
    /// How many there have been so far.
    number: u32,
    announcement: String,
}

impl Notices {
    pub(super) fn new() -> Self {
        Self(RwSignal::new(Told::default()))
    }

    /// Says to those who hear the page what has been done.
    pub(super) fn announce(self, text: String) {
        self.0.update(|told| told.announcement = text);
    }

    /// Shows what has been done, for a while.
    pub(super) fn show(self, done: Done) {
        let number = self.0.try_update(|told| {
            told.number += 1;
            told.done = Some(done);
            told.number
        });
        if let Some(number) = number {
            self.hide_later(number);
        }
    }

    /// Shows what has not been done, until it is dismissed.
    pub(super) fn alert(self, alert: Alert) {
        self.0.update(|told| {
            told.number += 1;
            let number = told.number;
            told.toasts.push(Toast { number, alert });
        });
    }

    fn dismiss(self, number: u32) {
        self.0
            .update(|told| told.toasts.retain(|toast| toast.number != number));
    }

    fn hide(self) {
        self.0.update(|told| told.done = None);
    }

    /// Not while somebody is at it with mouse or keyboard.
    fn hide_later(self, number: u32) {
        Timeout::new(SHOWN_MS, move || {
            let is_last = self.0.try_with_untracked(|told| told.number == number);
            if is_last != Some(true) {
                return;
            }
            let in_use = "[data-notice='done']:is(:hover, :focus-within)";
            match document().query_selector(in_use) {
                Ok(Some(_)) => self.hide_later(number),
                _ => self.hide(),
            }
        })
        .forget();
    }
}

impl Alert {
    /// What the rules or the hotel refuse.
    pub(super) fn new(code: impl Into<String>, title: String, message: String) -> Self {
        Self {
            code: code.into(),
            title,
            message,
            place: None,
            again: None,
        }
    }
}

/// The notices of `desk`. `go` shows a place, if the page has it.
#[component]
pub(super) fn NoticeBoard(
    desk: Desk,
    go: impl Fn(&Place) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let notices = desk.notices;
    let waiting = Memo::new(move |_| desk.with_all(|hotel| Shown(hotel.waiting())));
    let toasts = move || {
        let toasts = notices.0.with(|told| told.toasts.clone()).into_iter();
        toasts
            .map(|toast| view! { <Failure desk toast go /> })
            .collect_view()
    };
    let waiting = move || {
        let waiting = waiting.get().0.into_iter();
        waiting
            .map(|waiting| {
                view! {
                    <div class="toast notice" data-notice=waiting.progress.as_str() data-command=waiting.id.to_string()>
                        <div>
                            <strong>{waiting.told.title}</strong>
                            <p>{waiting.told.text}</p>
                        </div>
                    </div>
                }
            })
            .collect_view()
    };
    let done = move || {
        let done = notices.0.with(|told| told.done.clone());
        done.map(|done| view! { <Success desk done go /> })
    };
    view! {
        <div class="toasts">
            {toasts}
            <div class="waiting" role="status">{waiting}</div>
            {done}
        </div>
        <p class="unseen" role="status" data-announcer>
            {move || notices.0.with(|told| told.announcement.clone())}
        </p>
    }
}

/// What is waited for, compared so that it is not drawn, nor read out, anew without a change.
#[derive(Debug, Clone, PartialEq)]
struct Shown(Vec<Waiting>);

#[component]
fn Failure(
    desk: Desk,
    toast: Toast,
    go: impl Fn(&Place) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let Toast { number, alert } = toast;
    let notices = desk.notices;
    let show = alert.place.map(|place| {
        view! { <button data-action="show" on:click=move |_| go(&place)>"Show the room"</button> }
    });
    let again = alert.again.map(|(id, wish)| {
        let send = move |_| {
            notices.dismiss(number);
            desk.send_again(id.clone(), wish.clone());
        };
        view! { <button data-action="send-again" on:click=send>"Send again"</button> }
    });
    view! {
        <div class="toast" role="alert" data-toast data-refusal=alert.code>
            <div>
                <strong>{alert.title}</strong>
                <p>{alert.message}</p>
                <div class="next">{show}{again}</div>
            </div>
            <Dismiss dismiss=move || notices.dismiss(number) />
        </div>
    }
}

#[component]
fn Success(
    desk: Desk,
    done: Done,
    go: impl Fn(&Place) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let notices = desk.notices;
    let show = done.place.map(|place| {
        let words = match place.key.split_once('.') {
            Some(_) => "Show the stay",
            None => "Show the room",
        };
        view! { <button data-action="show" on:click=move |_| go(&place)>{words}</button> }
    });
    let undo = done.undo.map(|undo| {
        let is_last = {
            let undo = undo.clone();
            Memo::new(move |_| desk.with_all(|hotel| hotel.is_last(undo.room, &undo.event)))
        };
        move || {
            let undo = undo.clone();
            let take_back = move |_| {
                notices.hide();
                desk.undo(&undo);
            };
            is_last.get().then(|| {
                view! { <button data-action="undo" on:click=take_back>"Undo"</button> }
            })
        }
    });
    view! {
        <div class="toast notice" data-notice="done">
            <div>
                <p>{done.text}</p>
                <div class="next">{show}{undo}</div>
            </div>
            <Dismiss dismiss=move || notices.hide() />
        </div>
    }
}

#[component]
fn Dismiss(dismiss: impl Fn() + 'static) -> impl IntoView {
    view! {
        <button
            class="plain dismiss"
            data-action="dismiss"
            aria-label="Dismiss"
            on:click=move |_| dismiss()
        >
            "✕"
        </button>
    }
}
