//! Whether every command that waits to be decided is so young that the stream still knows its id.
//!
//! If so, a command that comes again is told by the stream's own deduplication, and nothing has to be searched. It is
//! known from marks: where the stream ended at a moment. Once the consumer has acknowledged all up to a mark, whatever waits
//! has come after that moment, and so it remains.

use std::time::{Duration, Instant};

use jetstream_es::Connection;
use shared::subjects::Stream;
use tokio::sync::Mutex;

use super::inbox::CONSUMER;
use super::look_up::LookUpError;

/// What part of the deduplication window a mark may be old: the rest is for clocks, and for what happens meanwhile.
const SAFE: u32 = 2;
/// After what part of the window another mark is made.
const RENEWED: u32 = 8;

/// What a program knows of the commands that wait. One for all who ask.
#[derive(Debug, Default)]
pub struct Backlog {
    marks: Mutex<Marks>,
}

#[derive(Debug, Default)]
struct Marks {
    /// The newest mark that everything before has been decided.
    passed: Option<Mark>,
    /// A newer one that is not passed yet.
    next: Option<Mark>,
}

/// Where the stream ended at a moment.
#[derive(Debug, Clone, Copy)]
struct Mark {
    at: Instant,
    last: u64,
    /// For how long the stream knows ids.
    window: Duration,
}

impl Mark {
    fn is_younger(&self, part: u32, now: Instant) -> bool {
        now.duration_since(self.at) < self.window / part
    }
}

impl Marks {
    fn are_recent(&self, part: u32, now: Instant) -> bool {
        self.passed.is_some_and(|mark| mark.is_younger(part, now))
    }

    /// Takes note of a new mark, and of how far the consumer had come after it was made.
    fn enter(&mut self, mark: Mark, floor: u64) {
        let passed = |mark: &Mark| mark.last <= floor;
        if passed(&mark) {
            self.passed = Some(mark);
            self.next = None;
        } else if let Some(next) = self.next.take_if(|next| passed(next)) {
            self.passed = Some(next);
            self.next = Some(mark);
        } else {
            self.next.get_or_insert(mark);
        }
    }
}

impl Backlog {
    /// Whether the stream knows the ids of all commands that are not decided.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn is_short(&self, connection: &Connection) -> Result<bool, LookUpError> {
        let mut marks = self.marks.lock().await;
        if !marks.are_recent(RENEWED, Instant::now()) {
            let (mark, floor) = measure(connection).await?;
            marks.enter(mark, floor);
        }
        Ok(marks.are_recent(SAFE, Instant::now()))
    }
}

async fn measure(connection: &Connection) -> Result<(Mark, u64), LookUpError> {
    let at = Instant::now();
    let floor = |error: &dyn std::fmt::Display| LookUpError::Floor(error.to_string());
    let jetstream = connection.jetstream();
    let stream = jetstream.get_stream(Stream::Commands.name()).await;
    let stream = stream.map_err(|error| floor(&error))?;
    let info = stream.cached_info();
    let mark = Mark {
        at,
        last: info.state.last_sequence,
        window: info.config.duplicate_window,
    };
    // After the end of the stream, or what was acknowledged meanwhile would count.
    let consumer = stream.consumer_info(CONSUMER).await;
    let consumer = consumer.map_err(|error| floor(&error))?;
    Ok((mark, consumer.ack_floor.stream_sequence))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(120);

    #[test]
    fn what_waits_is_as_old_as_the_newest_mark_that_was_passed() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mark = |seconds, last| Mark {
            at: after(seconds),
            last,
            window: WINDOW,
        };
        let mut marks = Marks::default();
        assert!(!marks.are_recent(SAFE, start));
        // Under load there is always something on its way.
        marks.enter(mark(0, 100), 98);
        assert!(!marks.are_recent(SAFE, start));
        marks.enter(mark(1, 150), 149);
        assert!(marks.are_recent(SAFE, after(59)));
        assert!(!marks.are_recent(SAFE, after(60)));
        // Nothing is decided any more.
        marks.enter(mark(50, 300), 149);
        marks.enter(mark(61, 400), 149);
        assert!(!marks.are_recent(SAFE, after(61)));
        // All of it is.
        marks.enter(mark(70, 400), 400);
        assert!(marks.are_recent(SAFE, after(71)));
    }
}
