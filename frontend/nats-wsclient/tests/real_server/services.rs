use std::time::Duration;

use futures_util::{Stream, StreamExt};
use nats_wsclient::services::{DiscoveryError, Ping};
use nats_wsclient::{Client, HeaderMap};
use serde_json::{Value, json};

use crate::run;
use crate::server::Server;

/// Answers as a service of that name and id, for as long as the client is open.
async fn serve(client: &Client, name: &str, id: &str) {
    for verb in ["PING", "INFO", "STATS"] {
        for whom in [String::new(), format!(".{name}"), format!(".{name}.{id}")] {
            let subject = format!("$SRV.{verb}{whom}");
            let answer = answer(verb, name, id).to_string();
            answer_each(client, &subject, HeaderMap::new(), answer);
        }
    }
    client.flush().await.expect("a connection");
}

fn answer_each(client: &Client, subject: &str, headers: HeaderMap, answer: String) {
    let mut requests = client.subscribe(subject).expect("a subject");
    let client = client.clone();
    tokio::task::spawn_local(async move {
        while let Some(Ok(request)) = requests.next().await {
            let reply = request.reply.expect("a request");
            client
                .publish_with_headers(reply, &headers, &answer)
                .expect("a connection");
        }
    });
}

fn answer(verb: &str, name: &str, id: &str) -> Value {
    let kind = verb.to_lowercase();
    let mut answer = json!({
        "type": format!("io.nats.micro.v1.{kind}_response"),
        "name": name, "id": id, "version": "1.2.3", "metadata": {"zone": "a"},
    });
    let endpoint = json!({"name": "book", "subject": "book.>", "queue_group": "q"});
    match verb {
        "INFO" => {
            answer["description"] = "Books rooms".into();
            answer["endpoints"] = json!([endpoint]);
        }
        "STATS" => {
            let mut endpoint = endpoint;
            endpoint["num_requests"] = 4.into();
            endpoint["num_errors"] = 1.into();
            endpoint["last_error"] = "500:full".into();
            endpoint["processing_time"] = 8_000.into();
            endpoint["average_processing_time"] = 2_000.into();
            endpoint["data"] = json!({"any": ["thing"]});
            answer["started"] = "2026-11-21T09:55:04.141Z".into();
            answer["endpoints"] = json!([endpoint]);
        }
        _ => {}
    }
    answer
}

async fn ids(found: impl Stream<Item = Result<Ping, DiscoveryError>>) -> Vec<String> {
    let mut ids: Vec<_> = found
        .map(|ping| ping.expect("an answer").id)
        .collect()
        .await;
    ids.sort();
    ids
}

#[test]
fn who_is_there() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let services = client.services();
        assert_eq!(
            ids(services.ping().expect("asked")).await,
            [""; 0],
            "nobody"
        );

        let host = server.connect().await;
        for (name, id) in [("booking", "1"), ("booking", "2"), ("cleaning", "3")] {
            serve(&host, name, id).await;
        }
        let wait = Duration::from_millis(100);
        let services = client.services().wait(20 * wait, wait);
        assert_eq!(ids(services.ping().expect("asked")).await, ["1", "2", "3"]);
        let booking = services.clone().name("booking").expect("a name");
        assert_eq!(ids(booking.ping().expect("asked")).await, ["1", "2"]);
        let one = services.instance("booking", "2").expect("a name");
        assert_eq!(ids(one.ping().expect("asked")).await, ["2"]);
        assert!(one.clone().name("a.b").is_err());
        assert!(one.clone().instance("a", "").is_err());
        assert!(one.prefix("a b").is_err());
    });
}

#[test]
fn what_they_offer_and_have_done() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let host = server.connect().await;
        serve(&host, "booking", "1").await;
        let wait = Duration::from_millis(100);
        let services = client.services().wait(20 * wait, wait);

        let mut found = services.info().expect("asked");
        let info = found.next().await.expect("a service").expect("an answer");
        assert_eq!(
            (&*info.name, &*info.version, &*info.description),
            ("booking", "1.2.3", "Books rooms")
        );
        assert_eq!(info.metadata.get("zone"), Some("a"));
        assert_eq!(info.endpoints.len(), 1);
        assert_eq!(
            (&*info.endpoints[0].subject, &*info.endpoints[0].queue_group),
            ("book.>", "q")
        );
        assert!(found.next().await.is_none());

        let mut found = services.stats().expect("asked");
        let stats = found.next().await.expect("a service").expect("an answer");
        let started = stats.started.expect("a time");
        assert_eq!(started.unix_millis(), 1_795_254_904_141);
        let endpoint = &stats.endpoints[0];
        assert_eq!((endpoint.num_requests, endpoint.num_errors), (4, 1));
        assert_eq!(endpoint.average_processing_time, Duration::from_micros(2));
        assert_eq!(endpoint.last_error, "500:full");
    });
}

#[test]
fn one_that_answers_badly_does_not_hide_the_others() {
    run(async {
        let server = Server::start();
        let client = server.connect().await;
        let mut refusal = HeaderMap::new();
        refusal
            .insert("Nats-Service-Error-Code", "503")
            .expect("valid");
        refusal
            .insert("Nats-Service-Error", "closing")
            .expect("valid");
        answer_each(&client, "$SRV.PING", refusal, String::new());
        answer_each(
            &client,
            "$SRV.PING",
            HeaderMap::new(),
            "nonsense".to_owned(),
        );
        serve(&client, "booking", "1").await;
        let wait = Duration::from_millis(100);
        let found = client
            .services()
            .wait(20 * wait, wait)
            .ping()
            .expect("asked");
        let (mut refused, mut malformed, mut read) = (0, 0, 0);
        for answer in found.collect::<Vec<_>>().await {
            match answer {
                Ok(ping) if ping.id == "1" => read += 1,
                Err(DiscoveryError::Refused {
                    code: 503,
                    description,
                }) if description == "closing" => {
                    refused += 1;
                }
                Err(DiscoveryError::Malformed { .. }) => malformed += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((refused, malformed, read), (1, 1, 1));
    });
}
