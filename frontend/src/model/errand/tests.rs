//! The lives of commands, told as news and steps.

use shared::outcome::Code;

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

fn parked() -> Decision {
    Decision::Parked {
        letter: "commands.room-1.commands.7".to_owned(),
    }
}

fn decided(decision: Decision) -> Step {
    let next = Vec::new();
    Step::Finish(match decision {
        Decision::Done { event, view } => Verdict::Done { event, view, next },
        Decision::Refused { refusal } => Verdict::Refused { refusal, next },
        Decision::Parked { .. } => panic!("that is no end"),
    })
}

/// Tells the news one after the other; the steps are those in between and after.
#[track_caller]
fn lives(news: Vec<News>, expected: &[Step]) {
    let (mut errand, first) = Errand::begin(Origin::Here);
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

const PARKED: Step = Step::Listen {
    patience_ms: PATIENCE_WHEN_PARKED_MS,
};
const IN_ANOTHER_TAB: Step = Step::Listen {
    patience_ms: PATIENCE_WITH_ANOTHER_TAB_MS,
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
        refusal: Refusal::new(Code::RoomTaken, "date", "taken"),
    };
    lives(
        vec![News::Accepted, heard(refused.clone())],
        &[IN_TIME, decided(refused)],
    );
}

#[test]
fn what_is_parked_is_followed_until_the_operator_has_seen_to_it() {
    let given_up = Decision::Refused {
        refusal: Refusal::new(Code::Discarded, "room.id", "ada has given it up"),
    };
    for end in [done(), given_up] {
        lives(
            vec![
                News::Accepted,
                heard(parked()),
                News::WaitedLong,
                heard(parked()),
                News::Reconnected,
                News::NoOutcome,
                heard(end.clone()),
            ],
            &[
                IN_TIME,
                PARKED,
                Step::Ask,
                PARKED,
                Step::Ask,
                PARKED,
                decided(end),
            ],
        );
    }
    let (mut errand, _) = Errand::begin(Origin::Here);
    errand.next(heard(parked()));
    assert_eq!(errand.letter(), Some("commands.room-1.commands.7"));
    assert_eq!(errand.progress(), Progress::Parked);
}

fn turned_away() -> News {
    News::TurnedAway {
        code: "storage-full",
        reason: "the stream is full".to_owned(),
    }
}

#[test]
fn turned_away_at_first_means_not_done() {
    let reason = || "the stream is full".to_owned();
    lives(
        vec![turned_away()],
        &[Step::Finish(Verdict::NotDone {
            code: "storage-full",
            reason: reason(),
        })],
    );
}

#[test]
fn what_somebody_waits_for_is_not_sent_later_on_its_own() {
    let (mut errand, first) = Errand::begin(Origin::Now);
    assert_eq!(first, Step::Publish);
    let end = Step::Finish(Verdict::not_sent(NOT_CONNECTED));
    assert_eq!(errand.next(News::NotConnected), end);
}

const QUEUED: Step = Step::Listen {
    patience_ms: PATIENCE_WHEN_QUEUED_MS,
};

#[test]
fn without_a_connection_a_command_waits_for_one() {
    lives(
        vec![
            News::NotConnected,
            News::WaitedLong,
            News::NotConnected,
            News::Reconnected,
            News::Accepted,
            heard(done()),
        ],
        &[
            QUEUED,
            Step::Publish,
            QUEUED,
            Step::Publish,
            IN_TIME,
            decided(done()),
        ],
    );
    let (mut errand, _) = Errand::begin(Origin::Here);
    errand.next(News::NotConnected);
    assert_eq!(errand.progress(), Progress::Queued);
    assert_eq!(errand.posted(), Posted::Queued);
    errand.next(News::Reconnected);
    errand.next(News::NoAnswer);
    assert_eq!(errand.posted(), Posted::Sent, "it may have arrived");
    assert_eq!(errand.next(News::NotConnected), IMPATIENT);
}

#[test]
fn a_command_can_be_withdrawn_as_long_as_it_waits_for_a_connection() {
    let withdrawn = Step::Finish(Verdict::Withdrawn);
    lives(
        vec![News::NotConnected, News::Withdrawn],
        &[QUEUED, withdrawn.clone()],
    );
    lives(
        vec![News::NotConnected, News::Forgotten],
        &[QUEUED, withdrawn],
    );
    lives(
        vec![
            News::NotConnected,
            News::Reconnected,
            News::Accepted,
            News::Withdrawn,
            heard(done()),
        ],
        &[QUEUED, Step::Publish, IN_TIME, IN_TIME, decided(done())],
    );
}

#[test]
fn what_is_queued_is_sent_after_a_reload_however_long_ago_it_was() {
    let left = Left {
        posted: Posted::Queued,
        age_ms: 10 * KEPT_MS,
    };
    let (mut errand, first) = Errand::begin(Origin::Before(left));
    assert_eq!(
        (first, errand.progress()),
        (Step::Publish, Progress::Queued)
    );
    assert_eq!(errand.next(News::NotConnected), QUEUED);
    assert_eq!(errand.next(News::Reconnected), Step::Publish);
    assert_eq!(errand.next(News::Accepted), IN_TIME);
}

#[test]
fn what_another_tab_has_queued_is_left_to_it_unless_it_is_gone() {
    let begin = || Errand::begin(Origin::Elsewhere(Posted::Queued));
    let (mut errand, first) = begin();
    assert_eq!(
        (first, errand.progress()),
        (IN_ANOTHER_TAB, Progress::Queued)
    );
    assert_eq!(errand.next(News::Reconnected), IN_ANOTHER_TAB);
    assert_eq!(errand.next(News::Accepted), IN_TIME);
    let (mut errand, _) = Errand::begin(Origin::Elsewhere(Posted::Sent));
    assert_eq!(errand.next(News::QueuedElsewhere), IN_ANOTHER_TAB);
    assert_eq!(errand.progress(), Progress::Queued);
    let (mut errand, _) = Errand::begin(Origin::Here);
    errand.next(News::NoAnswer);
    assert_eq!(errand.next(News::QueuedElsewhere), IMPATIENT);
    let (mut errand, _) = begin();
    assert_eq!(errand.next(News::WaitedLong), Step::Publish);
    assert_eq!(errand.next(News::NotConnected), QUEUED);
    let (mut errand, _) = begin();
    assert_eq!(
        errand.next(News::Forgotten),
        Step::Finish(Verdict::Withdrawn)
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
            turned_away(),
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
    let (mut errand, first) = Errand::begin(Origin::Before(left));
    assert_eq!(first, Step::Ask);
    let steps: Vec<Step> = news.into_iter().map(|news| errand.next(news)).collect();
    assert_eq!(steps, expected);
}

#[test]
fn what_is_not_decided_in_time_is_late_and_waited_for() {
    let (mut errand, _) = Errand::begin(Origin::Here);
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
        posted: Posted::Accepted,
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
        posted: Posted::Sent,
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

/// The same for a command that another tab has begun to send.
#[track_caller]
fn lives_beside(news: Vec<News>, expected: &[Step]) {
    let (mut errand, first) = Errand::begin(Origin::Elsewhere(Posted::Sent));
    assert_eq!(
        (first, errand.progress()),
        (IN_ANOTHER_TAB, Progress::Sending)
    );
    let steps: Vec<Step> = news.into_iter().map(|news| errand.next(news)).collect();
    assert_eq!(steps, expected);
}

#[test]
fn what_another_tab_sends_is_followed_and_not_sent_from_here() {
    lives_beside(
        vec![
            News::Accepted,
            News::Reconnected,
            News::NoOutcome,
            heard(done()),
        ],
        &[IN_TIME, Step::Ask, IN_TIME, decided(done())],
    );
    lives_beside(
        vec![News::Reconnected, News::NoOutcome, News::Accepted],
        &[Step::Ask, IN_ANOTHER_TAB, IN_TIME],
    );
    let (errand, first) = Errand::begin(Origin::Elsewhere(Posted::Accepted));
    assert_eq!((first, errand.progress()), (IN_TIME, Progress::Accepted));
}

#[test]
fn what_another_tab_has_ended_with_is_asked_for() {
    lives_beside(
        vec![News::Accepted, News::Forgotten, heard(done())],
        &[IN_TIME, Step::Ask, decided(done())],
    );
    // It could not send it, and says so.
    lives_beside(
        vec![News::Forgotten, News::NoOutcome],
        &[Step::Ask, Step::Finish(Verdict::GivenUp)],
    );
    // It has signed out. Here somebody still waits for it.
    lives_beside(
        vec![
            News::Accepted,
            News::Forgotten,
            News::NoOutcome,
            heard(done()),
        ],
        &[IN_TIME, Step::Ask, IN_TIME, decided(done())],
    );
}

#[test]
fn what_another_tab_says_no_more_of_is_sent_from_here() {
    lives_beside(
        vec![
            News::WaitedLong,
            News::NoOutcome,
            News::Accepted,
            heard(done()),
        ],
        &[Step::Ask, Step::Publish, IN_TIME, decided(done())],
    );
}

#[test]
fn that_another_tab_ends_with_a_command_of_ones_own_ends_nothing() {
    lives(
        vec![
            News::NoAnswer,
            News::Forgotten,
            News::NoOutcome,
            News::Accepted,
        ],
        &[IMPATIENT, Step::Ask, Step::Publish, IN_TIME],
    );
    lives(
        vec![
            News::Accepted,
            News::WaitedLong,
            News::Accepted,
            News::NoOutcome,
        ],
        &[IN_TIME, Step::Ask, PATIENT, PATIENT],
    );
}
