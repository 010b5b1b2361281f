//! The life of one command, from the click to the outcome, across lost connections.
//!
//! ```text
//!          ┌────────────────────────── no outcome, never accepted ──────────────────────────┐
//!          ▼                                                                                │
//! start ► Publish ── accepted, or no answer ──► Listen ── connected again, waited long ──► Ask
//!          │                                      │ ▲                                       │
//!          │ turned away                          │ └──── no outcome yet, or no answer ─────┤
//!          ▼                                      ▼                                         ▼
//!        NotDone                               Decided                                   Decided
//! ```
//!
//! An outcome that comes within [`DEADLINE_MS`] looks like the answer to a request; one that does not is waited for all
//! the same, also by a page that was loaded meanwhile.
//!
//! Publishing again is safe: the command keeps its id, and the hotel does a command of one id once, for ever.

use shared::outcome::Outcome;

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
    /// The command was certainly not stored; why, in a sentence.
    TurnedAway(String),
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
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Decided(Outcome),
    /// The command did not reach the hotel.
    NotDone(String),
    /// Whether the command arrived cannot be said.
    Unknown(String),
}

/// How far a command is, for people to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// On its way.
    Sending,
    /// Stored, and about to be decided.
    Accepted,
    /// Stored, and not decided for longer than one waits for an answer.
    Late,
    /// Nobody can say yet whether it arrived.
    Unsure,
}

impl Progress {
    /// The value of `data-pending` on the board.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Late => "late",
            Self::Unsure => "unsure",
        }
    }
}

/// What is known of a command that was sent before this page was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Whether the stream has said that it has stored the command.
    pub accepted: bool,
    /// How long ago that was, or the sending.
    pub age_ms: i64,
}

/// Until then an outcome that comes looks like the answer to a request. Then people are told that it takes longer.
pub const DEADLINE_MS: u32 = 1_500;

/// How long an outcome may take before the bucket is asked: an outcome that was published while the connection was
/// half-open is heard by nobody.
const PATIENCE_WHEN_LATE_MS: u32 = 10_000;
const PATIENCE_WHEN_UNSURE_MS: u32 = 2_000;

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
}

impl Errand {
    pub fn start() -> (Self, Step) {
        let errand = Self {
            progress: Progress::Sending,
            unanswered: false,
            outdated: false,
        };
        (errand, Step::Publish)
    }

    /// Follows a command that was sent before this page was loaded. Its outcome may be there already.
    pub fn resume(left: Left) -> (Self, Step) {
        let errand = Self {
            progress: if left.accepted {
                Progress::Late
            } else {
                Progress::Unsure
            },
            unanswered: !left.accepted,
            outdated: left.age_ms >= if left.accepted { KEPT_MS } else { WISHED_MS },
        };
        (errand, Step::Ask)
    }

    pub fn progress(&self) -> Progress {
        self.progress
    }

    pub fn next(&mut self, news: News) -> Step {
        match news {
            News::Heard(outcome) => Step::Finish(Verdict::Decided(outcome)),
            News::Accepted => {
                self.progress = Progress::Accepted;
                self.listen()
            }
            News::TurnedAway(reason) if self.unanswered => Step::Finish(Verdict::Unknown(reason)),
            News::TurnedAway(reason) => Step::Finish(Verdict::NotDone(reason)),
            News::NotConnected if self.unanswered => self.listen(),
            News::NotConnected => Step::Finish(Verdict::NotDone(NOT_CONNECTED.to_owned())),
            News::NoAnswer => {
                self.unanswered = true;
                self.progress = Progress::Unsure;
                self.listen()
            }
            News::Reconnected => Step::Ask,
            News::WaitedLong => {
                if self.progress == Progress::Accepted {
                    self.progress = Progress::Late;
                }
                Step::Ask
            }
            News::NoOutcome if self.outdated => {
                Step::Finish(Verdict::Unknown(NEVER_HEARD_OF.to_owned()))
            }
            News::NoOutcome => match self.progress {
                Progress::Accepted | Progress::Late => self.listen(),
                Progress::Sending | Progress::Unsure => Step::Publish,
            },
            News::CouldNotAsk => self.listen(),
        }
    }

    fn listen(&self) -> Step {
        let patience_ms = match self.progress {
            Progress::Accepted => DEADLINE_MS,
            Progress::Late => PATIENCE_WHEN_LATE_MS,
            Progress::Sending | Progress::Unsure => PATIENCE_WHEN_UNSURE_MS,
        };
        Step::Listen { patience_ms }
    }
}

#[cfg(test)]
mod tests {
    use shared::outcome::{Decision, EventPointer, Refusal};

    use super::*;

    fn done() -> Decision {
        Decision::Done {
            event: EventPointer {
                stream: "room-booking".into(),
                sequence: 3,
            },
            view: None,
        }
    }

    fn outcome(decision: Decision) -> Outcome {
        Outcome {
            command: "c1".parse().unwrap(),
            decision,
            next: Vec::new(),
        }
    }

    fn heard(decision: Decision) -> News {
        News::Heard(outcome(decision))
    }

    fn decided(decision: Decision) -> Step {
        Step::Finish(Verdict::Decided(outcome(decision)))
    }

    /// Tells the news one after the other; the steps are those in between and after.
    #[track_caller]
    fn lives(news: Vec<News>, expected: &[Step]) {
        let (mut errand, first) = Errand::start();
        assert_eq!(first, Step::Publish);
        let steps: Vec<Step> = news.into_iter().map(|news| errand.next(news)).collect();
        assert_eq!(steps, expected);
    }

    const IN_TIME: Step = Step::Listen {
        patience_ms: DEADLINE_MS,
    };
    const PATIENT: Step = Step::Listen {
        patience_ms: PATIENCE_WHEN_LATE_MS,
    };
    const IMPATIENT: Step = Step::Listen {
        patience_ms: PATIENCE_WHEN_UNSURE_MS,
    };

    #[test]
    fn the_usual_way_is_accepted_and_decided() {
        lives(
            vec![News::Accepted, heard(done())],
            &[IN_TIME, decided(done())],
        );
    }

    #[test]
    fn a_refusal_is_a_decision() {
        let refused = Decision::Refused {
            refusal: Refusal::new("room-taken", "date", "taken"),
        };
        lives(
            vec![News::Accepted, heard(refused.clone())],
            &[IN_TIME, decided(refused)],
        );
    }

    #[test]
    fn turned_away_at_first_means_not_done() {
        let reason = || "no responders".to_owned();
        lives(
            vec![News::TurnedAway(reason())],
            &[Step::Finish(Verdict::NotDone(reason()))],
        );
    }

    #[test]
    fn without_a_connection_nothing_is_sent_later_on_its_own() {
        lives(
            vec![News::NotConnected],
            &[Step::Finish(Verdict::NotDone(NOT_CONNECTED.to_owned()))],
        );
    }

    #[test]
    fn a_connection_that_is_lost_again_and_again_is_waited_for() {
        lives(
            vec![
                News::NoAnswer,
                News::Reconnected,
                News::NoOutcome,
                News::NotConnected,
                News::Reconnected,
                heard(done()),
            ],
            &[
                IMPATIENT,
                Step::Ask,
                Step::Publish,
                IMPATIENT,
                Step::Ask,
                decided(done()),
            ],
        );
    }

    #[test]
    fn after_a_lost_connection_an_accepted_command_is_asked_for_and_never_sent_again() {
        lives(
            vec![
                News::Accepted,
                News::Reconnected,
                News::NoOutcome,
                News::WaitedLong,
                News::CouldNotAsk,
                heard(done()),
            ],
            &[
                IN_TIME,
                Step::Ask,
                IN_TIME,
                Step::Ask,
                PATIENT,
                decided(done()),
            ],
        );
    }

    #[test]
    fn an_unanswered_command_is_asked_for_and_then_sent_again() {
        lives(
            vec![
                News::NoAnswer,
                News::Reconnected,
                News::NoOutcome,
                News::Accepted,
                heard(done()),
            ],
            &[
                IMPATIENT,
                Step::Ask,
                Step::Publish,
                IN_TIME,
                decided(done()),
            ],
        );
    }

    #[test]
    fn an_unanswered_command_may_prove_to_be_done() {
        lives(
            vec![News::NoAnswer, News::WaitedLong, heard(done())],
            &[IMPATIENT, Step::Ask, decided(done())],
        );
    }

    #[test]
    fn turned_away_the_second_time_leaves_the_first_time_open() {
        let reason = || "the stream is full".to_owned();
        lives(
            vec![
                News::NoAnswer,
                News::Reconnected,
                News::NoOutcome,
                News::TurnedAway(reason()),
            ],
            &[
                IMPATIENT,
                Step::Ask,
                Step::Publish,
                Step::Finish(Verdict::Unknown(reason())),
            ],
        );
    }

    /// The same for a command that was sent before the page was loaded.
    #[track_caller]
    fn lives_on(left: Left, news: Vec<News>, expected: &[Step]) {
        let (mut errand, first) = Errand::resume(left);
        assert_eq!(first, Step::Ask);
        let steps: Vec<Step> = news.into_iter().map(|news| errand.next(news)).collect();
        assert_eq!(steps, expected);
    }

    #[test]
    fn what_is_not_decided_in_time_is_late_and_waited_for() {
        let (mut errand, _) = Errand::start();
        errand.next(News::Accepted);
        assert_eq!(errand.progress(), Progress::Accepted);
        assert_eq!(errand.next(News::WaitedLong), Step::Ask);
        assert_eq!(errand.progress(), Progress::Late);
        assert_eq!(errand.next(News::NoOutcome), PATIENT);
        assert_eq!(errand.next(heard(done())), decided(done()));
    }

    #[test]
    fn an_accepted_command_is_followed_after_a_reload_and_not_sent_again() {
        let accepted = Left {
            accepted: true,
            age_ms: 60_000,
        };
        lives_on(
            accepted,
            vec![News::NoOutcome, heard(done())],
            &[PATIENT, decided(done())],
        );
        let unknown = Verdict::Unknown(NEVER_HEARD_OF.to_owned());
        let yesterday = Left {
            age_ms: KEPT_MS,
            ..accepted
        };
        lives_on(yesterday, vec![News::NoOutcome], &[Step::Finish(unknown)]);
    }

    #[test]
    fn an_unanswered_command_is_sent_again_after_a_reload_while_somebody_waits_for_it() {
        let unanswered = Left {
            accepted: false,
            age_ms: 60_000,
        };
        lives_on(
            unanswered,
            vec![News::NoOutcome, News::Accepted, heard(done())],
            &[Step::Publish, IN_TIME, decided(done())],
        );
        let unknown = Verdict::Unknown(NEVER_HEARD_OF.to_owned());
        let given_up = Left {
            age_ms: WISHED_MS,
            ..unanswered
        };
        lives_on(given_up, vec![News::NoOutcome], &[Step::Finish(unknown)]);
        lives_on(given_up, vec![heard(done())], &[decided(done())]);
    }
}
