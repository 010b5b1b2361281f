//! What services answer.

use std::time::Duration;

use crate::json::json_object;
use crate::{Metadata, Timestamp};

/// Who a service is (`io.nats.micro.v1.ping_response`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ping {
    /// Its kind: all services that do the same have the same name.
    pub name: String,
    /// Which one of them it is.
    pub id: String,
    /// As in semantic versioning.
    pub version: String,
    /// What the service notes about itself. It does not change while the service runs.
    pub metadata: Metadata,
}

json_object!(Ping {
    name: "name",
    id: "id",
    version: "version",
    metadata: "metadata",
} required = ["name", "id"]);

/// What a service offers (`io.nats.micro.v1.info_response`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// Its kind: all services that do the same have the same name.
    pub name: String,
    /// Which one of them it is.
    pub id: String,
    /// As in semantic versioning.
    pub version: String,
    /// What the service notes about itself. It does not change while the service runs.
    pub metadata: Metadata,
    /// What it is for, in words for people; empty if it does not say.
    pub description: String,
    /// Where it takes requests.
    pub endpoints: Vec<EndpointInfo>,
}

json_object!(Info {
    name: "name",
    id: "id",
    version: "version",
    metadata: "metadata",
    description: "description",
    endpoints: "endpoints",
} required = ["name", "id"]);

/// Where a service takes requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointInfo {
    /// Its name within the service.
    pub name: String,
    /// What requests are sent to.
    pub subject: String,
    /// The group of which one member gets each request; empty if all endpoints get it.
    pub queue_group: String,
    /// What the service notes about this endpoint.
    pub metadata: Metadata,
}

json_object!(EndpointInfo {
    name: "name",
    subject: "subject",
    queue_group: "queue_group",
    metadata: "metadata",
});

/// What a service has done since it started, or since that was reset (`io.nats.micro.v1.stats_response`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Its kind: all services that do the same have the same name.
    pub name: String,
    /// Which one of them it is.
    pub id: String,
    /// As in semantic versioning.
    pub version: String,
    /// What the service notes about itself. It does not change while the service runs.
    pub metadata: Metadata,
    /// When it started.
    pub started: Option<Timestamp>,
    /// What each of its endpoints has done.
    pub endpoints: Vec<EndpointStats>,
}

json_object!(Stats {
    name: "name",
    id: "id",
    version: "version",
    metadata: "metadata",
    started: "started",
    endpoints: "endpoints",
} required = ["name", "id"]);

/// What an endpoint of a service has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointStats {
    /// Its name within the service.
    pub name: String,
    /// What requests are sent to.
    pub subject: String,
    /// The group of which one member gets each request; empty if all endpoints get it.
    pub queue_group: String,
    /// How many requests it got.
    pub num_requests: u64,
    /// How many of these it answered with an error.
    pub num_errors: u64,
    /// The last error, in the service's words; empty if there was none.
    pub last_error: String,
    /// The time that its handler took for all requests.
    pub processing_time: Duration,
    /// The time that its handler took for a request.
    pub average_processing_time: Duration,
}

json_object!(EndpointStats {
    name: "name",
    subject: "subject",
    queue_group: "queue_group",
    num_requests: "num_requests",
    num_errors: "num_errors",
    last_error: "last_error",
    processing_time: "processing_time",
    average_processing_time: "average_processing_time",
});
