//! What a watch does when something happens, one thing at a time.

use std::time::Duration;

use nats_wsclient::SyncState;
use nats_wsclient::kv::{WatchError, WatchUpdate};

use crate::bucket::message;
use crate::world::{World, config, ms};

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
        r#"{"seq":1,"next_by_subj":"$KV.b.>","batch":3,"max_bytes":1000}"#
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
    let (request, from, _) = world.asked_for();
    assert_eq!(from, 4, "what else there is, after what was put aside");
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
    assert_eq!(errors, [WatchError::NoAnswer { bucket }]);
    assert_eq!(
        pauses,
        [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000].map(ms)
    );
    assert_eq!(world.machine.state(), SyncState::Syncing);
    world.answer();
    world.expect_live();
}

#[test]
fn a_missing_bucket_is_an_error_and_no_empty_one() {
    let mut world = World::live(&["a"]);
    let bucket = || "b".to_owned();
    // It is gone when it is checked whether anything was missed.
    world.timer();
    assert_eq!(world.machine.state(), SyncState::Live, "a check is quiet");
    let request = world.asked();
    world.reply(&request, &[message("r", " 503", "")]);
    assert_eq!(world.read()[0].state, SyncState::Resyncing);
    let error = world.machine.poll_error().expect("an error");
    assert_eq!(error, WatchError::BucketMissing { bucket: bucket() });
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
    let unexpected = WatchError::Unexpected {
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

#[test]
fn a_permission_that_is_missing_ends_the_watch() {
    let mut world = World::live(&["a"]);
    world.machine.handle_denied("live.b.>");
    let error = world.machine.poll_error().expect("an error");
    assert_eq!(
        error,
        WatchError::Denied {
            subject: "live.b.>".to_owned()
        }
    );
    assert!(error.is_final() && world.machine.is_ended());
    assert_ne!(world.machine.state(), SyncState::Live);
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
        Some(WatchError::Malformed { subject })
    );
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
fn headers_that_a_writer_forges_do_not_count() {
    let mut world = World::new(config());
    for key in ["a", "b", "c", "d"] {
        world.bucket.put(key, "1");
    }
    for stored in world.bucket.messages.values_mut() {
        stored.forged = true;
    }
    world.connect();
    world.answer();
    world.expect_live();
    assert_eq!(world.entries, 4);
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
