//! A stream of Server-Sent Events, as a client reads it that keeps up.

use bytes::{Bytes, BytesMut};
use reqwest::{Client, Response, StatusCode, header};

/// An open stream.
#[derive(Debug)]
pub(super) struct Events {
    response: Response,
    /// What has arrived and is no whole event yet.
    rest: BytesMut,
}

impl Events {
    /// Opens the stream at `url`.
    ///
    /// # Panics
    /// When there is none.
    pub(super) async fn open(client: &Client, url: &str) -> Self {
        let request = client.get(url).header(header::ACCEPT, "text/event-stream");
        let response = request.send().await;
        let response = response.unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!(response.status(), StatusCode::OK, "{url}");
        Self {
            response,
            rest: BytesMut::new(),
        }
    }

    /// The data of the next event that has any; `None` when the stream has ended.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        loop {
            while let Some(end) = self.rest.windows(2).position(|pair| pair == b"\n\n") {
                let event = self.rest.split_to(end + 2).freeze();
                let mut lines = event.split(|byte| *byte == b'\n');
                // Both sides write JSON, on one line.
                if let Some(data) = lines.find_map(|line| line.strip_prefix(b"data: ")) {
                    return Some(event.slice_ref(data));
                }
            }
            let chunk = self.response.chunk().await.expect("a stream of events");
            self.rest.extend_from_slice(&chunk?);
        }
    }
}
