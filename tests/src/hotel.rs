//! A whole hotel: nats-server, backend, rooms, and a client of the account `HOTEL`.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::path::Path;
use std::time::{Duration, SystemTime};

use async_nats::HeaderMap;
use async_nats::header::NATS_MESSAGE_ID;
use async_nats::jetstream::{self, context::PublishError, publish::PublishAck};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use jetstream_es::Connection;
use nkeys::KeyPair;
use serde_json::{Value, json};
use shared::bookings::{BookRoom, Client as Guest, ClientId, Hold, HoldMinutes, Nights};
use shared::cloud_event::{self, CloudEvent, Command, MessageId};
use shared::identity::{Account, Actor};
use shared::outcome::{Decision, EventPointer, Outcome, Refusal};
use shared::rooms::{AddRoom, RoomId};
use shared::staff::{AddStaff, Role, StaffName};
use shared::subjects::{CommandSubject, OUTCOMES, OutcomeKey, Stream};
use shared::{Date, Timestamp};
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use vacancy_backend::identity::credentials::Credentials;
use vacancy_backend::identity::password::Password;

use crate::backend::Backend;
use crate::nats::{self, NatsServer, Options};
use crate::ports::Port;
use crate::relay::Relay;
use crate::wait;
use crate::wire::{Verdict, Wire};

/// How many hotels are open at the same time: one for each core of a small machine, since a hotel's browsers keep a
/// core busy.
static PLACES: Semaphore = Semaphore::const_new(2);

/// A running hotel. Everything ends when it is dropped.
#[derive(Debug)]
pub struct Hotel {
    // Fields are dropped in this order: the server goes last.
    client: async_nats::Client,
    pub backend: Backend,
    pub nats: NatsServer,
    /// Those of the staff who are there.
    hired: Mutex<HashSet<String>>,
    _place: SemaphorePermit<'static>,
}

impl Hotel {
    /// An empty hotel.
    pub async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    /// A hotel of `rooms` rooms of the type `standard`: room 1 is called 101, and so on.
    pub async fn with_rooms(rooms: u32) -> Self {
        let hotel = Self::start().await;
        for room in 1..=rooms {
            hotel.add_room(room).await;
        }
        hotel
    }

    /// An empty hotel whose nats-server has these options.
    pub async fn start_with(options: Options<'_>) -> Self {
        let place = place().await;
        let http = Port::lease();
        let nats = NatsServer::start(http.number(), options).await;
        let websocket_url = nats.websocket_url();
        Self::open(place, http, nats, websocket_url).await
    }

    /// An empty hotel that takes webhooks of the sources in the file `hooks`.
    pub async fn with_hooks(hooks: &Path) -> Self {
        Self::without_pages(["--hooks".as_ref(), hooks.as_os_str()]).await
    }

    /// An empty hotel whose backend has these options of `vacancy serve`.
    pub async fn with_options(options: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let place = place().await;
        let http = Port::lease();
        let nats = NatsServer::start(http.number(), Options::default()).await;
        let mut backend = Backend::new(http, &nats, nats.websocket_url());
        backend.add_options(options);
        Self::run(place, backend, nats).await
    }

    /// A hotel of one room whose board is in the folder `spa`.
    pub async fn with_board(spa: &Path) -> Self {
        let place = place().await;
        let http = Port::lease();
        let nats = NatsServer::start(http.number(), Options::default()).await;
        let backend = Backend::with_board(http, &nats, nats.websocket_url(), spa);
        let hotel = Self::run(place, backend, nats).await;
        hotel.add_room(1).await;
        hotel
    }

    /// An empty hotel that serves no board, whose backend has these options of `vacancy serve`.
    pub async fn without_pages(options: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let place = place().await;
        let http = Port::lease();
        let nats = NatsServer::start(http.number(), Options::default()).await;
        let mut backend = Backend::with(http, &nats, Vec::new());
        backend.add_options(options);
        Self::run(place, backend, nats).await
    }

    /// An empty hotel whose pages reach nats-server through a relay.
    pub async fn behind_relay() -> (Self, Relay) {
        let place = place().await;
        let http = Port::lease();
        let nats = NatsServer::start(http.number(), Options::default()).await;
        let relay = Relay::start(nats.websocket_address()).await;
        let hotel = Self::open(place, http, nats, relay.websocket_url()).await;
        (hotel, relay)
    }

    async fn open(
        place: SemaphorePermit<'static>,
        http: Port,
        nats: NatsServer,
        websocket_url: String,
    ) -> Self {
        Self::run(place, Backend::new(http, &nats, websocket_url), nats).await
    }

    async fn run(place: SemaphorePermit<'static>, mut backend: Backend, nats: NatsServer) -> Self {
        backend.start().await;
        let client = nats.connect("backend").await.expect("a connection");
        Self {
            client,
            backend,
            nats,
            hired: Mutex::default(),
            _place: place,
        }
    }

    /// Adds the room with the id `room`.
    pub async fn add_room(&self, room: u32) {
        let command = AddRoom {
            room: room_id(room).into(),
            name: (100 + room).to_string().parse().expect("a name"),
            room_type: "standard".parse().expect("a type"),
            floor: 1,
        };
        self.done(command).await;
    }

    /// Books and expects that it is done.
    pub async fn book(&self, room: u32, client: u64, name: &str, arrival: Date, nights: u16) {
        self.done(booking(room, client, name, arrival, nights))
            .await;
    }

    /// Sends a command and expects that it is done.
    pub async fn done<C: Command>(&self, command: C) -> EventPointer {
        match self.decided(command).await {
            Decision::Done { event, .. } => event,
            other => panic!("{} was not done: {other:?}", C::NAME),
        }
    }

    /// Sends a command and expects that it is refused.
    pub async fn refused<C: Command>(&self, command: C) -> Refusal {
        match self.decided(command).await {
            Decision::Refused { refusal } => refusal,
            other => panic!("{} was not refused: {other:?}", C::NAME),
        }
    }

    /// Sends a command and waits for nothing but that the stream has it.
    pub async fn send<C: Command>(&self, command: C) {
        let id = new_id();
        let event = CloudEvent::command(id.clone(), "/tests", now(), command);
        let payload = serde_json::to_vec(&event).expect("JSON");
        let subject = CommandSubject::text::<C>(&actor());
        let stored = self.publish(&subject, &id, payload).await;
        stored.expect("the stream takes the command");
    }

    /// Sends a command and waits for its outcome.
    pub async fn decided<C: Command>(&self, command: C) -> Decision {
        let id = new_id();
        let event = CloudEvent::command(id.clone(), "/tests", now(), command);
        let payload = serde_json::to_vec(&event).expect("JSON");
        self.outcome_of::<C>(&id, payload).await.decision
    }

    /// Publishes `payload` as a command of the type `C` with the id `id`, and waits for the outcome.
    pub async fn outcome_of<C: Command>(&self, id: &MessageId, payload: Vec<u8>) -> Outcome {
        let mut outcomes = self.outcomes_of(id).await;
        self.publish(&CommandSubject::text::<C>(&actor()), id, payload)
            .await
            .expect("the stream takes the command");
        let message = tokio::time::timeout(wait::DEADLINE, outcomes.next()).await;
        let message = message
            .unwrap_or_else(|_| panic!("the command {id} has no outcome"))
            .expect("a subscription that goes on");
        serde_json::from_slice(&message.payload).expect("an outcome")
    }

    /// Subscribes to the outcome of the command `id` of this harness.
    pub async fn outcomes_of(&self, id: &MessageId) -> async_nats::Subscriber {
        let key = OutcomeKey {
            actor: actor(),
            command: id.clone(),
        };
        let subscriber = self.client.subscribe(format!("outcome.{key}")).await;
        subscriber.expect("a subscription")
    }

    /// The outcome that the bucket keeps for the command `id` of this harness.
    pub async fn kept_outcome(&self, id: &MessageId) -> Option<Outcome> {
        let key = OutcomeKey {
            actor: actor(),
            command: id.clone(),
        };
        let bucket = self.bucket(OUTCOMES.name()).await;
        let value = bucket.get(key.to_string()).await.expect("the bucket");
        value.map(|value| serde_json::from_slice(&value).expect("an outcome"))
    }

    /// Publishes a command, as [`publish`] does.
    ///
    /// # Errors
    /// When the stream does not have it, or nobody knows whether it has.
    pub async fn publish(
        &self,
        subject: &str,
        id: &MessageId,
        payload: Vec<u8>,
    ) -> Result<PublishAck, PublishError> {
        publish(&self.jetstream(), subject, id, payload).await
    }

    /// A page of this hotel that one of the standing [`staff`](Self::staff) has logged in to, or nobody, which makes a guest.
    pub async fn page(&self, user: Option<&str>) -> Wire {
        let cookie = match user {
            Some(user) => {
                self.staff().await;
                Some(self.log_in(user).await)
            }
            None => None,
        };
        let (wire, verdict) = self.try_page(cookie.as_deref()).await;
        assert_eq!(verdict, Verdict::Allowed);
        wire
    }

    /// A page of this hotel with this cookie, and what the server thinks of it.
    pub async fn try_page(&self, cookie: Option<&str>) -> (Wire, Verdict) {
        let (url, origin) = (self.nats.websocket_url(), self.backend.url(""));
        let dialled = Wire::dial_with(&url, &origin, cookie).await;
        let mut wire = dialled.expect("a handshake");
        let verdict = wire.connect().await;
        (wire, verdict)
    }

    /// Sees to it that there is somebody for each role that people have, called as its account is: `manager`, `frontdesk` and
    /// `housekeeping`.
    pub async fn staff(&self) {
        // Whoever asks at the same time waits until they are there.
        let mut hired = self.hired.lock().await;
        for role in Role::ALL.into_iter().filter(|role| !role.is_of_machines()) {
            let name = role.account().as_str();
            if hired.insert(name.to_owned()) {
                self.hire(name, role).await;
            }
        }
    }

    /// Makes somebody one of the staff, with the [`PASSWORD`].
    pub async fn hire(&self, staff: &str, role: Role) {
        let staff: StaffName = staff.parse().expect("a log-in name");
        let name = format!("{staff} of the {role}").parse().expect("a name");
        let command = AddStaff {
            staff: staff.clone(),
            name,
            role,
            nkey: None,
        };
        self.done(command).await;
        let options = nats::backend_options();
        let connection = Connection::open(options, &self.nats.url()).await;
        let credentials = Credentials::new(&connection.expect("a connection"));
        let credentials = credentials.expect("random numbers");
        let password = Password::from(PASSWORD.to_owned());
        let set = credentials.set_password(&staff, &password).await;
        set.expect("the password is kept");
    }

    /// Makes a machine one of the staff, and returns its key.
    pub async fn hire_channel(&self, staff: &str) -> KeyPair {
        let key = KeyPair::new_user();
        let command = AddStaff {
            staff: staff.parse().expect("a log-in name"),
            name: staff.parse().expect("a name"),
            role: Role::Channel,
            nkey: Some(key.public_key().parse().expect("a key")),
        };
        self.done(command).await;
        key
    }

    /// A connection of a machine, over WebSocket.
    pub async fn machine(&self, key: &KeyPair) -> (Wire, Verdict) {
        let (url, origin) = (self.nats.websocket_url(), self.backend.url(""));
        let mut wire = Wire::dial(&url, &origin).await.expect("a handshake");
        let verdict = wire.connect_by(key, None).await;
        (wire, verdict)
    }

    /// Logs somebody of the staff in over HTTP. Returns the cookie, as a browser sends it.
    pub async fn log_in(&self, staff: &str) -> String {
        let response = self.try_log_in(staff, PASSWORD).await;
        assert_eq!(response.status(), 200, "{staff} logs in");
        cookie(&response).expect("a cookie")
    }

    /// Tries a name and a password.
    pub async fn try_log_in(&self, staff: &str, password: &str) -> reqwest::Response {
        let body = json!({ "name": staff, "password": password });
        let request = reqwest::Client::new().post(self.backend.url("/session"));
        let response = request.json(&body).send().await;
        response.expect("an answer")
    }

    /// The connection of the user `backend`.
    pub fn client(&self) -> &async_nats::Client {
        &self.client
    }

    pub fn jetstream(&self) -> jetstream::Context {
        let mut context = jetstream::new(self.client.clone());
        context.set_timeout(Duration::from_secs(10));
        context
    }

    pub async fn bucket(&self, name: &str) -> jetstream::kv::Store {
        let bucket = self.jetstream().get_key_value(name).await;
        bucket.unwrap_or_else(|error| panic!("the bucket {name}: {error}"))
    }

    /// The keys of a bucket with their values, read without a consumer.
    pub async fn entries(&self, bucket: &str) -> BTreeMap<String, Bytes> {
        let name = format!("KV_{bucket}");
        let stream = self.jetstream().get_stream(&name).await;
        let stream = stream.unwrap_or_else(|error| panic!("the bucket {bucket}: {error}"));
        let mut entries = BTreeMap::new();
        for subject in self.subjects_of(&name).await.into_keys() {
            let message = stream.direct_get_last_for_subject(&subject).await;
            let message = message.unwrap_or_else(|error| panic!("{subject}: {error}"));
            let key = subject.trim_start_matches(&format!("$KV.{bucket}."));
            entries.insert(key.to_owned(), message.payload);
        }
        entries
    }

    /// How many messages a stream has under each of its subjects.
    pub async fn subjects(&self, stream: Stream) -> BTreeMap<String, usize> {
        self.subjects_of(stream.name()).await
    }

    /// How many commands of the type `C` the browsers of the front desk have sent, and the stream has.
    pub async fn sent<C: Command>(&self) -> usize {
        let subjects = self.subjects(Stream::Commands).await;
        let subject = format!("cmd.frontdesk.frontdesk.{}", C::NAME);
        subjects.get(&subject).copied().unwrap_or_default()
    }

    async fn subjects_of(&self, name: &str) -> BTreeMap<String, usize> {
        let stream = self.jetstream().get_stream(name).await;
        let stream = stream.unwrap_or_else(|error| panic!("the stream {name}: {error}"));
        let info = stream.info_with_subjects(">").await.expect("its subjects");
        info.try_collect().await.expect("its subjects")
    }

    /// How many messages there are in each of the streams of events, which are all streams but `commands`.
    pub async fn events(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for stream in Stream::ALL {
            if stream != Stream::Commands {
                counts.insert(stream.name(), self.count(stream).await);
            }
        }
        counts
    }

    /// How many messages a stream has had so far.
    pub async fn count(&self, stream: Stream) -> u64 {
        let stream = self.jetstream().get_stream(stream.name()).await;
        stream.expect("a stream").cached_info().state.last_sequence
    }

    /// The messages of a stream from the sequence `from`, as JSON.
    pub async fn messages(&self, stream: Stream, from: u64) -> Vec<Value> {
        let last = self.count(stream).await;
        let stream = self.jetstream().get_stream(stream.name()).await;
        let stream = stream.expect("a stream");
        let mut messages = Vec::new();
        for sequence in from..=last {
            let message = stream.get_raw_message(sequence).await.expect("a message");
            messages.push(serde_json::from_slice(&message.payload).expect("JSON"));
        }
        messages
    }
}

/// What everybody who was [hired](Hotel::hire) logs in with.
pub const PASSWORD: &str = "correct horse battery staple";

/// The cookie that a response sets, as a browser sends it back.
pub fn cookie(response: &reqwest::Response) -> Option<String> {
    let set = response.headers().get("set-cookie")?;
    let text = set.to_str().expect("text");
    text.split(';').next().map(str::to_owned)
}

/// Waits until there is a place for one hotel more.
async fn place() -> SemaphorePermit<'static> {
    PLACES.acquire().await.expect("never closed")
}

/// Publishes to `subject` with the message id `id`, as every client does with its commands, and waits until the stream
/// has it.
///
/// # Errors
/// When the stream does not have it, or nobody knows whether it has.
pub async fn publish(
    context: &jetstream::Context,
    subject: &str,
    id: &MessageId,
    payload: Vec<u8>,
) -> Result<PublishAck, PublishError> {
    let mut headers = HeaderMap::new();
    headers.insert(NATS_MESSAGE_ID, id.as_str());
    headers.insert("Content-Type", cloud_event::CONTENT_TYPE);
    context
        .publish_with_headers(subject.to_owned(), headers, payload.into())
        .await?
        .await
}

/// Who sends the commands of this harness.
pub fn actor() -> Actor {
    Actor {
        account: Account::Hotel,
        user: "test".parse().expect("a token"),
    }
}

pub fn new_id() -> MessageId {
    uuid::Uuid::now_v7().to_string().parse().expect("a token")
}

pub fn now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let milliseconds = elapsed.expect("a clock past 1970").as_millis();
    Timestamp::from_unix_milliseconds(
        i64::try_from(milliseconds).expect("a clock before year 10,000"),
    )
}

/// Today in UTC, the time zone that the tests' browsers live in.
pub fn today() -> Date {
    now().date()
}

pub fn room_id(room: u32) -> RoomId {
    RoomId::try_from(i64::from(room)).expect("a room's id")
}

pub fn client_id(client: u64) -> ClientId {
    ClientId::try_from(client.cast_signed()).expect("a client's id")
}

/// The command that books `nights` nights from `arrival`.
pub fn booking(room: u32, client: u64, name: &str, arrival: Date, nights: u16) -> BookRoom {
    BookRoom {
        room: room_id(room).into(),
        client: Guest {
            id: client_id(client),
            name: Some(name.parse().expect("a name")),
        },
        date: arrival,
        nights: Nights::try_from(i64::from(nights)).expect("nights"),
        pinned: false,
    }
}

/// The command that holds `nights` nights from `arrival`, for as long as holds usually last.
pub fn hold(room: u32, client: u64, arrival: Date, nights: u16) -> Hold {
    Hold {
        room: room_id(room).into(),
        client: Guest {
            id: client_id(client),
            name: None,
        },
        date: arrival,
        nights: Nights::try_from(i64::from(nights)).expect("nights"),
        minutes: HoldMinutes::default(),
    }
}
