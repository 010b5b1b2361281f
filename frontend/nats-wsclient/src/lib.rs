//! A NATS client for browsers.
//!
//! `async-nats` does not run on `wasm32-unknown-unknown`. This crate does: it speaks the NATS client protocol over the
//! browser's own WebSocket, to the WebSocket port of an ordinary nats-server.
//!
//! ```no_run
//! # #[cfg(target_arch = "wasm32")]
//! async fn chat() -> Result<(), Box<dyn std::error::Error>> {
//!     let client = nats_wsclient::ConnectOptions::new().connect("ws://127.0.0.1:9222").await?;
//!     let mut messages = client.subscribe("chat.>")?;
//!     client.publish("chat.hello", "world")?;
//!     if let Some(message) = messages.next().await {
//!         assert_eq!(message?.payload, "world");
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Map
//! | module | what | knows of |
//! |---|---|---|
//! | [`proto`] | the protocol and the life of a connection, as a state machine without I/O and without a clock | nothing |
//! | [`live`] | the watch of a bucket without a consumer, as another one | `proto`, revisions of `kv` |
//! | `client` | what an application holds: [`Client`], subscriptions, requests | both |
//! | `jetstream` | streams and consumers: publish with acknowledgement, management, direct get | `client` |
//! | [`kv`] | key-value buckets: configuration, revisions, watches | `jetstream`, `live` |
//! | `auth` | keys that sign: NKeys, `.creds` files | `proto` |
//! | [`services`] | who answers on NATS, and how they are | `client` |
//! | `browser` | the WebSocket, the timer, the page that sleeps and wakes; WebAssembly only | [`Platform`] |
//!
//! All but `browser` compile for any target, and are tested natively.
//!
//! # What a client promises
//! - It reconnects for ever, unless told otherwise, with a delay that grows and is random. Subscriptions survive.
//! - There is one socket at a time.
//! - A publish that cannot be sent is an error, never a silent loss. What became of one can be awaited: see
//!   [`Published`].
//! - What the server does not permit reaches the very publish, request or subscription.
//! - What nobody reads is bounded, and a reader that misses something is told how much: see [`SlowConsumerPolicy`].
//! - A connection that is dead without saying so is found by pings, and at once when the page wakes up.
#![forbid(unsafe_code)]
#![warn(missing_docs)]
// The panic of a slice brings the tables of Unicode, 3 KB of the page (brotli): `get` does not.
#![cfg_attr(not(test), warn(clippy::string_slice))]

mod ascending;
#[cfg(feature = "nkeys")]
mod auth;
mod base64;
#[cfg(target_arch = "wasm32")]
mod browser;
mod client;
mod decimal;
#[cfg(feature = "jetstream")]
pub mod jetstream;
mod json;
#[cfg(feature = "kv")]
pub mod kv;
#[cfg(feature = "kv")]
pub mod live;
mod metadata;
mod nuid;
mod platform;
pub mod proto;
mod queue;
pub mod services;
mod sync_state;
mod timestamp;
mod watched;

#[cfg(feature = "nkeys")]
pub use auth::{CredsError, KeyError, KeyKind, KeyPair};
#[cfg(target_arch = "wasm32")]
pub use browser::nuid;
#[cfg(all(target_arch = "wasm32", feature = "nkeys"))]
pub use browser::{NonExtractableKey, WebCryptoError};
pub use bytes::Bytes;
pub use client::{
    Answers, Client, ClientEvent, ConnectError, ConnectOptions, DrainError, Driver, Events,
    FlushError, OutboundMessage, PublishPolicy, Published, Request, RequestError, RequestMany,
    SlowConsumerPolicy, StatusChanges, SubscribeError, SubscribeOptions, Subscription,
    SubscriptionError,
};
#[cfg(feature = "jetstream")]
pub use jetstream::{
    ApiError, ErrorCode, JetStream, JetStreamError, PubAck, Publish, PublishAckFuture,
    stream::StreamMessage,
};
#[cfg(feature = "kv")]
pub use live::LiveBucket;
pub use metadata::Metadata;
pub use platform::Platform;
pub use proto::{
    Credentials, DisconnectCause, Fate, Grant, HeaderError, HeaderMap, Message, ProtocolError,
    PublishError, Rejection, ServerError, ServerInfo, ServerUrl, ServerUrlError, ServerUrlProblem,
    Signer, Signing, Stage, Statistics, Status, StatusCode, Subject, SubjectError, SubjectPattern,
    SubjectProblem, ToServerUrls,
};
pub use sync_state::SyncState;
pub use timestamp::Timestamp;

/// Compiles the examples of the README.
#[cfg(all(doctest, feature = "kv", feature = "nkeys"))]
#[doc = include_str!("../README.md")]
mod readme {}
