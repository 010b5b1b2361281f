//! The live watch against a bucket in memory: what the reader has in the end is what the bucket has, whatever is lost,
//! late, doubled or made anew on the way.
#![cfg(not(target_arch = "wasm32"))]

mod bucket;
mod histories;
mod options;
mod scenarios;
mod world;
