//! One nats-server, and backends that share its consumers.

use vacancy_tests::faults::house::House;
use vacancy_tests::faults::plan::Fault;
use vacancy_tests::faults::{Plan, Shape, round, seed};

/// Plays a short round, and fails when anything is wrong afterwards.
async fn survives(backends: usize, faults: &[Fault]) {
    let shape = Shape {
        clients: 6,
        commands: 40,
        rooms: 4,
        backends,
        faults: faults.into(),
    };
    let plan = Plan::new(seed(), shape);
    let report = round(&plan, House::single(backends).await).await;

    report.assert_sound();
    assert_eq!(report.acknowledged, report.commands);
}

#[tokio::test]
async fn a_server_that_is_killed_under_load_loses_nothing() {
    survives(2, &[Fault::KillServer, Fault::KillServer]).await;
}

#[tokio::test]
async fn a_backend_that_is_killed_under_load_is_replaced_by_another() {
    survives(3, &[Fault::KillBackend, Fault::KillBackend]).await;
}

#[tokio::test]
async fn both_are_killed_at_once_and_nothing_is_lost() {
    survives(2, &[Fault::KillBoth]).await;
}

#[tokio::test]
async fn a_backend_that_was_taken_for_dead_and_works_on_does_no_harm() {
    survives(2, &[Fault::HaltBackend]).await;
}
