//! What the server lets the accounts send is what the catalogue says.

use std::collections::BTreeSet;

use shared::identity::Account;
use shared::subjects::OUTCOMES;
use vacancy_backend::views;

/// The accounts that share nothing with the hotel but what it exports.
const OUTSIDE: [Account; 5] = [
    Account::Manager,
    Account::FrontDesk,
    Account::Housekeeping,
    Account::Channel,
    Account::Guest,
];

const CONFIG: &str = include_str!("../../../nats-server.conf");

/// What the account may read: `subject` of each read model that it is a reader of, and of its own outcomes alone.
fn readable(account: Account, subject: fn(&str) -> String, outcomes: String) -> BTreeSet<String> {
    let views = views::all().into_iter();
    let views = views.filter(|view| view.readers().contains(&account));
    views
        .map(|view| subject(view.name()))
        .chain([outcomes])
        .collect()
}

fn changes_of(bucket: &str) -> String {
    format!("live.{bucket}.>")
}

fn pages_of(bucket: &str) -> String {
    format!("$JS.API.DIRECT.GET.KV_{bucket}")
}

fn page_of_outcomes(prefix: &str) -> String {
    format!("{}.$KV.outcomes.{prefix}.>", pages_of(OUTCOMES.name()))
}

/// Whether a subject is about reading: all that there is to read begins like this.
fn is_read(subject: &str) -> bool {
    ["live.", "outcome.", "$JS.", "$KV."]
        .iter()
        .any(|start| subject.starts_with(start))
}

/// The block of the configuration that begins with `NAME {` or `NAME [`, up to the closing bracket in the same column.
#[track_caller]
fn block<'a>(config: &'a str, name: &str) -> &'a str {
    let begin = config
        .lines()
        .find(|line| {
            let line = line.trim_start();
            [format!("{name} {{"), format!("{name}: [")].contains(&line.to_owned())
        })
        .unwrap_or_else(|| panic!("{name} in nats-server.conf"));
    let column = begin.len() - begin.trim_start().len();
    let start = config.find(begin).unwrap();
    let closed = ["}", "]"].map(|bracket| format!("\n{}{bracket}", " ".repeat(column)));
    let rest = &config[start..];
    let end = closed.iter().filter_map(|closed| rest.find(closed)).min();
    &rest[..end.unwrap()]
}

/// The texts in quotes, but for those in comments.
fn quoted(config: &str) -> impl Iterator<Item = &str> {
    let lines = config.lines();
    let lines = lines.map(|line| line.split_once('#').map_or(line, |(line, _)| line));
    lines.flat_map(|line| line.split('"').skip(1).step_by(2))
}

fn read_subjects(config: &str) -> BTreeSet<String> {
    let subjects = quoted(config).filter(|subject| is_read(subject));
    subjects.map(ToOwned::to_owned).collect()
}

/// What the hotel exports to the account.
fn exported_to(account: Account) -> BTreeSet<String> {
    let name = account.as_str().to_ascii_uppercase();
    let is_to = |line: &&str| {
        let accounts = line.split_once("accounts: [").map(|(_, accounts)| accounts);
        let accounts = accounts.and_then(|accounts| accounts.split_once(']'));
        accounts.is_some_and(|(accounts, _)| accounts.split(", ").any(|one| one == name))
    };
    let exports = block(block(CONFIG, "HOTEL"), "exports");
    let lines: Vec<&str> = exports.lines().filter(is_to).collect();
    read_subjects(&lines.join("\n"))
}

#[test]
fn the_server_shows_each_bucket_to_its_readers_alone() {
    // Of the bucket of outcomes everybody has a part.
    assert!(OUTCOMES.readers().is_empty());
    for account in OUTSIDE {
        let changes = readable(account, changes_of, format!("outcome.{account}.>"));
        let pages = readable(account, pages_of, page_of_outcomes(account.as_str()));
        let both: BTreeSet<String> = changes.union(&pages).cloned().collect();
        assert_eq!(exported_to(account), both, "exported to {account}");

        let block_of_account = block(CONFIG, &account.as_str().to_ascii_uppercase());
        let imported = read_subjects(block(block_of_account, "imports"));
        // What the import is called inside of the account.
        let inside = BTreeSet::from(["outcome.>".to_owned()]);
        let imported: BTreeSet<String> = imported.difference(&inside).cloned().collect();
        assert_eq!(imported, both, "imported by {account}");
    }
}

#[test]
fn the_hotel_exports_to_the_accounts_that_the_catalogue_knows() {
    let exports = block(block(CONFIG, "HOTEL"), "exports");
    let known = OUTSIDE.map(|account| account.as_str().to_ascii_uppercase());
    let lines = exports.lines().map(str::trim);
    let lines = lines.filter(|line| line.starts_with('{'));
    let mut count = 0;
    for line in lines {
        // An export without accounts would be one to everybody.
        let (_, accounts) = line.split_once("accounts: [").expect(line);
        let (accounts, _) = accounts.split_once(']').expect(line);
        let mut accounts = accounts.split(", ");
        assert!(
            accounts.all(|one| known.contains(&one.to_owned())),
            "{line}"
        );
        count += 1;
    }
    assert!(count > 20, "{count} exports");
}
