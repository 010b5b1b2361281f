//! What applications say about their streams, consumers and services.

use crate::json::{Field, Mismatch, Value};

/// Names and values that an application gives a stream, a consumer or a service (ADR-33). Names that begin with `_nats.`
/// are the server's own.
///
/// ```
/// let metadata = nats_wsclient::Metadata::from([("owner", "billing")]);
/// assert_eq!(metadata.get("owner"), Some("billing"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    pairs: Vec<(String, String)>,
}

impl Metadata {
    /// Sets a value, in place of the one of that name.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let name = name.into();
        self.pairs.retain(|(other, _)| *other != name);
        self.pairs.push((name, value.into()));
    }

    /// The value of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(other, _)| *other == name)
            .map(|(_, value)| value)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (&**name, &**value))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Metadata {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut metadata = Self::default();
        for (name, value) in pairs {
            metadata.insert(name, value);
        }
        metadata
    }
}

impl<N: Into<String>, V: Into<String>, const LEN: usize> From<[(N, V); LEN]> for Metadata {
    fn from(pairs: [(N, V); LEN]) -> Self {
        pairs.into_iter().collect()
    }
}

impl Field for Metadata {
    fn read(&mut self, value: Value<'_>) -> Result<(), Mismatch> {
        self.pairs.read(value)
    }

    fn write(&self, out: &mut String) {
        self.pairs.write(out);
    }

    fn is_zero(&self) -> bool {
        self.pairs.is_empty()
    }
}
