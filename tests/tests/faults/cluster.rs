//! Three nats-servers that keep three copies of everything, of which one is lost for a while.

use std::collections::BTreeMap;
use std::time::Instant;

use async_nats::HeaderMap;
use futures_util::future::join_all;
use jetstream_es::publish::{PublishError, publish};
use jetstream_es::{Connection, StreamSpec, declare};
use serde_json::Value;
use vacancy_tests::faults::house::House;
use vacancy_tests::faults::plan::Fault;
use vacancy_tests::faults::{Plan, Shape, round, seed};
use vacancy_tests::wait;

#[tokio::test]
async fn a_cluster_loses_nothing_when_one_server_is_killed_and_one_is_cut_off() {
    let shape = Shape {
        clients: 6,
        commands: 40,
        rooms: 4,
        backends: 2,
        faults: vec![Fault::KillServer, Fault::CutOff],
    };
    let plan = Plan::new(seed(), shape);
    let report = round(&plan, House::cluster(2).await).await;
    println!("work went on after {:?}", report.recovered);

    report.assert_sound();
    assert_eq!(report.acknowledged, report.commands);
}

#[tokio::test]
async fn who_is_connected_to_a_server_that_is_cut_off_moves_to_one_that_is_not() {
    let house = House::cluster(0).await;
    let connections = house.connect_to_each().await;
    let (connection, cut_off) = (&connections[1], 1);
    let server = || connection.client().server_info().server_name;
    let spec = StreamSpec {
        replicas: 3,
        ..StreamSpec::events("notes", ["note.>"])
    };
    declare::stream(&connection.jetstream(), &spec)
        .await
        .unwrap();
    assert_eq!(server(), "node-1");
    let start = Instant::now();
    house.cut_off(cut_off);
    wait::until("a note to be stored", async || {
        let stored = publish(connection, "note.1".to_owned(), HeaderMap::new(), "".into()).await;
        (server() != "node-1" && stored.is_ok()).then_some(())
    })
    .await;
    println!("stored through {} after {:?}", server(), start.elapsed());
}

/// How often several writers want the same boundary at the same moment.
const RACES: usize = 100;

/// The boundary of a race is a filter, as in the event store: whoever appends expects that nothing is there yet.
fn expecting_nothing(race: usize) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("Nats-Expected-Last-Subject-Sequence", "0");
    let filter = format!("race.{race}.>");
    headers.insert("Nats-Expected-Last-Subject-Sequence-Subject", filter);
    headers
}

#[tokio::test]
async fn of_writers_on_three_servers_one_wins_and_the_others_know_it_for_a_conflict() {
    let house = House::cluster(0).await;
    let writers = house.connect_to_each().await;
    let spec = StreamSpec {
        replicas: 3,
        ..StreamSpec::events("races", ["race.>"])
    };
    declare::stream(&writers[0].jetstream(), &spec)
        .await
        .unwrap();
    // The other servers hear a moment later that there is somebody who listens to these subjects.
    for writer in &writers {
        let ready = async || {
            let sent = publish(writer, "race.ready".into(), HeaderMap::new(), "".into());
            sent.await.ok()
        };
        wait::until("the stream to be known everywhere", ready).await;
    }
    let mut codes: BTreeMap<u64, usize> = BTreeMap::new();
    for race in 0..RACES {
        let append = async |(number, writer): (usize, &Connection)| {
            let subject = format!("race.{race}.{number}");
            let headers = expecting_nothing(race);
            // As the server says it, and as the crate understands it, in turns.
            if race % 2 == 0 {
                let client = writer.client();
                let sent = client.request_with_headers(subject, headers, "".into());
                let answer: Value = serde_json::from_slice(&sent.await.unwrap().payload).unwrap();
                answer["error"]["err_code"].as_u64()
            } else {
                match publish(writer, subject, headers, "".into()).await {
                    Ok(_) => None,
                    Err(PublishError::Conflict) => Some(0),
                    Err(error) => panic!("not known for a conflict: {error}"),
                }
            }
        };
        let answers = join_all(writers.iter().enumerate().map(append)).await;
        let lost: Vec<u64> = answers.into_iter().flatten().collect();
        assert_eq!(lost.len(), writers.len() - 1, "race {race}: {lost:?}");
        for code in lost {
            *codes.entry(code).or_default() += 1;
        }
    }
    println!("how often each code was answered (0: understood by the crate): {codes:?}");
    let known = [0, 10071, 10164];
    assert!(codes.keys().all(|code| known.contains(code)), "{codes:?}");
}
