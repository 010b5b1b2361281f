//! The log-in. The password is handed to the server and kept nowhere else.

use std::future::Future;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::focus::focus_soon;
use super::form;
use super::password::PasswordField;
use crate::hotel::{LogInError, Over, Session, enter_as_guest, forget_session, log_in, resume};
use crate::model::refused::HttpError;

/// Why somebody sees the log-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Greeting {
    /// The page was opened: this browser may have a session.
    Resume,
    Plain,
    /// The server has not answered yet.
    SigningOut,
    /// The server was not told: whoever opens this page in this browser is still logged in.
    NotSignedOut(HttpError),
    Over(Over),
}

/// An attempt to get in: whether it is under way, and why the last one failed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt(RwSignal<Attempted>);

#[derive(Debug, Clone, Default)]
struct Attempted {
    error: Option<LogInError>,
    is_busy: bool,
}

impl Attempt {
    pub(super) fn new() -> Self {
        Self(RwSignal::default())
    }

    pub(super) fn is_busy(self) -> bool {
        self.0.with(|attempted| attempted.is_busy)
    }

    pub(super) fn error(self) -> Option<LogInError> {
        self.0.with(|attempted| attempted.error.clone())
    }

    /// Makes one, unless one is under way. Where it fails, the keyboard goes to `focus`.
    pub(super) fn make(
        self,
        attempt: impl Future<Output = Result<(), LogInError>> + 'static,
        focus: &'static str,
    ) {
        self.make_boxed(attempt.boxed_local(), focus);
    }

    /// The same, compiled once for all attempts.
    fn make_boxed(
        self,
        attempt: LocalBoxFuture<'static, Result<(), LogInError>>,
        focus: &'static str,
    ) {
        if self.0.with_untracked(|attempted| attempted.is_busy) {
            return;
        }
        self.0.set(Attempted {
            error: None,
            is_busy: true,
        });
        spawn_local(async move {
            let error = attempt.await.err();
            let failed = error.is_some();
            // Whoever is in has left this page.
            self.0.try_update(|attempted| {
                *attempted = Attempted {
                    error,
                    is_busy: false,
                };
            });
            if failed {
                focus_soon(focus);
            }
        });
    }
}

const NAME: &str = "[name='name']";
const PASSWORD: &str = "[name='password']";
const RETRY: &str = "[data-action='retry']";

#[component]
pub(super) fn LogIn(
    greeting: RwSignal<Greeting>,
    enter: impl Fn(Session) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let attempt = Attempt::new();
    // Whether there is a session is asked before anything is shown that would jump away.
    let is_asking = RwSignal::new(false);
    // There may be one, and it could not be gone on with: that can be tried again without a password.
    let may_resume = RwSignal::new(false);
    let look = move || {
        is_asking.set(true);
        let resumed = async move {
            let resumed = resume().await;
            is_asking.try_set(false);
            may_resume.try_set(resumed.is_err());
            if let Some(session) = resumed? {
                enter(session);
            } else {
                focus_soon(NAME);
            }
            Ok(())
        };
        attempt.make(resumed, RETRY);
    };
    if greeting.get_untracked() == Greeting::Resume {
        look();
    } else {
        focus_soon(NAME);
    }
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (name, password) = (form::text(&event, "name"), form::text(&event, "password"));
        may_resume.set(false);
        let entered = async move {
            enter(log_in(name.trim(), &password).await?);
            Ok(())
        };
        attempt.make(entered, PASSWORD);
    };
    let as_guest = move |_| {
        let entered = async move {
            enter(enter_as_guest().await?);
            Ok(())
        };
        attempt.make(entered, NAME);
    };
    let sign_out_again = move |_| {
        greeting.set(Greeting::SigningOut);
        spawn_local(async move {
            greeting.set(match forget_session().await {
                Ok(()) => Greeting::Plain,
                Err(error) => Greeting::NotSignedOut(error),
            });
        });
    };
    let is_busy = move || attempt.is_busy();

    view! {
        <main class="log-in" data-page="log-in">
            <form
                class="card"
                data-login=move || (!is_asking.get()).then_some("")
                aria-busy=move || is_busy().to_string()
                on:submit=submit
            >
                <h1>
                    <span class="logo" aria-hidden="true"></span>
                    "Vacancy"
                </h1>
                {move || words(&greeting.get()).map(|(code, text)| view! {
                    <p class="told" role="status" data-told=code>{text}</p>
                })}
                {move || matches!(greeting.get(), Greeting::NotSignedOut(_)).then(|| view! {
                    <button type="button" data-action="sign-out" on:click=sign_out_again>
                        "Sign out again"
                    </button>
                })}
                <label class="field">
                    <span>"Log-in name"</span>
                    <input
                        type="text"
                        name="name"
                        autocomplete="username"
                        autocapitalize="none"
                        spellcheck="false"
                        required
                        aria-describedby="log-in-error"
                    />
                </label>
                <PasswordField autocomplete="current-password" />
                <Failed attempt />
                <Show when=move || may_resume.get()>
                    <button type="button" data-action="retry" disabled=is_busy on:click=move |_| look()>
                        "Try again"
                    </button>
                </Show>
                <button type="submit" class="primary" disabled=is_busy>
                    {move || if is_busy() { "One moment…" } else { "Sign in" }}
                </button>
                <p class="or">
                    <span>"or"</span>
                </p>
                <button type="button" data-action="guest" disabled=is_busy on:click=as_guest>
                    "Continue as a guest"
                </button>
            </form>
        </main>
    }
}

/// Why somebody is here, if that needs saying: the value of `data-told`, and a sentence or two.
fn words(greeting: &Greeting) -> Option<(&'static str, String)> {
    match greeting {
        Greeting::Resume | Greeting::Plain => None,
        Greeting::SigningOut => Some(("signing-out", "Signing out…".to_owned())),
        Greeting::NotSignedOut(error) => Some((
            "not-signed-out",
            format!(
                "You are not signed out: {error} {} Until then, whoever opens this page in this browser is you.",
                error.remedy()
            ),
        )),
        Greeting::Over(Over::Expired | Over::Meanwhile) => Some((
            "expired",
            "Your session was over. What you had sent is safe.".to_owned(),
        )),
        Greeting::Over(_) => Some((
            "ended",
            "You have been signed out: in another tab of this browser, or because a manager has changed what you may do. \
             What you had sent is safe."
                .to_owned(),
        )),
    }
}

/// Why the last attempt failed.
#[component]
pub(super) fn Failed(attempt: Attempt) -> impl IntoView {
    view! {
        <div id="log-in-error">
            {move || attempt.error().map(|error| view! {
                <div class="failure" role="alert" data-login-error=error.code()>
                    <strong>{error.to_string()}</strong>
                    <p>{error.remedy()}</p>
                </div>
            })}
        </div>
    }
}
