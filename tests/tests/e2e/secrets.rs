//! Where no secret may be: in what is logged, however much that is, in the arguments of a process, in an address, in the repository.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use reqwest::header::{COOKIE, LOCATION};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use vacancy_tests::backend::Backend;
use vacancy_tests::board::Board;
use vacancy_tests::browser::Browser;
use vacancy_tests::hotel::cookie;
use vacancy_tests::nats::{self, NatsServer, Options};
use vacancy_tests::ports::Port;
use vacancy_tests::wire::{Verdict, Wire};
use vacancy_tests::{tools, wait};

const HOOKS: &str = "whsec_c2VjcmV0IG9mIGEgYm9va2luZyBjaGFubmVs";
const WEBHOOK: &str = "services/T00/hush-hush";
const FIRST: &str = "four words that stay";
const WRONG: &str = "four words that do not";
const SECOND: &str = "other words that stay";

/// What was used, by what it is.
#[derive(Debug, Default)]
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn add(&mut self, what: &'static str, secret: &str) {
        self.0.push((what, secret.to_owned()));
    }

    #[track_caller]
    fn assert_not_in(&self, place: &str, text: &str) {
        for (what, secret) in &self.0 {
            assert!(!secret.is_empty(), "{what} was not used");
            let line = text.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "{what} is in {place}: {line:?}");
        }
    }
}

/// A hotel that logs all there is to log, and knows a secret of each kind.
struct Talkative {
    // Fields are dropped in this order: the server goes last.
    backend: Backend,
    nats: NatsServer,
    secrets: Secrets,
    _folder: tempfile::TempDir,
}

impl Talkative {
    async fn start(webhook: &TcpListener) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let hooks = folder.path().join("hooks.json");
        fs::write(&hooks, json!({ "channel": [HOOKS] }).to_string()).expect("written");
        fs::set_permissions(&hooks, Permissions::from_mode(0o600)).expect("set");
        let http = Port::lease();
        let nats = NatsServer::start(http.number(), Options::default()).await;
        let mut backend = Backend::new(http, &nats, nats.websocket_url());
        backend.add_options(["--hooks".as_ref(), hooks.as_os_str()]);
        backend.set_variable("RUST_LOG", "trace");
        let address = webhook.local_addr().expect("an address");
        backend.set_variable("VACANCY_WEBHOOK", format!("http://{address}/{WEBHOOK}"));
        backend.start().await;

        let mut secrets = Secrets::default();
        secrets.add("the password of the backend", &nats::password("backend"));
        secrets.add("the secret of a channel", HOOKS);
        secrets.add("the address of the webhook", WEBHOOK);
        let keys = fs::read_to_string(nats.callout()).expect("the keys of the callout");
        let keys: Value = serde_json::from_str(&keys).expect("JSON");
        for key in keys.as_object().expect("an object").values() {
            secrets.add("a key of the callout", key.as_str().expect("a seed"));
        }
        Self {
            backend,
            nats,
            secrets,
            _folder: folder,
        }
    }

    /// Runs `vacancy staff`, and returns the token of the link that it makes.
    async fn link(&mut self, arguments: &[&str]) -> String {
        let board = self.backend.url("/");
        let arguments = [arguments, &["--json", "--board-url", &board]].concat();
        let output = self.backend.run("staff", &arguments).await;
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{errors}");
        let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let link = said["link"].as_str().expect("a link");
        let token = link.split_once("#link=").expect("a token").1.to_owned();
        self.secrets.add("the token of a link", &token);
        self.secrets.assert_not_in("what a tool logs", &errors);
        token
    }

    async fn ask(&mut self, method: Method, path: &str, shown: &str, body: Value) -> Response {
        let request = Client::new().request(method, self.backend.url(path));
        let request = request.header(COOKIE, shown).json(&body);
        let response = request.send().await.expect("an answer");
        if let Some(value) =
            cookie(&response).and_then(|cookie| Some(cookie.split_once('=')?.1.to_owned()))
            && !value.is_empty()
        {
            self.secrets.add("the token of a session", &value);
        }
        let location = response.headers().get(LOCATION);
        let location = location.map(|value| value.to_str().expect("text").to_owned());
        self.secrets
            .assert_not_in("an address", &location.unwrap_or_default());
        response
    }

    /// What everybody on the machine can read of the backend.
    fn arguments(&self) -> String {
        let file = format!("/proc/{}/cmdline", self.backend.process_id());
        let line = fs::read(file).expect("a process that runs");
        String::from_utf8_lossy(&line).replace('\0', " ")
    }
}

#[tokio::test]
async fn no_secret_is_logged_nor_in_the_arguments_of_a_process() {
    let webhook = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let mut hotel = Talkative::start(&webhook).await;
    for (what, secret) in [
        ("a password", FIRST),
        ("a wrong one", WRONG),
        ("a new one", SECOND),
    ] {
        hotel.secrets.add(what, secret);
    }
    let add = ["add", "anna", "--name", "Anna Berg", "--role", "manager"];
    let link = hotel.link(&add).await;
    let (post, nobody) = (Method::POST, "");
    let body = json!({ "link": link });
    assert_eq!(
        hotel
            .ask(post.clone(), "/link", nobody, body)
            .await
            .status(),
        200
    );
    let body = json!({ "link": link, "password": FIRST });
    let first = hotel.ask(post.clone(), "/session", nobody, body).await;
    assert_eq!(first.status(), 200);
    let body = json!({ "name": "anna", "password": WRONG });
    let wrong = hotel.ask(post.clone(), "/session", nobody, body).await;
    assert_eq!(wrong.status(), 401);
    let body = json!({ "name": "anna", "password": FIRST });
    let right = hotel.ask(post.clone(), "/session", nobody, body).await;
    let shown = cookie(&right).expect("a cookie");
    let renewed = hotel
        .ask(post.clone(), "/session/renewal", &shown, Value::Null)
        .await;
    let shown = cookie(&renewed).expect("another cookie");

    let origin = hotel.backend.url("");
    let wire = Wire::dial_with(&hotel.nats.websocket_url(), &origin, Some(&shown)).await;
    let mut wire = wire.expect("a handshake");
    assert_eq!(wire.connect().await, Verdict::Allowed);

    let made = hotel
        .ask(post.clone(), "/staff/anna/link", &shown, Value::Null)
        .await;
    let made: Value = made.json().await.expect("JSON");
    let link = made["link"].as_str().expect("a link").to_owned();
    hotel.secrets.add("the token of a manager's link", &link);
    let body = json!({ "link": link, "password": SECOND });
    let second = hotel.ask(post.clone(), "/session", nobody, body).await;
    let shown = cookie(&second).expect("a cookie");
    hotel.link(&["reset", "anna"]).await;
    hotel
        .ask(Method::DELETE, "/session", &shown, Value::Null)
        .await;

    // Somebody who does not know the channel's secret, and a command that nobody can work on, which the webhook is told of.
    let hook = json!({ "type": "booking.created", "data": {} });
    assert_eq!(
        hotel
            .ask(post, "/hooks/channel", nobody, hook)
            .await
            .status(),
        401
    );
    let client = hotel.nats.connect("backend").await.expect("a connection");
    let published = client.publish("cmd.hotel.test.no-such-command", "{}".into());
    published.await.expect("published");
    client.flush().await.expect("sent");
    let (mut told, _) = webhook.accept().await.expect("a notice");
    let mut notice = vec![0; 4096];
    let read = told.read(&mut notice).await.expect("a notice");
    assert!(String::from_utf8_lossy(&notice[..read]).contains(WEBHOOK));
    let answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    told.write_all(answer).await.expect("written");
    wait::until("the log to say what became of the notice", async || {
        let logged = hotel.backend.logged();
        logged.contains("does not take the notice").then_some(())
    })
    .await;

    hotel
        .secrets
        .assert_not_in("the log", &hotel.backend.logged());
    hotel
        .secrets
        .assert_not_in("its arguments", &hotel.arguments());
    // There was something to be found: the log tells who logged in.
    assert!(hotel.backend.logged().contains("logged in"));
    hotel.backend.stop().await;
}

#[tokio::test]
async fn no_secret_is_in_an_address_that_a_browser_asks_for_or_keeps() {
    let webhook = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let mut hotel = Talkative::start(&webhook).await;
    let add = ["add", "anna", "--name", "Anna Berg", "--role", "front-desk"];
    let link = hotel.link(&add).await;
    hotel.secrets.add("a password", FIRST);
    let browser = Board::new(Browser::start().await);
    browser
        .go_to(&hotel.backend.url(&format!("/#link={link}")))
        .await;
    browser.choose_password(FIRST).await;
    browser.wait_for(r#"[data-connection="live"]"#).await;
    let script = "return performance.getEntries().filter((entry) => entry.entryType !== 'navigation').map((entry) => entry.name)
        .concat([location.href, document.referrer, JSON.stringify(localStorage), JSON.stringify(sessionStorage)]);";
    let places: Vec<String> = browser.run(script, json!([])).await;
    let places = places.join("\n");
    hotel
        .secrets
        .assert_not_in("what a browser asks for or keeps", &places);
    assert!(places.contains("/session"), "{places}");
    hotel
        .secrets
        .assert_not_in("the log", &hotel.backend.logged());
}

/// Published as examples, by NATS and by Standard Webhooks.
const EXAMPLES: [&str; 2] = [
    "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
];

#[test]
fn the_repository_has_no_secret() {
    let root = tools::nats_conf();
    let root = root.parent().expect("a folder");
    let patterns = [
        "S[AUCNOX][A-Z2-7]{56}",
        "whsec_[A-Za-z0-9+/]{24}",
        "BEGIN [A-Z ]*PRIVATE KEY",
        r"\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}",
    ];
    let mut command = Command::new("git");
    command.current_dir(root).args(["grep", "-IhoE"]);
    for pattern in patterns {
        command.args(["-e", pattern]);
    }
    let output = command.output().expect("git");
    let found = String::from_utf8(output.stdout).expect("text");
    let unknown: Vec<_> = found
        .lines()
        .filter(|found| {
            let is_ours = found.contains("BEGIN [A-Z ]") || HOOKS.starts_with(*found);
            !is_ours && !EXAMPLES.iter().any(|example| example.contains(found))
        })
        .collect();
    assert_eq!(unknown, [""; 0]);
    // It does find what is there.
    assert!(found.contains(EXAMPLES[0]), "{found}");
    let tracked = Command::new("git")
        .current_dir(root)
        .args(["ls-files", ".run", "*.pem", "*.nk", "*.creds"])
        .output();
    assert_eq!(String::from_utf8_lossy(&tracked.expect("git").stdout), "");
}
