//! The manager's page of the staff: who works here, as what, and who may come in.
//!
//! ```text
//! add_dialog     somebody new
//! member_dialog  a member: role, in or out, a new link
//! asking         a command or a link on its way, and why there is none
//! new_link       the link, shown once
//! ```

mod add_dialog;
mod asking;
mod member_dialog;
mod new_link;

use leptos::prelude::*;
use shared::staff::StaffName;

use self::add_dialog::AddDialog;
use self::member_dialog::MemberDialog;
use super::desk::Desk;
use super::focus::focus_soon;
use crate::model::roster::{self, Roster, Row};
use crate::model::words;

/// The dialog that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Opened {
    Add,
    Member(StaffName),
}

#[component]
pub(super) fn Staff(desk: Desk) -> impl IntoView {
    let opened = RwSignal::new(None::<Opened>);
    let rows = Memo::new(move |_| desk.with_staff(Roster::rows));
    let title = move || {
        let active = rows.with(|rows| rows.iter().filter(|row| row.active).count());
        words::count(
            u32::try_from(active).unwrap_or(u32::MAX),
            "member",
            "members",
        )
    };
    let on_closed = move || {
        // What opened the dialog may have been drawn anew since, and then the browser cannot give the focus back.
        if let Some(Opened::Member(staff)) = opened.get_untracked() {
            focus_soon(format!("[data-staff='{staff}'] button"));
        }
        opened.set(None);
    };
    focus_soon("main");
    view! {
        <main
            tabindex="-1"
            class="staff"
            data-page="staff"
            class:stale=move || desk.freshness.is_stale()
        >
            <div class="staff-head">
                <h1>"Staff" <small>{title}</small></h1>
                <button
                    class="primary"
                    data-action="add-staff"
                    on:click=move |_| opened.set(Some(Opened::Add))
                >
                    "Add…"
                </button>
            </div>
            <Show
                when=move || desk.freshness.has_data()
                fallback=|| view! { <div class="skeleton" aria-hidden="true"></div> }
            >
                <ul class="members">
                    {move || rows
                        .get()
                        .into_iter()
                        .map(|row| view! { <Member row opened /> })
                        .collect_view()}
                </ul>
                {move || rows.with(Vec::is_empty).then(|| view! {
                    <p class="empty">"Nobody is known here yet."</p>
                })}
            </Show>
        </main>
        {move || match opened.get() {
            None => ().into_any(),
            Some(Opened::Add) => view! { <AddDialog desk on_closed /> }.into_any(),
            Some(Opened::Member(staff)) => {
                view! { <MemberDialog desk staff on_closed /> }.into_any()
            }
        }}
    }
}

#[component]
fn Member(row: Row, opened: RwSignal<Option<Opened>>) -> impl IntoView {
    let Row {
        staff,
        name,
        role,
        active,
        ..
    } = row;
    let label = format!("Change {name}");
    let id = staff.to_string();
    let login = id.clone();
    view! {
        <li data-staff=id data-role=role.as_str() data-active=active.to_string()>
            <p>
                <strong>{name}</strong>
                <span>{login}</span>
            </p>
            <span class="member-role">{roster::role(role)}</span>
            <span class="member-state">{if active { "Active" } else { "Disabled" }}</span>
            <button
                data-action="member"
                aria-label=label
                on:click=move |_| opened.set(Some(Opened::Member(staff.clone())))
            >
                "Change…"
            </button>
        </li>
    }
}
