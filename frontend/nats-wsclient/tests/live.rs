//! The live watch against a bucket in memory: what the reader has in the end is what the bucket has, whatever is lost,
//! late, doubled or made anew on the way.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use nats_wsclient::live::{LiveMachine, PageRequest};
use nats_wsclient::proto::{Message, Parser, ServerOp};
use nats_wsclient::{LiveBucket, LiveError, LiveState, LiveUpdate, Operation};
use proptest::prelude::*;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A message with these headers, as a server would send it. The first line of headers may have a status.
fn message(subject: &str, headers: &str, payload: &str) -> Message {
    let headers = format!("NATS/1.0{headers}\r\n\r\n");
    let total = headers.len() + payload.len();
    let mut parser = Parser::new(1_000_000);
    parser.push(
        format!(
            "HMSG {subject} 1 {} {total}\r\n{headers}{payload}\r\n",
            headers.len()
        )
        .as_bytes(),
    );
    match parser.next() {
        Ok(Some(ServerOp::Message { message, .. })) => message,
        other => panic!("{other:?}"),
    }
}

/// The stream of a bucket with history 1.
#[derive(Debug, Clone, Default)]
struct Bucket {
    messages: BTreeMap<u64, Stored>,
    last: u64,
    /// Seconds; what is stored later has a later time.
    clock: u64,
}

#[derive(Debug, Clone)]
struct Stored {
    key: String,
    value: String,
    operation: Option<&'static str>,
    time: u64,
}

impl Bucket {
    fn write(&mut self, key: &str, value: &str, operation: Option<&'static str>) -> Message {
        self.last += 1;
        self.clock += 1;
        self.messages.retain(|_, stored| stored.key != key);
        let stored = Stored {
            key: key.to_owned(),
            value: value.to_owned(),
            operation,
            time: self.clock,
        };
        let live = stored.message(&format!("live.b.{key}"), self.last, 0);
        self.messages.insert(self.last, stored);
        live
    }

    fn put(&mut self, key: &str, value: &str) -> Message {
        self.write(key, value, None)
    }

    fn delete(&mut self, key: &str) -> Message {
        self.write(key, "", Some("DEL"))
    }

    /// Another bucket of the same name, made later.
    fn recreate(&mut self) {
        self.messages.clear();
        self.last = 0;
        self.clock += 1;
    }

    fn values(&self) -> BTreeMap<String, String> {
        let puts = self
            .messages
            .values()
            .filter(|stored| stored.operation.is_none());
        puts.map(|stored| (stored.key.clone(), stored.value.clone()))
            .collect()
    }

    /// The replies to a request.
    fn page(&self, request: &PageRequest) -> Vec<Message> {
        let request: serde_json::Value = serde_json::from_str(&request.body).expect("JSON");
        assert_eq!(request["next_by_subj"], "$KV.b.>");
        let from = request["seq"].as_u64().expect("a sequence");
        let batch = request["batch"].as_u64().expect("a number") as usize;
        let found: Vec<_> = self.messages.range(from..).collect();
        let Some(end) = found.len().min(batch).checked_sub(1) else {
            return vec![message("r", " 404 Message Not Found", "")];
        };
        let mut previous = 0;
        let mut replies = Vec::new();
        for (sequence, stored) in &found[..=end] {
            replies.push(stored.message("r", **sequence, previous));
            previous = **sequence;
        }
        let pending = found.len() - end - 1;
        let end =
            format!(" 204 EOB\r\nNats-Num-Pending: {pending}\r\nNats-Last-Sequence: {previous}");
        replies.push(message("r", &end, ""));
        replies
    }
}

impl Stored {
    fn message(&self, subject: &str, sequence: u64, previous: u64) -> Message {
        let operation = self.operation.map_or(String::new(), |operation| {
            format!("\r\nKV-Operation: {operation}")
        });
        let time = format!(
            "2026-01-01T{:02}:{:02}:{:02}.5Z",
            self.time / 3_600,
            self.time / 60 % 60,
            self.time % 60
        );
        let headers = format!(
            "{operation}\r\nNats-Subject: $KV.b.{}\r\nNats-Sequence: {sequence}\r\nNats-Time-Stamp: {time}\r\nNats-Last-Sequence: {previous}",
            self.key
        );
        message(subject, &headers, &self.value)
    }
}

/// A bucket, a watch of it, and a reader of that.
struct World {
    bucket: Bucket,
    machine: LiveMachine,
    now: Duration,
    copy: BTreeMap<String, String>,
    revisions: BTreeMap<String, u64>,
    entries: usize,
    resets: usize,
}

impl World {
    fn new(config: LiveBucket) -> Self {
        Self {
            bucket: Bucket::default(),
            machine: LiveMachine::new(config),
            now: ms(1_000),
            copy: BTreeMap::new(),
            revisions: BTreeMap::new(),
            entries: 0,
            resets: 0,
        }
    }

    /// A watch that is live on a bucket of these keys, read by its reader.
    fn live(keys: &[&str]) -> Self {
        let mut world = Self::new(config());
        for key in keys {
            world.bucket.put(key, "old");
        }
        world.connect();
        world.answer();
        world.read();
        assert_eq!(world.machine.state(), LiveState::Live);
        world.entries = 0;
        world
    }

    fn connect(&mut self) {
        self.machine.handle_connected(self.now);
    }

    fn disconnect(&mut self) {
        self.machine.handle_disconnected(self.now);
    }

    fn hear(&mut self, message: &Message) {
        self.machine.handle_live(self.now, message);
    }

    #[track_caller]
    fn asked(&mut self) -> PageRequest {
        self.machine.poll_request().expect("a request")
    }

    /// The sequence that is asked for, and for how many.
    #[track_caller]
    fn asked_for(&mut self) -> (PageRequest, u64, u64) {
        let request = self.asked();
        let body: serde_json::Value = serde_json::from_str(&request.body).expect("JSON");
        (
            request,
            body["seq"].as_u64().expect("a number"),
            body["batch"].as_u64().expect("a number"),
        )
    }

    fn reply(&mut self, request: &PageRequest, replies: &[Message]) {
        for reply in replies {
            self.machine.handle_page(self.now, request.id, reply);
        }
    }

    /// Answers all requests, until there is none.
    fn answer(&mut self) {
        while let Some(request) = self.machine.poll_request() {
            let replies = self.bucket.page(&request);
            self.reply(&request, &replies);
        }
    }

    /// Lets time pass until the timer fires.
    #[track_caller]
    fn timer(&mut self) -> Duration {
        let before = self.now;
        self.now = self.now.max(self.machine.poll_timeout().expect("a timer"));
        self.machine.handle_timeout(self.now);
        self.now - before
    }

    /// Reads everything; the updates.
    fn read(&mut self) -> Vec<LiveUpdate> {
        let updates: Vec<_> = std::iter::from_fn(|| self.machine.poll_update()).collect();
        for update in &updates {
            if update.reset {
                self.copy.clear();
                self.revisions.clear();
                self.resets += 1;
            }
            for entry in &update.entries {
                self.entries += 1;
                let before = self.revisions.insert(entry.key.clone(), entry.revision);
                assert!(
                    before.is_none_or(|before| before < entry.revision),
                    "{entry:?} after {before:?}"
                );
                match entry.operation {
                    Operation::Put => {
                        let value = String::from_utf8(entry.value.to_vec()).expect("UTF-8");
                        self.copy.insert(entry.key.clone(), value);
                    }
                    Operation::Delete | Operation::Purge => {
                        self.copy.remove(&entry.key);
                    }
                }
            }
        }
        updates
    }

    /// The reader has what the bucket has, and is told so.
    #[track_caller]
    fn expect_live(&mut self) {
        self.read();
        assert_eq!(self.machine.state(), LiveState::Live);
        assert_eq!(self.copy, self.bucket.values());
    }
}

fn config() -> LiveBucket {
    LiveBucket::new("b").expect("a name").page_size(3)
}

#[test]
fn an_empty_bucket_is_said_to_be_complete() {
    let mut world = World::new(config());
    assert_eq!(
        world.machine.poll_request(),
        None,
        "nothing without a connection"
    );
    let waiting = world.read();
    assert_eq!(waiting[0].state, LiveState::Syncing);
    world.connect();
    let (request, from, batch) = world.asked_for();
    assert_eq!((from, batch), (1, 3));
    assert_eq!(
        request.body,
        r#"{"seq":1,"next_by_subj":"$KV.b.>","batch":3}"#
    );
    let replies = world.bucket.page(&request);
    world.reply(&request, &replies);
    let update = LiveUpdate {
        state: LiveState::Live,
        reset: false,
        entries: Vec::new(),
    };
    assert_eq!(world.read(), [update]);
}

#[test]
fn a_snapshot_is_told_a_page_at_a_time() {
    let mut world = World::new(config());
    for key in ["a", "b", "c", "d", "e"] {
        world.bucket.put(key, "1");
    }
    world.connect();
    world.read();
    let request = world.asked();
    let replies = world.bucket.page(&request);
    world.reply(&request, &replies[..2]);
    assert_eq!(
        world.read(),
        [],
        "the reader is not bothered with half a page"
    );
    world.reply(&request, &replies[2..]);
    let first = world.read();
    assert_eq!(
        (first[0].state, first[0].entries.len()),
        (LiveState::Syncing, 3)
    );
    let (request, from, batch) = world.asked_for();
    assert_eq!((from, batch), (3, 4), "the last one again, and three more");
    let replies = world.bucket.page(&request);
    world.reply(&request, &replies);
    let second = world.read();
    assert_eq!(
        (second[0].state, second[0].entries.len()),
        (LiveState::Live, 2)
    );
    world.expect_live();
}

#[test]
fn what_happens_during_the_snapshot_is_told_once_and_never_taken_back() {
    let mut world = World::new(config());
    for key in ["a", "b", "c", "d"] {
        world.bucket.put(key, "old");
    }
    world.connect();
    let request = world.asked();
    let page = world.bucket.page(&request);
    // The page was read before this, and arrives after it.
    let live = world.bucket.put("b", "new");
    world.hear(&live);
    let deleted = world.bucket.delete("d");
    world.hear(&deleted);
    world.reply(&request, &page);
    world.answer();
    world.expect_live();
    assert_eq!(world.copy["b"], "new");
    assert_eq!(world.entries, 4, "a, c, and the new ones of b and d");
    for message in [&live, &deleted] {
        world.hear(message);
    }
    assert_eq!(
        world.read(),
        [],
        "a message that comes again changes nothing"
    );
}

#[test]
fn changes_follow_one_by_one() {
    let mut world = World::live(&["a", "b"]);
    for (key, value) in [("a", "1"), ("c", "2"), ("a", "3")] {
        let live = world.bucket.put(key, value);
        world.hear(&live);
        let updates = world.read();
        assert_eq!(
            (updates.len(), updates[0].entries.len(), updates[0].state),
            (1, 1, LiveState::Live)
        );
    }
    let live = world.bucket.delete("a");
    world.hear(&live);
    world.expect_live();
    assert_eq!(world.machine.poll_request(), None);
}

#[test]
fn a_reader_that_comes_late_gets_one_update() {
    let mut world = World::live(&[]);
    for number in 0..100 {
        let live = world.bucket.put(&format!("k{number}"), "1");
        world.hear(&live);
    }
    let updates = world.read();
    assert_eq!((updates.len(), updates[0].entries.len()), (1, 100));
}

#[test]
fn a_reader_that_never_comes_costs_no_more_than_the_bucket() {
    let mut world = World::live(&[]);
    for number in 0..20_000 {
        let live = world
            .bucket
            .put(&format!("k{}", number % 10), &number.to_string());
        world.hear(&live);
    }
    let updates = world.read();
    assert!(
        updates[0].entries.len() < 5_000,
        "{}",
        updates[0].entries.len()
    );
    world.expect_live();
}

#[test]
fn a_hole_is_fetched() {
    let mut world = World::live(&["a", "b"]);
    world.bucket.put("a", "missed");
    let live = world.bucket.put("c", "heard");
    world.hear(&live);
    let updates = world.read();
    assert_eq!(
        (updates[0].state, updates[0].entries.len()),
        (LiveState::Syncing, 1),
        "never stale as live"
    );
    let (request, from, _) = world.asked_for();
    assert_eq!(from, 2, "the newest before the hole");
    let replies = world.bucket.page(&request);
    world.reply(&request, &replies);
    world.expect_live();
    assert_eq!(world.entries, 2);
    assert_eq!(world.resets, 0);
}

#[test]
fn after_a_reconnect_only_what_is_newer() {
    let mut world = World::live(&["a", "b", "c"]);
    world.now = ms(5_000);
    world.disconnect();
    let stale = LiveState::Stale { since: ms(5_000) };
    assert_eq!(world.read()[0].state, stale);
    world.bucket.put("a", "1");
    world.bucket.delete("b");
    world.connect();
    assert_eq!(world.read()[0].state, LiveState::Syncing);
    let (request, from, _) = world.asked_for();
    assert_eq!(from, 3);
    let replies = world.bucket.page(&request);
    world.reply(&request, &replies);
    world.expect_live();
    assert_eq!((world.entries, world.resets), (2, 0));
}

#[test]
fn an_interrupted_snapshot_goes_on_where_it_was() {
    let mut world = World::new(config());
    for key in ["a", "b", "c", "d", "e"] {
        world.bucket.put(key, "1");
    }
    world.connect();
    let request = world.asked();
    let page = world.bucket.page(&request);
    world.reply(&request, &page[..2]);
    world.disconnect();
    assert_eq!(
        world.machine.state(),
        LiveState::Syncing,
        "it never was live, so it is not stale"
    );
    world.connect();
    world.reply(&request, &page[2..]);
    let (request, from, _) = world.asked_for();
    assert_eq!(from, 2);
    let replies = world.bucket.page(&request);
    world.reply(&request, &replies);
    world.answer();
    world.expect_live();
    assert_eq!(world.entries, 5);
}

#[test]
fn a_newest_message_that_was_overwritten_is_no_other_stream() {
    let mut world = World::live(&["a", "b", "c"]);
    world.disconnect();
    world.bucket.put("c", "1");
    world.connect();
    let (request, from, _) = world.asked_for();
    assert_eq!(from, 3);
    let replies = world.bucket.page(&request);
    world.reply(&request, &replies);
    let (request, from, batch) = world.asked_for();
    assert_eq!(
        (from, batch),
        (1, 1),
        "the first message tells whether the stream is the same"
    );
    let replies = world.bucket.page(&request);
    world.reply(&request, &replies);
    let (request, from, _) = world.asked_for();
    assert_eq!(from, 4);
    let replies = world.bucket.page(&request);
    world.reply(&request, &replies);
    world.expect_live();
    assert_eq!((world.entries, world.resets), (1, 0));
}

#[test]
fn a_bucket_of_which_everything_was_overwritten_is_taken_whole() {
    let mut world = World::live(&["a", "b"]);
    world.disconnect();
    world.bucket.put("a", "1");
    world.bucket.put("b", "1");
    world.connect();
    world.answer();
    world.expect_live();
    assert_eq!(world.resets, 1, "it cannot be told from another one");
}

#[track_caller]
fn made_anew_while_away(keys: &[&str]) {
    let mut world = World::live(&["a", "b", "c"]);
    world.disconnect();
    world.bucket.recreate();
    for key in keys {
        world.bucket.put(key, "other");
    }
    world.connect();
    world.answer();
    while world.machine.state() != LiveState::Live {
        world.timer();
        world.answer();
    }
    world.expect_live();
    assert_eq!(world.resets, 1);
}

#[test]
fn a_bucket_made_anew_while_away_replaces_the_old_one() {
    made_anew_while_away(&[]);
    made_anew_while_away(&["x"]);
    made_anew_while_away(&["x", "y", "z"]);
    made_anew_while_away(&["a", "b", "c", "d", "e", "f", "g"]);
    made_anew_while_away(&["c", "c", "c", "c", "c"]);
    made_anew_while_away(&["a", "b", "x", "x", "x", "x"]);
}

#[test]
fn a_bucket_made_anew_while_watching_replaces_the_old_one_in_one_piece() {
    let mut world = World::live(&["a", "b", "c", "d", "e"]);
    world.bucket.recreate();
    for key in ["p", "q", "r", "s"] {
        world.bucket.put(key, "other");
    }
    let live = world.bucket.put("t", "other");
    world.hear(&live);
    // The fifth write has the sequence of the newest known, and is later.
    let updates = world.read();
    assert_eq!(
        (updates.len(), updates[0].state, updates[0].entries.len()),
        (1, LiveState::Syncing, 0)
    );
    let request = world.asked();
    let replies = world.bucket.page(&request);
    world.reply(&request, &replies);
    assert_eq!(
        world.read(),
        [],
        "half of it would look as if the rest were lost"
    );
    world.answer();
    let updates = world.read();
    assert_eq!(updates.len(), 1);
    assert!(
        updates[0].reset && updates[0].state == LiveState::Live && updates[0].entries.len() == 5
    );
    world.expect_live();
}

#[test]
fn away_for_longer_than_markers_are_kept() {
    let mut world = World::live(&["a", "b", "c"]);
    world.disconnect();
    // Deleted, and the marker has expired: catching up could not tell.
    world.bucket.delete("a");
    world.bucket.messages.retain(|_, stored| stored.key != "a");
    world.now += Duration::from_secs(601);
    world.connect();
    let (request, from, _) = world.asked_for();
    assert_eq!(from, 1);
    let replies = world.bucket.page(&request);
    world.reply(&request, &replies);
    world.expect_live();
    assert_eq!(world.resets, 1);
}

#[test]
fn a_lost_reply_is_asked_for_again() {
    for lost in 0..4 {
        let mut world = World::new(config());
        for key in ["a", "b", "c", "d"] {
            world.bucket.put(key, "1");
        }
        world.connect();
        let request = world.asked();
        let mut replies = world.bucket.page(&request);
        replies.remove(lost);
        world.reply(&request, &replies);
        assert_eq!(
            world.machine.poll_request(),
            None,
            "in a moment, and not at once"
        );
        world.timer();
        world.answer();
        while world.machine.state() != LiveState::Live {
            world.timer();
            world.answer();
        }
        world.expect_live();
        assert_eq!(world.entries, 4);
    }
}

#[test]
fn no_answer_is_told_once_and_asked_again_less_and_less_often() {
    let mut world = World::new(config());
    world.connect();
    let mut pauses = Vec::new();
    let mut errors = Vec::new();
    for _ in 0..8 {
        world.asked();
        assert_eq!(world.timer(), ms(5_000));
        errors.extend(world.machine.poll_error());
        pauses.push(world.timer());
    }
    let bucket = "b".to_owned();
    assert_eq!(errors, [LiveError::NoAnswer { bucket }]);
    assert_eq!(
        pauses,
        [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000].map(ms)
    );
    assert_eq!(world.machine.state(), LiveState::Syncing);
    world.answer();
    world.expect_live();
}

#[test]
fn a_missing_bucket_is_an_error_and_no_empty_one() {
    let mut world = World::live(&["a"]);
    let bucket = || "b".to_owned();
    // It is gone when it is checked whether anything was missed.
    world.timer();
    assert_eq!(world.machine.state(), LiveState::Live, "a check is quiet");
    let request = world.asked();
    world.reply(&request, &[message("r", " 503", "")]);
    assert_eq!(world.read()[0].state, LiveState::Syncing);
    let error = world.machine.poll_error().expect("an error");
    assert_eq!(error, LiveError::BucketMissing { bucket: bucket() });
    assert!(!error.is_final());
    world.timer();
    let request = world.asked();
    world.reply(&request, &[message("r", " 503", "")]);
    assert_eq!(world.machine.poll_error(), None, "told once");
    world.timer();
    world.answer();
    world.expect_live();
    assert_eq!(world.copy.len(), 1);

    world.timer();
    let request = world.asked();
    world.reply(&request, &[message("r", " 408 Malformed Request", "")]);
    let unexpected = LiveError::Unexpected {
        bucket: bucket(),
        code: 408,
        description: "Malformed Request".to_owned(),
    };
    assert_eq!(world.machine.poll_error(), Some(unexpected));
}

#[test]
fn what_no_hole_tells_of_is_found_by_the_check() {
    let mut world = World::live(&["a"]);
    world.bucket.put("a", "missed");
    assert_eq!(world.timer(), ms(2_000), "soon after the snapshot");
    world.answer();
    world.expect_live();
    world.timer();
    world.answer();
    assert_eq!(world.timer(), ms(60_000), "and then every minute");
    world.answer();
    world.expect_live();
}

#[test]
fn a_replica_that_lags_behind_is_not_believed() {
    let mut world = World::live(&["a"]);
    world.disconnect();
    let old = world.bucket.clone();
    world.connect();
    let request = world.asked();
    world.bucket.put("b", "1");
    let live = world.bucket.put("c", "2");
    world.hear(&live);
    // Neither b nor c is there yet; c was heard of.
    let replies = old.page(&request);
    world.reply(&request, &replies);
    assert_eq!(world.machine.state(), LiveState::Syncing);
    world.timer();
    world.answer();
    world.expect_live();

    // It does not even know the newest message, and says that there is none.
    world.disconnect();
    world.connect();
    let request = world.asked();
    let replies = old.page(&request);
    assert_eq!(replies.len(), 1);
    world.reply(&request, &replies);
    world.timer();
    world.answer();
    world.expect_live();
    assert_eq!(world.resets, 0);
}

#[test]
fn a_hole_that_stays_is_one_in_the_stream() {
    let mut world = World::live(&["a"]);
    // Stored and expired, before anybody could hear or read it.
    world.bucket.put("b", "gone");
    world.bucket.messages.retain(|_, stored| stored.key != "b");
    let live = world.bucket.put("c", "1");
    let old = world.bucket.clone();
    world.bucket.messages.retain(|_, stored| stored.key != "c");
    world.hear(&live);
    let hollow = world.bucket.clone();
    world.bucket = old;
    for _ in 0..10 {
        if world.machine.state() == LiveState::Live {
            break;
        }
        if let Some(request) = world.machine.poll_request() {
            let replies = hollow.page(&request);
            world.reply(&request, &replies);
        } else {
            world.timer();
        }
    }
    world.expect_live();
}

#[test]
fn a_permission_that_is_missing_ends_the_watch() {
    let mut world = World::live(&["a"]);
    world.machine.handle_denied("live.b.>");
    let error = world.machine.poll_error().expect("an error");
    assert_eq!(
        error,
        LiveError::Denied {
            subject: "live.b.>".to_owned()
        }
    );
    assert!(error.is_final() && world.machine.is_ended());
    assert_ne!(world.machine.state(), LiveState::Live);
    world.connect();
    world.disconnect();
    assert_eq!(
        (world.machine.poll_request(), world.machine.poll_timeout()),
        (None, None)
    );
}

#[test]
fn messages_that_are_no_revisions_are_told() {
    let mut world = World::live(&["a"]);
    world.hear(&message("live.b.x", "", "forged"));
    let subject = "live.b.x".to_owned();
    assert_eq!(
        world.machine.poll_error(),
        Some(LiveError::Malformed { subject })
    );
    world.answer();
    world.expect_live();
}

/// One thing that happens.
#[derive(Debug, Clone)]
enum Step {
    Put(u8),
    Delete(u8),
    /// A message on its way to the subscription arrives, or is lost.
    Live {
        lost: bool,
    },
    /// A message on its way from a page arrives, or is lost.
    Page {
        lost: bool,
    },
    Disconnect,
    Connect,
    Recreate,
    Timer,
    Read,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..6_u8).prop_map(Step::Put),
        2 => (0..6_u8).prop_map(Step::Delete),
        8 => prop::bool::weighted(0.1).prop_map(|lost| Step::Live { lost }),
        12 => prop::bool::weighted(0.1).prop_map(|lost| Step::Page { lost }),
        1 => Just(Step::Disconnect),
        2 => Just(Step::Connect),
        1 => Just(Step::Recreate),
        2 => Just(Step::Timer),
        2 => Just(Step::Read),
    ]
}

/// A world with messages on their way.
struct Network {
    world: World,
    connected: bool,
    live: VecDeque<Message>,
    page: VecDeque<(u64, Message)>,
    writes: u32,
    /// The bucket was made anew during this connection. That goes unnoticed if no message tells of it; a server does
    /// not lose all of them and keep the connection.
    reliable: bool,
}

impl Network {
    fn take(&mut self, step: &Step) {
        match step {
            Step::Put(key) => {
                self.writes += 1;
                let live = self
                    .world
                    .bucket
                    .put(&format!("k{key}"), &self.writes.to_string());
                self.send(live);
            }
            Step::Delete(key) => {
                let live = self.world.bucket.delete(&format!("k{key}"));
                self.send(live);
            }
            Step::Live { lost } => {
                let lost = *lost && !self.reliable;
                if let Some(message) = self.live.pop_front().filter(|_| !lost) {
                    self.world.hear(&message);
                }
            }
            Step::Page { lost } => {
                if let Some((id, message)) = self.page.pop_front().filter(|_| !lost) {
                    self.world.machine.handle_page(self.world.now, id, &message);
                }
            }
            Step::Disconnect if self.connected => {
                self.connected = false;
                self.live.clear();
                self.page.clear();
                self.world.disconnect();
            }
            Step::Connect if !self.connected => {
                self.connected = true;
                self.reliable = false;
                self.world.connect();
            }
            Step::Recreate => {
                self.reliable = true;
                self.world.bucket.recreate();
            }
            Step::Timer if self.world.machine.poll_timeout().is_some() => {
                self.world.timer();
            }
            Step::Read => {
                self.world.read();
            }
            Step::Disconnect | Step::Connect | Step::Timer => {}
        }
        // The server reads a page when it is asked for.
        while let Some(request) = self.world.machine.poll_request() {
            let replies = self.world.bucket.page(&request);
            self.page
                .extend(replies.into_iter().map(|reply| (request.id, reply)));
        }
    }

    fn send(&mut self, live: Message) {
        if self.connected {
            self.live.push_back(live);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn in_the_end_the_reader_has_what_the_bucket_has(steps in prop::collection::vec(step(), 0..120)) {
        let mut network = Network {
            world: World::new(config()),
            connected: false,
            live: VecDeque::new(),
            page: VecDeque::new(),
            writes: 0,
            reliable: false,
        };
        for step in &steps {
            network.take(step);
        }
        // From now on nothing is lost, and time enough passes for a check.
        network.take(&Step::Connect);
        for _ in 0..60 {
            while !network.live.is_empty() || !network.page.is_empty() {
                network.take(&Step::Live { lost: false });
                network.take(&Step::Page { lost: false });
            }
            network.take(&Step::Timer);
        }
        while !network.page.is_empty() {
            network.take(&Step::Page { lost: false });
        }
        network.world.expect_live();
    }
}
