//! Three nats-servers that keep three copies of everything, of which one is lost for a while.

use vacancy_tests::faults::house::House;
use vacancy_tests::faults::plan::Fault;
use vacancy_tests::faults::{Plan, Shape, round, seed};

#[tokio::test]
async fn a_cluster_loses_nothing_when_one_server_is_killed_and_one_is_cut_off() {
    let shape = Shape {
        clients: 6,
        commands: 40,
        rooms: 4,
        backends: 2,
        faults: vec![Fault::KillServer, Fault::HaltServer],
    };
    let plan = Plan::new(seed(), shape);
    let report = round(&plan, House::cluster(2).await).await;

    report.assert_sound();
    assert_eq!(report.acknowledged, report.commands);
}
