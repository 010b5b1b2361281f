//! The stay in one's hand: taken up with mouse, finger or keys, carried over the board, and put down. And the lane below the
//! board, where it is told what would change, and where stays wait while others are moved.

use leptos::either::Either;
use leptos::prelude::*;
use shared::bookings::{Span, StayKey};

use super::board::pixels;
use super::overlay::{laid, laid_stay};
use super::state::State;
use crate::model::carry::{self, Carried, Grip, Plan};
use crate::model::hotel::Hotel;
use crate::model::row;
use crate::model::told;
use crate::model::words;
use crate::ui::focus::focus;
use crate::ui::notices::Alert;

/// What is in one's hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hand {
    pub(super) carried: Carried,
    pub(super) by: By,
}

/// How it is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// By a mouse or a finger that is down, `offset` days after the arrival.
    Pointer { offset: i32 },
    /// By keys, by the buttons of the lane, and by pointing at where it shall be.
    Steps,
}

/// What putting it down would do, and what is told of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prospect {
    plan: Plan,
    guest: String,
    lines: Vec<String>,
}

impl State {
    /// Takes the stay up, unless it has gone meanwhile.
    pub(super) fn take_up(self, key: StayKey, grip: Grip, by: By) {
        let carried = self
            .desk
            .with_now(|hotel| Carried::take_up(hotel, key, grip));
        self.hand.set(carried.map(|carried| Hand { carried, by }));
        if let Some(area) = self.area.get_untracked() {
            focus(&area);
        }
    }

    /// Carries it somewhere else.
    pub(super) fn carry(self, to: impl FnOnce(Carried) -> Carried) {
        if let Some(hand) = self.hand.get_untracked() {
            let carried = to(hand.carried);
            if carried != hand.carried {
                self.hand.set(Some(Hand { carried, ..hand }));
            }
        }
    }

    /// Leaves it where it was.
    pub(super) fn let_go(self) {
        self.hand.set(None);
    }

    /// Has it wait in the lane. The hotel knows nothing of that: the stay keeps its nights until it has others.
    pub(super) fn park(self) {
        if let Some(hand) = self.hand.get_untracked() {
            let key = hand.carried.key;
            self.unpark(key);
            self.parked.update(|parked| parked.push(key));
            self.let_go();
        }
    }

    /// Has it wait in the lane no longer.
    fn unpark(self, key: StayKey) {
        self.parked
            .update(|parked| parked.retain(|other| *other != key));
    }

    /// Asks the hotel for what has been planned.
    pub(super) fn put_down(self) {
        let Some(hand) = self.hand.get_untracked() else {
            return;
        };
        let key = hand.carried.key;
        match self
            .desk
            .with_now(|hotel| carry::plan(hotel, &hand.carried))
        {
            Plan::Do(wish) => {
                self.let_go();
                self.unpark(key);
                self.desk.send_or_tell(*wish);
            }
            Plan::Nothing => self.let_go(),
            // It stays in the hand of whoever goes step by step, and the lane says why.
            Plan::No(_) if hand.by == By::Steps => {}
            Plan::No(refusal) => {
                self.let_go();
                let door = self.desk.with_now(|hotel| hotel.door(key.room));
                let title = told::not_moved(&door);
                let notices = self.desk.notices;
                notices.alert(Alert::new(refusal.code, title, refusal.message));
            }
        }
    }

    /// What is told of the stay in one's hand.
    pub(super) fn prospect(self) -> Memo<Option<Prospect>> {
        Memo::new(move |_| {
            let carried = self.hand.get()?.carried;
            self.desk.with_all(|hotel| {
                let plan = carry::plan(hotel, &carried);
                Some(Prospect {
                    lines: carry::told(hotel, &carried, &plan),
                    guest: guest(hotel, carried.key)?,
                    plan,
                })
            })
        })
    }
}

fn guest(hotel: &Hotel, key: StayKey) -> Option<String> {
    hotel.stay(key).map(|stay| row::guest(&stay.view))
}

/// Over the lines: where the stay would be, which rooms could have it, and what has been lifted from its place.
#[component]
pub(super) fn Carrying(state: State, prospect: Memo<Option<Prospect>>) -> impl IntoView {
    // Follows the nights, not the room: else all rooms would be tried again for each that the hand passes.
    let wanted = Memo::new(move |_| {
        let carried = state.hand.get()?.carried;
        Some(carried.over_room(carried.key.room))
    });
    let fits = move || {
        let carried = wanted.get()?;
        // The same in each line.
        let Span { arrival, nights } = carried.at.span;
        let across = state.window.get().span(arrival, nights)?;
        let range = state.drawn.get();
        let rooms = state.lines.with(|lines| lines.slice(range));
        let fits = rooms.into_iter().filter_map(|placed| {
            let room = placed.room()?;
            let over = carried.over_room(room);
            let plan = state.desk.with_all(|hotel| carry::plan(hotel, &over));
            Some(view! {
                <div
                    class="fit"
                    data-fit=plan.as_str()
                    style=("top", pixels(placed.top))
                    style=("--start", across.start.to_string())
                    style=("--width", across.width.to_string())
                ></div>
            })
        });
        Some(fits.collect_view())
    };
    let ghost = move || {
        let carried = state.hand.get()?.carried;
        let Prospect { plan, guest, lines } = prospect.get()?;
        let (top, start, width) = laid(state, carried.at)?;
        Some(view! {
            <div
                class="ghost"
                data-fit=plan.as_str()
                style=("top", top)
                style=("--start", start)
                style=("--width", width)
            >
                <span>{guest}</span>
                <small>{lines.join(" · ")}</small>
            </div>
        })
    };
    let lifted = move || {
        let in_hand = state.hand.get().map(|hand| hand.carried.key);
        let keys = state.parked.get().into_iter().chain(in_hand);
        let lifted = keys.filter_map(|key| {
            let (top, start, width) = laid_stay(state, key)?;
            Some(view! {
                <div
                    class="lifted"
                    style=("top", top)
                    style=("--start", start)
                    style=("--width", width)
                ></div>
            })
        });
        lifted.collect_view()
    };
    view! {
        {fits}
        {lifted}
        {ghost}
    }
}

/// Below the board: the stay in one's hand, and those that wait.
#[component]
pub(super) fn Lane(state: State, prospect: Memo<Option<Prospect>>) -> impl IntoView {
    let is_by_pointer = move || {
        matches!(
            state.hand.get(),
            Some(Hand {
                by: By::Pointer { .. },
                ..
            })
        )
    };
    move || {
        let is_empty = state.parked.with(Vec::is_empty) && state.hand.get().is_none();
        (!is_empty).then(|| {
            view! {
                <section
                    class="lane"
                    class:target=is_by_pointer
                    aria-label="Stays to be moved"
                    data-lane
                >
                    {move || prospect.get().map(|prospect| if is_by_pointer() {
                        Either::Left(view! { <Told prospect /> <p class="park">"Park here"</p> })
                    } else {
                        Either::Right(view! { <Told prospect=prospect.clone() /> <Steps state prospect /> })
                    })}
                    <Parked state />
                </section>
            }
        })
    }
}

/// What would change, or why it cannot be.
#[component]
fn Told(prospect: Prospect) -> impl IntoView {
    let Prospect { plan, guest, lines } = prospect;
    let lines = lines.into_iter().map(|line| view! { <span>{line}</span> });
    view! {
        <p class="prospect" role="status" data-fit=plan.as_str()>
            <strong>{guest}</strong>
            {lines.collect_view()}
        </p>
    }
}

/// A step's `data-action`, what it says, and what it does.
type Step = (
    &'static str,
    &'static str,
    &'static str,
    fn(Carried) -> Carried,
);

const STEPS: [Step; 4] = [
    ("earlier", "‹", "A day earlier", |carried| {
        carried.later(-1)
    }),
    ("later", "›", "A day later", |carried| carried.later(1)),
    ("shorter", "−", "A night less", |carried| {
        carried.longer(-1)
    }),
    ("longer", "+", "A night more", |carried| carried.longer(1)),
];

/// For those who do not drag.
#[component]
fn Steps(state: State, prospect: Prospect) -> impl IntoView {
    let text = match prospect.plan.is_swap() {
        true => "Swap",
        false => "Put here",
    };
    let can = matches!(prospect.plan, Plan::Do(_));
    view! {
        <p class="hint">
            "Point at where it shall be, or use the arrow keys; with Shift they change the nights. \
             Enter puts it down, P parks it, Escape leaves it."
        </p>
        <div class="steps">
            {STEPS.map(|(action, sign, label, step)| view! {
                <button data-action=action aria-label=label on:click=move |_| state.carry(step)>
                    {sign}
                </button>
            })}
            <button data-action="park" on:click=move |_| state.park()>"Park"</button>
            <button data-action="let-go" on:click=move |_| state.let_go()>"Leave it"</button>
            <button
                class="primary"
                data-action="put-down"
                disabled=!can
                on:click=move |_| state.put_down()
            >
                {text}
            </button>
        </div>
    }
}

/// The stays that wait.
#[component]
fn Parked(state: State) -> impl IntoView {
    move || {
        let in_hand = state.hand.get().map(|hand| hand.carried.key);
        let keys = state.parked.get().into_iter();
        let parked = keys.filter(|key| Some(*key) != in_hand);
        let stays = parked.filter_map(|key| {
            let view = state.desk.with_all(|hotel| hotel.stay(key))?.view;
            let door = state.desk.with_now(|hotel| hotel.door(key.room));
            let text = format!(
                "{} · {door}, {} – {}",
                row::guest(&view),
                words::day(view.arrival),
                words::day(view.departure())
            );
            let take_up = move |_| state.take_up(key, Grip::Whole, By::Steps);
            Some(view! {
                <span class="joined parked">
                    <button data-parked=key.to_string() on:click=take_up>{text}</button>
                    <button aria-label="Not to be moved" data-action="unpark" on:click=move |_| state.unpark(key)>"✕"</button>
                </span>
            })
        });
        stays.collect_view()
    }
}
