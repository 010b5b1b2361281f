use std::fs;
use std::path::Path;

use clap::{CommandFactory, Parser};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::cli::{Cli, Task};

/// The command that a command line says.
#[track_caller]
fn order(command_line: &[&str]) -> Order {
    let words = ["vacancy", "command"]
        .into_iter()
        .chain(command_line.iter().copied());
    match Cli::try_parse_from(words) {
        Ok(Cli {
            task: Task::Command(CommandOptions { order, .. }),
        }) => order,
        other => panic!("{other:?}"),
    }
}

/// What is wrong with what a command line says.
#[track_caller]
fn wrong(command_line: &[&str]) -> String {
    let Order { entry, data, .. } = order(command_line);
    let Data::Flags(data) = data else {
        panic!("{data:?}")
    };
    let refusal = understood(entry, &"c1".parse().unwrap(), &data.to_string()).unwrap_err();
    correction(entry, &refusal)
}

#[test]
fn the_command_line_has_no_two_meanings() {
    Cli::command().debug_assert();
}

/// The flags that say the data.
fn flags(data: &Value, name: &str) -> Vec<String> {
    let members = data.as_object().unwrap();
    let flags = members.iter().flat_map(|(member, value)| {
        let name = match (name, member.as_str()) {
            ("", member) => member.to_owned(),
            (name, "id") => name.to_owned(),
            (name, member) => format!("{name}-{member}"),
        };
        match value {
            Value::Object(_) => flags(value, &name),
            Value::String(text) => vec![format!("--{name}={text}")],
            Value::Bool(true) => vec![format!("--{name}")],
            Value::Array(texts) => {
                let texts: Vec<&str> = texts.iter().filter_map(Value::as_str).collect();
                vec![format!("--{name}={}", texts.join(","))]
            }
            other => vec![format!("--{name}"), other.to_string()],
        }
    });
    flags.collect()
}

#[test]
fn every_command_can_be_said_by_flags() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/commands");
    for entry in CATALOGUE {
        let file = folder.join(format!("{}.json", entry.message_type));
        let golden: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        let data = &golden["data"];
        let flags = flags(data, "");
        let mut words = vec![entry.name];
        words.extend(flags.iter().map(String::as_str));
        assert_eq!(order(&words).data, Data::Flags(data.clone()), "{flags:?}");
    }
}

#[test]
fn what_is_wrong_is_said_as_at_every_other_edge_with_the_flag() {
    let cases = include_str!("../../../../shared/tests/bad_bookings.json");
    let cases: Vec<Value> = serde_json::from_str(cases).unwrap();
    let good = [
        ("room.id", "--room", "1"),
        ("client.id", "--client", "1"),
        ("date", "--date", "2022-12-12"),
    ];
    let mut tried = 0;
    for case in &cases {
        let (path, message) = (
            case["path"].as_str().unwrap(),
            case["message"].as_str().unwrap(),
        );
        let value = match &case["value"] {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            // What no flag can say.
            _ => continue,
        };
        let flag = match path {
            "room.id" => "--room".to_owned(),
            "client.id" => "--client".to_owned(),
            path => format!("--{}", path.replace('.', "-")),
        };
        let given = format!("{flag}={value}");
        let mut words = vec!["book-room", &given];
        for (other, flag, value) in good {
            if other != path {
                words.extend([flag, value]);
            }
        }
        let said = wrong(&words);
        assert!(
            said.starts_with(&format!("{path}: {message}; it is said by {flag} <")),
            "{words:?}: {said}"
        );
        tried += 1;
    }
    assert!(tried >= 3, "{tried} of {}", cases.len());
}

#[test]
fn what_is_missing_is_said_with_its_flag() {
    assert_eq!(
        wrong(&["book-room", "--room", "1", "--date", "2031-03-01"]),
        "client: missing field `client`; it is said by --client <NUMBER>, and \
         `vacancy command book-room --help` has all flags"
    );
    let nameless = wrong(&["cleanup", "--room=one", "--date", "2031-03-01"]);
    assert!(
        nameless.starts_with("room.id: invalid type: string"),
        "{nameless}"
    );
}

#[test]
fn data_is_said_by_flags_or_as_a_whole() {
    let text = r#"{"room":{"id":1}}"#;
    assert_eq!(
        order(&["cleanup", "--data", text]).data,
        Data::Text(text.to_owned())
    );
    assert_eq!(order(&["cleanup", "--data", "-"]).data, Data::Input);
    let both = [
        "vacancy", "command", "cleanup", "--data", "{}", "--room", "1",
    ];
    let error = Cli::try_parse_from(both).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ArgumentConflict);

    let waits = |words: &[&str]| order(words).how.wait().map(|wait| wait.as_secs());
    assert_eq!(waits(&["cleanup", "--room", "1"]), None);
    assert_eq!(waits(&["cleanup", "--wait", "--room", "1"]), Some(5));
    assert_eq!(waits(&["cleanup", "--room", "1", "--wait", "30"]), Some(30));
}

#[test]
fn help_says_what_the_schema_says() {
    let mut cli = Cli::command();
    let commands = cli.find_subcommand_mut("command").unwrap();
    let help = commands.render_help().to_string();
    assert!(
        help.contains("A client wants a room for some nights\n"),
        "{help}"
    );
    let book = commands.find_subcommand_mut("book-room").unwrap();
    let help = book.render_help().to_string();
    for part in [
        "vacancy command book-room --room <NUMBER> --client <NUMBER> --date <YYYY-MM-DD> [OPTIONS]",
        "--room <NUMBER>",
        "A room's number in the books. What is painted on its door is its name. [1 to 4294967295] [needed]",
        "--client-name <TEXT>",
        "[1 to 200 characters]",
        "--date <YYYY-MM-DD>",
        "The day of arrival. [such as 2026-12-01] [needed]",
        "One night when left out. [1 to 730] [default: 1]",
        "--pinned",
    ] {
        assert!(help.contains(part), "{part} in {help}");
    }
}

/// What no command has yet.
#[test]
fn texts_that_are_listed_are_told() {
    #[derive(JsonSchema, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Bed {
        Single,
        /// For two.
        King,
    }
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Wanted {
        bed: Option<Bed>,
        pillows: Vec<u8>,
        colours: Vec<String>,
    }
    let mut generator = SchemaGenerator::default();
    let schema = generator.subschema_for::<Wanted>().to_value();
    let flags = Flags::from_schema(&schema, generator.take_definitions(true));
    assert_eq!(flags.at("bed").as_deref(), Some("--bed <TEXT>"));
    // A list of texts is said with commas, any other by `--data`.
    assert_eq!(
        flags.at("colours").as_deref(),
        Some("--colours <TEXT,TEXT>")
    );
    assert_eq!(flags.at("pillows"), None);
    let command = Command::new("want").arg(Arg::new(DATA)).args(flags.args());
    let help = command.clone().render_help().to_string();
    assert!(help.contains("[single, king]"), "{help}");
    let matches = command
        .try_get_matches_from(["want", "--bed", "king"])
        .unwrap();
    assert_eq!(flags.data(&matches), json!({ "bed": "king" }));
}
