//! Housekeeping's page, for a phone in one hand: the room to do next, and what to say of it; then all others.

mod problem_dialog;

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use shared::Date;
use shared::rooms::RoomId;

use self::problem_dialog::ProblemDialog;
use super::desk::Desk;
use super::focus::focus_soon;
use super::keeping::keep_copies;
use super::notices::{NoticeBoard, Way};
use super::queue::{self, Queue};
use super::today::use_today;
use super::top_bar::TopBar;
use crate::hotel::Session;
use crate::model::chores::{Act, Chore, Stage, chores};
use crate::model::errand::Progress;
use crate::model::words;

/// What the parts of the page share.
#[derive(Debug, Clone, Copy)]
struct Rounds {
    desk: Desk,
    today: RwSignal<Date>,
    /// The room whose problem is being told, and its door.
    problem: RwSignal<Option<(RoomId, String)>>,
}

impl Rounds {
    fn act(self, act: Act, room: RoomId, door: &str) {
        match act.wish(room, self.today.get_untracked()) {
            Some(wish) => self.desk.send_or_tell(wish),
            None => self.problem.set(Some((room, door.to_owned()))),
        }
    }
}

#[component]
pub(super) fn Housekeeping(
    session: Session,
    sign_out: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let who = session.who().clone();
    let desk = Desk::open(session);
    keep_copies(desk);
    let rounds = Rounds {
        desk,
        today: use_today(),
        problem: RwSignal::new(None),
    };
    let all = Memo::new(move |_| {
        let today = rounds.today.get();
        desk.with_all(|hotel| chores(hotel, today))
    });
    let to_clean = move || {
        let number = all.with(|all| {
            let to_clean = all.iter().filter(|chore| chore.stage == Stage::ToClean);
            to_clean.count()
        });
        match u32::try_from(number).unwrap_or(u32::MAX) {
            0 => "Every room is clean".to_owned(),
            number => format!("{} to clean", words::count(number, "room", "rooms")),
        }
    };
    focus_soon("main");
    view! {
        <TopBar who freshness=desk.freshness sign_out=move || queue::leave(desk, sign_out) />
        <main
            tabindex="-1"
            class="housekeeping"
            data-page="housekeeping"
            class:stale=move || desk.freshness.is_stale()
        >
            <Show
                when=move || desk.freshness.has_data()
                fallback=|| view! { <div class="skeleton" aria-hidden="true"></div> }
            >
                <h1>{to_clean}</h1>
                <NextRoom rounds all />
                {Stage::ALL.map(|stage| view! { <Rooms rounds all stage /> })}
            </Show>
        </main>
        {move || rounds.problem.get().map(|(room, door)| view! {
            <ProblemDialog rounds room door />
        })}
        <Queue desk sign_out />
        <NoticeBoard desk go=|_: Way| {} />
    }
}

/// The room to do next. Its buttons stay where they are when it is done: the thumb, and the keyboard, have the one after it there.
#[component]
fn NextRoom(rounds: Rounds, all: Memo<Vec<Chore>>) -> impl IntoView {
    let next = Memo::new(move |_| {
        let first = all.with(|all| all.first().cloned());
        first.filter(|chore| chore.stage == Stage::ToClean)
    });
    let door = move || next.with(|next| next.as_ref().map(|chore| chore.name.clone()));
    let act = move |act: Act, event: &MouseEvent| {
        // The second half of a double tap is not meant for the room that has taken the place.
        if event.detail() > 1 {
            return;
        }
        if let Some(chore) = next.get_untracked() {
            rounds.act(act, chore.room, &chore.name);
        }
    };
    let button = move |kind: &Act| {
        let kind = *kind;
        // On a phone the room may be out of sight.
        let text = move || match kind {
            Act::Clean => door()
                .map(|door| format!("{door} is done"))
                .unwrap_or_default(),
            kind => kind.text().to_owned(),
        };
        view! {
            <button
                class:primary=kind == Act::Clean
                data-action=kind.as_str()
                aria-label=move || door().map(|door| kind.label(&door)).filter(|_| kind != Act::Clean)
                on:click=move |event| act(kind, &event)
            >
                {text}
            </button>
        }
    };
    view! {
        <Show when=move || next.with(Option::is_some)>
            <section
                class="next-room"
                aria-labelledby="next-room"
                data-next
                data-room=move || next.with(|next| next.as_ref().map(|chore| chore.room.get()))
            >
                <h2 id="next-room">"Next"</h2>
                {move || next.get().map(|chore| view! { <Facts chore /> })}
                <div class="acts">
                    {Act::at(Stage::ToClean).iter().map(button).collect_view()}
                </div>
            </section>
        </Show>
    }
}

/// The rooms of a stage, but for the next one.
#[component]
fn Rooms(rounds: Rounds, all: Memo<Vec<Chore>>, stage: Stage) -> impl IntoView {
    let rooms = Memo::new(move |_| {
        all.with(|all| {
            let rooms = all.iter().filter(|chore| chore.stage == stage);
            let skipped = usize::from(stage == Stage::ToClean);
            rooms.skip(skipped).cloned().collect::<Vec<_>>()
        })
    });
    let button = move |kind: &Act, room: RoomId, door: &str| {
        let (kind, label, door) = (*kind, kind.label(door), door.to_owned());
        view! {
            <button
                data-action=kind.as_str()
                aria-label=label
                on:click=move |_| rounds.act(kind, room, &door)
            >
                {kind.text()}
            </button>
        }
    };
    let item = move |chore: Chore| {
        let (room, acts) = (chore.room, Act::at(stage).iter());
        let buttons = acts
            .map(|act| button(act, room, &chore.name))
            .collect_view();
        view! {
            <li data-room=room.get()>
                <Facts chore />
                <div class="acts">{buttons}</div>
            </li>
        }
    };
    let list = move || {
        let rooms = rooms.get();
        (!rooms.is_empty()).then(|| {
            view! {
                <h2>{stage.title()}</h2>
                <ul class="chores" data-stage=stage.as_str()>
                    {rooms.into_iter().map(item).collect_view()}
                </ul>
            }
        })
    };
    view! { {list} }
}

#[component]
fn Facts(chore: Chore) -> impl IntoView {
    let mark = chore.housekeeping;
    view! {
        <strong>{chore.name}</strong>
        <p>
            <span>{chore.about}</span>
            <span>{chore.note}</span>
            {chore.trouble.map(|trouble| view! {
                <span class="trouble" data-trouble>{trouble}</span>
            })}
        </p>
        <span
            class="mark"
            data-housekeeping=mark.as_str()
            data-pending=chore.pending.map(Progress::as_str)
        >
            <span>{words::housekeeping(mark)}</span>
        </span>
    }
}
