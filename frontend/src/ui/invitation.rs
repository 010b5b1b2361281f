//! A one-time link: whoever has it chooses a password, and is in.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::focus::focus_soon;
use super::form;
use super::log_in::{Attempt, Failed};
use super::password::PasswordField;
use crate::hotel::{LogInError, Session, redeem, whose};
use crate::model::refused::HttpError;
use crate::model::who::Invited;

const PASSWORD: &str = "[name='password']";
const LEAVE: &str = "[data-action='leave']";

#[component]
pub(super) fn Invitation(
    link: String,
    enter: impl Fn(Session) + Copy + 'static,
    leave: impl Fn() + Copy + 'static,
) -> impl IntoView {
    let attempt = Attempt::new();
    let invited = RwSignal::new(None::<Invited>);
    let link = StoredValue::new(link);
    let looked_at = async move {
        let found = whose(&link.get_value()).await?;
        invited.try_set(Some(found));
        focus_soon(PASSWORD);
        Ok(())
    };
    attempt.make(looked_at, LEAVE);
    let is_busy = move || attempt.is_busy();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let password = form::text(&event, "password");
        let entered = async move {
            enter(redeem(&link.get_value(), &password).await?);
            Ok(())
        };
        attempt.make(entered, PASSWORD);
    };
    let weak = move || match attempt.error() {
        Some(LogInError::Http(HttpError::WeakPassword(why))) => Some(why),
        _ => None,
    };
    view! {
        <main class="log-in" data-page="link">
            <form
                class="card"
                data-link=move || invited.with(|invited| invited.as_ref().map(|_| ""))
                aria-busy=move || is_busy().to_string()
                on:submit=submit
            >
                <h1>
                    <span class="logo" aria-hidden="true"></span>
                    "Vacancy"
                </h1>
                {move || invited.get().map(|Invited { user, name, role }| view! {
                    <p>
                        "Welcome, "
                        <strong data-invited=user.to_string()>{name}</strong>
                        ". Choose the password that you sign in with from now on. Your role: "
                        {role.title()}
                        "."
                    </p>
                    <label class="field">
                        <span>"Log-in name"</span>
                        <input
                            type="text"
                            name="name"
                            autocomplete="username"
                            readonly
                            prop:value=user.to_string()
                        />
                    </label>
                    <PasswordField autocomplete="new-password">
                        <small>"10 characters or more. A few words are easy to keep in mind."</small>
                        {move || weak().map(|why| view! {
                            <span class="field-error" role="alert" data-error="password">{why}</span>
                        })}
                    </PasswordField>
                })}
                <Show when=move || weak().is_none()>
                    <Failed attempt />
                </Show>
                <Show when=move || invited.with(Option::is_some)>
                    <button type="submit" class="primary" disabled=is_busy>
                        {move || if is_busy() { "One moment…" } else { "Set the password and sign in" }}
                    </button>
                </Show>
                <button type="button" data-action="leave" on:click=move |_| leave()>
                    "To the log-in"
                </button>
            </form>
        </main>
    }
}
