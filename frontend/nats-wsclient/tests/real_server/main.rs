//! The client on a real nats-server over a real WebSocket. The environment variable `VACANCY_NATS_SERVER` is the path
//! of a nats-server; `cargo xtask test` sets it.
#![cfg(not(target_arch = "wasm32"))]

mod acks;
mod batch;
mod chaos;
mod cluster;
mod connection;
mod consumers;
mod cookies;
mod copy;
mod direct_get;
mod interop;
mod kv;
mod live;
mod login;
mod messages;
mod ordered;
mod peer;
mod platform;
mod proxy;
mod publish;
mod publishing;
mod pulls;
mod purged;
mod requests;
mod server;
mod servers;
mod services;
mod streams;
mod subscriptions;
mod watch;

use std::future::Future;
use std::time::Duration;

/// Runs a test on one thread, and not for ever.
fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let test = async { tokio::time::timeout(Duration::from_secs(60), test).await };
    tokio::task::LocalSet::new()
        .block_on(&runtime, test)
        .expect("the test to end within a minute");
}
