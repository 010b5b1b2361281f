//! The smallest page that uses nats-wsclient, with one feature after the other. What `cargo xtask bench client` prints
//! as its size is that of this page's WebAssembly, less that of the same page without the client.
//!
//! A page gets what it calls: the linker drops the rest. So each function here calls everything that belongs to its
//! feature.
#![cfg(target_arch = "wasm32")]

#[cfg(feature = "core")]
mod core;
#[cfg(feature = "jetstream")]
mod jetstream;
#[cfg(feature = "kv")]
mod kv;

use std::fmt::Display;

use wasm_bindgen::prelude::*;

/// What went wrong, in words. A `Box<dyn Error>` would keep what `{:?}` writes of each error, which nobody shows.
struct Failure(String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::of(&error)
    }
}

impl Failure {
    /// Not for each type anew: that is the page's, and not what it measures.
    #[inline(never)]
    fn of(error: &dyn Display) -> Self {
        Self(error.to_string())
    }
}

/// There is no next item.
#[cfg(feature = "core")]
fn ended() -> Failure {
    Failure("ended".to_owned())
}

/// What the page does. Without a feature it waits for nothing and returns.
#[wasm_bindgen]
pub async fn run(url: String) -> Result<u32, JsError> {
    used(&url)
        .await
        .map_err(|Failure(text)| JsError::new(&text))
}

#[cfg(feature = "core")]
async fn used(url: &str) -> Result<u32, Failure> {
    let client = core::connect(url).await?;
    let sums = [
        core::run(&client).await?,
        #[cfg(feature = "jetstream")]
        jetstream::run(&client).await?,
        #[cfg(feature = "kv")]
        kv::run(&client).await?,
    ];
    client.close().await?;
    Ok(sums.iter().sum())
}

#[cfg(not(feature = "core"))]
async fn used(url: &str) -> Result<u32, Failure> {
    std::future::ready(()).await;
    Ok(u32::try_from(url.len())?)
}
