//! Somebody new, who gets a link to choose a password by.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::asking::{Asking, FieldError, Then, Told};
use super::new_link::NewLink;
use crate::model::roster::{self, AddForm, ROLES};
use crate::ui::desk::Desk;
use crate::ui::dialog::Dialog;
use crate::ui::form;

#[component]
pub(super) fn AddDialog(
    desk: Desk,
    on_closed: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let close = RwSignal::new(false);
    let asking = Asking::new(desk);
    let name = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let form = AddForm {
            name: form::text(&event, "name"),
            staff: form::text(&event, "staff"),
            role: form::text(&event, "role"),
        };
        match form.read() {
            Ok(command) => {
                name.set(command.name.to_string());
                let then = Then::Link(command.staff.clone());
                asking.command(command, &["name", "staff", "role"], then);
            }
            Err(wrong) => asking.refuse(wrong),
        }
    };
    let is_link = Memo::new(move |_| asking.link().is_some());
    view! {
        <Dialog name="add-staff" labelled_by="add-title" close on_closed>
            <h2 id="add-title">
                {move || match is_link.get() {
                    true => format!("{} can come in", name.get_untracked()),
                    false => "Add somebody".to_owned(),
                }}
            </h2>
            {move || asking.link().map(|made| view! { <NewLink made /> })}
            <form class="book" novalidate on:submit=submit hidden=is_link>
                <label class="field wide">
                    <span>"Name"</span>
                    <input type="text" name="name" autocomplete="off" autofocus aria-describedby="error-name" />
                    <FieldError asking field="name" />
                </label>
                <label class="field wide">
                    <span>"Log-in name"</span>
                    <input
                        type="text"
                        name="staff"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        aria-describedby="error-staff"
                    />
                    <FieldError asking field="staff" />
                </label>
                <label class="field wide">
                    <span>"Role"</span>
                    <select name="role" aria-describedby="error-role">
                        {ROLES.map(|role| view! {
                            <option value=role.as_str()>{roster::role(role)}</option>
                        })}
                    </select>
                    <FieldError asking field="role" />
                </label>
                <div class="wide">
                    <Told asking />
                </div>
                <div class="actions wide">
                    <button type="button" data-action="cancel" on:click=move |_| close.set(true)>
                        "Cancel"
                    </button>
                    <button type="submit" class="primary" disabled=move || asking.is_busy()>
                        "Add"
                    </button>
                </div>
            </form>
            <div class="actions" hidden=move || !is_link.get()>
                <button data-action="close" on:click=move |_| close.set(true)>"Close"</button>
            </div>
        </Dialog>
    }
}
