//! A nats-server of the test's own.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nats_wsclient::jetstream::PublishError;
use nats_wsclient::{Client, ConnectOptions, JetStream, PubAck, Publish};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::platform::Tokio;

/// Users: `all` may do everything; `few` may publish to `few.>`, subscribe to `few.>`, and has an inbox prefix of its
/// own; `tight`, in an account of its own, may have three subscriptions; `guest`, in another account, may only watch the bucket `b`, and has a small `max_payload`.
const CONFIG: &str = r#"
listen: 127.0.0.1:-1
websocket { listen: "127.0.0.1:PORT", no_tls: true, compression: true }
jetstream { store_dir: "FOLDER" }
accounts {
  MAIN {
    jetstream: enabled
    users: [
      { user: all, password: all }
      { user: few, password: few, permissions {
          publish: ["few.>", "_INBOX.few.>"], subscribe: ["few.>", "_INBOX.few.>"] } }
      { user: reader, password: reader, permissions {
          publish: ["$JS.API.CONSUMER.CREATE.orders.*.orders.paid.>"], subscribe: ["_INBOX.reader.>"] } }
    ]
    exports: [
      { stream: "live.b.>" }
      { service: "$JS.API.DIRECT.GET.KV_b", response_type: stream }
    ]
  }
  TIGHT {
    limits { max_subscriptions: 3 }
    users: [ { user: tight, password: tight, permissions { publish: ">", subscribe: { deny: "secret" } } } ]
  }
  GUEST {
    limits { max_payload: 4KB, max_connections: 2 }
    users: [ { user: guest, password: guest, permissions {
        publish: ["$JS.API.DIRECT.GET.KV_b", "echo"], subscribe: ["live.b.>", "_INBOX.guest.>", "echo"] } } ]
    imports: [
      { stream: { account: MAIN, subject: "live.b.>" } }
      { service: { account: MAIN, subject: "$JS.API.DIRECT.GET.KV_b" } }
    ]
  }
}
"#;

pub(crate) struct Server {
    binary: String,
    folder: TempDir,
    port: u16,
    process: Option<Child>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let mut server = Self::prepare(free_port(), CONFIG);
        server.restart();
        server
    }

    /// One that is not started yet. In its configuration PORT stands for the port of its WebSocket, and FOLDER for where
    /// its streams are.
    pub(crate) fn prepare(port: u16, config: &str) -> Self {
        let binary = std::env::var("VACANCY_NATS_SERVER")
            .expect("VACANCY_NATS_SERVER is not set: run `cargo xtask test`, or set it to the path of a nats-server");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = folder.path().join("jetstream");
        let config = config
            .replace("PORT", &port.to_string())
            .replace("FOLDER", store.to_str().expect("UTF-8"));
        fs::write(folder.path().join("nats.conf"), config).expect("a configuration");
        Self {
            binary,
            folder,
            port,
            process: None,
        }
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("a process to kill");
            process.wait().expect("a process that has ended");
        }
    }

    /// Starts it on the same port and with what it stored, and waits until it listens.
    pub(crate) fn restart(&mut self) {
        self.kill();
        let log = fs::File::create(self.folder.path().join("log")).expect("a log");
        let process = Command::new(&self.binary)
            .args(["-c", "nats.conf"])
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("nats-server to start");
        self.process = Some(process);
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            let process = self.process.as_mut().expect("a process");
            let ended = process.try_wait().expect("a state");
            let log = || fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(
                ended.is_none() && Instant::now() < deadline,
                "nats-server does not listen:\n{}",
                log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends it one of its own signals, such as `ldm`.
    pub(crate) fn signal(&self, signal: &str) {
        let process = self.process.as_ref().expect("a process");
        let status = Command::new(&self.binary)
            .arg(format!("--signal={signal}={}", process.id()))
            .status();
        assert!(status.expect("nats-server to start").success());
    }

    /// Where its WebSocket listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    pub(crate) async fn connect(&self) -> Client {
        self.connect_as("all").await
    }

    pub(crate) async fn connect_as(&self, user: &str) -> Client {
        self.connect_with(options(user)).await
    }

    pub(crate) async fn connect_with(&self, options: ConnectOptions) -> Client {
        options
            .connect_over(&self.url(), Tokio::new())
            .await
            .expect("a connection")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

pub(crate) fn options(user: &str) -> ConnectOptions {
    ConnectOptions::new()
        .user_and_password(user, user)
        .custom_inbox_prefix(format!("_INBOX.{user}"))
        .reconnect_delay(Duration::from_millis(20), Duration::from_millis(100))
}

/// Calls JetStream's API; a body of null is none.
pub(crate) async fn api(client: &Client, subject: &str, body: Value) -> Value {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let answer = client.request(format!("$JS.API.{subject}"), body).await;
    let answer: Value = serde_json::from_slice(&answer.expect(subject).payload).expect("JSON");
    assert_eq!(answer.get("error"), None, "{subject}");
    answer
}

/// Makes a bucket that republishes; how many messages it has from the start.
pub(crate) async fn create_bucket(client: &Client, bucket: &str) -> u64 {
    let config = json!({
        "name": format!("KV_{bucket}"),
        "subjects": [format!("$KV.{bucket}.>")],
        "max_msgs_per_subject": 1,
        "allow_direct": true,
        "allow_rollup_hdrs": true,
        "republish": { "src": format!("$KV.{bucket}.>"), "dest": format!("live.{bucket}.>") },
    });
    let created = api(client, &format!("STREAM.CREATE.KV_{bucket}"), config).await;
    created["state"]["messages"].as_u64().expect("a number")
}

/// Deletes a bucket and makes it anew. nats-server 2.15.1 deletes files later than it says so: a stream that is made
/// anew at once may find its old messages, and is deleted again then.
pub(crate) async fn recreate_bucket(client: &Client, bucket: &str) {
    loop {
        api(client, &format!("STREAM.DELETE.KV_{bucket}"), Value::Null).await;
        if create_bucket(client, bucket).await == 0 {
            return;
        }
    }
}

/// Publishes into a stream, and waits until it is stored.
pub(crate) async fn store(js: &JetStream, message: Publish) -> Result<PubAck, PublishError> {
    js.send_publish(message).await?.await
}

/// Writes a value; its revision.
pub(crate) async fn put(client: &Client, bucket: &str, key: &str, value: &str) -> u64 {
    let publish = Publish::to(format!("$KV.{bucket}.{key}")).payload(value.to_owned());
    let stored = store(&client.jetstream(), publish).await;
    stored.expect("a revision").sequence
}

/// Deletes a key by a marker.
pub(crate) async fn delete(client: &Client, bucket: &str, key: &str, operation: &str) -> u64 {
    let publish = Publish::to(format!("$KV.{bucket}.{key}")).header("KV-Operation", operation);
    let stored = store(&client.jetstream(), publish).await;
    stored.expect("a revision").sequence
}
