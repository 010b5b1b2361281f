//! The booking dialog.

use leptos::ev::{Event, SubmitEvent};
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
use crate::ui::focus::focus_soon;
use crate::ui::form;

/// What the dialog says about what stands in its fields.
#[derive(Debug, Clone, Default)]
struct Feedback {
    errors: Vec<FieldError>,
    refusal: Option<Refusal>,
    /// When the guest leaves.
    departure: String,
}

#[component]
pub(super) fn BookDialog(state: State, draft: Draft) -> impl IntoView {
    let Draft { form, wrong } = draft;
    let first = wrong.as_ref().map_or(Field::Guest, |wrong| wrong.field);
    let close = RwSignal::new(false);
    let feedback = RwSignal::new(Feedback {
        errors: wrong.into_iter().collect(),
        refusal: None,
        departure: departure(&form.date, &form.nights),
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let decided = read(&event).read(random_client()).map(|command| {
            let sent = state.desk.send(Wish::Book(command));
            sent.err()
        });
        let wrong_field = feedback.try_update(|feedback| {
            feedback.errors.clear();
            feedback.refusal = None;
            match decided {
                Err(errors) => feedback.errors = errors,
                Ok(Some(refusal)) => feedback.refuse(refusal),
                Ok(None) => close.set(true),
            }
            feedback.errors.first().map(|error| error.field)
        });
        if let Some(field) = wrong_field.flatten() {
            focus_soon(field.selector());
        }
    };
    let follow = move |event: Event| {
        let form = read(&event);
        feedback.update(|feedback| feedback.departure = departure(&form.date, &form.nights));
    };

    view! {
        <Dialog
            name="book"
            labelled_by="book-title"
            close
            on_closed=move || state.opened.set(None)
        >
            <form class="book" novalidate on:submit=submit on:input=follow>
                <h2 id="book-title">"Book a room"</h2>
                <label class="field wide">
                    <span>"Room"</span>
                    <select
                        name="room"
                        autofocus=first == Field::Room
                        aria-describedby="error-room"
                    >
                        {rooms(state, &form.room)}
                    </select>
                    <Error feedback field=Field::Room />
                </label>
                <label class="field">
                    <span>"Arrival"</span>
                    <input
                        type="date"
                        name="date"
                        value=form.date
                        autofocus=first == Field::Date
                        aria-describedby="error-date"
                    />
                    <Error feedback field=Field::Date />
                </label>
                <label class="field">
                    <span>"Nights"</span>
                    <input
                        type="number"
                        name="nights"
                        min="1"
                        max=Nights::MAX.to_string()
                        inputmode="numeric"
                        value=form.nights
                        autofocus=first == Field::Nights
                        aria-describedby="departure error-nights"
                    />
                    <Error feedback field=Field::Nights />
                </label>
                <p id="departure" class="hint wide">
                    {move || feedback.with(|feedback| feedback.departure.clone())}
                </p>
                <label class="field wide">
                    <span>"Guest’s name"</span>
                    <input
                        type="text"
                        name="guest"
                        autocomplete="off"
                        value=form.guest
                        autofocus=first == Field::Guest
                        aria-describedby="error-guest"
                    />
                    <Error feedback field=Field::Guest />
                </label>
                <label class="field wide">
                    <span>"Guest’s number " <small>"(a new one when empty)"</small></span>
                    <input
                        type="text"
                        name="client"
                        inputmode="numeric"
                        autocomplete="off"
                        value=form.client
                        autofocus=first == Field::Client
                        aria-describedby="error-client"
                    />
                    <Error feedback field=Field::Client />
                </label>
                {move || {
                    let refusal = feedback.with(|feedback| feedback.refusal.clone());
                    refusal.map(|refusal| view! {
                        <p
                            class="failure wide"
                            role="alert"
                            data-refusal=refusal.code.into_owned()
                        >
                            {refusal.message}
                        </p>
                    })
                }}
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

impl Feedback {
    /// Says it at the field that the refusal is about, or else below them all.
    fn refuse(&mut self, refusal: Refusal) {
        match refusal.field.as_deref().and_then(Field::of_path) {
            Some(field) => self.errors.push(FieldError {
                field,
                message: refusal.message,
            }),
            None => self.refusal = Some(refusal),
        }
    }
}

impl Field {
    fn selector(self) -> &'static str {
        match self {
            Self::Room => "dialog [name='room']",
            Self::Date => "dialog [name='date']",
            Self::Nights => "dialog [name='nights']",
            Self::Guest => "dialog [name='guest']",
            Self::Client => "dialog [name='client']",
        }
    }
}

/// The place below a field for what is wrong with it.
#[component]
fn Error(feedback: RwSignal<Feedback>, field: Field) -> impl IntoView {
    view! {
        <span id=format!("error-{}", field.as_str()) class="field-error" aria-live="polite">
            {move || {
                let message = feedback.with(|feedback| {
                    let mut errors = feedback.errors.iter();
                    let error = errors.find(|error| error.field == field);
                    error.map(|error| error.message.clone())
                });
                message.map(|message| {
                    view! { <span data-error=field.as_str()>{message}</span> }
                })
            }}
        </span>
    }
}

fn read(event: &Event) -> BookingForm {
    let text = |field: Field| form::text(event, field.as_str());
    BookingForm {
        room: text(Field::Room),
        date: text(Field::Date),
        nights: text(Field::Nights),
        guest: text(Field::Guest),
        client: text(Field::Client),
    }
}

/// The rooms to choose from, in the order of the board. `chosen` is the id of one, or nothing.
fn rooms(state: State, chosen: &str) -> impl IntoView + use<> {
    let rooms: Vec<RoomId> = state.lines.with_untracked(|lines| lines.rooms().collect());
    let options = rooms.into_iter().filter_map(|id| {
        let room = state.desk.with_now(|hotel| hotel.room(id))?;
        let room_type = words::room_type(&room.view.room_type);
        Some((id.to_string(), format!("{} · {room_type}", room.view.name)))
    });
    let mut options: Vec<(String, String)> = options.collect();
    // No other room in the place of one that the hotel does not have.
    if !chosen.is_empty() && options.iter().all(|(id, _)| id != chosen) {
        options.insert(0, Default::default());
    }
    let draw = |(id, text): (String, String)| {
        let selected = id == chosen;
        view! { <option value=id selected=selected>{text}</option> }
    };
    options.into_iter().map(draw).collect::<Vec<_>>()
}

/// `Leaves on Mon 23 Nov 2026, after 2 nights.`; nothing as long as the fields do not say so.
fn departure(date: &str, nights: &str) -> String {
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
