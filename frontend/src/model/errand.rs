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
//! Publishing again is safe: the command keeps its id, and the hotel does a command of one id once, for ever.

use shared::outcome::{Decision, Outcome};

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
    Decided(Decision),
    /// The command did not reach the hotel.
    NotDone(String),
    /// It was turned away the second time, and whether the first one arrived cannot be said.
    Unknown(String),
}

/// How far a command is, for people to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// On its way.
    Sending,
    /// Stored, and waiting for its turn.
    Accepted,
    /// Nobody can say yet whether it arrived.
    Unsure,
}

/// How long an outcome may take before the bucket is asked: an outcome that was published while the connection was
/// half-open is heard by nobody.
const PATIENCE_WHEN_ACCEPTED_MS: u32 = 10_000;
const PATIENCE_WHEN_UNSURE_MS: u32 = 2_000;

const NOT_CONNECTED: &str =
    "There is no connection to the hotel's server. Try again as soon as the board is live.";

#[derive(Debug, Clone)]
pub struct Errand {
    progress: Progress,
    /// A publish went unanswered: from then on nothing but an outcome can tell whether the command is stored.
    unanswered: bool,
}

impl Errand {
    pub fn start() -> (Self, Step) {
        let errand = Self {
            progress: Progress::Sending,
            unanswered: false,
        };
        (errand, Step::Publish)
    }

    pub fn progress(&self) -> Progress {
        self.progress
    }

    pub fn next(&mut self, news: News) -> Step {
        match news {
            News::Heard(outcome) => Step::Finish(Verdict::Decided(outcome.decision)),
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
            News::Reconnected | News::WaitedLong => Step::Ask,
            News::NoOutcome if self.progress == Progress::Accepted => self.listen(),
            News::NoOutcome => {
                self.progress = Progress::Sending;
                Step::Publish
            }
            News::CouldNotAsk => self.listen(),
        }
    }

    fn listen(&self) -> Step {
        let patience_ms = match self.progress {
            Progress::Accepted => PATIENCE_WHEN_ACCEPTED_MS,
            Progress::Sending | Progress::Unsure => PATIENCE_WHEN_UNSURE_MS,
        };
        Step::Listen { patience_ms }
    }
}

#[cfg(test)]
mod tests {
    use shared::outcome::{EventPointer, Refusal};

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

    fn heard(decision: Decision) -> News {
        News::Heard(Outcome {
            command: "c1".parse().unwrap(),
            decision,
            next: Vec::new(),
        })
    }

    /// Tells the news one after the other; the steps are those in between and after.
    #[track_caller]
    fn lives(news: Vec<News>, expected: &[Step]) {
        let (mut errand, first) = Errand::start();
        assert_eq!(first, Step::Publish);
        let steps: Vec<Step> = news.into_iter().map(|news| errand.next(news)).collect();
        assert_eq!(steps, expected);
    }

    const PATIENT: Step = Step::Listen {
        patience_ms: PATIENCE_WHEN_ACCEPTED_MS,
    };
    const IMPATIENT: Step = Step::Listen {
        patience_ms: PATIENCE_WHEN_UNSURE_MS,
    };

    #[test]
    fn the_usual_way_is_accepted_and_decided() {
        lives(
            vec![News::Accepted, heard(done())],
            &[PATIENT, Step::Finish(Verdict::Decided(done()))],
        );
    }

    #[test]
    fn a_refusal_is_a_decision() {
        let refused = Decision::Refused {
            refusal: Refusal::new("room-taken", "date", "taken"),
        };
        lives(
            vec![News::Accepted, heard(refused.clone())],
            &[PATIENT, Step::Finish(Verdict::Decided(refused))],
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
                Step::Finish(Verdict::Decided(done())),
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
                PATIENT,
                Step::Ask,
                PATIENT,
                Step::Ask,
                PATIENT,
                Step::Finish(Verdict::Decided(done())),
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
                PATIENT,
                Step::Finish(Verdict::Decided(done())),
            ],
        );
    }

    #[test]
    fn an_unanswered_command_may_prove_to_be_done() {
        lives(
            vec![News::NoAnswer, News::WaitedLong, heard(done())],
            &[IMPATIENT, Step::Ask, Step::Finish(Verdict::Decided(done()))],
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
}
