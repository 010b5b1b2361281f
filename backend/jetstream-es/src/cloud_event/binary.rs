//! Binary mode: each attribute is a header `ce-<name>`, the payload is the data.

use async_nats::HeaderMap;
use serde_json::value::RawValue;

use super::structured::check_version;
use super::{DecodeError, Metadata, rfc3339};

/// Whether the message is in binary mode.
pub(super) fn is_binary(headers: &HeaderMap) -> bool {
    let structured = find(headers, "content-type")
        .is_some_and(|media_type| media_type.starts_with("application/cloudevents"));
    !structured && find(headers, "ce-specversion").is_some()
}

pub(super) fn read<'a>(
    headers: &HeaderMap,
    payload: &'a [u8],
) -> Result<(Metadata, Option<&'a RawValue>), DecodeError> {
    let optional = |header| find(headers, header).map(|value| unescape(&value));
    let required = |name: &'static str, header| optional(header).ok_or(DecodeError::Missing(name));

    check_version(required("specversion", "ce-specversion")?)?;
    // The binding maps `datacontenttype` like any other attribute; the one of HTTP, which many follow, to `Content-Type`.
    let content_type = optional("ce-datacontenttype").or_else(|| optional("content-type"));
    if let Some(found) = content_type.filter(|media_type| !is_json(media_type)) {
        return Err(DecodeError::Attribute {
            name: "datacontenttype",
            found,
            expected: "application/json",
        });
    }
    let metadata = Metadata {
        id: required("id", "ce-id")?,
        source: required("source", "ce-source")?,
        event_type: required("type", "ce-type")?,
        subject: optional("ce-subject"),
        time: optional("ce-time")
            .map(|time| rfc3339::read(&time))
            .transpose()?,
        correlation: optional("ce-correlationid"),
        causation: optional("ce-causationid"),
        actor: optional("ce-actor"),
    };
    let data = if payload.is_empty() {
        None
    } else {
        let data = serde_json::from_slice(payload);
        Some(data.map_err(|error| DecodeError::Data {
            event_type: metadata.event_type.clone(),
            reason: error.to_string(),
        })?)
    };
    Ok((metadata, data))
}

/// The value of a header. Its name is `name`, in letters of any case.
fn find(headers: &HeaderMap, name: &str) -> Option<String> {
    let is_it = |header: &str| header.eq_ignore_ascii_case(name);
    let mut all = headers.iter();
    let (_, values) = all.find(|(header, _)| is_it(header.as_ref()))?;
    values.first().map(|value| value.as_str().to_owned())
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence == "application/json" || essence.ends_with("+json")
}

/// Undoes the percent-encoding of a header's value. What is no such encoding stands for itself.
fn unescape(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [byte, tail @ ..] = rest {
        let escaped = tail
            .get(..2)
            .filter(|_| *byte == b'%')
            .and_then(|digits| str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escaped {
            Some(escaped) => {
                bytes.push(escaped);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
