//! What `cargo xtask bench client` measures of nats-wsclient, called from JavaScript.
//!
//! `tests/peers/bench/nats-js.js` does the same with the NATS client for JavaScript.
#![cfg(target_arch = "wasm32")]

use js_sys::{Float64Array, Reflect};
use nats_wsclient::{
    Client, ConnectOptions, LiveBucket, Subscription, SubscriptionError, SyncState, kv,
};
use wasm_bindgen::prelude::*;

/// More than is ever sent at once, so that nothing is dropped however late the page is given its turn.
const CAPACITY: usize = 2_000_000;

/// A connection.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Peer {
    client: Client,
}

/// A subscription.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Messages {
    subscription: Subscription,
}

/// A watch of a whole bucket.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Watch {
    watch: kv::Watch,
    entries: u32,
    revision: u64,
}

#[wasm_bindgen]
impl Peer {
    pub async fn connect(url: String) -> Result<Peer, JsError> {
        let options = ConnectOptions::new().subscription_capacity(CAPACITY);
        let client = options.connect(&url).await?;
        Ok(Self { client })
    }

    /// Subscribes; the server knows of it when this returns.
    pub async fn subscribe(&self, subject: String) -> Result<Messages, JsError> {
        let subscription = self.client.subscribe(subject)?;
        self.client.flush().await?;
        Ok(Messages { subscription })
    }

    /// Publishes `count` messages of `size` bytes, `burst` at a time, and waits each time until the server has them.
    pub async fn publish(
        &self,
        subject: String,
        count: u32,
        size: usize,
        burst: u32,
    ) -> Result<(), JsError> {
        let payload = vec![b'x'; size];
        let mut left = count;
        while left > 0 {
            let now = left.min(burst);
            for _ in 0..now {
                self.client.publish(&subject, &payload)?;
            }
            self.client.flush().await?;
            left -= now;
        }
        Ok(())
    }

    /// Makes `count` requests, one after the other, and tells how many milliseconds each took.
    pub async fn request(
        &self,
        subject: String,
        count: u32,
        size: usize,
    ) -> Result<Float64Array, JsError> {
        let payload = vec![b'x'; size];
        let clock = Clock::new()?;
        let took = Float64Array::new_with_length(count);
        for index in 0..count {
            let begin = clock.now();
            let answer = self.client.request(&subject, &payload).await?;
            took.set_index(index, clock.now() - begin);
            if answer.payload.len() != size {
                return Err(JsError::new("an answer of another length"));
            }
        }
        Ok(took)
    }

    /// Watches a bucket that republishes its writes to `live.<bucket>.>`.
    pub fn watch_live(&self, bucket: String) -> Result<Watch, JsError> {
        Ok(Watch::new(self.client.live(LiveBucket::new(bucket)?)?))
    }

    /// Watches any bucket, by an ordered consumer.
    pub fn watch_ordered(&self, bucket: String) -> Result<Watch, JsError> {
        let bucket = self.client.jetstream().key_value(bucket)?;
        Ok(Watch::new(bucket.watch_all()?))
    }

    pub async fn close(&self) -> Result<(), JsError> {
        Ok(self.client.close().await?)
    }
}

#[wasm_bindgen]
impl Messages {
    /// Receives so many messages, and tells the sum of their lengths and the milliseconds from the first to the last.
    pub async fn receive(mut self, count: u32) -> Result<Vec<f64>, JsError> {
        let clock = Clock::new()?;
        let (mut bytes, mut begin) = (0, 0.0);
        for index in 0..count {
            let message = self.subscription.next().await;
            let message: Result<_, SubscriptionError> =
                message.ok_or_else(|| JsError::new("the subscription has ended"))?;
            bytes += message?.payload.len();
            if index == 0 {
                begin = clock.now();
            }
        }
        Ok(vec![bytes as f64, clock.now() - begin])
    }
}

impl Watch {
    fn new(watch: kv::Watch) -> Self {
        Self {
            watch,
            entries: 0,
            revision: 0,
        }
    }
}

#[wasm_bindgen]
impl Watch {
    /// Waits until the watch is live and has seen this revision, and tells how many entries have come.
    pub async fn reach(&mut self, revision: f64) -> Result<u32, JsError> {
        loop {
            let update = self.watch.next().await;
            let update = update.ok_or_else(|| JsError::new("the watch has ended"))??;
            self.entries += update.entries.len() as u32;
            let last = update.entries.last().map_or(0, |entry| entry.revision);
            self.revision = self.revision.max(last);
            if update.state == SyncState::Live && self.revision as f64 >= revision {
                return Ok(self.entries);
            }
        }
    }
}

/// The page's clock, in milliseconds.
struct Clock(Performance);

#[wasm_bindgen]
extern "C" {
    type Performance;
    #[wasm_bindgen(method)]
    fn now(this: &Performance) -> f64;
}

impl Clock {
    fn new() -> Result<Self, JsError> {
        Reflect::get(&js_sys::global(), &JsValue::from_str("performance"))
            .map(|performance| Self(performance.unchecked_into()))
            .map_err(|_| JsError::new("there is no clock"))
    }

    fn now(&self) -> f64 {
        self.0.now()
    }
}
