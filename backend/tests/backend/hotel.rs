//! A nats-server, a backend and a client of both.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command as Program, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use async_nats::header::NATS_MESSAGE_ID;
use async_nats::{HeaderMap, jetstream};
use futures_util::StreamExt;
use jetstream_es::Connection;
use jetstream_es::testing::Server;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::outcome::{Decision, EventPointer, Outcome, Refusal};
use uuid::Uuid;
use vacancy_backend::commands::catalogue;

/// How long anything may take. What is waited for is a condition; this is only when to give up.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// The program `vacancy serve`, which is killed when this is dropped.
pub(crate) struct Backend {
    process: Child,
    /// Its HTTP address, without a final slash.
    pub(crate) http: String,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Drop for Backend {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
        if std::thread::panicking() {
            let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            println!("what the backend said:\n{}", lines.join("\n"));
        }
    }
}

impl Backend {
    /// Starts it on a port of its own. It may not be ready yet.
    pub(crate) fn start(nats: &str, more: &[&str]) -> Self {
        let mut program = program(nats, "serve");
        program.args(more);
        Self::run(program)
    }

    /// Runs `vacancy serve` on a port of its own.
    pub(crate) fn run(mut program: Program) -> Self {
        let mut process = program
            .args(["--http", "127.0.0.1:0"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(process.stderr.take().unwrap());
        let (found, http) = mpsc::channel();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let said = Arc::clone(&lines);
        // Reads on to the end, so that the program never waits for somebody to read what it says.
        std::thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                if let Some((_, address)) = line.split_once("HTTP on ") {
                    found.send(address.to_owned()).unwrap();
                }
                said.lock().unwrap().push(line);
            }
        });
        let http = http.recv_timeout(DEADLINE).expect("an HTTP address");
        Self {
            process,
            http,
            lines,
        }
    }

    /// Ends it in the middle of whatever it does (SIGKILL).
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks it to end in good order, and waits until it has.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        let id = self.process.id().to_string();
        let killed = Program::new("kill").args(["-TERM", &id]).status();
        assert!(killed.unwrap().success());
        let process = &mut self.process;
        until("the backend ends", async || process.try_wait().unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        reqwest::get(format!("{}{path}", self.http)).await.unwrap()
    }

    /// Waits until `/health/ready` answers with `status`.
    pub(crate) async fn until_health_is(&self, status: u16) {
        until("the health", async || {
            (self.get("/health/ready").await.status() == status).then_some(())
        })
        .await;
    }
}

/// `vacancy TASK`, told where NATS is.
pub(crate) fn program(nats: &str, task: &str) -> Program {
    let mut program = Program::new(env!("CARGO_BIN_EXE_vacancy"));
    program
        .args([task, "--nats", nats])
        .env("VACANCY_NATS_PASSWORD", "")
        .env("NO_COLOR", "1");
    program
}

/// A hotel that runs.
pub(crate) struct Hotel {
    // Before the server, so that it does not complain about its end.
    pub(crate) backend: Backend,
    pub(crate) connection: Connection,
    pub(crate) server: Server,
}

impl Hotel {
    /// With rooms 1 to `rooms`: doubles with the names 101 and so on.
    pub(crate) async fn with_rooms(rooms: u32) -> Self {
        let server = Server::start().await;
        let backend = Backend::start(&server.url(), &[]);
        backend.until_health_is(200).await;
        let connection = server.connect().await;
        let hotel = Self {
            backend,
            connection,
            server,
        };
        for room in 1..=rooms {
            let name = (100 + room).to_string();
            let data = json!({"room": {"id": room}, "name": name, "type": "double", "floor": 1});
            hotel.done("add-room", data).await;
        }
        hotel
    }

    /// Starts a backend after the one before has been killed or stopped.
    pub(crate) fn start_backend(&mut self) {
        self.backend = Backend::start(&self.server.url(), &[]);
    }

    /// Replaces the backend by one with these options, and waits until that is ready.
    pub(crate) async fn restart_backend(&mut self, options: &[&str]) {
        self.backend.kill();
        self.backend = Backend::start(&self.server.url(), options);
        self.backend.until_health_is(200).await;
    }

    pub(crate) fn jetstream(&self) -> jetstream::Context {
        self.connection.jetstream()
    }

    pub(crate) async fn done(&self, command: &str, data: Value) -> EventPointer {
        match self.send(command, &new_id(), data).await.decision {
            Decision::Done { event, .. } => event,
            other => panic!("{command} was not done: {other:?}"),
        }
    }

    pub(crate) async fn refused(&self, command: &str, data: Value) -> Refusal {
        match self.send(command, &new_id(), data).await.decision {
            Decision::Refused { refusal } => refusal,
            other => panic!("{command} was not refused: {other:?}"),
        }
    }

    /// Sends a command with the id `id` and waits for its outcome.
    pub(crate) async fn send(&self, command: &str, id: &str, data: Value) -> Outcome {
        let payload = envelope(command, id, data).to_string();
        let subject = format!("cmd.hotel.test.{command}");
        let outcome = format!("outcome.hotel.test.{id}");
        self.answer(&subject, Some(id), payload, &outcome).await
    }

    /// Publishes any bytes and waits for what is published on `outcome`.
    pub(crate) async fn answer(
        &self,
        subject: &str,
        message_id: Option<&str>,
        payload: impl Into<bytes::Bytes>,
        outcome: &str,
    ) -> Outcome {
        let client = self.connection.client();
        let mut outcomes = client.subscribe(outcome.to_owned()).await.unwrap();
        self.publish(subject, message_id, payload).await;
        let message = tokio::time::timeout(DEADLINE, outcomes.next()).await;
        let message = message.unwrap_or_else(|_| panic!("nothing on {outcome}"));
        serde_json::from_slice(&message.unwrap().payload).unwrap()
    }

    /// Publishes any bytes and waits until the stream has them.
    pub(crate) async fn publish(
        &self,
        subject: &str,
        message_id: Option<&str>,
        payload: impl Into<bytes::Bytes>,
    ) {
        let mut headers = HeaderMap::new();
        // The stream would not take an id twice within its window; what comes without one is always taken.
        if let Some(id) = message_id {
            headers.insert(NATS_MESSAGE_ID, id);
        }
        let jetstream = self.jetstream();
        let sent = jetstream.publish_with_headers(subject.to_owned(), headers, payload.into());
        sent.await.unwrap().await.unwrap();
    }

    /// How many messages a stream has.
    pub(crate) async fn count(&self, stream: &str) -> u64 {
        let stream = self.jetstream().get_stream(stream).await.unwrap();
        stream.cached_info().state.messages
    }

    pub(crate) async fn value<T: DeserializeOwned>(&self, bucket: &str, key: &str) -> Option<T> {
        let bucket = self.jetstream().get_key_value(bucket).await.unwrap();
        let value = bucket.get(key).await.unwrap()?;
        Some(serde_json::from_slice(&value).unwrap())
    }

    /// Waits until the value is as `expected` says.
    pub(crate) async fn until_value<T: DeserializeOwned + std::fmt::Debug>(
        &self,
        bucket: &str,
        key: &str,
        expected: impl Fn(&T) -> bool,
    ) -> T {
        until(&format!("{bucket} {key}"), async || {
            let value: Option<T> = self.value(bucket, key).await;
            value.filter(&expected)
        })
        .await
    }
}

/// A command as clients write it.
pub(crate) fn envelope(command: &str, id: &str, data: Value) -> Value {
    let message_type = match catalogue::type_of(command) {
        Some(known) => known.to_owned(),
        None => format!("vacancy.booking.{command}.v1"),
    };
    json!({
        "specversion": "1.0",
        "id": id,
        "source": "/test",
        "type": message_type,
        "data": data,
    })
}

/// The event of a command that is done.
pub(crate) fn event(outcome: &Outcome) -> &EventPointer {
    match &outcome.decision {
        Decision::Done { event, .. } => event,
        other => panic!("not done: {other:?}"),
    }
}

pub(crate) fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// Asks until there is an answer.
pub(crate) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let answer = tokio::time::timeout(DEADLINE, asking).await;
    answer.unwrap_or_else(|_| panic!("gave up waiting: {what}"))
}

pub(crate) fn stay(room: u32, client: u64, date: &str, nights: u16) -> Value {
    json!({"room": {"id": room}, "client": {"id": client}, "date": date, "nights": nights})
}

pub(crate) fn arrival(room: u32, client: u64, date: &str) -> Value {
    json!({"room": {"id": room}, "client": {"id": client}, "date": date})
}

pub(crate) fn cleanup(room: u32, date: &str) -> Value {
    json!({"room": {"id": room}, "date": date})
}
