//! nats.js in a process of its own, which does what it is told. See `tests/peers/interop/peer.js`.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

pub(crate) struct Peer {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Peer {
    /// One that is connected to the server at this port, which is not its WebSocket's.
    pub(crate) fn start(port: u16) -> Self {
        let crate_folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
        let peers = Path::new(&crate_folder).join("../../tests/peers");
        assert!(
            peers.join("node_modules").is_dir(),
            "{} has no node_modules: run `cargo xtask test`, or `npm ci` there",
            peers.display()
        );
        let mut process = Command::new("node")
            .arg("interop/peer.js")
            .arg(format!("127.0.0.1:{port}"))
            .current_dir(peers)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("Node.js 20 or newer on PATH");
        Self {
            input: process.stdin.take().expect("a pipe"),
            output: BufReader::new(process.stdout.take().expect("a pipe")).lines(),
            _process: process,
        }
    }

    /// Has it do something; what came of it.
    pub(crate) async fn ask(&mut self, deed: &str, mut what: Value) -> Value {
        what["do"] = deed.into();
        let mut answer = self.answer(&what).await;
        assert_eq!(answer.get("error"), None, "{what}");
        answer["ok"].take()
    }

    /// Has it do something that fails; what it says of that.
    pub(crate) async fn ask_in_vain(&mut self, deed: &str, mut what: Value) -> String {
        what["do"] = deed.into();
        let answer = self.answer(&what).await;
        let error = answer["error"].as_str();
        error.unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Has an operation of a bucket done.
    pub(crate) async fn kv(&mut self, bucket: &str, verb: &str, args: Value) -> Value {
        let what = json!({ "bucket": bucket, "verb": verb, "args": args });
        self.ask("kvDo", what).await
    }

    async fn answer(&mut self, what: &Value) -> Value {
        let line = format!("{what}\n");
        self.input
            .write_all(line.as_bytes())
            .await
            .expect("a peer that listens");
        let line = self.output.next_line().await.expect("a line of UTF-8");
        let line = line.unwrap_or_else(|| panic!("the peer has ended after {what}"));
        serde_json::from_str(&line).expect("JSON")
    }
}
