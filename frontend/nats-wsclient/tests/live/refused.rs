//! What keeps a watch from being live, and what is no revision.

use nats_wsclient::SyncState;
use nats_wsclient::kv::WatchError;

use crate::bucket::message;
use crate::world::{World, config, ms};

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
