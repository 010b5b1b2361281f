//! A hotel that others reach: everything by TLS, and nothing in plain text (`nats-server.production.conf`).

use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vacancy_tests::backend::Backend;
use vacancy_tests::board::{Board, Wish};
use vacancy_tests::browser::Browser;
use vacancy_tests::certificates::{self, Certificates, HOST};
use vacancy_tests::hotel::today;
use vacancy_tests::nats::{NatsServer, Options};
use vacancy_tests::ports::Port;
use vacancy_tests::{tools, wait};

/// A hotel in production.
struct Production {
    // Fields are dropped in this order: the server goes last.
    backend: Backend,
    nats: NatsServer,
    certificates: Certificates,
}

impl Production {
    async fn start() -> Self {
        let certificates = Certificates::generate();
        let http = Port::lease();
        let options = Options {
            certificates: Some(&certificates),
            ..Options::default()
        };
        let nats = NatsServer::start(http.number(), options).await;
        let mut backend = Backend::over_tls(http, &nats, &certificates);
        backend.start().await;
        Self {
            backend,
            nats,
            certificates,
        }
    }

    /// Runs `vacancy`, which has to be done with it, and returns what it printed.
    async fn run(&self, task: &str, arguments: &[&str]) -> String {
        let output = self.backend.run(task, arguments).await;
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{task} {arguments:?}: {errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    async fn add_room(&self) {
        let add = "add-room --room 1 --name 101 --type standard --floor 1 --wait";
        let add: Vec<&str> = add.split(' ').collect();
        self.run("command", &add).await;
    }

    async fn get(&self, host: &str, path: &str) -> certificates::Answer {
        let (address, authority) = (self.backend.address(), self.certificates.authority());
        let answer = certificates::get(&address, &authority, host, path).await;
        answer.expect("an answer")
    }
}

/// What comes back, to its end, when `words` are said in plain text.
async fn in_plain_text(address: &str, words: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(words.as_bytes()).await.expect("written");
    let mut heard = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut heard)).await;
    // A reset is an end, too.
    end.expect("cut off").ok();
    String::from_utf8_lossy(&heard).into_owned()
}

#[tokio::test]
async fn plain_text_is_refused_at_every_door() {
    let hotel = Production::start().await;
    let connect =
        "CONNECT {\"user\":\"backend\",\"pass\":\"backend-secret\",\"verbose\":true}\r\nPING\r\n";
    let heard = in_plain_text(&hotel.nats.address(), connect).await;
    // The server's first line is all that there is.
    assert!(heard.contains(r#""tls_required":true"#), "{heard}");
    assert!(!heard.contains("+OK") && !heard.contains("PONG"), "{heard}");

    let upgrade = format!(
        "GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: {}\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        hotel.backend.url("").trim_end_matches('/')
    );
    let heard = in_plain_text(&hotel.nats.websocket_address(), &upgrade).await;
    assert!(heard.starts_with("HTTP/1.0 400"), "{heard}");
    assert!(!heard.contains("INFO"), "{heard}");

    let get = format!("GET /health/live HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
    let heard = in_plain_text(&hotel.backend.address(), &get).await;
    assert!(!heard.contains("HTTP/"), "{heard}");
    assert_eq!(hotel.get(HOST, "/health/live").await.status, 200);
}

#[tokio::test]
async fn programs_connect_to_whom_they_trust_and_say_so_when_they_do_not() {
    let hotel = Production::start().await;
    hotel.run("streams", &[]).await;

    let other = Certificates::generate();
    let other = other.authority();
    let other = other.to_str().expect("a path in UTF-8");
    let output = hotel.backend.run("streams", &["--nats-ca", other]).await;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("--nats-ca"), "{errors}");
}

#[tokio::test]
async fn somebody_logs_in_and_books_over_https_and_wss() {
    let hotel = Production::start().await;
    hotel.add_room().await;
    let board_url = hotel.backend.url("/");
    let words = ["add", "anna", "--name", "Anna Berg", "--role", "front-desk"];
    let to_print = ["--json", "--board-url", &board_url];
    let printed = hotel.run("staff", &[&words[..], &to_print].concat()).await;
    let said: Value = serde_json::from_str(&printed).expect("JSON");
    let link = said["link"].as_str().expect("a link");

    let browser = Browser::start_trusting(&hotel.certificates).await;
    let board = Board::new(browser);
    board.go_to(link).await;
    board.choose_password("four words that stay").await;
    board.wait_for_connection("live").await;
    let wish = Wish {
        room: 1,
        client: 7,
        guest: "Ada Lovelace",
        arrival: today(),
        nights: 2,
    };
    board.book(&wish).await;
    board.wait_for_bar(1, &wish.booking(), "booked").await;

    // Nobody asks for this name in plain text any more: the browser itself says https.
    let plain = board_url.replace("https://", "http://");
    board.go_to(&plain).await;
    board.wait_for_connection("live").await;
    let scheme: String = board.run("return location.protocol", json!([])).await;
    assert_eq!(scheme, "https:");
    assert_eq!(board.console_errors().await, [""; 0]);
}

#[tokio::test]
async fn browsers_are_told_to_stay_with_https_but_for_the_names_of_every_machine() {
    let hotel = Production::start().await;
    let strict = |answer: &certificates::Answer| {
        let value = answer.header("strict-transport-security");
        value.map(str::to_owned)
    };
    for path in ["/", "/session", "/nothing/there"] {
        let answer = hotel.get(HOST, path).await;
        assert_eq!(strict(&answer).as_deref(), Some("max-age=31536000"));
    }
    for host in ["localhost:8443", "127.0.0.1:8443"] {
        assert_eq!(strict(&hotel.get(host, "/").await), None, "{host}");
    }
}

#[tokio::test]
async fn a_new_certificate_is_shown_without_a_restart() {
    let mut hotel = Production::start().await;
    let (address, authority) = (hotel.backend.address(), hotel.certificates.authority());
    let shown = async || {
        let stream = certificates::connect(&address, &authority).await;
        let stream = stream.expect("a connection");
        let (_, session) = stream.get_ref();
        let chain = session.peer_certificates().expect("a certificate");
        chain[0].as_ref().to_vec()
    };
    let before = shown().await;
    hotel.certificates.renew();
    let id = i32::try_from(hotel.backend.process_id()).expect("an id");
    let id = Pid::from_raw(id).expect("an id");
    rustix::process::kill_process(id, Signal::HUP).expect("a process that runs");
    wait::until("the new certificate", async || {
        (shown().await != before).then_some(())
    })
    .await;
    hotel.backend.assert_running();
}

/// What stands in a block of a configuration, without comments and what the two are to have otherwise.
fn settings(conf: &str) -> Vec<String> {
    let (_, block) = conf.split_once("\nwebsocket {").expect("a block");
    let (block, _) = block.split_once("\n}").expect("its end");
    let (tls, rest) = match (block.split_once("  tls {"), block) {
        (Some((before, after)), _) => {
            let (_, after) = after.split_once("  }").expect("its end");
            (true, format!("{before}{after}"))
        }
        (None, block) => (false, block.to_owned()),
    };
    let lines = rest
        .lines()
        .map(|line| line.split('#').next().expect("a part").trim());
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    assert_eq!(tls, !lines.contains(&"no_tls: true"));
    let differ = ["listen:", "no_tls:", "allowed_origins:"];
    let same = |line: &&str| !differ.iter().any(|setting| line.starts_with(setting));
    lines.into_iter().filter(same).map(str::to_owned).collect()
}

#[test]
fn browsers_are_served_in_production_as_they_are_on_one_machine() {
    let conf = tools::nats_conf();
    let production = conf.with_file_name("nats-server.production.conf");
    let [one_machine, production] =
        [conf, production].map(|file| fs::read_to_string(file).expect("a configuration"));
    assert_eq!(settings(&one_machine), settings(&production));
}
