//! Which connections somebody has to the server, so that they can be cut.
//!
//! Whoever is let in is noted first. A note outlives the connection by minutes at most, since that ends with its token. The bucket
//! is on disk: one in memory would be gone with its server, and nobody could be noted, so nobody let in.

use std::time::Duration;

use async_nats::RequestErrorKind;
use jetstream_es::{BucketSpec, Connection, RecordError, Records};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::staff::StaffName;

use super::sessions::{LogInId, TOKEN_SECONDS};

/// The bucket, which only the backend reads.
pub const BUCKET: &str = "connections";

/// The bucket as it has to be declared.
pub(crate) fn bucket() -> BucketSpec {
    let longest = Duration::from_secs(TOKEN_SECONDS.into());
    BucketSpec {
        description: "Which connections the staff have to the servers, so that they can be cut.",
        max_age: Some(longest + Duration::from_secs(5 * 60)),
        ..BucketSpec::new(BUCKET)
    }
}

/// A connection to a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The server's id.
    pub server: String,
    /// The connection's number there.
    pub client: u64,
}

/// The connections of the staff of a hotel.
#[derive(Debug)]
pub struct Connections {
    connection: Connection,
    records: Records<Place>,
}

impl Connections {
    pub fn new(connection: &Connection) -> Self {
        Self {
            connection: connection.clone(),
            records: Records::new(connection, BUCKET),
        }
    }

    /// Notes that somebody is about to be let in.
    ///
    /// # Errors
    /// When it is not known to be kept.
    pub async fn note(
        &self,
        staff: &StaffName,
        log_in: &str,
        place: &Place,
    ) -> Result<(), RecordError> {
        let key = format!("{staff}.{log_in}.{}.{}", place.server, place.client);
        self.records.put(&key, place).await?;
        Ok(())
    }

    /// Cuts what was connected by a log-in.
    ///
    /// # Errors
    /// When it is not known what there is.
    pub async fn cut_log_in(&self, staff: &StaffName, log_in: &LogInId) -> Result<(), RecordError> {
        self.cut(&format!("{staff}.{}.>", log_in.as_str())).await
    }

    /// Cuts all that somebody has.
    ///
    /// # Errors
    /// When it is not known what there is.
    pub async fn cut_all_of(&self, staff: &StaffName) -> Result<(), RecordError> {
        self.cut(&format!("{staff}.>")).await
    }

    async fn cut(&self, filter: &str) -> Result<(), RecordError> {
        for (key, place) in self.records.list(filter).await? {
            kick(&self.connection, &place.value).await;
            self.records.purge(&key).await?;
        }
        Ok(())
    }
}

/// Tells the server to close a connection. It may have closed long ago.
pub(crate) async fn kick(connection: &Connection, place: &Place) {
    let subject = format!("$SYS.REQ.SERVER.{}.KICK", place.server);
    let request = json!({ "cid": place.client }).to_string();
    let answer = connection.client().request(subject, request.into());
    match answer.await {
        Ok(_) => {}
        // The server is gone, and what was connected to it, too.
        Err(error) if error.kind() == RequestErrorKind::NoResponders => {}
        Err(error) => tracing::warn!(
            "the server {} did not say that it closed a connection: {error}",
            place.server
        ),
    }
}

/// Why the id of a server is not known.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error("the server does not say its id: {0}")]
    Unanswered(#[from] async_nats::RequestError),
    #[error("the server does not say its id in a form that is understood: {0}")]
    Json(#[from] serde_json::Error),
}

/// The id of the server with this name. Servers are told to do something by their ids.
pub(crate) async fn server_id(connection: &Connection, name: &str) -> Result<String, ServerError> {
    #[derive(Deserialize)]
    struct Answer {
        server: Server,
    }
    #[derive(Deserialize)]
    struct Server {
        id: String,
    }
    let request = json!({ "server_name": name, "exact_match": true }).to_string();
    // Of the questions that each server answers, this one is imported anyway.
    let question = "$SYS.REQ.SERVER.PING.JSZ";
    let answer = connection.client().request(question, request.into());
    let Answer { server } = serde_json::from_slice(&answer.await?.payload)?;
    Ok(server.id)
}
