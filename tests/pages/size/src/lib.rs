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

use wasm_bindgen::prelude::*;

/// What the page does. Without a feature it waits for nothing and returns.
#[wasm_bindgen]
pub async fn run(url: String) -> Result<u32, JsError> {
    #[cfg(feature = "core")]
    {
        let client = core::connect(&url).await?;
        let mut sum = core::run(&client).await?;
        #[cfg(feature = "jetstream")]
        {
            sum += jetstream::run(&client).await?;
        }
        #[cfg(feature = "kv")]
        {
            sum += kv::run(&client).await?;
        }
        client.close().await?;
        Ok(sum)
    }
    #[cfg(not(feature = "core"))]
    {
        std::future::ready(()).await;
        u32::try_from(url.len()).map_err(JsError::from)
    }
}
