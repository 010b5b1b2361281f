//! The peer's program on PostgreSQL.

use std::process::Stdio;

use vacancy_load::{Load, Measured};

use crate::bench::postgres::Postgres;
use crate::tools;

/// Where an aggregate's state comes from, in the peer's words.
#[derive(Debug, Clone, Copy)]
pub(super) enum State {
    Events,
    Aggregate,
}

/// The peer's clients send commands to it.
pub(super) async fn decide(postgres: &Postgres, load: Load, state: State) -> Measured {
    let url = format!(
        "postgres:///postgres?host={}&user={}",
        postgres.folder().display(),
        postgres.user()
    );
    let output = tokio::process::Command::new(tools::postgres_peer())
        .args(["--url", &url])
        .args([
            "--state",
            match state {
                State::Events => "events",
                State::Aggregate => "aggregate",
            },
        ])
        .args(["--clients", &load.clients.to_string()])
        .args(["--rooms", &load.rooms.to_string()])
        .args(["--seconds", &load.seconds.to_string()])
        .args(["--seed", &load.seed.to_string()])
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await
        .expect("the peer to start");
    assert!(
        output.status.success(),
        "the peer ended with {}",
        output.status
    );
    serde_json::from_slice(&output.stdout).expect("what the peer measured")
}
