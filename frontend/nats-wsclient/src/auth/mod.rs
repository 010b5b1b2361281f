//! Keys that sign: NKeys, and the files that hold one beside a JWT.
//!
//! | file | what |
//! |---|---|
//! | `key_pair` | a key in memory, and what it signs |
//! | `text` | how NATS writes keys |
//! | `creds` | the files that `nsc` and `nats` make for a user |
//!
//! Signatures are Ed25519's. In a browser they are made by WebCrypto where it knows Ed25519, and else here; there, a key can
//! also be one that no script can read: see `NonExtractableKey`.

mod creds;
mod key_pair;
mod text;

pub use creds::CredsError;
pub use key_pair::KeyPair;
pub use text::{KeyError, KeyKind};

#[cfg(target_arch = "wasm32")]
pub(crate) use text::public_key;
