//! What became of one's commands. What was not done stays until it is dismissed; what takes long is shown for as long as
//! it does; what is done, for a while, with what can be done next.

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use shared::cloud_event::MessageId;
use shared::outcome::EventPointer;

use super::desk::Desk;
use super::queue::Shown;
use crate::model::booking_form::Correction;
use crate::model::hotel::{Hotel, Waiting};
use crate::model::wish::Wish;
use crate::model::words;

/// How long a command that is done can be undone from its notice.
const SHOWN_MS: u32 = 20_000;

/// A refusal or a failure.
#[derive(Debug)]
struct Toast {
    number: u32,
    alert: Alert,
}

/// What was not done.
#[derive(Debug)]
pub(super) struct Alert {
    /// A [`shared::outcome::Refusal`]'s, or the like.
    pub(super) code: String,
    pub(super) title: String,
    pub(super) message: String,
    pub(super) place: Option<Place>,
    /// What can be entered once more, better.
    pub(super) correct: Option<Correction>,
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

/// Where a notice leads to, if the page has it.
#[derive(Debug)]
pub(super) enum Way {
    Show(Place),
    Correct(Correction),
}

/// What takes a command back, as long as its event is the last one of its rooms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Undoable {
    pub(super) wish: Box<Wish>,
    pub(super) event: EventPointer,
}

/// Where outcomes are told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Notices(RwSignal<Told>);

#[derive(Debug, Default)]
struct Told {
    toasts: Vec<Toast>,
    done: Option<Done>,
    /// Whether this browser keeps nothing over a reload, as far as it has shown.
    unkept: Once,
    /// Whether it keeps no copy for a start without a connection, as far as it has shown.
    no_copy: Once,
    /// Whether the server has another build of this page by now.
    newer: Once,
    /// How many there have been so far.
    number: u32,
    announcement: String,
}

/// Something that is said once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Once {
    #[default]
    Unsaid,
    Shown,
    Dismissed,
}

impl Once {
    fn say(&mut self) {
        if *self == Self::Unsaid {
            *self = Self::Shown;
        }
    }
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

    /// Says once that what is pending will not be known after a reload.
    pub(super) fn cannot_keep(self) {
        self.0.update(|told| told.unkept.say());
    }

    /// Listens for the page's script, which looks whether the server has another build by now.
    fn look_for_newer(self) {
        let listening = window_event_listener_untyped("new-version", move |_| {
            self.0.update(|told| told.newer.say());
        });
        on_cleanup(move || listening.remove());
    }

    /// Says once that there will be nothing to show without a connection.
    pub(super) fn cannot_keep_a_copy(self) {
        // The page may have been left since.
        self.0.try_update(|told| told.no_copy.say());
    }

    /// Dismisses an alert, and gives it back to whoever goes on with it.
    fn dismiss(self, number: u32) -> Option<Alert> {
        let dismissed = self.0.try_update(|told| {
            let mut toasts = told.toasts.iter();
            let place = toasts.position(|toast| toast.number == number)?;
            Some(told.toasts.remove(place).alert)
        });
        dismissed.flatten()
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
            correct: None,
            again: None,
        }
    }
}

/// What is shown of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Card {
    /// The value of `data-notice`, or of `data-refusal` where something was not done.
    kind: Result<&'static str, String>,
    title: String,
    text: String,
    buttons: Vec<Button>,
    dismiss: Option<Action>,
}

/// The label, the value of `data-action`, and what it does.
type Button = (&'static str, &'static str, Action);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Action {
    Dismiss(u32),
    DismissUnkept,
    DismissNoCopy,
    DismissNewer,
    Reload,
    Hide,
    Show(Place),
    /// With the number of the alert, as the next one.
    Correct(u32),
    SendAgain(u32),
    Undo(Undoable),
    ShowQueue,
}

/// The notices of `desk`. `go` leads somewhere.
#[component]
pub(super) fn NoticeBoard(desk: Desk, #[prop(into)] go: Callback<Way>) -> impl IntoView {
    let told = desk.notices.0;
    desk.notices.look_for_newer();
    let failures = Memo::new(move |_| told.with(|told| told.toasts.iter().map(failure).collect()));
    let waits = Memo::new(move |_| {
        let waiting = desk.with_all(Hotel::waiting).into_iter();
        let mut cards: Vec<Card> = waiting.map(wait).collect();
        cards.extend(queued(desk.queued().len()));
        if told.with(|told| told.unkept == Once::Shown) {
            cards.push(unkept());
        }
        if told.with(|told| told.no_copy == Once::Shown) {
            cards.push(no_copy());
        }
        if told.with(|told| told.newer == Once::Shown) {
            cards.push(newer());
        }
        cards
    });
    let done = Memo::new(move |_| {
        let done = told.with(|told| told.done.clone());
        let cards = done.into_iter();
        cards
            .map(|done| desk.with_all(|hotel| success(hotel, done)))
            .collect::<Vec<Card>>()
    });
    let act = Callback::new(move |action| match action {
        Action::Dismiss(number) => drop(desk.notices.dismiss(number)),
        Action::DismissUnkept => told.update(|told| told.unkept = Once::Dismissed),
        Action::DismissNoCopy => told.update(|told| told.no_copy = Once::Dismissed),
        Action::DismissNewer => told.update(|told| told.newer = Once::Dismissed),
        Action::Reload => drop(window().location().reload()),
        Action::Hide => desk.notices.hide(),
        Action::Show(place) => go.run(Way::Show(place)),
        Action::Correct(number) => {
            let alert = desk.notices.dismiss(number);
            if let Some(correction) = alert.and_then(|alert| alert.correct) {
                go.run(Way::Correct(correction));
            }
        }
        Action::SendAgain(number) => {
            let alert = desk.notices.dismiss(number);
            if let Some((id, wish)) = alert.and_then(|alert| alert.again) {
                desk.send_again(id, wish);
            }
        }
        Action::ShowQueue => desk.queue.set(Some(Shown::Asked)),
        Action::Undo(undo) => {
            desk.notices.hide();
            desk.send_or_tell(*undo.wish);
        }
    });
    // A list is drawn anew only when something in it has changed, so nothing is read out twice.
    let list = move |cards: Memo<Vec<Card>>| {
        move || {
            let cards = cards.get().into_iter();
            cards.map(|card| draw(card, act)).collect::<Vec<_>>()
        }
    };
    view! {
        <section class="toasts" aria-label="Notices">
            {list(failures)}
            <div class="waiting" role="status">{list(waits)}</div>
            {list(done)}
        </section>
        <p class="unseen" role="status" data-announcer>
            {move || told.with(|told| told.announcement.clone())}
        </p>
    }
}

fn failure(toast: &Toast) -> Card {
    let Toast { number, alert } = toast;
    let number = *number;
    let mut buttons = Vec::new();
    if alert.correct.is_some() {
        buttons.push(("Correct it", "correct", Action::Correct(number)));
    }
    buttons.extend(alert.place.clone().map(show));
    if alert.again.is_some() {
        buttons.push(("Send again", "send-again", Action::SendAgain(number)));
    }
    Card {
        kind: Err(alert.code.clone()),
        title: alert.title.clone(),
        text: alert.message.clone(),
        buttons,
        dismiss: Some(Action::Dismiss(number)),
    }
}

fn wait(waiting: Waiting) -> Card {
    Card {
        kind: Ok(waiting.progress.as_str()),
        title: waiting.told.title,
        text: waiting.told.text,
        buttons: Vec::new(),
        dismiss: None,
    }
}

/// What has found no connection, all in one: it may be a floor of rooms.
fn queued(number: usize) -> Option<Card> {
    let number = u32::try_from(number).ok().filter(|number| *number > 0)?;
    let verb = if number == 1 { "waits" } else { "wait" };
    Some(Card {
        kind: Ok("queued"),
        title: format!(
            "{} {verb} to be sent",
            words::count(number, "change", "changes")
        ),
        text: "As soon as there is a connection.".to_owned(),
        buttons: vec![("Show", "show-queue", Action::ShowQueue)],
        dismiss: None,
    })
}

fn unkept() -> Card {
    Card {
        kind: Ok("unkept"),
        title: "Better not to reload this page while something is pending".to_owned(),
        text: "This browser does not let the board keep anything: that is forbidden, or there is no space left. All is \
               sent and answered as ever, but after a reload the board would not know what was still pending."
            .to_owned(),
        buttons: Vec::new(),
        dismiss: Some(Action::DismissUnkept),
    }
}

fn no_copy() -> Card {
    Card {
        kind: Ok("no-copy"),
        title: "Without a connection this page cannot be loaded anew".to_owned(),
        text: "This browser does not let the board keep a copy of what it knows: that is forbidden, or there is no space left. \
               Nothing else is different."
            .to_owned(),
        buttons: Vec::new(),
        dismiss: Some(Action::DismissNoCopy),
    }
}

fn newer() -> Card {
    Card {
        kind: Ok("new-version"),
        title: String::new(),
        text: "There is a new version of this page.".to_owned(),
        buttons: vec![("Load it", "reload", Action::Reload)],
        dismiss: Some(Action::DismissNewer),
    }
}

fn success(hotel: &Hotel, done: Done) -> Card {
    let undo = done
        .undo
        .filter(|undo| hotel.is_last(&undo.wish, &undo.event));
    let undo = undo.map(|undo| ("Undo", "undo", Action::Undo(undo)));
    Card {
        kind: Ok("done"),
        title: String::new(),
        text: done.text,
        buttons: done.place.map(show).into_iter().chain(undo).collect(),
        dismiss: Some(Action::Hide),
    }
}

fn show(place: Place) -> Button {
    let label = match place.key.contains('.') {
        true => "Show the stay",
        false => "Show the room",
    };
    (label, "show", Action::Show(place))
}

fn draw(card: Card, act: Callback<Action>) -> AnyView {
    let button = |(label, name, action): Button| {
        view! {
            <button
                class:dismiss=name == "dismiss"
                class:plain=name == "dismiss"
                aria-label=label
                data-action=name
                on:click=move |_| act.run(action.clone())
            >
                {if name == "dismiss" { "✕" } else { label }}
            </button>
        }
    };
    let is_failure = card.kind.is_err();
    let (notice, refusal) = match card.kind {
        Ok(notice) => (Some(notice), None),
        Err(refusal) => (None, Some(refusal)),
    };
    let dismiss = card.dismiss.map(|action| ("Dismiss", "dismiss", action));
    view! {
        <div
            class="toast"
            class:notice=!is_failure
            role=is_failure.then_some("alert")
            data-toast=is_failure.then_some("")
            data-notice=notice
            data-refusal=refusal
        >
            <div>
                <strong>{card.title}</strong>
                <p>{card.text}</p>
                <div class="next">
                    {card.buttons.into_iter().map(button).collect::<Vec<_>>()}
                </div>
            </div>
            {dismiss.map(button)}
        </div>
    }
    .into_any()
}
