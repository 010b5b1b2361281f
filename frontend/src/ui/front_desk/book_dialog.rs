//! The booking dialog.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use shared::Date;
use shared::bookings::Nights;
use shared::outcome::Refusal;
use shared::rooms::RoomId;

use super::state::{Draft, State};
use crate::hotel::random_client;
use crate::model::booking_form::{BookingForm, Field, FieldError};
use crate::model::wish::Wish;
use crate::model::words;
use crate::ui::dialog::Dialog;
use crate::ui::focus::focus;

/// The inputs. They are read when it matters, so nothing follows each keystroke but the line that says when the guest
/// leaves.
#[derive(Debug, Clone, Copy, Default)]
struct Inputs {
    room: NodeRef<html::Select>,
    date: NodeRef<html::Input>,
    nights: NodeRef<html::Input>,
    guest: NodeRef<html::Input>,
    client: NodeRef<html::Input>,
}

impl Inputs {
    fn form(self) -> BookingForm {
        let text = |input: NodeRef<html::Input>| {
            let input = input.get_untracked();
            input.map(|input| input.value()).unwrap_or_default()
        };
        let room = self.room.get_untracked();
        BookingForm {
            room: room.map(|room| room.value()).unwrap_or_default(),
            date: text(self.date),
            nights: text(self.nights),
            guest: text(self.guest),
            client: text(self.client),
        }
    }

    fn focus(self, field: Field) {
        let input = match field {
            Field::Room => {
                if let Some(room) = self.room.get_untracked() {
                    focus(&room);
                }
                return;
            }
            Field::Date => self.date,
            Field::Nights => self.nights,
            Field::Guest => self.guest,
            Field::Client => self.client,
        };
        if let Some(input) = input.get_untracked() {
            focus(&input);
        }
    }
}

#[component]
pub(super) fn BookDialog(state: State, draft: Draft) -> impl IntoView {
    let inputs = Inputs::default();
    let close = RwSignal::new(false);
    let errors = RwSignal::new(Vec::<FieldError>::new());
    let refusal = RwSignal::new(None::<Refusal>);
    let departure = RwSignal::new(departure_text(&draft.date.to_string(), &draft.nights.to_string()));

    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        refusal.set(None);
        errors.set(Vec::new());
        match inputs.form().read(random_client()) {
            Err(found) => {
                if let Some(first) = found.first() {
                    inputs.focus(first.field);
                }
                errors.set(found);
            }
            Ok(command) => match state.desk.send(Wish::Book(command)) {
                Ok(()) => close.set(true),
                Err(reason) => {
                    let path = reason.field.as_deref();
                    if let Some(field) = path.and_then(Field::of_path) {
                        inputs.focus(field);
                    }
                    refusal.set(Some(reason));
                }
            },
        }
    };
    let follow_departure = move |_| {
        let form = inputs.form();
        departure.set(departure_text(&form.date, &form.nights));
    };

    view! {
        <Dialog
            name="book"
            labelled_by="book-title"
            close
            on_closed=move || state.opened.set(None)
        >
            <form class="book" novalidate on:submit=submit on:input=follow_departure>
                <h2 id="book-title">"Book a room"</h2>
                <label class="field wide">
                    <span>"Room"</span>
                    <select
                        node_ref=inputs.room
                        name="room"
                        aria-describedby="error-room"
                        aria-invalid=move || is_wrong(errors, Field::Room)
                    >
                        {rooms(state, draft.room)}
                    </select>
                    <Error errors field=Field::Room />
                </label>
                <label class="field">
                    <span>"Arrival"</span>
                    <input
                        node_ref=inputs.date
                        type="date"
                        name="date"
                        value=draft.date.to_string()
                        aria-describedby="error-date"
                        aria-invalid=move || is_wrong(errors, Field::Date)
                    />
                    <Error errors field=Field::Date />
                </label>
                <label class="field">
                    <span>"Nights"</span>
                    <input
                        node_ref=inputs.nights
                        type="number"
                        name="nights"
                        min="1"
                        max=Nights::MAX
                        inputmode="numeric"
                        value=draft.nights
                        aria-describedby="departure error-nights"
                        aria-invalid=move || is_wrong(errors, Field::Nights)
                    />
                    <Error errors field=Field::Nights />
                </label>
                <p id="departure" class="hint wide">{move || departure.get()}</p>
                <label class="field wide">
                    <span>"Guest’s name"</span>
                    <input
                        node_ref=inputs.guest
                        type="text"
                        name="guest"
                        autocomplete="off"
                        autofocus
                        aria-describedby="error-guest"
                        aria-invalid=move || is_wrong(errors, Field::Guest)
                    />
                    <Error errors field=Field::Guest />
                </label>
                <label class="field wide">
                    <span>"Guest’s number " <small>"(a new one when empty)"</small></span>
                    <input
                        node_ref=inputs.client
                        type="text"
                        name="client"
                        inputmode="numeric"
                        autocomplete="off"
                        aria-describedby="error-client"
                        aria-invalid=move || is_wrong(errors, Field::Client)
                    />
                    <Error errors field=Field::Client />
                </label>
                {move || refusal.get().map(|refusal| view! {
                    <p class="failure wide" role="alert" data-refusal=refusal.code.into_owned()>
                        {refusal.message}
                    </p>
                })}
                <div class="actions wide">
                    <button type="button" data-action="cancel" on:click=move |_| close.set(true)>
                        "Cancel"
                    </button>
                    <button type="submit" class="primary">"Book"</button>
                </div>
            </form>
        </Dialog>
    }
}

#[component]
fn Error(errors: RwSignal<Vec<FieldError>>, field: Field) -> impl IntoView {
    let message = move || {
        errors.with(|errors| {
            let error = errors.iter().find(|error| error.field == field);
            error.map(|error| error.message.clone())
        })
    };
    view! {
        <span id=format!("error-{}", field.as_str()) class="field-error" aria-live="polite">
            {move || message().map(|message| view! {
                <span data-error=field.as_str()>{message}</span>
            })}
        </span>
    }
}

fn is_wrong(errors: RwSignal<Vec<FieldError>>, field: Field) -> String {
    errors
        .with(|errors| errors.iter().any(|error| error.field == field))
        .to_string()
}

/// The rooms to choose from, in the order of the board.
fn rooms(state: State, chosen: Option<RoomId>) -> impl IntoView + use<> {
    let rooms: Vec<RoomId> = state.lines.with_untracked(|lines| lines.rooms().collect());
    let options = rooms.into_iter().filter_map(|id| {
        let room = state.desk.with_now(|hotel| hotel.room(id))?;
        let room_type = words::room_type(&room.view.room_type);
        let text = format!("{} · {room_type}", room.view.name);
        Some(view! { <option value=id.get() selected=chosen == Some(id)>{text}</option> })
    });
    options.collect_view()
}

fn departure_text(date: &str, nights: &str) -> String {
    let date = date.parse::<Date>().ok();
    let nights = nights.parse::<i64>().ok();
    let nights = nights.and_then(|nights| Nights::try_from(nights).ok());
    match (date, nights) {
        (Some(date), Some(nights)) => {
            let departure = words::day_and_year(nights.departure(date));
            format!("Leaves on {departure}, after {}.", words::nights(nights))
        }
        _ => String::new(),
    }
}
