//! The live watch against a bucket in memory: what the reader has in the end is what the bucket has, whatever is lost,
//! late, doubled or made anew on the way.
#![cfg(not(target_arch = "wasm32"))]

mod another_stream;
mod bucket;
mod catching_up;
mod checks;
mod histories;
mod options;
mod refused;
mod snapshot;
mod world;
