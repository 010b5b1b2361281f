//! Servers that lie, flood, mumble or say nothing: each costs its connection and has a name, the next connection works,
//! and none makes the client allocate without bound.
#![cfg(not(target_arch = "wasm32"))]

mod answers;
mod bytes;
mod floods;
mod memory;
mod platform;

#[global_allocator]
static ALLOCATOR: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;
