//! A round: load and faults on a house of real processes, then the checker.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::checker::{self, Violation};
use super::clumsy::Clumsy;
use super::history::{self, Happened, History};
use super::house::{self, House};
use super::load::Client;
use super::plan::{Fault, Incident, Plan};
use super::record::Record;
use super::rival::Rival;
use super::{shaky, views};

/// What came of a round.
#[derive(Debug)]
pub struct Report {
    pub seed: u64,
    pub commands: usize,
    pub acknowledged: usize,
    /// Publishes that were not acknowledged and sent again.
    pub sent_again: usize,
    /// Decisions of the rival that were overtaken by a backend.
    pub conflicts: usize,
    /// For each fault, how long it took until work went on.
    pub recovered: Vec<(Fault, Duration)>,
    pub violations: Vec<Violation>,
}

impl Report {
    /// # Panics
    /// When anything is wrong, with how to see it again.
    pub fn assert_sound(&self) {
        let violations: Vec<String> = self.violations.iter().map(ToString::to_string).collect();
        assert!(
            violations.is_empty(),
            "with {}={}: {} violations\n{}",
            super::SEED,
            self.seed,
            violations.len(),
            violations.join("\n")
        );
    }
}

/// Carries out a plan on a house without rooms.
pub async fn round(plan: &Plan, mut house: House) -> Report {
    // Whatever goes wrong from here on, this tells how to see it again.
    eprintln!("{}={}", super::SEED, plan.seed);
    let urls = house.urls();
    let connection = house::connect(&urls[0]).await;
    let client = connection.client();
    let mut live = client.subscribe("live.>").await.expect("a subscription");
    let (acknowledged, counted) = watch::channel(0);

    let add_rooms = Client::connect(plan.clients.len(), &urls[0], watch::Sender::new(0)).await;
    let rooms = add_rooms.carry_out(&plan.rooms()).await;
    shaky::declare(&connection, urls.len()).await;
    let clients = plan
        .clients
        .iter()
        .enumerate()
        .map(async |(number, steps)| {
            let url = &urls[number % urls.len()];
            let client = Client::connect(number, url, acknowledged.clone()).await;
            match number % 2 {
                0 => client.carry_out(steps).await,
                _ => client.carry_out_in_a_hurry(steps).await,
            }
        });
    let context = house::jetstream(&connection);
    let clumsy = Clumsy::new(plan.seed);
    let (calm, stop) = (CancellationToken::new(), CancellationToken::new());
    let work = async {
        let worked = tokio::join!(
            join_all(clients),
            Rival::new(&connection).carry_out(&plan.rival),
            suffer_all(&mut house, &plan.faults, counted)
        );
        calm.cancel();
        house.ready().await;
        clumsy.recover(&connection).await;
        house::quiet(&context).await;
        stop.cancel();
        worked
    };
    let shaky = shaky::run(&connection, plan.seed, calm.clone(), stop.clone());
    let failing = clumsy.run(&connection, calm.clone(), stop.clone());
    let ((histories, (of_rival, conflicts), happened), (), ()) = tokio::join!(work, shaky, failing);

    let commands: History = histories.into_iter().flatten().chain(rooms).collect();
    let count = commands.len();
    let history: History = commands.into_iter().chain(of_rival).collect();
    let record = Record::read(&context).await;
    let seen = views::seen(client, &mut live).await;
    let mut violations = checker::check(&history, &record);
    violations.extend(views::check(&context, &record, &seen).await);
    violations.extend(clumsy.check(&connection, &record).await);
    Report {
        seed: plan.seed,
        commands: count,
        acknowledged: history
            .values()
            .filter(|entry| entry.acknowledged.is_some())
            .count(),
        sent_again: history.values().map(|entry| entry.tries - 1).sum(),
        conflicts,
        recovered: happened
            .into_iter()
            .filter_map(|happened| Some((happened.fault, history::recovery(&history, happened)?)))
            .collect(),
        violations,
    }
}

/// Lets everything happen at its moment.
async fn suffer_all(
    house: &mut House,
    incidents: &[Incident],
    mut acknowledged: watch::Receiver<usize>,
) -> Vec<Happened> {
    let mut happened = Vec::new();
    for incident in incidents {
        let its_moment = acknowledged.wait_for(|count| *count >= incident.after);
        its_moment.await.expect("clients that go on");
        tokio::time::sleep(incident.delay).await;
        happened.push(house.suffer(*incident).await);
    }
    happened
}
