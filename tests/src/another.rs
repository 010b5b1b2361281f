//! Another hotel on the server of a [`Hotel`].

use std::fs;

use async_nats::{Client, ConnectOptions, jetstream};
use nkeys::KeyPair;
use reqwest::Response;
use serde_json::{Value, json};
use shared::staff::Role;

use crate::hotel::{Hotel, PASSWORD, cookie};
use crate::wait;
use crate::wire::{Verdict, Wire};

/// A hotel that was added while the first one works. Its manager logs in as `manager`.
#[derive(Debug)]
pub struct Another {
    pub name: String,
    /// The file by whose key `vacancy` reaches it.
    pub key: String,
    /// The connection of its backend's user.
    pub client: Client,
    /// What comes after `#link=` in the link of its first manager.
    pub link: String,
}

impl Another {
    /// Adds it by `vacancy hotel add`.
    pub async fn add(first: &Hotel, name: &str) -> Self {
        // On a busy machine the tool does not wait until it is open, and says that it is to be called again (exit code 4).
        let output = wait::until("the hotel to be open", async || {
            let output = first.backend.run("hotel", &["add", name, "--json"]).await;
            (output.status.code() != Some(4)).then_some(output)
        })
        .await;
        assert!(output.status.success(), "{output:?}");
        let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let link = told["link"].as_str().expect("a link");
        let (page, link) = link.split_once("#link=").expect("a link");
        assert_eq!(page, format!("http://127.0.0.1:8080/{name}/"));
        let key = first.nats.hotels().join(format!("{name}.nk"));
        let seed = fs::read_to_string(&key).expect("a seed");
        let options = ConnectOptions::with_nkey(seed.trim().to_owned());
        let client = options.connect(first.nats.url()).await;
        Self {
            name: name.to_owned(),
            key: key.display().to_string(),
            client: client.expect("a connection"),
            link: link.to_owned(),
        }
    }

    /// The address of `path`, which starts with a slash, in this hotel.
    pub fn url(&self, first: &Hotel, path: &str) -> String {
        first.backend.url(&format!("/hotels/{}{path}", self.name))
    }

    /// Lets the first manager choose the [`PASSWORD`]. Returns the cookie, as a browser sends it.
    pub async fn log_in(&self, first: &Hotel) -> String {
        self.redeem(first, &self.link).await
    }

    /// Makes somebody one of its staff, and logs them in.
    pub async fn hire(&self, first: &Hotel, staff: &str, role: Role) -> String {
        let role = role.to_string();
        let told = self.add_staff(first, &[staff, "--role", &role]).await;
        let link = told["link"].as_str().expect("a link");
        let (_, link) = link.split_once("#link=").expect("a link");
        self.redeem(first, link).await
    }

    /// Makes a machine one of its staff.
    pub async fn hire_channel(&self, first: &Hotel, staff: &str, key: &KeyPair) {
        let (role, key) = (Role::Channel.to_string(), key.public_key());
        let channel = [staff, "--role", &role, "--nkey", &key];
        self.add_staff(first, &channel).await;
    }

    async fn add_staff(&self, first: &Hotel, arguments: &[&str]) -> Value {
        let rest = ["--name", "Somebody", "--json", "--nats-key", &self.key];
        let arguments: Vec<&str> = ["add"]
            .iter()
            .chain(arguments)
            .copied()
            .chain(rest)
            .collect();
        let output = first.backend.run("staff", &arguments).await;
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    async fn redeem(&self, first: &Hotel, link: &str) -> String {
        let body = json!({ "link": link, "password": PASSWORD });
        let request = reqwest::Client::new().post(self.url(first, "/session"));
        let response = request.json(&body).send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        let set = response.headers()["set-cookie"].to_str().expect("text");
        let path = format!("; Path=/hotels/{};", self.name);
        assert!(set.contains(&path), "{set}");
        cookie(&response).expect("a cookie")
    }

    /// What the hotel answers to a request for `path` with this cookie.
    pub async fn get(&self, first: &Hotel, path: &str, cookie: &str) -> Response {
        let request = reqwest::Client::new().get(self.url(first, path));
        let answer = request.header("Cookie", cookie).send().await;
        answer.expect("an answer")
    }

    /// Runs a command by `vacancy command`, and expects that it is done.
    pub async fn done(&self, first: &Hotel, command: &[&str]) {
        let with_key = ["--wait", "30", "--nats-key", &self.key];
        let arguments: Vec<&str> = command.iter().copied().chain(with_key).collect();
        let output = first.backend.run("command", &arguments).await;
        assert!(output.status.success(), "{output:?}");
    }

    /// How many messages one of its streams has had so far.
    pub async fn count(&self, stream: &str) -> u64 {
        let stream = jetstream::new(self.client.clone()).get_stream(stream).await;
        stream.expect("a stream").cached_info().state.last_sequence
    }

    /// A page of one of its guests, and what the server thinks of it.
    pub async fn guest(&self, first: &Hotel) -> (Wire, Verdict) {
        let (url, origin) = (first.nats.websocket_url(), first.backend.url(""));
        let mut wire = Wire::dial(&url, &origin).await.expect("a handshake");
        let verdict = wire.connect_with(&format!("{}.guest", self.name)).await;
        (wire, verdict)
    }

    /// A connection of one of its machines.
    pub async fn machine(&self, first: &Hotel, key: &KeyPair) -> (Wire, Verdict) {
        let (url, origin) = (first.nats.websocket_url(), first.backend.url(""));
        let mut wire = Wire::dial(&url, &origin).await.expect("a handshake");
        let verdict = wire.connect_to(Some(&self.name), key, None).await;
        (wire, verdict)
    }
}
