//! The form of dead letters: an operator and other programs read them, and some are older than the program.

use jetstream_es::{DeadLetter, LetterState};

/// Letters as they were stored, each on a line. Lines are added, and never changed.
const LETTERS: &str = include_str!("../golden/letters.jsonl");

#[test]
fn a_letter_that_was_ever_filed_is_read() {
    let read = |line: &str| {
        let letter: DeadLetter = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&letter).unwrap(), line);
        letter
    };
    let letters: Vec<DeadLetter> = LETTERS.lines().map(read).collect();
    // Of everything that a letter may have there is an example: whoever adds to it is stopped here.
    let has = |member: fn(&DeadLetter) -> bool| letters.iter().any(member);
    assert!(has(|letter| {
        let DeadLetter {
            consumer: _,
            key: _,
            pointer: _,
            event_id,
            event_type,
            parked: _,
            state: _,
            attempts,
            changes,
            original,
        } = letter;
        let lists = !attempts.is_empty() && !changes.is_empty();
        lists && event_id.is_some() && event_type.is_some() && original.is_some()
    }));
    assert!(has(
        |letter| letter.event_id.is_none() && letter.original.is_none()
    ));
    for state in [
        LetterState::Parked,
        LetterState::Waiting,
        LetterState::Retrying,
        LetterState::Done,
        LetterState::Discarded,
    ] {
        assert!(
            letters.iter().any(|letter| letter.state == state),
            "{state}"
        );
    }
}
