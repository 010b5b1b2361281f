//! Members that a tag asks for, in values that are read as structs of optional members (ADR 19).

use serde::de;

/// A member that has to be there.
pub(crate) fn there<T, E: de::Error>(member: Option<T>, name: &'static str) -> Result<T, E> {
    member.ok_or_else(|| E::missing_field(name))
}
