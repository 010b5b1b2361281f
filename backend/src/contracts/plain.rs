//! What the deriving of schemas leaves over, made plain.

use serde_json::{Map, Value};

/// Within a document: lines of a description are joined to paragraphs, sizes of Rust's integers are left out where the
/// standards know no such format, and the one alternative that there is stands for itself.
pub(super) fn plain(document: &mut Value) {
    match document {
        Value::Object(members) => {
            if let Some(Value::String(description)) = members.get_mut("description") {
                let paragraphs = description.split("\n\n");
                let paragraphs: Vec<String> =
                    paragraphs.map(|lines| lines.replace('\n', " ")).collect();
                *description = paragraphs.join("\n\n");
            }
            if matches!(members.get("format"), Some(Value::String(format)) if is_size(format)) {
                members.remove("format");
            }
            if let Some(only) = only_alternative(members) {
                members.remove("oneOf");
                for (name, value) in only {
                    members.entry(name).or_insert(value);
                }
            }
            members.values_mut().for_each(plain);
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        _ => {}
    }
}

fn is_size(format: &str) -> bool {
    let size = format.trim_start_matches('u').strip_prefix("int");
    size.is_some_and(|size| size.parse::<u8>().is_ok() || size == "ptr")
}

fn only_alternative(members: &Map<String, Value>) -> Option<Map<String, Value>> {
    match members.get("oneOf")?.as_array()?.as_slice() {
        [Value::Object(only)] if !members.contains_key("properties") => Some(only.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_standards_do_not_know_is_left_out() {
        let mut document = json!({
            "description": "One\nline.\n\nAnother.",
            "oneOf": [{ "type": "object", "description": "Not this." }],
            "items": { "type": "integer", "format": "uint64" },
            "date": { "type": "string", "format": "date" },
        });
        plain(&mut document);
        let expected = json!({
            "description": "One line.\n\nAnother.",
            "type": "object",
            "items": { "type": "integer" },
            "date": { "type": "string", "format": "date" },
        });
        assert_eq!(document, expected);
    }
}
