//! Watches that are not to tell everything.

use nats_wsclient::SyncState;
use nats_wsclient::kv::WatchOptions;

use crate::world::{World, config};

#[track_caller]
fn told(options: WatchOptions, expected: &[(&str, &str)]) {
    let config = config().options(options).expect("filters");
    let mut world = World::new(config);
    for key in ["a.1", "b.1", "a.2"] {
        world.bucket.put(key, "old");
    }
    world.connect();
    world.answer();
    assert_eq!(world.machine.state(), SyncState::Live);
    let changes = [
        world.bucket.put("b.1", "new"),
        world.bucket.put("a.3", "new"),
        world.bucket.delete("a.1"),
    ];
    for live in &changes {
        world.hear(live);
    }
    let entries = world.read().into_iter().flat_map(|update| update.entries);
    let told: Vec<_> = entries
        .map(|entry| {
            (
                entry.key,
                String::from_utf8(entry.value.to_vec()).expect("UTF-8"),
            )
        })
        .collect();
    let told: Vec<_> = told.iter().map(|(key, value)| (&**key, &**value)).collect();
    assert_eq!(told, expected);
    world.timer();
    world.answer();
    assert_eq!(
        (world.read(), world.machine.state()),
        (vec![], SyncState::Live)
    );
}

#[test]
fn what_is_wanted_is_told() {
    let everything = WatchOptions::new;
    told(
        everything(),
        &[
            ("a.1", "old"),
            ("b.1", "old"),
            ("a.2", "old"),
            ("b.1", "new"),
            ("a.3", "new"),
            ("a.1", ""),
        ],
    );
    told(
        everything().keys(["a.*"]),
        &[("a.1", "old"), ("a.2", "old"), ("a.3", "new"), ("a.1", "")],
    );
    told(
        everything().keys(["b.>", "a.2"]),
        &[("b.1", "old"), ("a.2", "old"), ("b.1", "new")],
    );
    told(
        everything().updates_only(),
        &[("b.1", "new"), ("a.3", "new"), ("a.1", "")],
    );
    told(
        everything().updates_only().ignore_deletes(),
        &[("b.1", "new"), ("a.3", "new")],
    );
    told(
        everything().from_revision(3),
        &[("a.2", "old"), ("b.1", "new"), ("a.3", "new"), ("a.1", "")],
    );
    told(everything().from_revision(6), &[("a.1", "")]);
    told(
        everything().keys(["a.1"]).headers_only(),
        &[("a.1", ""), ("a.1", "")],
    );
    assert!(config().options(everything().keys(["a..b"])).is_err());
}

#[test]
fn updates_of_an_empty_bucket_begin_with_its_first() {
    let mut world = World::new(
        config()
            .options(WatchOptions::new().updates_only())
            .expect("filters"),
    );
    world.connect();
    world.answer();
    let live = world.bucket.put("a", "1");
    world.hear(&live);
    world.expect_live();
    assert_eq!(world.entries, 1);
}
