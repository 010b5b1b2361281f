//! Several servers: one that goes is followed by another.

use std::time::Duration;

use nats_wsclient::{
    Client, ConnectError, ConnectOptions, DisconnectCause, RequestError, ServerUrl, Status,
};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;

use crate::platform::Tokio;
use crate::run;
use crate::server::{Server, free_port, options};

const CONFIG: &str = r#"
server_name: NAME
listen: 127.0.0.1:-1
lame_duck_duration: "30s"
lame_duck_grace_period: "1s"
websocket { listen: "127.0.0.1:PORT", no_tls: true }
cluster { name: pair, listen: "127.0.0.1:ROUTE", routes: [ROUTES], pool_size: -1 }
"#;

/// Two servers that know of each other.
async fn pair() -> [Server; 2] {
    let ports = [(); 2].map(|()| free_port());
    let routes = ports.map(|port| format!("\"nats://127.0.0.1:{port}\""));
    let mut servers = [0, 1].map(|number| {
        let config = CONFIG
            .replace("NAME", &format!("node-{number}"))
            .replace("ROUTES", &routes.join(", "))
            .replace("ROUTE", &ports[number].to_string());
        Server::prepare(free_port(), &config)
    });
    servers.iter_mut().for_each(Server::restart);
    servers
}

fn url(server: &Server) -> ServerUrl {
    server.url().parse().expect("an address")
}

/// Waits until the client is connected to a server.
async fn connected_to(client: &Client, server: &Server) {
    let mut changes = client.status_changes();
    while client.status() != Status::Connected || client.server_url() != Some(url(server)) {
        changes.next().await.expect("a client that is not closed");
    }
}

/// Waits until the client has been told of so many servers.
async fn told_of(client: &Client, servers: usize) {
    let told = || {
        client
            .server_info()
            .map_or(0, |info| info.connect_urls.len())
    };
    while told() < servers {
        client.flush().await.expect("a connection");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn a_server_that_one_was_told_of_takes_the_place_of_one_that_dies() {
    run(async {
        let [mut first, second] = pair().await;
        let client = first.connect_with(ConnectOptions::new()).await;
        told_of(&client, 2).await;
        let mut echo = client.subscribe("echo").expect("a subject");
        first.kill();
        connected_to(&client, &second).await;
        client.publish("echo", "x").expect("a connection");
        let message = echo.next().await.expect("a message").expect("no gap");
        assert_eq!(message.payload, "x");
    });
}

#[test]
fn a_server_that_is_named_last_is_reached_if_the_others_are_away() {
    run(async {
        let server = Server::start();
        let away = format!("ws://127.0.0.1:{}", free_port());
        let in_order = options("all").retain_servers_order();
        let client = in_order
            .clone()
            .connect_over(
                [away.clone(), away.clone() + "/path", server.url()],
                Tokio::new(),
            )
            .await
            .expect("a connection");
        assert_eq!(client.server_url(), Some(url(&server)));
        let nobody = in_order
            .connect_over([away.clone(), away], Tokio::new())
            .await;
        let unreachable = ConnectError::Failed(DisconnectCause::Unreachable);
        assert_eq!(nobody.err(), Some(unreachable));
    });
}

#[test]
fn what_a_proxy_needs_to_know_is_asked_for() {
    run(async {
        let proxy = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = proxy.local_addr().expect("an address");
        let url = format!("ws://{address}/hotel/nats?zone=1");
        let accepting = async {
            let (connection, _) = proxy.accept().await.expect("a connection");
            let mut lines = BufReader::new(connection).lines();
            lines.next_line().await.expect("UTF-8").expect("a request")
        };
        let connecting = options("all").connect_over(url, Tokio::new());
        let (result, request) = tokio::join!(connecting, accepting);
        assert_eq!(request, "GET /hotel/nats?zone=1 HTTP/1.1");
        let unreachable = ConnectError::Failed(DisconnectCause::Unreachable);
        assert_eq!(result.err(), Some(unreachable), "it hung up");
    });
}

#[test]
fn a_server_that_says_that_it_goes_is_left_before_it_does() {
    run(async {
        let [first, second] = pair().await;
        let client = first.connect_with(options("all")).await;
        told_of(&client, 2).await;
        let mut echo = client.subscribe("echo").expect("a subject");
        let mut changes = client.status_changes();
        assert_eq!(changes.next().await, Some(Status::Connected));
        // Everything that is published arrives: nothing is in doubt when the client leaves.
        let published: Vec<_> = (0..100)
            .map(|number| client.publish("echo", number.to_string()))
            .collect();
        first.signal("ldm");
        let Some(Status::Reconnecting { cause, .. }) = changes.next().await else {
            panic!("{:?}", client.status());
        };
        assert_eq!(cause, DisconnectCause::LameDuck);
        connected_to(&client, &second).await;
        for number in 0..100 {
            let message = echo.next().await.expect("a message").expect("no gap");
            assert_eq!(message.payload, number.to_string());
        }
        for published in published {
            let fate = published.expect("a connection").await;
            assert_eq!(fate, nats_wsclient::Fate::Sent);
        }
    });
}

/// An answer that comes after the client has left would go to a connection that is gone.
#[test]
fn a_request_that_is_under_way_when_a_server_is_left_says_so_and_can_be_repeated() {
    run(async {
        let [first, second] = pair().await;
        let asker = first.connect_with(options("all")).await;
        told_of(&asker, 2).await;
        let answerer = second.connect_with(options("all")).await;
        let mut questions = answerer.subscribe("slow").expect("a subject");
        answerer.flush().await.expect("a connection");
        let asking = async {
            while asker.request("slow", "interest").await == Err(RequestError::NoResponders) {
                // The servers have not told each other of the subscription yet.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let answering = async {
            let probe = questions.next().await.expect("no end").expect("no gap");
            let reply = probe.reply.expect("a request");
            answerer.publish(reply, "").expect("a connection");
        };
        tokio::join!(asking, answering);

        let asked = asker.request("slow", "1");
        let leaving = async {
            let question = questions.next().await.expect("no end").expect("no gap");
            assert_eq!(question.payload, "1");
            first.signal("ldm");
        };
        let (answer, ()) = tokio::join!(asked, leaving);
        assert_eq!(answer, Err(RequestError::Disconnected));
        connected_to(&asker, &second).await;
        let asked = asker.request("slow", "2");
        let answering = async {
            let question = questions.next().await.expect("no end").expect("no gap");
            let reply = question.reply.expect("a request");
            answerer.publish(reply, "done").expect("a connection");
        };
        let (answer, ()) = tokio::join!(asked, answering);
        assert_eq!(answer.expect("an answer").payload, "done");
    });
}
