use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Shape {
    Point,
    Circle(u16),
    Box { wide: i32 },
}

#[derive(Debug, PartialEq, Deserialize)]
struct Drawing {
    name: String,
    #[serde(default)]
    visible: bool,
    note: Option<String>,
    shapes: Vec<Shape>,
    #[serde(default)]
    counts: BTreeMap<String, i64>,
}

#[track_caller]
fn check<T: DeserializeOwned + PartialEq + std::fmt::Debug>(json: &str) {
    let theirs: T = serde_json::from_str(json).unwrap();
    assert_eq!(from_slice::<T>(json.as_bytes()), Ok(theirs), "{json}");
}

#[track_caller]
fn refuses<T: DeserializeOwned + std::fmt::Debug>(json: &str, error: &str) {
    assert_eq!(
        from_str::<T>(json).unwrap_err().to_string(),
        error,
        "{json}"
    );
    assert!(serde_json::from_str::<T>(json).is_err(), "{json}");
}

#[test]
fn it_reads_what_serde_json_reads() {
    check::<Drawing>(r#"{"name":"a","note":null,"shapes":[]}"#);
    check::<Drawing>(
        r#" { "shapes" : [ "point" , {"circle":7}, {"box" : { "wide": -2 } }, {"point":null} ] ,
            "visible":true, "name":"b", "note":"c", "counts":{"x":-9223372036854775807,"y":0},
            "unknown": {"a":[1,2.5e-3,"\"]",[],{}],"b":null,"c":[false,true]} } "#,
    );
    check::<Vec<Option<u64>>>("[null,0,18446744073709551615]");
    check::<String>(r#""a\"\\\/\b\f\n\r\tz""#);
    check::<String>(r#""\u00e9\u20AC\ud83d\ude00 é€😀""#);
    check::<()>("null");
}

#[test]
fn what_is_no_json_is_refused() {
    refuses::<String>("", "not a string at byte 0");
    refuses::<String>(r#""a"#, "not the end of a string at byte 2");
    refuses::<String>("\"a\nb\"", "not the end of a string at byte 2");
    refuses::<String>(r#""\x""#, "not an escape at byte 2");
    refuses::<String>(r#""\u12g4""#, "not a hexadecimal digit at byte 5");
    refuses::<String>(r#""a" b"#, "not the end at byte 4");
    refuses::<Vec<u8>>("[1 2]", "not a comma at byte 3");
    refuses::<Vec<u8>>("[1", "not a comma at byte 2");
    refuses::<Vec<u8>>("[01]", "not u8 at byte 3");
    refuses::<BTreeMap<String, u8>>(r#"{"a" 1}"#, "not a colon at byte 5");
    refuses::<BTreeMap<String, u8>>(r#"{a:1}"#, "not a string at byte 1");
    refuses::<Shape>(r#"{"point":null"#, "not the end of an object at byte 13");
    refuses::<Drawing>(r#"{"other":[}"#, "not a value at byte 10");
    let bytes = from_slice::<String>(b"\"a\xff\"").unwrap_err();
    assert_eq!(bytes.to_string(), "not UTF-8 at byte 2");
}

#[test]
fn what_is_not_of_the_type_is_refused_and_said() {
    refuses::<u8>("256", "not u8 at byte 3");
    refuses::<u8>("-1", "not u8 at byte 2");
    refuses::<u8>("\"1\"", "not u8 at byte 0");
    refuses::<bool>("1", "not a boolean at byte 0");
    refuses::<Vec<u8>>("{}", "not a sequence at byte 0");
    refuses::<Shape>(
        "\"square\"",
        "unknown variant `square`, expected one of `point`, `circle`, `box` at byte 8",
    );
    refuses::<Shape>("\"circle\"", "not a variant that holds something at byte 8");
    refuses::<Drawing>("{}", "missing field `name` at byte 2");
    refuses::<Drawing>("[]", "not struct Drawing at byte 0");
}

/// As they are here, and nowhere in what the hotel says.
#[test]
fn numbers_are_whole_ones() {
    let error = from_str::<f64>("1.5").unwrap_err();
    assert_eq!(error.to_string(), "not f64 at byte 1");
}

#[test]
fn what_is_nested_without_end_does_not_exhaust_the_stack() {
    let deep = format!(r#"{{"name":"a","other":{}"#, "[".repeat(100_000));
    let error = from_str::<Drawing>(&deep).unwrap_err();
    assert_eq!(
        error.to_string(),
        "not as shallow as a value may be at byte 148"
    );
}
