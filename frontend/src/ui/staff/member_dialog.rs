//! A member of the staff, and what a manager can do.

use leptos::either::Either;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use shared::staff::{ChangeRole, DisableStaff, EnableStaff, StaffName};

use super::asking::{Asking, FieldError, Then, Told};
use super::new_link::NewLink;
use crate::hotel::local_day_and_time;
use crate::model::roster::{self, ROLES, Row};
use crate::ui::desk::Desk;
use crate::ui::dialog::Dialog;
use crate::ui::form;

#[component]
pub(super) fn MemberDialog(
    desk: Desk,
    staff: StaffName,
    on_closed: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let close = RwSignal::new(false);
    let asking = Asking::new(desk);
    let row = Memo::new(move |_| desk.with_staff(|roster| roster.find(&staff)));
    view! {
        <Dialog name="member" labelled_by="member-title" close on_closed>
            {move || match row.get() {
                None => Either::Left(view! {
                    <h2 id="member-title">"There is nobody of that name"</h2>
                }),
                Some(row) => Either::Right(view! { <Details row asking /> }),
            }}
            {move || asking.link().map(|made| view! { <NewLink made /> })}
            <Told asking />
            <div class="actions">
                <button data-action="close" on:click=move |_| close.set(true)>"Close"</button>
            </div>
        </Dialog>
    }
}

#[component]
fn Details(row: Row, asking: Asking) -> impl IntoView {
    let Row {
        staff,
        name,
        role,
        active,
        nkey,
        added,
    } = row;
    let is_machine = nkey.is_some();
    let mut facts = vec![
        ("Log-in name", staff.to_string()),
        ("Role", roster::role(role).to_owned()),
        ("Added", local_day_and_time(added)),
    ];
    facts.extend(nkey.map(|nkey| ("NKey", nkey)));
    let is_busy = move || asking.is_busy();
    let toggled = staff.clone();
    let toggle = move |_| {
        let staff = toggled.clone();
        if active {
            let told = "No longer let in, and cut off where they were.";
            asking.command(DisableStaff { staff }, &[], Then::Tell(told));
        } else {
            asking.command(EnableStaff { staff }, &[], Then::Tell("Let in again."));
        }
    };
    view! {
        <h2 id="member-title">{name}</h2>
        <p class="member-state" data-active=active.to_string()>
            {if active { "Active" } else { "Disabled" }}
        </p>
        <dl class="facts">
            {facts
                .into_iter()
                .map(|(term, fact)| view! {
                    <div>
                        <dt>{term}</dt>
                        <dd>{fact}</dd>
                    </div>
                })
                .collect_view()}
        </dl>
        <p class="hint">
            "Whoever is disabled or gets another role is signed out at once. A reset makes a link by which they choose a \
             new password."
        </p>
        {(!is_machine).then(|| view! { <OfPeople staff role asking /> })}
        <button data-action=if active { "disable" } else { "enable" } disabled=is_busy on:click=toggle>
            {if active { "Disable" } else { "Enable" }}
        </button>
    }
}

/// What machines have not: another role, and a password.
#[component]
fn OfPeople(staff: StaffName, role: shared::staff::Role, asking: Asking) -> impl IntoView {
    let is_busy = move || asking.is_busy();
    let changed = staff.clone();
    let change = move |event: SubmitEvent| {
        event.prevent_default();
        // There are no other texts in the list.
        if let Ok(role) = form::text(&event, "role").parse() {
            let staff = changed.clone();
            let wish = ChangeRole { staff, role };
            let told = "The role is changed. They have to sign in again.";
            asking.command(wish, &["role"], Then::Tell(told));
        }
    };
    view! {
        <form class="change-role" on:submit=change>
            <label class="field">
                <span>"Role"</span>
                <select name="role" aria-describedby="error-role">
                    {ROLES.map(|choice| view! {
                        <option value=choice.as_str() selected=choice == role>
                            {roster::role(choice)}
                        </option>
                    })}
                </select>
                <FieldError asking field="role" />
            </label>
            <button data-action="change-role" disabled=is_busy>"Change role"</button>
        </form>
        <button
            data-action="reset"
            disabled=is_busy
            on:click=move |_| asking.new_link(staff.clone())
        >
            "Reset the password"
        </button>
    }
}
