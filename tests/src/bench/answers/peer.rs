//! The usual way, in `tests/peers/answers`: a process that answers HTTP, a process that books in PostgreSQL, and a
//! nats-server between them.

use std::process::Command;

use jetstream_es::testing::Server;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::load::Answer;
use super::sse::Events;
use super::wishes::Wishes;
use super::{PREFER, ROOMS};
use crate::bench::ledger::Ledger;
use crate::bench::postgres::Postgres;
use crate::ports::Port;
use crate::process::Process;
use crate::{tools, wait};

/// Its processes. They end when this is dropped.
#[derive(Debug)]
pub(super) struct Peer {
    // Fields are dropped in this order: the servers go last.
    _heard: JoinSet<()>,
    _worker: Process,
    front: Process,
    http: reqwest::Client,
    port: Port,
    ledger: Ledger,
    wishes: Wishes,
    _folder: TempDir,
    postgres: Postgres,
    _nats: Server,
}

impl Peer {
    pub(super) async fn start() -> Self {
        // It syncs each write, as PostgreSQL does.
        let nats = Server::start().await;
        let postgres = Postgres::start().await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = Port::lease();
        let program = |name: &str| {
            let mut command = Command::new(tools::node());
            command
                .arg(tools::peers().join("answers").join(name))
                .env("NODE_ENV", "production")
                .current_dir(folder.path());
            command
        };
        let mut front = program("front.js");
        front
            .args([&port.number().to_string(), &nats.url()])
            .arg(postgres.folder())
            .arg(postgres.user());
        let log = |name: &str| folder.path().join(name);
        let mut front = Process::start("the peer's front", front, &log("front.log"));
        let http = reqwest::Client::new();
        wait::until("the peer's front to be ready", async || {
            front.assert_running();
            let answer = http.get(format!("http://{}/", port.address())).send().await;
            answer.ok()?.status().is_success().then_some(())
        })
        .await;
        // It reads from the stream, which the front has made.
        let mut worker = program("worker.js");
        worker
            .arg(nats.url())
            .arg(postgres.folder())
            .arg(postgres.user())
            .arg(ROOMS.to_string());
        let worker = Process::start("the peer's worker", worker, &log("worker.log"));

        let ledger = Ledger::default();
        let events = format!("http://{}/events?client=bench", port.address());
        let mut events = Events::open(&http, &events).await;
        let mut heard = JoinSet::new();
        heard.spawn({
            let ledger = ledger.clone();
            async move {
                while let Some(outcome) = events.next().await {
                    ledger.tell(outcome);
                }
            }
        });
        Self {
            _heard: heard,
            _worker: worker,
            front,
            http,
            port,
            ledger,
            wishes: Wishes::default(),
            _folder: folder,
            postgres,
            _nats: nats,
        }
    }

    /// The address of `path`, which starts with a slash.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.port.address())
    }

    /// The process that answers HTTP.
    pub(super) fn process_id(&self) -> u32 {
        self.front.id()
    }

    /// Sends a request and waits for the event with the outcome.
    pub(super) async fn by_events(&self) -> Answer {
        self.ask(None).await
    }

    /// Sends a request and waits for its response, which is the outcome.
    pub(super) async fn by_wait(&self) -> Answer {
        self.ask(Some(PREFER)).await
    }

    async fn ask(&self, prefer: Option<&str>) -> Answer {
        let wish = self.wishes.next();
        let outcome = self.ledger.expect(wish.id.as_str());
        let mut request = self
            .http
            .post(self.url("/bookings?client=bench"))
            .header("Idempotency-Key", wish.id.as_str())
            .json(&wish.body());
        if let Some(prefer) = prefer {
            request = request.header("Prefer", prefer);
        }
        let response = request.send().await.expect("the peer");
        self.wishes.answer(response, outcome).await
    }

    /// Fails unless every wish has become one booking, as have `others` that were asked for elsewhere.
    pub(super) fn check(&self, others: usize) {
        let accepted = self.wishes.accepted() + others;
        let bookings = self.postgres.ask("SELECT count(*) FROM bookings");
        assert_eq!(bookings, accepted.to_string(), "bookings");
    }
}
