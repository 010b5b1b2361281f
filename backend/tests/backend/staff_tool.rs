//! `vacancy staff`, as a program: what it prints, what it leaves behind, and its exit codes.

use std::io::Write;
use std::process::{Output, Stdio};

use jetstream_es::Repository;
use serde_json::Value;
use shared::staff::StaffName;
use vacancy_backend::identity::credentials::{CredentialError, Credentials, Link};
use vacancy_backend::identity::password::Password;
use vacancy_backend::staff;

use crate::hotel::{Hotel, new_id, program};
use crate::operate::{lines, run};

const MIA: [&str; 6] = ["add", "mia", "--name", "Mia Holm", "--role", "manager"];
const ANNA: [&str; 6] = ["add", "anna", "--name", "Anna Berg", "--role", "front-desk"];
const NKEY: &str = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

/// Runs `vacancy staff ARGUMENTS --json`, which prints one object.
async fn ask(hotel: &Hotel, arguments: &[&str]) -> (Option<i32>, Value) {
    let arguments = [arguments, &["--json"]].concat();
    let output = run(hotel, "staff", &arguments).await;
    let mut lines = lines(&output);
    assert_eq!(lines.len(), 1, "{output:?}");
    (output.status.code(), lines.remove(0))
}

/// Runs `vacancy staff ARGUMENTS --password-stdin` and says this to it.
async fn with_password(hotel: &Hotel, arguments: &[&str], input: &str) -> Output {
    let mut program = program(&hotel.server.url(), "staff");
    program.args(arguments).arg("--password-stdin");
    program
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let run = tokio::task::spawn_blocking(move || child.wait_with_output());
    run.await.unwrap().unwrap()
}

/// What a link is for, and whether it can be used.
async fn usable(hotel: &Hotel, url: &str) -> bool {
    let (_, link) = url.split_once("#link=").expect(url);
    let link: Link = link.parse().unwrap();
    let credentials = Credentials::new(&hotel.connection).unwrap();
    match credentials.look_at(&link).await {
        Ok(()) => true,
        Err(CredentialError::LinkOver) => false,
        Err(error) => panic!("{error}"),
    }
}

/// Whether somebody gets in with a password.
async fn matches(hotel: &Hotel, name: &str, password: &str) -> bool {
    let name: StaffName = name.parse().unwrap();
    let repository = Repository::new(&hotel.connection, 1);
    let member = staff::find(&repository, &name).await.unwrap().unwrap();
    let credentials = Credentials::new(&hotel.connection).unwrap();
    let password = Password::from(password.to_owned());
    let matches = credentials.matches(&name, &password, member.reset);
    matches.await.unwrap()
}

#[tokio::test]
async fn somebody_new_is_given_a_link_that_a_reset_replaces() {
    let hotel = Hotel::with_rooms(0).await;
    let (code, told) = ask(&hotel, &MIA).await;
    assert_eq!((code, &told["decision"]), (Some(0), &"done".into()));
    assert_eq!(told["link_expires_in"], 86_400);
    let first = told["link"].as_str().unwrap();
    assert!(
        first.starts_with("http://127.0.0.1:8080/#link=mia."),
        "{first}"
    );
    assert!(usable(&hotel, first).await);

    let board = ["--board-url", "https://grand.example/board"];
    let reset = [&["reset", "mia"], &board[..]].concat();
    let (code, told) = ask(&hotel, &reset).await;
    assert_eq!(code, Some(0));
    let second = told["link"].as_str().unwrap();
    assert!(
        second.starts_with("https://grand.example/board#link=mia."),
        "{second}"
    );
    assert!(usable(&hotel, second).await && !usable(&hotel, first).await);

    // What people read.
    let output = run(&hotel, "staff", &ANNA).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "Anna Berg is one of the staff as anna, with the role front-desk."
    );
    let begin = "  to choose a password and log in, once and within 24 hours: http://127.0.0.1:8080/#link=anna.";
    assert!(lines[1].starts_with(begin) && lines.len() == 2, "{text}");
    // The link is told once, where it was asked for.
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains("link=") && !said.contains("anna."), "{said}");
}

#[tokio::test]
async fn a_password_comes_through_the_standard_input_and_is_kept_nowhere_else() {
    let hotel = Hotel::with_rooms(0).await;
    let password = "blühende Wiese im Mai ";
    let output = with_password(&hotel, &MIA, &format!("{password}\n")).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        output.stdout,
        b"Mia Holm is one of the staff as mia, with the role manager.\n"
    );
    assert!(matches(&hotel, "mia", password).await);

    let other = "mit Regen und Wind";
    let output = with_password(&hotel, &["reset", "mia"], other).await;
    assert!(output.status.success(), "{output:?}");
    assert!(matches(&hotel, "mia", other).await && !matches(&hotel, "mia", password).await);

    // One that is not taken changes nothing.
    let sent = hotel.count("commands").await;
    for weak in ["short", "I am mia myself", ""] {
        let output = with_password(&hotel, &["reset", "mia"], weak).await;
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
    assert!(matches(&hotel, "mia", other).await);
    assert_eq!(hotel.count("commands").await, sent);

    let jetstream = hotel.jetstream();
    for stream in [
        "commands",
        "staff",
        "KV_staff",
        "KV_outcomes",
        "KV_credentials",
        "audit",
    ] {
        let stream = jetstream.get_stream(stream).await.unwrap();
        for sequence in 1..=stream.cached_info().state.last_sequence {
            // Of a bucket's key the last value alone is there.
            let Ok(message) = stream.get_raw_message(sequence).await else {
                continue;
            };
            let text = String::from_utf8(message.payload.to_vec()).unwrap();
            assert!(!text.contains("Wiese") && !text.contains("Regen"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_machine_is_given_neither_link_nor_password() {
    let hotel = Hotel::with_rooms(0).await;
    let agency = ["add", "agency", "--name", "Agency", "--role", "channel"];
    let keyed = [&agency[..], &["--nkey", NKEY]].concat();
    let (code, told) = ask(&hotel, &keyed).await;
    assert_eq!(code, Some(0));
    assert!(told.get("link").is_none(), "{told}");
    let both = [&keyed[..], &["--password-stdin"]].concat();
    let output = run(&hotel, "staff", &both).await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let (code, told) = ask(&hotel, &["reset", "agency"]).await;
    assert_eq!(code, Some(3));
    assert_eq!(told["refusal"]["code"], "person-or-machine");
    assert!(told.get("link").is_none(), "{told}");
}

#[tokio::test]
async fn the_staff_are_listed_with_what_became_of_them() {
    let hotel = Hotel::with_rooms(0).await;
    let output = run(&hotel, "staff", &["list"]).await;
    assert!(
        output.status.success() && output.stdout.is_empty(),
        "{output:?}"
    );
    for add in [MIA, ANNA] {
        ask(&hotel, &add).await;
    }
    for done in [&["role", "anna", "housekeeping"][..], &["disable", "anna"]] {
        let (code, told) = ask(&hotel, done).await;
        assert_eq!(code, Some(0), "{told}");
        assert!(told.get("link").is_none(), "{told}");
    }
    let listed = lines(&run(&hotel, "staff", &["list", "--json"]).await);
    let seen = |line: &Value| {
        let text = |member: &str| line[member].as_str().unwrap().to_owned();
        (
            text("staff"),
            text("role"),
            line["active"].as_bool().unwrap(),
        )
    };
    let seen: Vec<_> = listed.iter().map(seen).collect();
    let anna = ("anna".to_owned(), "housekeeping".to_owned(), false);
    let mia = ("mia".to_owned(), "manager".to_owned(), true);
    assert_eq!(seen, [anna, mia]);

    let (code, _) = ask(&hotel, &["enable", "anna"]).await;
    assert_eq!(code, Some(0));
    let output = run(&hotel, "staff", &["list"]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let expected = "anna                 housekeeping active   Anna Berg\n\
                    mia                  manager      active   Mia Holm\n";
    assert_eq!(text, expected);
}

#[tokio::test]
async fn what_is_refused_is_the_exit_code_and_makes_no_link() {
    let hotel = Hotel::with_rooms(0).await;
    ask(&hotel, &MIA).await;
    let id = new_id();
    for (arguments, refusal) in [
        (&MIA[..], "staff-exists"),
        (&["disable", "mia"], "last-manager"),
        (&["role", "mia", "front-desk"], "last-manager"),
        (&["enable", "mia"], "no-change"),
        (&["reset", "nobody", "--id", &id], "no-such-staff"),
    ] {
        let (code, told) = ask(&hotel, arguments).await;
        assert_eq!(code, Some(3), "{told}");
        assert_eq!(told["refusal"]["code"], refusal);
        assert!(told.get("link").is_none(), "{told}");
    }
    let output = run(&hotel, "staff", &["disable", "mia"]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let expected = "mia is the last manager: make somebody else a manager first. (last-manager)\n";
    assert_eq!(text, expected);
    // An id is one command's.
    let output = run(&hotel, "staff", &["enable", "mia", "--id", &id]).await;
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(output.stdout.is_empty());
    for wrong in [
        &["add", "Mia", "--name", "Mia", "--role", "manager"][..],
        &["add", "mia", "--name", "Mia", "--role", "owner"],
        &["add", "mia", "--role", "manager"],
        &["reset", "mia", "--board-url", "grand.example"],
        &["role", "mia"],
    ] {
        let output = run(&hotel, "staff", wrong).await;
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
}

#[tokio::test]
async fn what_is_not_decided_in_time_is_safe_and_asked_for_again() {
    let mut hotel = Hotel::with_rooms(0).await;
    hotel.backend.kill();
    let id = new_id();
    let add = [&MIA[..], &["--id", &id, "--wait", "1"]].concat();
    let (code, told) = ask(&hotel, &add).await;
    assert_eq!((code, &told["decision"]), (Some(4), &"accepted".into()));
    assert!(told.get("link").is_none(), "{told}");

    hotel.start_backend();
    let add = [&MIA[..], &["--id", &id, "--wait", "30"]].concat();
    let (code, told) = ask(&hotel, &add).await;
    assert_eq!(code, Some(0), "{told}");
    assert!(usable(&hotel, told["link"].as_str().unwrap()).await);
    assert_eq!(hotel.count("staff").await, 1);
}
