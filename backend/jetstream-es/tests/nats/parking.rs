//! An event that cannot be applied to a view is parked; those of its boundary wait, others pass, and nothing is lost.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jetstream_es::declare::{self, BucketSpec, StreamSpec};
use jetstream_es::rebuild::{Options, Progress, rebuild};
use jetstream_es::testing::Server;
use jetstream_es::{
    CodecError, Connection, DeadLetters, LetterState, Position, Projection, Projector,
    StoredMessage,
};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::bank;

/// The lines that were written about something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Page {
    lines: Vec<String>,
    sequence: u64,
}

/// A projection that has a fault until it is repaired. Each test has its own.
trait Fault: Send + Sync + 'static {
    fn repaired() -> &'static AtomicBool;
}

struct Pages<F>(F);

impl<F: Fault> Projection for Pages<F> {
    type Event = (String, String);
    type Key = String;
    type Value = Page;

    const BUCKET: &'static str = "pages";
    const STREAMS: &'static [&'static str] = &["lines"];

    fn read(_: &'static str, message: &StoredMessage) -> Result<(String, String), CodecError> {
        let text = String::from_utf8(message.payload.to_vec())?;
        let repaired = F::repaired().load(Ordering::SeqCst);
        if text.starts_with("unreadable") && !repaired {
            return Err("it cannot be read".into());
        }
        let page = message.subject.split('.').nth(1).unwrap_or_default();
        Ok((page.to_owned(), text))
    }

    fn boundary(message: &StoredMessage) -> String {
        let repaired = F::repaired().load(Ordering::SeqCst);
        assert!(repaired || message.payload != "homeless", "no boundary");
        message.subject.rsplit_once('.').unwrap().0.to_owned()
    }

    fn keys((page, text): &(String, String)) -> Vec<String> {
        let repaired = F::repaired().load(Ordering::SeqCst);
        assert!(repaired || text != "keyless", "no keys");
        vec![page.clone()]
    }

    fn position(page: &Page, _: &'static str) -> u64 {
        page.sequence
    }

    fn apply(
        _: &String,
        page: Option<Page>,
        (_, text): &(String, String),
        at: Position,
    ) -> Option<Page> {
        let repaired = F::repaired().load(Ordering::SeqCst);
        assert!(repaired || !text.starts_with("panic"), "cannot fold {text}");
        let mut lines = page.map(|page| page.lines).unwrap_or_default();
        lines.push(text.clone());
        let sequence = at.sequence;
        Some(Page { lines, sequence })
    }
}

async fn open() -> (Server, Connection) {
    let server = Server::start().await;
    let connection = server.connect().await;
    let jetstream = connection.jetstream();
    for spec in [
        StreamSpec::events("lines", ["line.>"]),
        DeadLetters::stream(),
    ] {
        declare::stream(&jetstream, &spec).await.unwrap();
    }
    let bucket = BucketSpec::new("pages");
    declare::bucket(&jetstream, &bucket).await.unwrap();
    (server, connection)
}

async fn run<F: Fault>(connection: &Connection, fault: F) -> DropGuard {
    let stop = CancellationToken::new();
    let projector = Projector::open(connection, Pages(fault)).await.unwrap();
    tokio::spawn(projector.run(stop.clone()));
    stop.drop_guard()
}

async fn write(connection: &Connection, lines: &[(&str, &str)]) {
    for (page, text) in lines {
        bank::publish(connection, format!("line.{page}.x"), *text).await;
    }
}

/// Waits until the page has these lines.
async fn until(connection: &Connection, page: &str, lines: &[&str]) {
    let bucket = connection.jetstream().get_key_value("pages").await.unwrap();
    let mut there = Vec::new();
    let seen = async {
        loop {
            if let Some(value) = bucket.get(page).await.unwrap() {
                there = serde_json::from_slice::<Page>(&value).unwrap().lines;
                if there == lines {
                    return;
                }
            }
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(30), seen).await;
    assert!(seen.is_ok(), "{page} has {there:?}, not {lines:?}");
}

/// Waits until the letters of the view are in these states, in the order of their events.
async fn until_letters(
    connection: &Connection,
    states: &[LetterState],
) -> Vec<jetstream_es::DeadLetter> {
    let store = DeadLetters::new(connection);
    let mut letters = Vec::new();
    let seen = async {
        loop {
            let filed = store.list(Some("view-pages-lines")).await.unwrap();
            letters = filed.into_iter().map(|filed| filed.letter).collect();
            letters.sort_by_key(|letter| letter.pointer.sequence);
            if letters
                .iter()
                .map(|letter| letter.state)
                .eq(states.iter().copied())
            {
                return;
            }
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(30), seen).await;
    assert!(seen.is_ok(), "{letters:#?}");
    letters
}

use LetterState::{Done, Parked, Waiting};

macro_rules! fault {
    ($name:ident) => {
        struct $name;
        impl Fault for $name {
            fn repaired() -> &'static AtomicBool {
                static REPAIRED: AtomicBool = AtomicBool::new(false);
                &REPAIRED
            }
        }
    };
}

#[tokio::test]
async fn what_cannot_be_read_is_parked_its_boundary_waits_and_goes_on_when_it_is_retried() {
    fault!(Codec);
    let (_server, connection) = open().await;
    // Also several at once, as after a start.
    write(
        &connection,
        &[
            ("a", "1"),
            ("b", "1"),
            ("a", "unreadable"),
            ("b", "2"),
            ("a", "2"),
        ],
    )
    .await;
    let running = run(&connection, Codec).await;
    until(&connection, "b", &["1", "2"]).await;
    write(&connection, &[("a", "3"), ("b", "3")]).await;
    until(&connection, "b", &["1", "2", "3"]).await;
    until_letters(&connection, &[Parked, Waiting, Waiting]).await;
    until(&connection, "a", &["1"]).await;

    // The next instance knows of them before it applies anything.
    drop(running);
    let _running = run(&connection, Codec).await;
    write(&connection, &[("a", "4"), ("b", "4")]).await;
    until(&connection, "b", &["1", "2", "3", "4"]).await;
    let letters = until_letters(&connection, &[Parked, Waiting, Waiting, Waiting]).await;
    until(&connection, "a", &["1"]).await;

    Codec::repaired().store(true, Ordering::SeqCst);
    let store = DeadLetters::new(&connection);
    store.retry(&letters[0].name(), "Ada").await.unwrap();
    until(&connection, "a", &["1", "unreadable", "2", "3", "4"]).await;
    until_letters(&connection, &[Done; 4]).await;
    write(&connection, &[("a", "5")]).await;
    until(&connection, "a", &["1", "unreadable", "2", "3", "4", "5"]).await;
}

#[tokio::test]
async fn an_event_over_which_the_projection_panics_holds_up_its_boundary_alone() {
    fault!(Fold);
    let (_server, connection) = open().await;
    let mut lines = vec![("a", "1"), ("a", "panic"), ("a", "2")];
    // Enough of them that they are written together.
    let others: Vec<String> = (0..20).map(|number| format!("other{number}")).collect();
    lines.extend(others.iter().map(|other| (other.as_str(), "1")));
    write(&connection, &lines).await;
    let _running = run(&connection, Fold).await;
    for other in &others {
        until(&connection, other, &["1"]).await;
    }
    until(&connection, "a", &["1"]).await;
    let letters = until_letters(&connection, &[Parked, Waiting]).await;
    let error = &letters[0].attempts.last().unwrap().error;
    assert!(error.contains("cannot fold panic"), "{error}");
}

#[tokio::test]
async fn a_rebuild_that_understands_all_events_ends_the_letters_about_them() {
    fault!(Release);
    let (_server, connection) = open().await;
    let _running = run(&connection, Release).await;
    write(&connection, &[("a", "1"), ("a", "unreadable"), ("a", "2")]).await;
    until_letters(&connection, &[Parked, Waiting]).await;

    let progress = watch::Sender::new(Progress::default());
    let rebuilt = rebuild(&connection, &Pages(Release), Options::default(), &progress).await;
    // The view says what the projector would have it say, and nothing is different.
    let rebuilt = rebuilt.unwrap();
    assert_eq!((rebuilt.unreadable, rebuilt.written), (1, 0));
    until_letters(&connection, &[Parked, Waiting]).await;
    until(&connection, "a", &["1"]).await;

    Release::repaired().store(true, Ordering::SeqCst);
    let rebuilt = rebuild(&connection, &Pages(Release), Options::default(), &progress).await;
    assert_eq!(rebuilt.unwrap().unreadable, 0);
    until_letters(&connection, &[Done, Done]).await;
    until(&connection, "a", &["1", "unreadable", "2"]).await;
    write(&connection, &[("a", "3")]).await;
    until(&connection, "a", &["1", "unreadable", "2", "3"]).await;
}

#[tokio::test]
async fn a_panic_before_anything_is_folded_is_parked_as_well() {
    fault!(Placing);
    let (_server, connection) = open().await;
    let lines = [("a", "1"), ("b", "keyless"), ("c", "homeless"), ("a", "2")];
    write(&connection, &lines).await;
    let _running = run(&connection, Placing).await;
    write(&connection, &[("b", "2"), ("c", "2")]).await;
    until(&connection, "a", &["1", "2"]).await;
    // Nobody knows what the one without a boundary belongs to, so nothing waits behind it.
    until(&connection, "c", &["2"]).await;
    let letters = until_letters(&connection, &[Parked, Parked, Waiting]).await;
    let error = |letter: usize| letters[letter].attempts[0].error.clone();
    assert!(error(0).contains("no keys"), "{}", error(0));
    assert!(
        error(1).contains("what the event belongs to"),
        "{}",
        error(1)
    );

    Placing::repaired().store(true, Ordering::SeqCst);
    let store = DeadLetters::new(&connection);
    store.retry(&letters[0].name(), "Ada").await.unwrap();
    until(&connection, "b", &["keyless", "2"]).await;
}
