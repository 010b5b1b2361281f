//! A bucket that was made anew, or of which nothing is left that was known.

use std::time::Duration;

use nats_wsclient::SyncState;

use crate::world::World;

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
    world.settle();
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
        (1, SyncState::Resyncing, 0)
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
        updates[0].reset && updates[0].state == SyncState::Live && updates[0].entries.len() == 5
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
