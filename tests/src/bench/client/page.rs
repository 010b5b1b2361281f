//! The page with all peers in it.

use axum::Router;
use axum::http::HeaderValue;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower_http::services::ServeDir;

use super::Peer;
use crate::bench::metrics::{self, Metrics};
use crate::browser::Browser;
use crate::ports::Port;
use crate::{tools, wait};

/// A page in a browser, and the server that it came from.
#[derive(Debug)]
pub(super) struct Page {
    browser: Browser,
    port: Port,
    _server: JoinSet<()>,
}

/// What a call came to.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome<T> {
    Done(T),
    Failed(String),
}

impl Page {
    pub(super) async fn open() -> Self {
        let port = Port::lease();
        let listener = TcpListener::bind(port.address()).await;
        let listener = listener.expect("a leased port is free");
        let files = Router::new()
            .fallback_service(ServeDir::new(tools::client_pages().join("client")))
            .layer(axum::middleware::map_response(isolate));
        let mut server = JoinSet::new();
        server.spawn(async move {
            axum::serve(listener, files).await.expect("a listener");
        });
        let page = Self {
            browser: Browser::start().await,
            port,
            _server: server,
        };
        metrics::enable(&page.browser).await;
        page.reload().await;
        page
    }

    /// Begins anew, with nothing left of what was.
    pub(super) async fn reload(&self) {
        let url = format!("http://{}/index.html", self.port.address());
        self.browser.go_to(&url).await;
        wait::until("the page's scripts", async || {
            let ready: bool = self
                .browser
                .run("return window.ready === true", json!([]))
                .await;
            ready.then_some(())
        })
        .await;
    }

    /// Lets a peer connect.
    pub(super) async fn connect(&self, peer: Peer, url: &str) {
        self.call::<()>("open", json!([peer.name(), url])).await;
    }

    /// Calls a method of the page's and waits for what it returns.
    pub(super) async fn call<T: DeserializeOwned>(&self, method: &str, arguments: Value) -> T {
        let script = "const [method, args, done] = arguments;
            window.bench[method](...args).then(
                (value) => done({ done: value ?? null }),
                (error) => done({ failed: String(error?.stack ?? error) }),
            );";
        let arguments = vec![method.into(), arguments];
        match self.browser.run_async(script, arguments).await {
            Outcome::Done(value) => value,
            Outcome::Failed(error) => panic!("{method} failed in the page: {error}"),
        }
    }

    pub(super) async fn metrics(&self) -> Metrics {
        metrics::read(&self.browser).await
    }

    /// Has the browser tell the page that it has no network, or has one again, as it does when a cable is pulled.
    pub(super) async fn tell_of_network(&self, there: bool) {
        let conditions = json!({
            "offline": !there, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1,
        });
        self.browser
            .devtools("Network.emulateNetworkConditions", conditions)
            .await;
    }

    /// Lets the browser drop what nobody holds any more.
    pub(super) async fn collect_garbage(&self) {
        metrics::collect_garbage(&self.browser).await;
    }
}

/// A page that shares its process with no other has a clock of 5 µs, and not one of 100.
async fn isolate<B>(mut answer: axum::http::Response<B>) -> axum::http::Response<B> {
    let headers = answer.headers_mut();
    let same_origin = HeaderValue::from_static("same-origin");
    headers.insert("Cross-Origin-Opener-Policy", same_origin);
    let require = HeaderValue::from_static("require-corp");
    headers.insert("Cross-Origin-Embedder-Policy", require);
    answer
}
