//! The whole way of a command through `vacancy serve`: it is published and stored, taken by the backend, decided, its event
//! stored, and its outcome stored and told to the one who asked. Three writes, one after the other, each on the disk.

use std::collections::HashMap;
use std::process::Command;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_nats::{Client, Message};
use futures_util::StreamExt;
use reqwest::StatusCode;
use serde_json::json;
use shared::bookings::BookRoom;
use shared::cloud_event::{CloudEvent, MessageId};
use shared::outcome::{Decision, Outcome};
use shared::rooms::AddRoom;
use shared::subjects::{CommandSubject, Stream};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use vacancy_load::{Answer, Load, Store, Wish, run};

use super::{Options, ROOMS, report};
use crate::hotel::{actor, booking, new_id, now, publish, room_id, today};
use crate::nats::{self, NatsServer};
use crate::ports::Port;
use crate::process::Process;
use crate::{tools, wait};

/// A server and a backend without a page.
struct Whole {
    // Fields are dropped in this order: the server goes last.
    _backend: Process,
    _folder: TempDir,
    _http: Port,
    client: Client,
    /// Who waits for the outcome of which command.
    waiting: Arc<Mutex<HashMap<String, oneshot::Sender<Decision>>>>,
    _outcomes: JoinSet<()>,
    /// The next night of each room that is free.
    free: Vec<AtomicU32>,
    guests: AtomicU64,
    _nats: NatsServer,
}

/// Measures, and prints.
pub(super) async fn measure(options: &Options) {
    let whole = Arc::new(Whole::start().await);
    for &clients in &options.clients {
        let mut samples = Vec::new();
        for number in 0..options.runs {
            let load = Load {
                clients,
                rooms: ROOMS,
                seconds: options.seconds,
                // Commands of their own, for this hotel knows those of all runs before.
                seed: options.seed ^ (clients as u64) << 40 ^ (number as u64) << 48,
            };
            let before = whole.events().await;
            let measured = run(&whole, load).await;
            assert_eq!(measured.done_twice, 0, "a command was done twice");
            let events = whole.events().await - before;
            let accepted = measured.accepted.len() as u64;
            assert_eq!(events, accepted, "events for the accepted commands");
            samples.push(measured);
        }
        let details =
            json!({ "clients": clients, "runs": options.runs, "seconds": options.seconds });
        let of_each = |of: &dyn Fn(&vacancy_load::Measured) -> f64| {
            let of_each: Vec<f64> = samples.iter().map(of).collect();
            report::percentile(&of_each, 50)
        };
        let rows: [(&str, &'static str, f64); 3] = [
            ("accepted", "commands/s", of_each(&|one| one.rate())),
            (
                "p50",
                "ms",
                of_each(&|one| report::percentile_of(&one.took, 50)),
            ),
            (
                "p99",
                "ms",
                of_each(&|one| report::percentile_of(&one.took, 99)),
            ),
        ];
        for (what, unit, value) in rows {
            report::row(
                &format!("commands.{clients}.whole.{what}"),
                value,
                unit,
                details.clone(),
            );
        }
    }
}

impl Whole {
    async fn start() -> Self {
        let http = Port::lease();
        let nats = NatsServer::start(http.number(), nats::Options::default()).await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new(tools::backend());
        command
            .env("VACANCY_NATS_PASSWORD", nats::password("backend"))
            .env("NO_COLOR", "1")
            .current_dir(folder.path())
            .args(["serve", "--nats", &nats.url()])
            .args(["--http", &http.address()]);
        let log = folder.path().join("backend.log");
        let mut backend = Process::start("the backend", command, &log);
        let health = format!("http://{}/health/ready", http.address());
        wait::until("the backend to be ready", async || {
            backend.assert_running();
            let status = reqwest::get(&health).await.ok()?.status();
            (status == StatusCode::OK).then_some(())
        })
        .await;
        let client = nats.connect("backend").await.expect("a connection");
        let waiting = Arc::default();
        let mut outcomes = JoinSet::new();
        let subject = format!("outcome.{}.{}.>", actor().account, actor().user);
        let told = client.subscribe(subject).await.expect("a connection");
        client.flush().await.expect("a connection");
        outcomes.spawn(told.for_each({
            let waiting = Arc::clone(&waiting);
            move |message| {
                tell(&waiting, &message);
                std::future::ready(())
            }
        }));
        let whole = Self {
            _backend: backend,
            _folder: folder,
            _http: http,
            client,
            waiting,
            _outcomes: outcomes,
            free: (0..ROOMS).map(|_| AtomicU32::new(0)).collect(),
            guests: AtomicU64::new(1),
            _nats: nats,
        };
        eprintln!("adding {ROOMS} rooms …");
        let rooms = futures_util::stream::iter(1..=ROOMS as u32);
        rooms
            .for_each_concurrent(32, |room| whole.add_room(room))
            .await;
        whole
    }

    async fn add_room(&self, room: u32) {
        let command = AddRoom {
            room: room_id(room).into(),
            name: room.to_string().parse().expect("a name"),
            room_type: "standard".parse().expect("a type"),
            floor: 1,
        };
        let id = new_id();
        let told = self.expect(&id);
        let event = CloudEvent::command(id.clone(), "/bench", now(), command);
        let subject = CommandSubject::text::<AddRoom>(&actor());
        self.publish(&subject, &id, serde_json::to_vec(&event).expect("JSON"))
            .await;
        let decision = told.await.expect("an outcome");
        assert!(matches!(decision, Decision::Done { .. }), "{decision:?}");
    }

    /// To be told of the outcome of a command, which is not published yet.
    fn expect(&self, id: &MessageId) -> oneshot::Receiver<Decision> {
        let (sender, told) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.insert(id.to_string(), sender);
        told
    }

    /// Publishes a command; says whether the stream had it already.
    async fn publish(&self, subject: &str, id: &MessageId, payload: Vec<u8>) -> bool {
        let jetstream = async_nats::jetstream::new(self.client.clone());
        let ack = publish(&jetstream, subject, id, payload).await;
        ack.expect("the stream takes the command").duplicate
    }

    /// How many events of stays there are.
    async fn events(&self) -> u64 {
        let jetstream = async_nats::jetstream::new(self.client.clone());
        let stream = jetstream.get_stream(Stream::RoomBooking.name()).await;
        stream.expect("a stream").cached_info().state.last_sequence
    }
}

fn tell(waiting: &Mutex<HashMap<String, oneshot::Sender<Decision>>>, message: &Message) {
    let outcome: Outcome = serde_json::from_slice(&message.payload).expect("an outcome");
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(sender) = waiting.remove(outcome.command.as_str()) {
        // Nobody has to wait for it any longer.
        drop(sender.send(outcome.decision));
    }
}

impl Store for Whole {
    async fn execute(&self, wish: &Wish) -> Answer {
        let id: MessageId = wish.id.parse().expect("a token");
        let told = self.expect(&id);
        let night = self.free[wish.book.room as usize].fetch_add(1, Ordering::Relaxed);
        let guest = self.guests.fetch_add(1, Ordering::Relaxed);
        let arrival = today().plus_days(i32::try_from(night).expect("a night in this millennium"));
        let command = booking(wish.book.room + 1, guest, "Ada Lovelace", arrival, 1);
        let event = CloudEvent::command(id.clone(), "/bench", now(), command);
        let subject = CommandSubject::text::<BookRoom>(&actor());
        let payload = serde_json::to_vec(&event).expect("JSON");
        let before = self.publish(&subject, &id, payload).await;
        if !before {
            let decision = told.await.expect("an outcome");
            assert!(matches!(decision, Decision::Done { .. }), "{decision:?}");
        }
        Answer {
            before,
            conflicts: 0,
        }
    }
}
