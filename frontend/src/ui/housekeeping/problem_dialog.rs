//! Says what is wrong with a room.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use shared::rooms::RoomId;

use super::Rounds;
use crate::model::chores::problem;
use crate::ui::dialog::Dialog;
use crate::ui::focus::focus_soon;
use crate::ui::form;

#[component]
pub(super) fn ProblemDialog(rounds: Rounds, room: RoomId, door: String) -> impl IntoView {
    let close = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let typed = form::text(&event, "note");
        match problem(room, rounds.today.get_untracked(), &typed) {
            Ok(wish) => {
                rounds.desk.send_or_tell(wish);
                close.set(true);
            }
            Err(message) => {
                error.set(Some(message));
                focus_soon("dialog [name='note']");
            }
        }
    };
    view! {
        <Dialog
            name="problem"
            labelled_by="problem-title"
            close
            on_closed=move || rounds.problem.set(None)
        >
            <form class="problem" novalidate on:submit=submit>
                <h2 id="problem-title">{format!("What is wrong with room {door}?")}</h2>
                <label class="field">
                    <span>"For whoever comes next"</span>
                    <textarea
                        name="note"
                        rows="3"
                        autofocus
                        autocomplete="off"
                        aria-describedby="problem-error"
                    ></textarea>
                    <span id="problem-error" class="field-error" aria-live="polite">
                        {move || error.get().map(|message| view! {
                            <span data-error="note">{message}</span>
                        })}
                    </span>
                </label>
                <div class="actions">
                    <button type="button" data-action="cancel" on:click=move |_| close.set(true)>
                        "Cancel"
                    </button>
                    <button type="submit" class="primary">"Note it"</button>
                </div>
            </form>
        </Dialog>
    }
}
