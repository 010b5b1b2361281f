//! The accounts of a hotel on the server. Those of the first one stand in `nats-server.conf`; those of another are made from that
//! same text, so that what may be said and heard is written once.

use std::fmt::Write;

use shared::HotelName;
use shared::identity::Account;

/// The configuration that this program was built with.
const CONF: &str = include_str!("../../../nats-server.conf");
/// Where the accounts of the first hotel begin in it …
const FROM: &str = "\n  HOTEL {\n";
/// … and what comes after them.
const TO: &str = "\n  include \".run/hotels/accounts.conf\"";
/// What a line says that is not for other hotels.
const FIRST_ALONE: &str = "# the first hotel's alone";

/// What the server calls an account of the first hotel.
pub fn of_first(account: Account) -> String {
    account.as_str().to_uppercase()
}

/// What the server calls an account of another hotel.
pub fn of_another(account: Account, hotel: &HotelName) -> String {
    format!("{}-{hotel}", of_first(account))
}

/// The accounts of another hotel, whose backend has the public key `backend`, for the server's configuration. It is the only user
/// that stands in the text.
pub fn text(hotel: &HotelName, backend: &str) -> String {
    let mut text = String::new();
    let mut lines = section().lines().filter(|line| is_said(line));
    while let Some(line) = lines.next() {
        let Some(indent) = line.strip_suffix("users: [") else {
            text.push_str(&renamed(line, hotel));
            text.push('\n');
            continue;
        };
        let end = format!("{indent}]");
        lines.by_ref().find(|line| *line == end);
        // Writing to a text does not fail.
        let _written = writeln!(
            text,
            "{indent}users: [ {{ nkey: {backend}, allowed_connection_types: [\"STANDARD\"] }} ]"
        );
    }
    text
}

/// The accounts of the first hotel, as the file has them.
fn section() -> &'static str {
    let ends = CONF.find(FROM).zip(CONF.find(TO));
    let section = ends.and_then(|(from, to)| CONF.get(from..to));
    section.unwrap_or_default()
}

fn is_said(line: &str) -> bool {
    let text = line.trim();
    !text.is_empty() && !text.starts_with('#') && !text.ends_with(FIRST_ALONE)
}

/// The line, with the hotel's name behind each name of an account.
fn renamed(line: &str, hotel: &HotelName) -> String {
    let is_apart = |char: char| !char.is_ascii_alphanumeric();
    let words = line.split_inclusive(is_apart).map(|piece| {
        let word = piece.trim_end_matches(is_apart);
        let known = Account::ALL
            .into_iter()
            .find(|account| of_first(*account) == word);
        match known {
            Some(account) => of_another(account, hotel) + &piece[word.len()..],
            None => piece.to_owned(),
        }
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sea() -> String {
        text(&"sea".parse().unwrap(), "UKEY")
    }

    #[test]
    fn each_account_of_the_file_has_its_like() {
        let text = sea();
        for account in Account::ALL {
            let name = of_another(account, &"sea".parse().unwrap());
            let opens = text.lines().filter(|line| *line == format!("  {name} {{"));
            assert_eq!(opens.count(), 1, "{name}");
        }
        for line in [
            r#"      { service: "cmd.manager.>",      accounts: [MANAGER-sea] }"#,
            r#"      { stream:  "live.vacancy.>",      accounts: [MANAGER-sea, FRONTDESK-sea, CHANNEL-sea, GUEST-sea] }"#,
            r#"      { stream:  { account: HOTEL-sea, subject: "live.rooms.>" } }"#,
            r#"    users: [ { nkey: UKEY, allowed_connection_types: ["STANDARD"] } ]"#,
        ] {
            assert!(text.lines().any(|there| there == line), "{line}\n{text}");
        }
        assert_eq!(text.matches("users:").count(), 1, "{text}");
        let (open, close) = (text.matches('{').count(), text.matches('}').count());
        assert_eq!(open, close);
    }

    #[test]
    fn nothing_of_the_first_hotel_is_in_it() {
        let text = sea();
        for not in ["PASSWORD", "user:", "RELOAD", "#", "include"] {
            assert!(!text.contains(not), "{not}\n{text}");
        }
        // But for the server's own account, no name is without the hotel's.
        let names = text.split(|char: char| !char.is_ascii_alphanumeric() && char != '-');
        let first: Vec<String> = Account::ALL.map(of_first).into();
        let left: Vec<_> = names
            .filter(|name| first.iter().any(|first| first == name))
            .collect();
        assert_eq!(left, [""; 0]);
    }
}
