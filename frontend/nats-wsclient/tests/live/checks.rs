//! What is asked from time to time, though nothing tells that anything was missed.

use nats_wsclient::SyncState;

use crate::world::{World, ms};

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
fn a_bucket_made_anew_whose_first_messages_were_lost_is_noticed_by_the_check() {
    let mut world = World::live(&["a", "b", "c"]);
    world.bucket.recreate();
    for key in ["a", "b", "x"] {
        world.bucket.put(key, "lost");
    }
    // It has the next sequence, and a later time.
    let live = world.bucket.put("y", "heard");
    world.hear(&live);
    assert_eq!(world.machine.state(), SyncState::Live);
    world.timer();
    let (request, from, _) = world.asked_for();
    assert_eq!(from, 4);
    let replies = world.bucket.page(&request);
    world.reply(&request, &replies);
    let (request, from, batch) = world.asked_for();
    assert_eq!(
        (from, batch),
        (1, 1),
        "is the stream older than what was fetched?"
    );
    let replies = world.bucket.page(&request);
    world.reply(&request, &replies);
    assert_eq!(world.machine.state(), SyncState::Resyncing);
    world.settle();
    world.expect_live();
    assert_eq!(world.resets, 1);
}

#[test]
fn the_check_of_a_bucket_that_is_the_same_is_quiet() {
    let mut world = World::live(&["a", "b", "c"]);
    for key in ["c", "d"] {
        let live = world.bucket.put(key, "heard");
        world.hear(&live);
    }
    world.read();
    world.timer();
    world.answer();
    assert_eq!(world.read(), []);
    // Now it is proven, and the next check needs no more than one request.
    world.timer();
    let request = world.asked();
    let replies = world.bucket.page(&request);
    world.reply(&request, &replies);
    assert_eq!(world.machine.poll_request(), None);
    world.expect_live();
    assert_eq!(world.resets, 0);
}

#[test]
fn the_check_of_a_bucket_of_which_everything_was_overwritten_takes_it_whole_and_is_quiet() {
    let mut world = World::live(&["a", "b"]);
    for key in ["a", "b", "a"] {
        let live = world.bucket.put(key, "new");
        world.hear(&live);
    }
    world.read();
    world.timer();
    world.answer();
    let updates = world.read();
    assert_eq!(updates.len(), 1);
    assert!(updates[0].reset && updates[0].state == SyncState::Live);
    assert_eq!(updates[0].entries.len(), 2);
    world.expect_live();
}
