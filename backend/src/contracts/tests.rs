use jsonschema::Validator;
use serde_json::{Value, json};

use super::schemas;
use crate::commands::catalogue::CATALOGUE;

/// What may stand, by mistake or not, where something else should: around every bound that there is.
fn candidates() -> Vec<Value> {
    let texts = [
        "",
        " ",
        "x",
        " x ",
        "a b",
        "a.b",
        "a\nb",
        "1.0",
        "1",
        "double",
        "2026-12-01",
        "2026-02-30",
        "1899-12-31",
        "2026-12-01T10:20:30Z",
        "2026-12-01T10:20:30+01:00",
        "1_2026-12-01",
        "0_2026-12-01",
        "frontdesk/anna",
        "owner/anna",
        "out-of-order",
        "vacancy.booking.book-room.v1",
    ];
    let long = [64, 65, 200, 201, 500, 501].map(|length| "x".repeat(length).into());
    let numbers = [
        i64::MIN,
        -32_769,
        -32_768,
        -1,
        0,
        1,
        730,
        731,
        1_440,
        1_441,
        32_767,
        32_768,
        4_294_967_295,
        4_294_967_296,
        9_007_199_254_740_991,
        9_007_199_254_740_992,
        i64::MAX,
    ];
    let others = [
        json!(null),
        json!(true),
        json!(1.0),
        json!(1.5),
        json!(u64::MAX),
        json!([]),
        json!([1]),
        json!(["x"]),
        json!(["1_2026-12-01"]),
        json!({}),
        json!({"id": 1}),
    ];
    let texts = texts.map(Value::from).into_iter();
    texts
        .chain(long)
        .chain(numbers.map(Value::from))
        .chain(others)
        .collect()
}

/// A value that validates, with every member that there may be.
fn sample(schema: &Value, root: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return sample(root.pointer(&reference[1..]).unwrap(), root);
    }
    if let Some(only) = schema.get("const") {
        return only.clone();
    }
    if let Some(first) = schema["examples"].get(0) {
        return first.clone();
    }
    if let Some(alternatives) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
        return sample(&alternatives[0], root);
    }
    if let Some(properties) = schema["properties"].as_object() {
        let sample = |(name, schema): (&String, &Value)| (name.clone(), sample(schema, root));
        return properties.iter().map(sample).collect();
    }
    let kind = schema["type"].as_str().or(schema["type"][0].as_str());
    match kind {
        Some("integer") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(true),
        Some("string") => json!("x"),
        Some("array") => json!([sample(&schema["items"], root)]),
        _ => panic!("a schema of something else: {schema}"),
    }
}

/// The pointers to everything within a value, itself included.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    for (name, member) in value.as_object().into_iter().flatten() {
        places(member, &format!("{at}/{name}"), found);
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        places(item, &format!("{at}/{index}"), found);
    }
}

/// A sample of each command with one thing put in the place of another, left out or added: what the hotel reads is what
/// the schema says, and nothing else.
#[test]
fn a_command_is_read_exactly_if_it_is_what_its_schema_says() {
    let schemas = schemas::documents();
    let candidates = candidates();
    let (mut read, mut refused) = (0, 0);
    for entry in CATALOGUE {
        let schema = &schemas[entry.message_type];
        let options = jsonschema::options().should_validate_formats(true);
        let validator: Validator = options.build(schema).unwrap();
        let mut same = |command: &Value| {
            let is_read = (entry.read)(command.to_string().as_bytes()).is_ok();
            assert_eq!(
                is_read,
                validator.is_valid(command),
                "read and valid: {command}"
            );
            *(if is_read { &mut read } else { &mut refused }) += 1;
            is_read
        };
        let sample = sample(schema, schema);
        assert!(same(&sample), "{sample}");
        let mut all = Vec::new();
        places(&sample, "", &mut all);
        for place in &all {
            for candidate in &candidates {
                let mut command = sample.clone();
                *command.pointer_mut(place).unwrap() = candidate.clone();
                same(&command);
            }
            let mut command = sample.clone();
            if let Some(Value::Object(members)) = command.pointer_mut(place) {
                members.insert("more".to_owned(), json!(1));
                same(&command);
            }
            let mut command = sample.clone();
            if let Some((object, name)) = place.rsplit_once('/')
                && let Some(Value::Object(members)) = command.pointer_mut(object)
            {
                members.remove(name);
                same(&command);
            }
        }
    }
    assert!(
        read > 1_000 && refused > 10_000,
        "{read} read, {refused} refused"
    );
}

/// The documents in the repository are those that would be written now.
#[test]
fn the_documents_are_up_to_date() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts");
    for (path, text) in super::documents() {
        let written = std::fs::read_to_string(folder.join(&path)).unwrap_or_default();
        assert!(
            written == text,
            "contracts/{} is not up to date: run `cargo xtask contracts`",
            path.display()
        );
    }
    let schemas = std::fs::read_dir(folder.join("schemas")).unwrap().count();
    assert_eq!(
        schemas,
        schemas::documents().len(),
        "a schema of a message that is no more: run `cargo xtask contracts`"
    );
}

/// Commands wait in their stream for two weeks, and other programs are older than this one: what was ever one is read. A file in
/// `tests/golden` is never changed; a new version gets a new one.
#[test]
fn every_command_that_was_ever_released_is_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/commands");
    for entry in CATALOGUE {
        let path = folder.join(format!("{}.json", entry.message_type));
        assert!(path.exists(), "{} has no golden file", entry.message_type);
    }
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let command = std::fs::read(&path).unwrap();
        let known = path.file_name().unwrap().to_string_lossy().into_owned();
        let name = known.split('.').nth(2).unwrap();
        let entry = crate::commands::catalogue::find(name).unwrap();
        let refused = (entry.read)(&command).err();
        assert!(refused.is_none(), "{known}: {refused:?}");
    }
}
