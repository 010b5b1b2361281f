//! A command or a link on its way, and why there is none.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::Timestamp;
use shared::outcome::Refusal;
use shared::staff::StaffName;

use crate::hotel::{Session, now};
use crate::model::ask::Ask;
use crate::model::errand::{Progress, Verdict};
use crate::model::roster::Wrong;
use crate::model::words;
use crate::ui::desk::Desk;
use crate::ui::focus::focus_soon;

/// The first field that something is wrong with.
const WRONG: &str = "dialog .field:has([data-error]) :is(input, select)";

/// What a dialog shows of what it has asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking {
    desk: Desk,
    shown: RwSignal<Shown>,
}

#[derive(Debug, Clone, Default)]
struct Shown {
    /// What is under way, and how far it is.
    busy: Option<Progress>,
    wrong: Vec<Wrong>,
    /// What is about no field: a code, and the reason.
    failure: Option<(String, String)>,
    /// What has been done.
    done: Option<&'static str>,
    link: Option<Made>,
}

/// A one-time link for somebody, with the moment at which it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) link: String,
    pub(super) until: Timestamp,
}

/// What comes after a command.
#[derive(Debug, Clone)]
pub(super) enum Then {
    Tell(&'static str),
    /// A link for whoever it was about.
    Link(StaffName),
}

impl Asking {
    pub(super) fn new(desk: Desk) -> Self {
        let shown = RwSignal::default();
        Self { desk, shown }
    }

    pub(super) fn is_busy(self) -> bool {
        self.shown.with(|shown| shown.busy.is_some())
    }

    pub(super) fn link(self) -> Option<Made> {
        self.shown.with(|shown| shown.link.clone())
    }

    pub(super) fn wrong(self, field: &'static str) -> Option<String> {
        self.shown.with(|shown| {
            let wrong = shown.wrong.iter().find(|wrong| wrong.field == field);
            wrong.map(|wrong| wrong.message.clone())
        })
    }

    /// Says what is wrong with the fields. Nothing is asked for.
    pub(super) fn refuse(self, wrong: Vec<Wrong>) {
        self.end(Shown {
            wrong,
            ..Shown::default()
        });
    }

    /// Sends the command. A refusal is said at one of the `fields` if it is about it.
    pub(super) fn command(
        self,
        wish: impl Ask + 'static,
        fields: &'static [&'static str],
        then: Then,
    ) {
        let Some(session) = self.begin() else { return };
        // One type of future for all commands.
        let wish: Box<dyn Ask> = Box::new(wish);
        self.follow(session, wish, fields, then);
    }

    fn follow(
        self,
        session: Session,
        wish: Box<dyn Ask>,
        fields: &'static [&'static str],
        then: Then,
    ) {
        spawn_local(async move {
            let note = |progress| {
                self.shown.try_update(|shown| shown.busy = Some(progress));
            };
            let verdict = session
                .ask_for(&*wish, |errand| note(errand.progress()))
                .await;
            match verdict {
                None => {}
                Some(Verdict::Done { .. }) => match then {
                    Then::Tell(done) => self.end(Shown {
                        done: Some(done),
                        ..Shown::default()
                    }),
                    Then::Link(staff) => self.make_link(staff).await,
                },
                Some(Verdict::Refused { refusal, .. }) => self.end(refused(refusal, fields)),
                Some(Verdict::NotDone { reason, .. } | Verdict::Unknown(reason)) => {
                    self.fail("not-sent", reason);
                }
                Some(Verdict::GivenUp | Verdict::Withdrawn) => self.end(Shown::default()),
            }
        });
    }

    /// Asks for a link for somebody, whose password is worth nothing from then on.
    pub(super) fn new_link(self, staff: StaffName) {
        if self.begin().is_some() {
            spawn_local(self.make_link(staff));
        }
    }

    async fn make_link(self, staff: StaffName) {
        let Some(session) = self.desk.session() else {
            return;
        };
        match session.new_link(&staff).await {
            Ok(new) => {
                let milliseconds = now().unix_milliseconds() + i64::from(new.expires_in) * 1_000;
                let until = Timestamp::from_unix_milliseconds(milliseconds);
                self.end(Shown {
                    link: Some(Made {
                        link: new.link,
                        until,
                    }),
                    ..Shown::default()
                });
            }
            Err(error) => self.fail(
                error.code(),
                format!("There is no link yet. {error} {}", error.remedy()),
            ),
        }
    }

    fn begin(self) -> Option<Session> {
        if self.shown.with_untracked(|shown| shown.busy.is_some()) {
            return None;
        }
        self.shown.set(Shown {
            busy: Some(Progress::Sending),
            ..Shown::default()
        });
        self.desk.session()
    }

    fn fail(self, code: &str, reason: String) {
        self.end(Shown {
            failure: Some((code.to_owned(), reason)),
            ..Shown::default()
        });
    }

    /// The dialog may have been closed since: then there is nobody to tell.
    fn end(self, shown: Shown) {
        if !shown.wrong.is_empty() {
            focus_soon(WRONG);
        }
        self.shown.try_set(shown);
    }
}

fn refused(refusal: Refusal, fields: &[&'static str]) -> Shown {
    let field = fields
        .iter()
        .find(|field| refusal.field.as_deref() == Some(**field));
    match field {
        Some(field) => Shown {
            wrong: vec![Wrong {
                field,
                message: refusal.message,
            }],
            ..Shown::default()
        },
        None => Shown {
            failure: Some((refusal.code.into_owned(), refusal.message)),
            ..Shown::default()
        },
    }
}

/// What became of what was asked for, below the fields.
#[component]
pub(super) fn Told(asking: Asking) -> impl IntoView {
    view! {
        <div class="told-asking" aria-live="polite">
            {move || asking.shown.with(|shown| {
                if let Some((code, reason)) = &shown.failure {
                    view! { <p class="failure" role="alert" data-refusal=code.clone()>{reason.clone()}</p> }
                        .into_any()
                } else if let Some(done) = shown.done {
                    view! { <p class="success" data-done>{done}</p> }.into_any()
                } else {
                    // A quick answer needs no words before it.
                    let late = shown.busy.filter(|busy| {
                        !matches!(busy, Progress::Sending | Progress::Accepted)
                    });
                    late.map(|late| {
                        let text = words::capital(words::progress(late));
                        view! { <p class="hint" data-progress=late.as_str()>{text}</p> }
                    })
                    .into_any()
                }
            })}
        </div>
    }
}

/// The place below a field for what is wrong with it.
#[component]
pub(super) fn FieldError(asking: Asking, field: &'static str) -> impl IntoView {
    view! {
        <span id=format!("error-{field}") class="field-error" aria-live="polite">
            {move || asking.wrong(field).map(|why| view! { <span data-error=field>{why}</span> })}
        </span>
    }
}
