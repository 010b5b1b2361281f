//! Many open streams of events: what each costs the process that serves them, and how soon the last one has an event.

use std::time::Instant;

use bytes::Bytes;
use futures_util::StreamExt;
use serde_json::json;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinSet;

use super::load::Answer;
use super::sse::Events;
use super::{NODE, Options, Sides};
use crate::bench::{memory, report};
use crate::wait;

/// How many streams are opened at the same time.
const SIDE_BY_SIDE: usize = 32;
/// How many outcomes are told to all streams.
const OUTCOMES: usize = 30;
/// Not counted: the first ones.
const WARM_UP: usize = 5;

/// What one side came to.
#[derive(Debug)]
struct Measured {
    /// What a stream costs, in KiB.
    memory: f64,
    /// From the request to the last stream that has the outcome, in milliseconds.
    last: Vec<f64>,
    /// From the first stream that has it to the last one, in milliseconds.
    spread: Vec<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Ours,
    Peer,
}

/// Measures, and prints.
pub(super) async fn measure(sides: &Sides, options: &Options) {
    let count = options.streams;
    eprintln!("{count} streams of events …");
    let ours = of(sides, Side::Ours, count).await;
    let peer = of(sides, Side::Peer, count).await;
    let details = json!({ "streams": count });
    let name = |what: &str| format!("answers.streams.{what}");
    report::beside(
        &name("memory"),
        "KiB/stream",
        ours.memory,
        NODE,
        peer.memory,
        details,
    );
    let details = json!({ "streams": count, "n": ours.last.len() });
    for percent in [50, 95] {
        for (what, ours, peer) in [
            ("last", &ours.last, &peer.last),
            ("spread", &ours.spread, &peer.spread),
        ] {
            let [ours, peer] = [ours, peer].map(|took| report::percentile_of(took, percent));
            let name = name(&format!("{what}.p{percent}"));
            report::beside(&name, "ms", ours, NODE, peer, details.clone());
        }
    }
}

async fn of(sides: &Sides, side: Side, count: usize) -> Measured {
    let (process, url) = match side {
        Side::Ours => (sides.ours.process_id(), sides.ours.url("/events")),
        Side::Peer => (
            sides.peer.process_id(),
            sides.peer.url("/events?client=bench"),
        ),
    };
    let before = memory::resident(process);
    let client = reqwest::Client::new();
    let opened: Vec<Events> = futures_util::stream::iter(0..count)
        .map(|_| Events::open(&client, &url))
        .buffer_unordered(SIDE_BY_SIDE)
        .collect()
        .await;
    let memory = (memory::resident(process) - before) / count as f64;

    let (sender, mut heard) = mpsc::unbounded_channel();
    let mut listening = JoinSet::new();
    for mut events in opened {
        let sender = sender.clone();
        listening.spawn(async move {
            while let Some(outcome) = events.next().await {
                // Nobody counts any longer.
                if sender.send((outcome, Instant::now())).is_err() {
                    return;
                }
            }
        });
    }
    let (mut last, mut spread) = (Vec::new(), Vec::new());
    for number in 0..WARM_UP + OUTCOMES {
        let start = Instant::now();
        let (_, moments) = tokio::join!(book(sides, side), told(&mut heard, count));
        let milliseconds = |moment: Instant| (moment - start).as_secs_f64() * 1_000.0;
        let [first_has_it, last_has_it] =
            [moments.iter().min(), moments.iter().max()].map(|moment| *moment.expect("a stream"));
        if number >= WARM_UP {
            last.push(milliseconds(last_has_it));
            spread.push(milliseconds(last_has_it) - milliseconds(first_has_it));
        }
    }
    Measured {
        memory,
        last,
        spread,
    }
}

async fn book(sides: &Sides, side: Side) -> Answer {
    match side {
        Side::Ours => sides.ours.over_http().await,
        Side::Peer => sides.peer.by_wait().await,
    }
}

/// When each of the `count` streams has had the same outcome.
async fn told(heard: &mut UnboundedReceiver<(Bytes, Instant)>, count: usize) -> Vec<Instant> {
    let mut moments = Vec::with_capacity(count);
    let mut outcome = None;
    while moments.len() < count {
        let next = tokio::time::timeout(wait::DEADLINE, heard.recv()).await;
        let next = next
            .unwrap_or_else(|_| panic!("{} of {count} streams have the outcome", moments.len()));
        let (told, moment) = next.expect("streams that are open");
        let outcome = outcome.get_or_insert_with(|| told.clone());
        assert_eq!(*outcome, told, "two outcomes, and one command");
        moments.push(moment);
    }
    moments
}
