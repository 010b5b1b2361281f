//! What a watch makes of what a bucket has, and how it hands that to its reader.

use nats_wsclient::SyncState;
use nats_wsclient::kv::WatchUpdate;

use crate::bucket::message;
use crate::world::{World, config};

#[test]
fn an_empty_bucket_is_said_to_be_complete() {
    let mut world = World::new(config());
    assert_eq!(
        world.machine.poll_request(),
        None,
        "nothing without a connection"
    );
    let waiting = world.read();
    assert_eq!(waiting[0].state, SyncState::Syncing);
    world.connect();
    let (request, from, batch) = world.asked_for();
    assert_eq!((from, batch), (1, 3));
    assert_eq!(
        request.body,
        r#"{"seq":1,"next_by_subj":">","batch":3,"max_bytes":1000}"#
    );
    let replies = world.bucket.page(&request);
    world.reply(&request, &replies);
    let update = WatchUpdate {
        state: SyncState::Live,
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
        (SyncState::Syncing, 3)
    );
    let (request, from, batch) = world.asked_for();
    assert_eq!((from, batch), (3, 4), "the last one again, and three more");
    let replies = world.bucket.page(&request);
    world.reply(&request, &replies);
    let second = world.read();
    assert_eq!(
        (second[0].state, second[0].entries.len()),
        (SyncState::Live, 2)
    );
    world.expect_live();
}

#[test]
fn a_page_that_only_has_room_for_what_is_known_is_no_end() {
    let mut world = World::live(&["a"]);
    world.disconnect();
    world.bucket.put("b", "1");
    world.connect();
    let (request, from, _) = world.asked_for();
    assert_eq!(from, 1);
    let mut replies = world.bucket.page(&request);
    replies[1] = message(
        "r",
        " 204 EOB\r\nNats-Num-Pending: 1\r\nNats-Last-Sequence: 1",
        "",
    );
    world.reply(&request, &replies[..2]);
    let (request, from, _) = world.asked_for();
    assert_eq!(from, 2);
    let replies = world.bucket.page(&request);
    world.reply(&request, &replies);
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
    assert_eq!(world.entries, 5, "a, b, c, and the new ones of b and d");
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
            (1, 1, SyncState::Live)
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
