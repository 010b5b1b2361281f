//! What the server lets the accounts send is what the catalogue says.

use shared::identity::Account;
use vacancy_backend::commands::catalogue;
use vacancy_backend::views;

const CONFIG: &str = include_str!("../../../nats-server.conf");

#[test]
fn the_server_admits_the_commands_that_the_catalogue_admits() {
    let accounts = [Account::FrontDesk, Account::Housekeeping, Account::Guest];
    for entry in catalogue::CATALOGUE {
        for account in accounts {
            let subject = format!("\"cmd.{account}.{}\"", entry.name);
            assert_eq!(
                CONFIG.contains(&subject),
                entry.may_send(account),
                "{subject} in nats-server.conf"
            );
        }
    }
}

#[test]
fn the_server_shows_each_read_model_to_its_readers_alone() {
    for view in views::all() {
        for export in [
            format!("{{ stream:  \"live.{}.>\",", view.name()),
            format!("{{ service: \"$JS.API.DIRECT.GET.KV_{}\",", view.name()),
        ] {
            let line = CONFIG
                .lines()
                .find(|line| line.trim_start().starts_with(&export))
                .unwrap_or_else(|| panic!("{export} in nats-server.conf"));
            let (_, accounts) = line.split_once("accounts: [").unwrap();
            let (accounts, _) = accounts.split_once(']').unwrap();
            let readers = view.readers().iter();
            let readers: Vec<String> = readers
                .map(|account| account.as_str().to_ascii_uppercase())
                .collect();
            assert_eq!(accounts, readers.join(", "), "{line}");
        }
    }
}
