//! The live room board: a Leptos SPA that speaks NATS.
//!
//! ```text
//! model/   what the board knows and how it follows: pure, tested natively
//! hotel/   the session with the server: log-in, watches, commands      (browser)
//! ui/      components: pages, dialogs, the grid                        (browser)
//! ```
//!
//! Dependencies point one way: `ui` ← nobody, `hotel` ← `ui`, `model` ← both.

pub mod model;

#[cfg(target_arch = "wasm32")]
mod hotel;
#[cfg(target_arch = "wasm32")]
mod ui;

#[cfg(target_arch = "wasm32")]
pub use ui::mount;
