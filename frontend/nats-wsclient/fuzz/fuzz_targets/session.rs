//! Whatever a server says, and whatever happens meanwhile.
#![no_main]

#[path = "../../tests/fuzzed/driven.rs"]
mod driven;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| driven::run(bytes));
