//! Commands that are sent by the clock, whether those before them are answered or not: an open loop. Each is counted from
//! the moment at which it was to be sent, so that a side that falls behind is not spared what it makes others wait.

use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::MAX_WAIT;

/// What is offered to one side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// Commands a second.
    pub(super) rate: f64,
    pub(super) count: usize,
    /// How long after the start the first one is sent.
    pub(super) delay: Duration,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Done,
    /// It was not accepted, for this reason.
    TurnedAway(String),
}

/// What came of all of them.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// How long each took that was done, in milliseconds.
    pub(super) took: Vec<f64>,
    /// How many of those took longer than somebody waits.
    pub(super) late: usize,
    /// Why the others were not accepted.
    pub(super) turned_away: Vec<String>,
    /// From the first command to the last answer.
    pub(super) seconds: f64,
}

impl Measured {
    /// Answers a second.
    pub(super) fn rate(&self) -> f64 {
        self.took.len() as f64 / self.seconds
    }
}

/// Calls `ask` for each command at its moment, and returns when all are answered.
///
/// # Panics
/// When `ask` does, which it is to do for a command that was accepted and has no outcome.
pub(super) async fn offer<F>(load: Load, ask: impl Fn() -> F) -> Measured
where
    F: Future<Output = Answer> + Send + 'static,
{
    let start = Instant::now() + load.delay;
    let mut moments = clock(load, start);
    let mut asking = JoinSet::new();
    while let Some(moment) = moments.recv().await {
        let answer = ask();
        asking.spawn(async move { (answer.await, moment.elapsed()) });
    }
    let answers = asking.join_all().await;
    let mut measured = Measured {
        seconds: start.elapsed().as_secs_f64(),
        ..Measured::default()
    };
    for (answer, took) in answers {
        match answer {
            Answer::Done => {
                measured.took.push(took.as_secs_f64() * 1_000.0);
                measured.late += usize::from(took > MAX_WAIT);
            }
            Answer::TurnedAway(reason) => measured.turned_away.push(reason),
        }
    }
    measured
}

/// The moment of each command, when it has come. A thread of its own waits for them: the runtime's timers are late by up to
/// a millisecond, which is as long as some answers take.
fn clock(load: Load, start: Instant) -> mpsc::UnboundedReceiver<Instant> {
    let (sender, moments) = mpsc::unbounded_channel();
    thread::spawn(move || {
        for number in 0..load.count {
            let moment = start + Duration::from_secs_f64(number as f64 / load.rate);
            thread::sleep(moment.saturating_duration_since(Instant::now()));
            if sender.send(moment).is_err() {
                return;
            }
        }
    });
    moments
}
