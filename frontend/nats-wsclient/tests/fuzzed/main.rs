//! What the fuzzer started from and has found, and mutations of that, on the stable toolchain. `fuzz/README.md` tells
//! how to run the fuzzer itself.
#![cfg(not(target_arch = "wasm32"))]

mod driven;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Words that a random change would hardly hit.
const WORDS: [&[u8]; 14] = [
    b"MSG ",
    b"HMSG ",
    b"INFO {",
    b"PING\r\n",
    b"PONG\r\n",
    b"+OK\r\n",
    b"-ERR '",
    b"\r\n",
    b"NATS/1.0",
    b" 503\r\n\r\n",
    b"18446744073709551615",
    b"1024",
    b"\"max_payload\":",
    b"Permissions Violation for Subscription to \"a\"",
];

fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/session");
    let files = fs::read_dir(folder).expect("the corpus");
    let mut inputs: Vec<_> = files
        .map(|file| fs::read(file.expect("a file").path()).expect("an input"))
        .collect();
    inputs.sort();
    assert!(inputs.len() > 5, "{} inputs", inputs.len());
    inputs
}

#[test]
fn the_corpus() {
    for input in corpus() {
        driven::run(&input);
    }
}

/// A change of an input at a place, which wraps around.
#[derive(Debug, Clone)]
enum Change {
    Set(usize, u8),
    Insert(usize, usize),
    Remove(usize, usize),
    /// A part of another input takes the place of the rest.
    Splice(usize, usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let at = 0..4_096_usize;
    prop_oneof![
        (at.clone(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (at.clone(), 0..WORDS.len()).prop_map(|(at, word)| Change::Insert(at, word)),
        (at.clone(), 1..20_usize).prop_map(|(at, length)| Change::Remove(at, length)),
        (at.clone(), at, 0..1_000_usize)
            .prop_map(|(at, from, other)| Change::Splice(at, from, other)),
    ]
}

fn apply(input: &mut Vec<u8>, change: &Change, corpus: &[Vec<u8>]) {
    let length = input.len() + 1;
    match *change {
        Change::Set(at, byte) => {
            if let Some(place) = input.get_mut(at % length) {
                *place = byte;
            }
        }
        Change::Insert(at, word) => {
            let at = at % length;
            input.splice(at..at, WORDS[word].iter().copied());
        }
        Change::Remove(at, count) => {
            let at = at % length;
            input.drain(at..(at + count).min(length - 1));
        }
        Change::Splice(at, from, other) => {
            let other = &corpus[other % corpus.len()];
            input.truncate(at % length);
            input.extend_from_slice(&other[from % (other.len() + 1)..]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3_000,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn changed_inputs(
        which in 0..1_000_usize,
        changes in prop::collection::vec(change(), 1..8),
    ) {
        thread_local! {
            static CORPUS: Vec<Vec<u8>> = corpus();
        }
        CORPUS.with(|corpus| {
            let mut input = corpus[which % corpus.len()].clone();
            for change in &changes {
                apply(&mut input, change, corpus);
            }
            driven::run(&input);
        });
    }
}
