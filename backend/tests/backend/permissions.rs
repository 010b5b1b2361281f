//! What the server lets the accounts send is what the catalogue says.

use shared::identity::Account;
use vacancy_backend::commands::catalogue;

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
