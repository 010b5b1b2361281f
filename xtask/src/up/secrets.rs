//! The passwords of this machine's hotel: made at the first start, kept in `.run/`, never committed. nats-server is
//! given their bcrypt hashes alone (`passwords.conf`), xtask itself the passwords (`credentials.json`).

use super::run_folder::RunFolder;
use crate::{console, error::Error};
use std::collections::BTreeMap;

const CREDENTIALS: &str = "credentials.json";
const HASHES: &str = "passwords.conf";

/// Somebody whom nats-server.conf knows with a password.
#[derive(Clone, Copy, Debug)]
struct User {
    name: &'static str,
    /// What nats-server.conf calls the hash.
    variable: &'static str,
}

/// Programs: the staff have passwords of their own, which the backend knows, and guests need none.
const USERS: [User; 2] = [
    User {
        name: "backend",
        variable: "BACKEND_PASSWORD",
    },
    User {
        name: "sys",
        variable: "SYS_PASSWORD",
    },
];

/// bcrypt's cost: 2^10 rounds, some 50 ms for each log-in.
const COST: u32 = 10;

/// What a person can type without asking whether that is an O or a 0.
const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
/// Four groups of four of 31 letters: 79 bits.
const GROUPS: usize = 4;
const GROUP: usize = 4;

/// The passwords in plain text, by user. One for each of [`USERS`].
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(transparent)]
pub(super) struct Secrets {
    passwords: BTreeMap<String, String>,
}

impl Secrets {
    /// Reads the passwords and makes those that are missing, and sees to it that nats-server has their hashes.
    pub(super) fn load_or_make(folder: &RunFolder) -> Result<Self, Error> {
        let malformed = |error: serde_json::Error| Error::Malformed {
            what: format!(".run/{CREDENTIALS}"),
            why: format!("{error}; without this file, new passwords are made"),
        };
        let mut passwords: BTreeMap<String, String> = match folder.read(CREDENTIALS)? {
            Some(text) => serde_json::from_str(&text).map_err(malformed)?,
            None => BTreeMap::new(),
        };
        let mut made = false;
        for user in USERS {
            if !passwords.contains_key(user.name) {
                passwords.insert(user.name.to_owned(), password()?);
                made = true;
            }
        }
        let secrets = Self { passwords };
        let hashed = folder.read(HASHES)?;
        if made || !hashed.is_some_and(|text| has_every_variable(&text)) {
            console::say("making this machine's passwords for NATS");
            // The hashes first: if this is interrupted, both are made again at the next start.
            folder.write(HASHES, &secrets.hashes()?)?;
        }
        if made {
            let text = serde_json::to_string_pretty(&secrets).map_err(malformed)?;
            folder.write(CREDENTIALS, &format!("{text}\n"))?;
        }
        Ok(secrets)
    }

    /// The password of the backend.
    pub(super) fn backend(&self) -> &str {
        self.password("backend")
    }

    fn password(&self, user: &str) -> &str {
        self.passwords.get(user).map_or("", String::as_str)
    }

    /// The variables that nats-server.conf refers to. It refuses a variable that it does not refer to.
    fn hashes(&self) -> Result<String, Error> {
        let mut text = String::from("# Made by `cargo xtask up` from credentials.json.\n");
        for user in USERS {
            // nats-server takes a string for a hash by its "$2a$".
            let hash = bcrypt::hash_with_result(self.password(user.name), COST)?
                .format_for_version(bcrypt::Version::TwoA);
            text += &format!("{}: \"{hash}\"\n", user.variable);
        }
        Ok(text)
    }
}

/// Whether these are the hashes that this version's nats-server.conf refers to, no more and no fewer.
fn has_every_variable(hashes: &str) -> bool {
    let lines = hashes.lines().filter(|line| !line.starts_with('#'));
    let names = lines.filter_map(|line| Some(line.split_once(':')?.0));
    names.eq(USERS.iter().map(|user| user.variable))
}

/// A new random password: `k7mf-2xqa-hw9d-r3tz`.
fn password() -> Result<String, Error> {
    let mut password = String::with_capacity(GROUPS * (GROUP + 1));
    for group in 0..GROUPS {
        if group > 0 {
            password.push('-');
        }
        for _ in 0..GROUP {
            password.push(letter()?);
        }
    }
    Ok(password)
}

fn letter() -> Result<char, Error> {
    loop {
        let mut byte = [0];
        getrandom::fill(&mut byte)?;
        if let Some(letter) = letter_of(byte[0]) {
            return Ok(letter);
        }
    }
}

/// None for the few bytes that are over when 256 is divided by the alphabet: they would favour its first letters.
fn letter_of(byte: u8) -> Option<char> {
    let whole = 256 / ALPHABET.len() * ALPHABET.len();
    let byte = usize::from(byte);
    (byte < whole).then(|| char::from(ALPHABET[byte % ALPHABET.len()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn a_password_is_four_groups_of_letters_that_cannot_be_mistaken() {
        let password = password().expect("random bytes");
        let groups: Vec<_> = password.split('-').collect();
        assert_eq!(groups.len(), GROUPS);
        for group in groups {
            assert_eq!(group.len(), GROUP);
            assert!(
                group.bytes().all(|letter| ALPHABET.contains(&letter)),
                "{password}"
            );
            assert!(!group.contains(['0', 'o', '1', 'l', 'i']), "{password}");
        }
    }

    #[test]
    fn every_letter_is_as_likely_as_any_other() {
        let mut counts = HashMap::new();
        for letter in (0..=u8::MAX).filter_map(letter_of) {
            *counts.entry(letter).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), ALPHABET.len());
        assert!(counts.values().all(|count| *count == 256 / ALPHABET.len()));
    }

    #[test]
    fn what_was_made_is_found_again_and_its_hashes_verify() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = RunFolder::at(temporary.path());
        let made = Secrets::load_or_make(&folder).expect("made");
        let hashes = folder.read(HASHES).expect("readable").expect("there");
        let again = Secrets::load_or_make(&folder).expect("found");
        assert_eq!(made.backend(), again.backend());
        assert_eq!(folder.read(HASHES).expect("readable"), Some(hashes.clone()));
        let line = hashes
            .lines()
            .find(|line| line.starts_with("BACKEND_PASSWORD: "));
        let hash = line
            .and_then(|line| line.split('"').nth(1))
            .expect("a quoted hash");
        assert!(hash.starts_with("$2a$10$"), "{hash}");
        assert!(bcrypt::verify(made.backend(), hash).expect("a hash"));
        assert!(has_every_variable(&hashes));
    }

    #[test]
    fn lost_hashes_are_made_again_from_the_same_passwords() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = RunFolder::at(temporary.path());
        let made = Secrets::load_or_make(&folder).expect("made");
        std::fs::remove_file(temporary.path().join(HASHES)).expect("removed");
        let again = Secrets::load_or_make(&folder).expect("found");
        assert_eq!(made.backend(), again.backend());
        assert!(folder.read(HASHES).expect("readable").is_some());
    }

    #[test]
    fn a_user_that_is_new_is_given_a_password_and_the_others_keep_theirs() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = RunFolder::at(temporary.path());
        folder
            .write(CREDENTIALS, r#"{"backend":"old-one"}"#)
            .expect("written");
        folder
            .write(HASHES, "BACKEND_PASSWORD: \"$2a$10$x\"\n")
            .expect("written");
        let secrets = Secrets::load_or_make(&folder).expect("made");
        assert_eq!(secrets.backend(), "old-one");
        assert_eq!(secrets.password("sys").len(), 19);
        let hashes = folder.read(HASHES).expect("readable").expect("there");
        assert!(has_every_variable(&hashes), "{hashes}");
    }

    #[test]
    fn a_spoilt_file_is_an_error_that_says_what_to_do() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = RunFolder::at(temporary.path());
        folder.write(CREDENTIALS, "{\"backend\":").expect("written");
        let error = Secrets::load_or_make(&folder)
            .err()
            .expect("spoilt")
            .to_string();
        assert!(error.contains("credentials.json"), "{error}");
    }
}
