//! What a guest has chosen, what is held for them, and for how much longer.

use gloo_timers::callback::Interval;
use leptos::either::EitherOf3;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::Date;
use shared::outcome::Next;
use shared::rooms::RoomType;

use crate::hotel::{Session, keep_hold, kept_hold, now, random_client};
use crate::model::ask::Ask;
use crate::model::due;
use crate::model::errand::Verdict;
use crate::model::guest_hold::{Choice, Held};
use crate::model::vacancy::Vacancy;
use crate::model::words;
use crate::ui::focus::focus_soon;
use crate::ui::form;

const PANEL: &str = "[data-hold]";

/// How far the guest is. A handle; copies are the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stage {
    session: StoredValue<Session, LocalStorage>,
    chosen: RwSignal<Option<Choice>>,
    held: RwSignal<Option<Held>>,
    is_busy: RwSignal<bool>,
    /// Why the last thing that was asked for is not done: a code, and a sentence.
    failure: RwSignal<Option<(String, String)>>,
}

impl Stage {
    pub(super) fn new(session: Session) -> Self {
        Self {
            session: StoredValue::new_local(session),
            chosen: RwSignal::new(None),
            held: RwSignal::new(kept_hold().filter(|held| !held.is_over(now()))),
            is_busy: RwSignal::new(false),
            failure: RwSignal::new(None),
        }
    }

    /// Whether the night is the first of those that are chosen, or one of them.
    pub(super) fn has_chosen(self, room_type: &RoomType, night: Date) -> bool {
        self.chosen.with(|chosen| {
            chosen
                .as_ref()
                .is_some_and(|choice| choice.room_type == *room_type && choice.span().has(night))
        })
    }

    /// Chooses a night, unless something is held already.
    pub(super) fn choose(self, choice: Choice) {
        if self.held.with_untracked(Option::is_none) {
            self.change(Some(choice));
            focus_soon(PANEL);
        }
    }

    fn change(self, choice: Option<Choice>) {
        self.failure.set(None);
        self.chosen.set(choice);
    }

    fn hold(self, name: &str) {
        let Some(choice) = self.chosen.get_untracked() else {
            return;
        };
        match choice.hold(random_client(), name) {
            Ok(command) => self.ask(Box::new(command), move |next| {
                let held = Held::of(choice, &next, now());
                self.note(held);
                self.chosen.set(None);
            }),
            Err(error) => {
                let message = format!("{}.", words::capital(&error.to_string()));
                self.failure.set(Some(("invalid".to_owned(), message)));
            }
        }
    }

    fn confirm(self, held: Held) {
        self.ask(Box::new(held.confirm()), move |_| {
            self.note(Some(Held {
                confirmed: true,
                ..held
            }));
        });
    }

    /// From now on this is what the guest has.
    fn note(self, held: Option<Held>) {
        keep_hold(held.as_ref());
        self.held.set(held);
        focus_soon(PANEL);
    }

    fn ask(self, command: Box<dyn Ask>, done: impl FnOnce(Vec<Next>) + 'static) {
        let session = self
            .session
            .try_get_value()
            .filter(|_| !self.is_busy.get_untracked());
        let Some(session) = session else {
            return;
        };
        self.is_busy.set(true);
        self.failure.set(None);
        spawn_local(async move {
            let verdict = session.ask_for(&*command, |_| {}).await;
            // The page may have been left since.
            if self.is_busy.try_set(false).is_some() {
                return;
            }
            let failure = match verdict {
                Some(Verdict::Done { next, .. }) => {
                    done(next);
                    None
                }
                Some(Verdict::Refused { refusal, .. }) => {
                    Some((refusal.code.into_owned(), refusal.message))
                }
                Some(Verdict::NotDone { code, reason }) => Some((code.to_owned(), reason)),
                Some(Verdict::Unknown(reason)) => Some(("unknown".to_owned(), reason)),
                Some(Verdict::GivenUp | Verdict::Withdrawn) | None => None,
            };
            self.failure.set(failure);
        });
    }
}

/// Below the free rooms: the choice, the hold, the booking.
#[component]
pub(super) fn HoldPanel(stage: Stage, vacancy: RwSignal<Vacancy>) -> impl IntoView {
    let content = move || {
        if let Some(held) = stage.held.get() {
            return Some(match held.confirmed {
                true => EitherOf3::A(view! { <Booked stage held /> }),
                false => EitherOf3::B(view! { <HeldRoom stage held /> }),
            });
        }
        let choice = stage.chosen.get()?;
        Some(EitherOf3::C(view! { <Chosen stage choice vacancy /> }))
    };
    let is_there = move || stage.held.with(Option::is_some) || stage.chosen.with(Option::is_some);
    view! {
        <section
            class="card hold"
            aria-live="polite"
            tabindex="-1"
            hidden=move || !is_there()
            data-hold
        >
            {content}
            {move || stage.failure.get().map(|(code, message)| view! {
                <p class="failure" role="alert" data-refusal=code>{message}</p>
            })}
        </section>
    }
}

fn title(choice: &Choice) -> String {
    format!(
        "{}, {} – {} ({})",
        words::room_type(&choice.room_type),
        words::day(choice.arrival),
        words::day_and_year(choice.span().departure()),
        words::nights(choice.nights)
    )
}

#[component]
fn Chosen(stage: Stage, choice: Choice, vacancy: RwSignal<Vacancy>) -> impl IntoView {
    let text = title(&choice);
    let of_full = choice.clone();
    let full = move || {
        let full = vacancy.with(|vacancy| of_full.full_on(vacancy))?;
        Some(format!(
            "No room of this type is free on {}.",
            words::day(full)
        ))
    };
    let is_full = Memo::new({
        let full = full.clone();
        move |_| full().is_some()
    });
    let longer = move |nights: i32| {
        let choice = choice.clone();
        move |_| stage.change(Some(choice.clone().longer(nights)))
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        stage.hold(&form::text(&event, "guest"));
    };
    view! {
        <form on:submit=submit>
            <h2>{text}</h2>
            <div class="steps">
                <button type="button" data-action="shorter" aria-label="A night less" on:click=longer(-1)>
                    "−"
                </button>
                <button type="button" data-action="longer" aria-label="A night more" on:click=longer(1)>
                    "+"
                </button>
            </div>
            <label class="field">
                <span>"Your name"</span>
                <input type="text" name="guest" autocomplete="name" />
            </label>
            {move || full().map(|full| view! { <p class="hint" data-full>{full}</p> })}
            <div class="actions">
                <button type="button" data-action="leave" on:click=move |_| stage.change(None)>
                    "Something else"
                </button>
                <button
                    type="submit"
                    class="primary"
                    data-action="hold"
                    disabled=move || is_full.get() || stage.is_busy.get()
                >
                    "Hold for 15 minutes"
                </button>
            </div>
        </form>
    }
}

#[component]
fn HeldRoom(stage: Stage, held: Held) -> impl IntoView {
    let text = title(&held.choice);
    let clock = RwSignal::new(now());
    let tick = StoredValue::new_local(Interval::new(1_000, move || {
        clock.try_set(now());
    }));
    on_cleanup(move || tick.dispose());
    let forget = move |_| stage.note(None);
    let until = held.until;
    let of_end = held.clone();
    let is_over = Memo::new(move |_| of_end.is_over(clock.get()));
    let confirm = move |_| stage.confirm(held.clone());
    view! {
        <h2>"Held for you: " {text}</h2>
        {move || if is_over.get() {
            view! { <p class="failure" role="alert" data-over>"The time is over, and the room is free for others. Choose again."</p> }
                .into_any()
        } else {
            view! {
                <p>
                    "Confirm it within "
                    <time data-countdown role="timer" aria-live="off">{move || due::countdown(until, clock.get())}</time>
                    ", or the room is free for others."
                </p>
            }
            .into_any()
        }}
        <div class="actions">
            <button data-action="forget" on:click=forget>
                {move || if is_over.get() { "Choose again" } else { "Let it go" }}
            </button>
            <button
                class="primary"
                data-action="confirm"
                disabled=move || is_over.get() || stage.is_busy.get()
                on:click=confirm
            >
                "Confirm"
            </button>
        </div>
    }
}

#[component]
fn Booked(stage: Stage, held: Held) -> impl IntoView {
    let text = title(&held.choice);
    let number = held.booking.to_string();
    view! {
        <h2>"Booked: " {text}</h2>
        <p data-booked=number>"The booking’s number is " <strong>{number.clone()}</strong> "."</p>
        <div class="actions">
            <button data-action="forget" on:click=move |_| stage.note(None)>"Close"</button>
        </div>
    }
}
