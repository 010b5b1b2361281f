//! The life of one command, from the click to the outcome, across lost connections, reloads and tabs.
//!
//! ```text
//!          ┌────────────────────────── no outcome, never accepted ──────────────────────────┐
//!          ▼                                                                                │
//! here ► Publish ── accepted, or no answer ─► Listen ── connected again, waited long ────► Ask ◄ from before a reload
//!        │ │  ▲                                ▲ │ ▲                                       │ │
//!        │ │  │ connected        another tab's ┘ │ └─ no outcome yet, no answer, parked ───┘ │
//!        │ └► Queued                             ▼                                           ▼
//!        ▼      │ withdrawn                Done, Refused                               Done, Refused
//!     NotDone   ▼
//!            Withdrawn
//! ```
//!
//! What finds no connection has certainly not been sent. It waits for one, also over a reload, and can be withdrawn until then.
//!
//! An outcome that comes within [`DEADLINE_MS`] looks like the answer to a request; one that does not is waited for all
//! the same, also by a page that was loaded meanwhile. A command that is parked waits for the operator, and so does whoever
//! asked: what becomes of it is an outcome as well.
//!
//! Publishing again is safe: the command keeps its id, and the hotel does a command of one id once, for ever.

use serde::{Deserialize, Serialize};
use shared::outcome::{Decision, EventPointer, Next, Outcome, Refusal, ViewValue};

/// What the shell has to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Publish the command, with its id as the message's id, and tell how it went.
    Publish,
    /// Wait for the outcome on its subject. A new connection, or `patience_ms` without anything, is news too.
    Listen {
        patience_ms: u32,
    },
    /// Read the outcome from the bucket.
    Ask,
    Finish(Verdict),
}

/// What has happened since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The stream has stored the command: it will be decided, sooner or later.
    Accepted,
    /// The command was certainly not stored; why, as `data-refusal` has it and in a sentence.
    TurnedAway {
        code: &'static str,
        reason: String,
    },
    /// There was no connection to send it over.
    NotConnected,
    /// The command may have been stored or not: the connection was lost, or the answer took too long.
    NoAnswer,
    Heard(Outcome),
    Reconnected,
    WaitedLong,
    /// There is no outcome in the bucket.
    NoOutcome,
    /// The bucket could not be read.
    CouldNotAsk,
    /// Another tab has found no connection to send it over.
    QueuedElsewhere,
    /// Another tab has ended with the command, or has signed out.
    Forgotten,
    /// The one who asked does not want it any more.
    Withdrawn,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Done {
        event: EventPointer,
        view: Option<Box<ViewValue>>,
        next: Vec<Next>,
    },
    Refused {
        refusal: Refusal,
        next: Vec<Next>,
    },
    /// The command did not reach the hotel, or was not let in.
    NotDone {
        code: &'static str,
        reason: String,
    },
    /// Whether the command arrived cannot be said.
    Unknown(String),
    /// The tab that was to send it did not, and says so.
    GivenUp,
    /// It was never sent, and will not be.
    Withdrawn,
}

impl Verdict {
    /// It could not be sent, for a reason that is this program's own affair.
    pub fn not_sent(reason: impl Into<String>) -> Self {
        Self::NotDone {
            code: NOT_SENT,
            reason: reason.into(),
        }
    }
}

/// The code of what was not sent, or of what is told by its reason alone.
pub const NOT_SENT: &str = "not-sent";

/// How far a command is, for people to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Progress {
    /// There was no connection to send it over, so it waits for one.
    Queued,
    /// On its way.
    Sending,
    /// Stored, and about to be decided.
    Accepted,
    /// Stored, and not decided for longer than one waits for an answer.
    Late,
    /// Nobody can say yet whether it arrived.
    Unsure,
    /// It could not be decided, and waits for the operator.
    Parked,
}

impl Progress {
    /// The value of `data-pending` on the board.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Late => "late",
            Self::Unsure => "unsure",
            Self::Parked => "parked",
        }
    }
}

/// Where a command comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It is to be sent from here, as soon as there is a connection.
    Here,
    /// It is to be sent from here at once, or not at all: somebody waits for the answer.
    Now,
    /// It was sent, or was to be, before this page was loaded.
    Before(Left),
    /// Another tab sends it.
    Elsewhere(Posted),
}

/// How far the sending of a command is, as a page notes it for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Posted {
    /// It waits for a connection.
    Queued,
    /// It was sent, or is so in this moment.
    Sent,
    /// The stream has said that it has stored the command.
    Accepted,
}

/// What is known of a command that was there before this page was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    pub posted: Posted,
    /// How long ago that was, or the sending.
    pub age_ms: i64,
}

/// Until then an outcome that comes looks like the answer to a request. Then people are told that it takes longer.
pub const DEADLINE_MS: u32 = 1_500;

/// How long an outcome may take before the bucket is asked: an outcome that was published while the connection was
/// half-open is heard by nobody.
const PATIENCE_WHEN_LATE_MS: u32 = 10_000;
const PATIENCE_WHEN_UNSURE_MS: u32 = 2_000;
/// The news of a connection may have come before somebody listened for it.
const PATIENCE_WHEN_QUEUED_MS: u32 = 2_000;
/// An operator is a person.
const PATIENCE_WHEN_PARKED_MS: u32 = 60_000;
/// The same while another tab sends the command: longer than that tab needs to find out that it gets no answer. Then it
/// may have been closed, and whoever is left sees to the command.
const PATIENCE_WITH_ANOTHER_TAB_MS: u32 = 10_000;

/// For so long the hotel keeps outcomes: an older command that has none is not heard of any more.
const KEPT_MS: i64 = 24 * 60 * 60 * 1_000;
/// A command that may never have arrived is sent again after a reload only as long as somebody waits for it.
const WISHED_MS: i64 = 10 * 60 * 1_000;

const NOT_CONNECTED: &str =
    "There is no connection to the hotel's server. Send it again as soon as the board is live.";
const NEVER_HEARD_OF: &str = "The hotel has no answer to it any more.";

#[derive(Debug, Clone)]
pub struct Errand {
    progress: Progress,
    /// A publish went unanswered: from then on nothing but an outcome can tell whether the command is stored.
    unanswered: bool,
    /// It is too old to be sent again, or for an outcome still to come.
    outdated: bool,
    /// Another tab is about to send it, as far as is known here.
    elsewhere: bool,
    /// It waits for a connection where there is none.
    queues: bool,
    /// Another tab has ended with it.
    forgotten: bool,
    /// The dead letter by which the operator knows a command that is parked.
    letter: Option<String>,
}

impl Errand {
    pub fn begin(origin: Origin) -> (Self, Step) {
        let mut errand = Self {
            progress: Progress::Sending,
            unanswered: false,
            outdated: false,
            elsewhere: false,
            queues: origin != Origin::Now,
            forgotten: false,
            letter: None,
        };
        let step = match origin {
            Origin::Here | Origin::Now => Step::Publish,
            Origin::Before(Left {
                posted: Posted::Queued,
                ..
            }) => {
                errand.progress = Progress::Queued;
                Step::Publish
            }
            // Its outcome may be there already.
            Origin::Before(left) => {
                let accepted = left.posted == Posted::Accepted;
                (errand.progress, errand.outdated) = if accepted {
                    (Progress::Late, left.age_ms >= KEPT_MS)
                } else {
                    (Progress::Unsure, left.age_ms >= WISHED_MS)
                };
                errand.unanswered = !accepted;
                Step::Ask
            }
            Origin::Elsewhere(posted) => {
                errand.progress = match posted {
                    Posted::Queued => Progress::Queued,
                    Posted::Sent => Progress::Sending,
                    Posted::Accepted => Progress::Accepted,
                };
                errand.elsewhere = posted != Posted::Accepted;
                errand.listen()
            }
        };
        (errand, step)
    }

    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// The name of the dead letter of a command that is parked.
    pub fn letter(&self) -> Option<&str> {
        self.letter.as_deref()
    }

    /// How far the sending is, for other pages.
    pub fn posted(&self) -> Posted {
        match self.progress {
            Progress::Queued => Posted::Queued,
            Progress::Sending | Progress::Unsure => Posted::Sent,
            Progress::Accepted | Progress::Late | Progress::Parked => Posted::Accepted,
        }
    }

    /// Whether the stream is known to have stored the command.
    fn is_accepted(&self) -> bool {
        self.posted() == Posted::Accepted
    }

    pub fn next(&mut self, news: News) -> Step {
        match news {
            News::Heard(Outcome { decision, next, .. }) => match decision {
                Decision::Done { event, view } => Step::Finish(Verdict::Done { event, view, next }),
                Decision::Refused { refusal } => Step::Finish(Verdict::Refused { refusal, next }),
                Decision::Parked { letter } => {
                    self.progress = Progress::Parked;
                    self.letter = Some(letter);
                    self.listen()
                }
            },
            News::Accepted => {
                // Another tab may say so, too, when more is known here.
                if !self.is_accepted() {
                    self.progress = Progress::Accepted;
                }
                self.listen()
            }
            News::TurnedAway { reason, .. } if self.unanswered => {
                Step::Finish(Verdict::Unknown(reason))
            }
            News::TurnedAway { code, reason } => Step::Finish(Verdict::NotDone { code, reason }),
            News::NotConnected if self.unanswered => self.listen(),
            News::NotConnected if self.queues => {
                self.progress = Progress::Queued;
                self.listen()
            }
            News::NotConnected => Step::Finish(Verdict::not_sent(NOT_CONNECTED)),
            News::NoAnswer => {
                self.unsure();
                self.listen()
            }
            News::QueuedElsewhere => {
                // Once it may have been sent from here it is no longer certain that it was not.
                if self.elsewhere && self.progress == Progress::Sending {
                    self.progress = Progress::Queued;
                }
                self.listen()
            }
            News::Withdrawn if self.is_queued() => Step::Finish(Verdict::Withdrawn),
            // Too late: what becomes of it is told.
            News::Withdrawn => self.listen(),
            News::Reconnected | News::WaitedLong if self.is_queued() => self.take_its_turn(&news),
            // It is in no other tab's hands, nor in the hotel's.
            News::Forgotten if self.is_queued() => Step::Finish(Verdict::Withdrawn),
            News::Reconnected => Step::Ask,
            News::Forgotten => {
                self.forgotten = true;
                Step::Ask
            }
            News::WaitedLong => {
                match self.progress {
                    Progress::Accepted => self.progress = Progress::Late,
                    Progress::Sending => self.unsure(),
                    Progress::Queued | Progress::Late | Progress::Unsure | Progress::Parked => {}
                }
                Step::Ask
            }
            News::NoOutcome if self.outdated => {
                Step::Finish(Verdict::Unknown(NEVER_HEARD_OF.to_owned()))
            }
            News::NoOutcome if self.is_accepted() => self.listen(),
            News::NoOutcome if self.elsewhere && self.forgotten => Step::Finish(Verdict::GivenUp),
            News::NoOutcome if self.elsewhere => self.listen(),
            News::NoOutcome => Step::Publish,
            News::CouldNotAsk => self.listen(),
        }
    }

    fn is_queued(&self) -> bool {
        self.progress == Progress::Queued
    }

    /// What another tab has queued is left to that tab, as long as that can still be alive.
    fn take_its_turn(&mut self, news: &News) -> Step {
        if self.elsewhere && *news == News::Reconnected {
            return self.listen();
        }
        self.elsewhere = false;
        Step::Publish
    }

    /// From now on it is asked for, and sent again if need be, whoever sent it before.
    fn unsure(&mut self) {
        self.progress = Progress::Unsure;
        self.unanswered = true;
        self.elsewhere = false;
    }

    fn listen(&self) -> Step {
        let patience_ms = match self.progress {
            Progress::Queued if self.elsewhere => PATIENCE_WITH_ANOTHER_TAB_MS,
            Progress::Queued => PATIENCE_WHEN_QUEUED_MS,
            Progress::Accepted => DEADLINE_MS,
            Progress::Late => PATIENCE_WHEN_LATE_MS,
            Progress::Sending => PATIENCE_WITH_ANOTHER_TAB_MS,
            Progress::Unsure => PATIENCE_WHEN_UNSURE_MS,
            Progress::Parked => PATIENCE_WHEN_PARKED_MS,
        };
        Step::Listen { patience_ms }
    }
}

#[cfg(test)]
mod tests;
