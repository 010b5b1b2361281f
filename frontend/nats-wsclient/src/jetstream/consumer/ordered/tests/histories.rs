//! Whatever happens: nothing is lost, doubled or out of order, and it ends as live with one consumer.

use std::time::Duration;

use proptest::prelude::*;

use super::World;
use crate::jetstream::consumer::ordered::OrderedConfig;

#[derive(Debug, Clone)]
enum Step {
    Store(usize),
    RemoveFirst,
    /// What was sent is processed, and what there is delivered.
    Work,
    /// So many messages reach the client.
    Arrive(usize),
    Read(usize),
    /// So many milliseconds pass.
    Pass(u64),
    /// The message at this place is lost.
    Lose(usize),
    Double(usize),
    Swap(usize),
    Cut,
    Connect,
    /// Somebody deletes the consumers.
    Delete,
    /// The server restarts, and forgets them.
    Forget,
    MakeStreamAnew,
    DeleteStream,
}

fn apply(world: &mut World, step: &Step) {
    let waiting = world.to_client.len();
    match *step {
        Step::Store(count) => world.server.store(world.now, count),
        Step::RemoveFirst => world.server.remove_first(),
        Step::Work => {}
        Step::Arrive(count) => world.arrive(count),
        Step::Read(count) => world.read(count),
        Step::Pass(millis) => world.pass(Duration::from_millis(millis)),
        Step::Lose(place) => drop(world.to_client.remove(place)),
        Step::Double(place) if place < waiting => {
            let twice = world.to_client[place].clone();
            world.to_client.insert(place, twice);
        }
        Step::Swap(place) if place + 1 < waiting => world.to_client.swap(place, place + 1),
        Step::Double(_) | Step::Swap(_) => {}
        Step::Cut => world.cut(),
        Step::Connect => world.connect(),
        Step::Delete => world.server.delete_consumers(),
        Step::Forget => world.server.forget_consumers(),
        Step::MakeStreamAnew => {
            // No two streams are made at the same time.
            world.pass(Duration::from_millis(1));
            world.server.make_stream(world.now);
        }
        Step::DeleteStream => world.server.delete_stream(),
    }
    world.work();
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (1..12_usize).prop_map(Step::Store),
        1 => Just(Step::RemoveFirst),
        4 => Just(Step::Work),
        8 => (1..30_usize).prop_map(Step::Arrive),
        6 => (1..30_usize).prop_map(Step::Read),
        4 => (1..4_000_u64).prop_map(Step::Pass),
        2 => (0..10_usize).prop_map(Step::Lose),
        1 => (0..10_usize).prop_map(Step::Double),
        1 => (0..10_usize).prop_map(Step::Swap),
        2 => Just(Step::Cut),
        4 => Just(Step::Connect),
        1 => Just(Step::Delete),
        1 => Just(Step::Forget),
        1 => Just(Step::MakeStreamAnew),
        1 => Just(Step::DeleteStream),
    ];
    prop::collection::vec(step, 1..100)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn everything_is_read_once_and_in_order(steps in steps()) {
        let mut world = World::new(OrderedConfig::new());
        for step in &steps {
            apply(&mut world, step);
        }
        if world.server.is_without_stream() {
            apply(&mut world, &Step::MakeStreamAnew);
        }
        world.connect();
        for _ in 0..4 {
            world.settle();
        }
        world.check_all();
    }
}
