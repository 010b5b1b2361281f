//! What follows from an event is sent, once, now or at its time.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use async_nats::jetstream::consumer::{DeliverPolicy, pull};
use futures_util::StreamExt;
use jetstream_es::breaker::Circuit;
use jetstream_es::deadlines::{self, Deadlines, Key};
use jetstream_es::declare::{self, StreamSpec};
use jetstream_es::reaction::{Command, Effect, Forwarder, Reaction, Reactor};
use jetstream_es::testing::Server;
use jetstream_es::{
    Breaker, BreakerPolicy, Cause, Connection, DeadLetters, Failure, Metadata, Recorded,
    Repository, Start, cloud_event,
};
use serde::{Deserialize, Serialize};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::bank::{self, Accounts, Booked, deposit, withdraw};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Remind {
    account: u32,
}

/// Thanks for each deposit; reminds of the account when nothing was withdrawn in time.
struct Courtesy {
    /// How long after a deposit.
    patience: Duration,
}

fn deadline(account: u32) -> Key {
    Key::new(format!("reminder.{account}")).unwrap()
}

impl Reaction for Courtesy {
    type Events = Accounts;

    const NAME: &'static str = "courtesy";
    const SOURCE: &'static str = "/bank/courtesy";
    const ACTOR: Option<&'static str> = Some("bank");
    const FROM: Start = Start::Beginning;

    fn react(&self, event: &Recorded<Booked>) -> Result<Vec<Effect>, Failure> {
        let command = |name: &str, account| {
            let command = Command::new(
                format!("cmd.{name}"),
                format!("bank.{name}.v1"),
                &Remind { account },
            );
            let command = command.map_err(Failure::permanent)?;
            Ok::<_, Failure>(command.about(format!("account-{account}")))
        };
        Ok(match &event.event {
            Booked::Deposited(entry) if entry.amount == 13 => {
                return Err(Failure::permanent("thirteen is bad luck"));
            }
            Booked::Deposited(entry) => vec![
                Effect::Send(command("thank", entry.account)?),
                Effect::SendAt {
                    deadline: deadline(entry.account),
                    at: event.metadata.time.unwrap() + self.patience,
                    command: command("remind", entry.account)?,
                },
            ],
            Booked::Withdrawn(entry) => vec![Effect::Cancel {
                deadline: deadline(entry.account),
            }],
        })
    }
}

async fn open() -> (Server, Connection) {
    let (server, connection) = bank::open().await;
    let jetstream = connection.jetstream();
    for spec in [
        StreamSpec::work("commands", ["cmd.>"], Duration::from_secs(86_400)),
        deadlines::stream(),
    ] {
        declare::stream(&jetstream, &spec).await.unwrap();
    }
    (server, connection)
}

async fn react(connection: &Connection, patience: Duration) -> DropGuard {
    let stop = CancellationToken::new();
    let reactor = Reactor::open(connection, Courtesy { patience }).await;
    tokio::spawn(reactor.unwrap().run(stop.clone()));
    let forwarder = Forwarder::open(connection).await.unwrap();
    tokio::spawn(forwarder.run(stop.clone()));
    stop.drop_guard()
}

/// The commands that have been sent, as they come.
async fn commands(connection: &Connection) -> pull::Ordered {
    let config = pull::OrderedConfig {
        deliver_policy: DeliverPolicy::All,
        ..Default::default()
    };
    let jetstream = connection.jetstream();
    let stream = jetstream.get_stream("commands").await.unwrap();
    let consumer = stream.create_consumer(config).await.unwrap();
    consumer.messages().await.unwrap()
}

async fn next(commands: &mut pull::Ordered) -> (String, Metadata) {
    let message = tokio::time::timeout(Duration::from_secs(30), commands.next()).await;
    let message = message.expect("a command").unwrap().unwrap();
    let headers = message.headers.clone().unwrap();
    let metadata = cloud_event::read_metadata(&headers, &message.payload).unwrap();
    (message.subject.to_string(), metadata)
}

async fn nothing_pends(connection: &Connection, stream: &str, durable: &str) {
    let jetstream = connection.jetstream();
    let idle = async {
        loop {
            let stream = jetstream.get_stream(stream).await.unwrap();
            let info = stream.consumer_info(durable).await.unwrap();
            if info.num_pending == 0 && info.num_ack_pending == 0 {
                return;
            }
        }
    };
    let idle = tokio::time::timeout(Duration::from_secs(30), idle).await;
    idle.expect("all to be reacted to");
}

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn a_command_says_what_led_to_it_and_a_second_delivery_is_the_same_command() {
    let (_server, connection) = open().await;
    let accounts = Repository::<Accounts>::new(&connection, 10);
    let cause = Cause {
        correlation: "the-chain".into(),
        ..Cause::new("c1")
    };
    accounts.execute(&1, &cause, deposit(1, 5)).await.unwrap();
    let running = react(&connection, HOUR).await;
    let mut commands = commands(&connection).await;
    let (subject, command) = next(&mut commands).await;
    assert_eq!(subject, "cmd.thank");
    let events = jetstream_es::history::events::<Accounts>(&connection, &1).await;
    let event = events.unwrap().remove(0).1.metadata;
    let expected = Metadata {
        id: command.id.clone(),
        source: "/bank/courtesy".into(),
        event_type: "bank.thank.v1".into(),
        subject: Some("account-1".into()),
        time: event.time,
        correlation: Some("the-chain".into()),
        causation: Some(event.id),
        actor: Some("bank".into()),
    };
    assert_eq!(command, expected);
    nothing_pends(&connection, "accounts", "react-courtesy").await;
    drop(running);

    // The server forgets how far the reaction has come, and which messages it has seen.
    let jetstream = connection.jetstream();
    let stream = jetstream.get_stream("accounts").await.unwrap();
    stream.delete_consumer("react-courtesy").await.unwrap();
    let stream = jetstream.get_stream("commands").await.unwrap();
    stream.purge().await.unwrap();
    let mut short = stream.cached_info().config.clone();
    short.duplicate_window = Duration::from_millis(100);
    jetstream.update_stream(short).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let _running = react(&connection, HOUR).await;
    let again = next(&mut commands).await.1;
    assert_eq!(again.id, command.id);
}

#[tokio::test]
async fn what_is_set_for_a_time_is_sent_then_unless_it_was_cancelled() {
    let (_server, connection) = open().await;
    let accounts = Repository::<Accounts>::new(&connection, 10);
    let _running = react(&connection, Duration::from_millis(800)).await;
    for account in [1, 2] {
        let cause = Cause::new(format!("in-{account}"));
        accounts
            .execute(&account, &cause, deposit(account, 5))
            .await
            .unwrap();
    }
    let out = Cause::new("out-2");
    accounts.execute(&2, &out, withdraw(2, 5)).await.unwrap();
    let mut commands = commands(&connection).await;
    let mut seen: HashMap<String, Vec<Metadata>> = HashMap::new();
    while !seen.contains_key("cmd.remind") {
        let (subject, command) = next(&mut commands).await;
        seen.entry(subject).or_default().push(command);
    }
    let reminders = &seen["cmd.remind"];
    assert_eq!(reminders[0].subject.as_deref(), Some("account-1"));
    assert!(SystemTime::now() >= reminders[0].time.unwrap());
    assert_eq!(seen["cmd.thank"].len(), 2);
    // That of the second account would have been due by now: set for the same moment, cancelled.
    let deadlines = Deadlines::new(&connection);
    let cancelled = Key::new("command.reminder.2").unwrap();
    assert_eq!(deadlines.pending(&cancelled).await.unwrap(), None);
    let mut stream = connection.jetstream().get_stream("commands").await.unwrap();
    let reminders = stream.info_with_subjects("cmd.remind").await.unwrap();
    let counts: Vec<_> = reminders.map(Result::unwrap).collect().await;
    assert_eq!(counts, [("cmd.remind".to_owned(), 1)]);
    assert_eq!(stream.info().await.unwrap().state.messages, 3);
}

#[tokio::test]
async fn an_old_event_that_comes_again_does_not_undo_what_a_later_one_did() {
    let (_server, connection) = open().await;
    let accounts = Repository::<Accounts>::new(&connection, 10);
    let deadlines = Deadlines::new(&connection);
    let key = Key::new("command.reminder.1").unwrap();
    let running = react(&connection, HOUR).await;
    let start = SystemTime::now();
    for hours in [1, 5] {
        let cause = Cause {
            time: start + hours * HOUR,
            ..Cause::new(format!("in-{hours}"))
        };
        accounts.execute(&1, &cause, deposit(1, 1)).await.unwrap();
    }
    nothing_pends(&connection, "accounts", "react-courtesy").await;
    let set = deadlines.pending(&key).await.unwrap().unwrap();
    assert!(set > start + 5 * HOUR);
    drop(running);

    // Both events come again; the first one must not set the deadline back, not even until the second one has come.
    let jetstream = connection.jetstream();
    let stream = jetstream.get_stream("accounts").await.unwrap();
    stream.delete_consumer("react-courtesy").await.unwrap();
    let client = connection.client();
    let mut seen = client.subscribe("deadline.set.>").await.unwrap();
    let _running = react(&connection, HOUR).await;
    nothing_pends(&connection, "accounts", "react-courtesy").await;
    client.publish("deadline.set.end", "".into()).await.unwrap();
    let mut schedules = Vec::new();
    loop {
        let message = seen.next().await.unwrap();
        if message.subject.as_str() == "deadline.set.end" {
            break;
        }
        let headers = message.headers.unwrap();
        schedules.push(headers.get("Jetstream-Es-Event").unwrap().to_string());
    }
    assert_eq!(schedules, ["2"]);
    let again = deadlines.pending(&key).await.unwrap().unwrap();
    assert_eq!(again, set);
}

#[tokio::test]
async fn an_event_that_cannot_be_reacted_to_is_parked_and_the_others_go_on() {
    let (_server, connection) = open().await;
    let accounts = Repository::<Accounts>::new(&connection, 10);
    let _running = react(&connection, HOUR).await;
    for (account, amount) in [(1, 13), (2, 5)] {
        let cause = Cause::new(format!("in-{account}"));
        let deposit = deposit(account, amount);
        accounts.execute(&account, &cause, deposit).await.unwrap();
    }
    let mut commands = commands(&connection).await;
    let (_, command) = next(&mut commands).await;
    assert_eq!(command.subject.as_deref(), Some("account-2"));
    nothing_pends(&connection, "accounts", "react-courtesy").await;
    let letters = DeadLetters::new(&connection);
    let letters = letters.list(Some("react-courtesy")).await.unwrap();
    assert_eq!(letters.len(), 1);
}

/// Answers each deposit, from when it is added on.
struct Newcomer;

impl Reaction for Newcomer {
    type Events = Accounts;

    const NAME: &'static str = "newcomer";
    const SOURCE: &'static str = "/bank/newcomer";

    fn react(&self, event: &Recorded<Booked>) -> Result<Vec<Effect>, Failure> {
        let Booked::Deposited(entry) = &event.event else {
            return Ok(Vec::new());
        };
        let account = entry.account;
        let command = Command::new("cmd.welcome", "bank.welcome.v1", &Remind { account });
        let command = command.map_err(Failure::permanent)?;
        Ok(vec![Effect::Send(
            command.about(format!("account-{account}")),
        )])
    }
}

#[tokio::test]
async fn a_reaction_that_is_added_later_leaves_the_past_alone_but_misses_nothing_from_then_on() {
    let (server, connection) = open().await;
    let accounts = Repository::<Accounts>::new(&connection, 10);
    let enter = async |account: u32| {
        let cause = Cause::new(format!("in-{account}"));
        let done = accounts.execute(&account, &cause, deposit(account, 5));
        done.await.unwrap();
    };
    enter(1).await;
    // It is there, and ends before it has seen anything.
    let stop = CancellationToken::new();
    let reactor = Reactor::open(&connection, Newcomer).await.unwrap();
    let running = tokio::spawn(reactor.run(stop.clone()));
    stop.cancel();
    running.await.unwrap();
    enter(2).await;

    // The next start goes on from there, in another program.
    let other = server.connect().await;
    let reactor = Reactor::open(&other, Newcomer).await.unwrap();
    let stop = CancellationToken::new();
    let _stop = stop.clone().drop_guard();
    tokio::spawn(reactor.run(stop));
    enter(3).await;
    let mut commands = commands(&connection).await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let (_, command) = next(&mut commands).await;
        seen.extend(command.subject);
    }
    seen.sort();
    assert_eq!(seen, ["account-2", "account-3"]);
    nothing_pends(&connection, "accounts", "react-newcomer").await;
    let mut stream = connection.jetstream().get_stream("commands").await.unwrap();
    assert_eq!(stream.info().await.unwrap().state.messages, 2);
}

#[tokio::test]
async fn while_no_stream_takes_commands_events_wait_for_it_to_come_back() {
    let (_server, connection) = open().await;
    let jetstream = connection.jetstream();
    declare::bucket(&jetstream, &Breaker::bucket())
        .await
        .unwrap();
    let policy = BreakerPolicy {
        failures: 2,
        pause: Duration::from_millis(100),
        ..BreakerPolicy::default()
    };
    let breaker = Breaker::new(&connection, "commands", policy).unwrap();
    let stop = CancellationToken::new();
    let _stop = stop.clone().drop_guard();
    let reactor = Reactor::open_guarded(&connection, Newcomer, breaker.clone()).await;
    tokio::spawn(reactor.unwrap().run(stop.clone()));

    jetstream.delete_stream("commands").await.unwrap();
    let accounts = Repository::<Accounts>::new(&connection, 10);
    for account in 1..=10 {
        let cause = Cause::new(format!("in-{account}"));
        let deposit = deposit(account, 5);
        accounts.execute(&account, &cause, deposit).await.unwrap();
    }
    let left_alone = async {
        while breaker.read().await.unwrap().0 == Circuit::default() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let left_alone = tokio::time::timeout(Duration::from_secs(30), left_alone).await;
    left_alone.expect("the breaker to open");

    let spec = StreamSpec::work("commands", ["cmd.>"], Duration::from_secs(86_400));
    declare::stream(&jetstream, &spec).await.unwrap();
    let mut commands = commands(&connection).await;
    let mut seen = Vec::new();
    for _ in 1..=10 {
        let (_, command) = next(&mut commands).await;
        seen.extend(command.subject);
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 10);
    let letters = DeadLetters::new(&connection).list(None).await.unwrap();
    assert_eq!(letters, []);
}
