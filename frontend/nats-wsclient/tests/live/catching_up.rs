//! What was missed is found, and nothing twice.

use nats_wsclient::SyncState;

use crate::world::{World, config, ms};

#[test]
fn a_hole_is_fetched() {
    let mut world = World::live(&["a", "b"]);
    world.bucket.put("a", "missed");
    let live = world.bucket.put("c", "heard");
    world.hear(&live);
    assert_eq!(
        world.read()[0].state,
        SyncState::Resyncing,
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
    let stale = SyncState::Stale { since: ms(5_000) };
    assert_eq!(world.read()[0].state, stale);
    world.bucket.put("a", "1");
    world.bucket.delete("b");
    world.connect();
    assert_eq!(world.read()[0].state, SyncState::Resyncing);
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
        SyncState::Syncing,
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
    world.read();
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
    assert_eq!(world.read(), [], "until then nothing is delivered");
    let replies = world.bucket.page(&request);
    world.reply(&request, &replies);
    world.expect_live();
    assert_eq!((world.entries, world.resets), (1, 0));
}

#[test]
fn what_comes_after_a_page_that_was_put_aside_is_fetched() {
    let mut world = World::live(&["a", "b", "c"]);
    world.disconnect();
    for key in ["c", "d", "e", "f", "g"] {
        world.bucket.put(key, "1");
    }
    world.connect();
    world.read();
    for expected in [3, 1, 7] {
        let (request, from, _) = world.asked_for();
        assert_eq!(
            from, expected,
            "the anchor, the first one, what else there is"
        );
        let replies = world.bucket.page(&request);
        world.reply(&request, &replies);
        world.read();
    }
    world.expect_live();
    assert_eq!((world.entries, world.resets), (5, 0));
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
        world.settle();
        world.expect_live();
        assert_eq!(world.entries, 4);
    }
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
    assert_eq!(world.machine.state(), SyncState::Resyncing);
    world.settle();
    world.expect_live();

    // It does not even know the newest message, and says that there is none.
    world.disconnect();
    world.connect();
    let request = world.asked();
    let replies = old.page(&request);
    assert_eq!(replies.len(), 1);
    world.reply(&request, &replies);
    world.settle();
    world.expect_live();
    assert_eq!(world.resets, 0);
}

#[test]
fn a_hole_that_stays_is_one_in_the_stream() {
    let mut world = World::live(&["a"]);
    // Stored and expired, before anybody could hear or read it; and one that was heard of before it expired.
    world.bucket.put("b", "gone");
    let live = world.bucket.put("c", "gone");
    world
        .bucket
        .messages
        .retain(|_, stored| stored.value != "gone");
    world.hear(&live);
    assert_eq!(world.machine.state(), SyncState::Resyncing);
    world.settle();
    world.expect_live();
    let live = world.bucket.put("d", "1");
    world.hear(&live);
    world.settle();
    world.expect_live();
    assert_eq!(world.resets, 0);
}
