//! Somebody who guesses passwords: how many tries a name and an address have, whether the owner gets in meanwhile, and whether the
//! time that an answer takes tells which names there are.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use reqwest::{Client, StatusCode};
use serde_json::json;
use shared::staff::Role;
use tokio_util::sync::CancellationToken;

use super::{Figures, milliseconds};
use crate::bench::report;
use crate::hotel::{Hotel, PASSWORD};

const OWNER: &str = "owner";
const NOBODY: &str = "nobody";

/// Somebody at an address of this machine's own network.
fn at(address: IpAddr) -> Client {
    let client = Client::builder().local_address(address);
    client.build().expect("a client")
}

fn address(host: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 1, host).into()
}

async fn log_in(hotel: &Hotel, client: &Client, name: &str, password: &str) -> StatusCode {
    let body = json!({ "name": name, "password": password });
    let request = client.post(hotel.backend.url("/session")).json(&body);
    request.send().await.expect("an answer").status()
}

pub(super) async fn guess(hotel: &Hotel, count: usize, until: CancellationToken) -> Figures {
    hotel.hire(OWNER, Role::FrontDesk).await;
    let home = at(address(1));
    assert_eq!(log_in(hotel, &home, OWNER, PASSWORD).await, 200);

    // Each try is from an address of its own, so that none is slowed down.
    let mut took = [Vec::new(), Vec::new()];
    for number in 0..count {
        let host = u8::try_from(number % 200 + 10).expect("a byte");
        for (index, name) in [OWNER, NOBODY].into_iter().enumerate() {
            let client = at(address(host));
            let start = Instant::now();
            let status = log_in(hotel, &client, name, "not the password").await;
            if status == StatusCode::UNAUTHORIZED {
                took[index].push(milliseconds(start.elapsed()));
            }
        }
    }
    let [known, unknown] = took.map(|samples| report::percentile_of(&samples, 50));

    // One address goes on as fast as it is answered.
    let attacker = at(address(2));
    let start = Instant::now();
    let (mut tried, mut slowed) = (0_u32, 0_u32);
    let mut owner = Vec::new();
    while !until.is_cancelled() {
        match log_in(hotel, &attacker, OWNER, "not the password").await {
            StatusCode::TOO_MANY_REQUESTS => slowed += 1,
            _ => tried += 1,
        }
        if (tried + slowed) % 100 == 50 {
            let start = Instant::now();
            assert_eq!(log_in(hotel, &home, OWNER, PASSWORD).await, 200);
            owner.push(milliseconds(start.elapsed()));
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let mut figures = vec![
        ("known-name.p50", known, "ms"),
        ("unknown-name.p50", unknown, "ms"),
        ("tried", f64::from(tried) / seconds * 60.0, "passwords/min"),
        ("slowed-down", f64::from(slowed) / seconds, "answers/s"),
    ];
    if !owner.is_empty() {
        figures.push((
            "owner-meanwhile.p95",
            report::percentile_of(&owner, 95),
            "ms",
        ));
    }
    figures
}
