//! A password's field, which can be made to show what is typed: that spares typing a new one twice.

use leptos::prelude::*;

#[component]
pub(super) fn PasswordField(
    /// `current-password` or `new-password`, for password managers.
    autocomplete: &'static str,
    /// What to say below it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let is_shown = RwSignal::new(false);
    view! {
        <div class="field">
            <label for="password">"Password"</label>
            <div class="password">
                <input
                    id="password"
                    type=move || if is_shown.get() { "text" } else { "password" }
                    name="password"
                    autocomplete=autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    required
                    aria-describedby="log-in-error"
                />
                <button
                    type="button"
                    class="plain"
                    data-action="show-password"
                    aria-pressed=move || is_shown.get().to_string()
                    aria-label="Show the password"
                    on:click=move |_| is_shown.update(|shown| *shown = !*shown)
                >
                    {move || if is_shown.get() { "Hide" } else { "Show" }}
                </button>
            </div>
            {children.map(|children| children())}
        </div>
    }
}
