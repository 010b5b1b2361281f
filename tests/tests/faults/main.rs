//! A hotel whose parts are killed under load. `cargo xtask test` runs these; `VACANCY_FAULT_SEED` repeats a round.

// A step that cannot be taken fails its test, as the test itself does.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod bad_input;
mod cluster;
mod single;
