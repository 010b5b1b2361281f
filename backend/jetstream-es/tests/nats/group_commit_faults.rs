//! Group commit while the server is killed: by a seed, which a failure tells, and which can be given again by
//! `GROUP_COMMIT_SEED`.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jetstream_es::history::events;
use jetstream_es::testing::Server;
use jetstream_es::{Connection, Decided, ExecuteError, GroupCommit, Patience, Repository};
use uuid::Uuid;

use crate::bank::{self, Accounts, Overdrawn, cause, deposit, withdraw};

const ACCOUNTS: u32 = 6;
const CLIENTS: u32 = 16;
const COMMANDS: u32 = 25;
/// Each costs whoever waits for an answer the time that a request takes to give up.
const KILLS: usize = 3;

/// xorshift64*: enough for a test, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as u32 % end
    }
}

/// A command, and the account it is about.
type Command = (u32, String);

/// What a client was told.
#[derive(Debug)]
enum Told {
    Done(u64),
    Refused,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_is_true_however_often_the_server_is_killed() {
    let seed = match std::env::var("GROUP_COMMIT_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => Uuid::new_v4().as_u64_pair().0 | 1,
    };
    eprintln!("GROUP_COMMIT_SEED={seed}");
    let (server, connection) = bank::open().await;
    let elsewhere = server.connect().await;
    // Two backends that commit in groups, and one that does not.
    let backends = [
        grouped(&connection),
        grouped(&elsewhere),
        Repository::new(&elsewhere, 100),
    ]
    .map(Arc::new);

    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let backend = Arc::clone(&backends[client as usize % backends.len()]);
            let dice = Dice(seed.wrapping_add(u64::from(client) << 8) | 1);
            tokio::spawn(send(backend, client, dice))
        })
        .collect();
    let over = Arc::new(AtomicBool::new(false));
    let killer = tokio::spawn(kill(server, Dice(seed), Arc::clone(&over)));
    let mut told = HashMap::new();
    for client in clients {
        told.extend(client.await.unwrap());
    }
    over.store(true, Ordering::Relaxed);
    let (_server, kills) = killer.await.unwrap();
    assert!(kills > 0);
    check(&connection, &told).await;
}

fn grouped(connection: &Connection) -> Repository<Accounts> {
    let settings = GroupCommit {
        batch_from: 2,
        ..GroupCommit::default()
    };
    Repository::new(connection, 100).committing_in_groups(settings)
}

/// Kills the server again and again, while there is work.
async fn kill(mut server: Server, mut dice: Dice, over: Arc<AtomicBool>) -> (Server, usize) {
    let mut kills = 0;
    while kills < KILLS && !over.load(Ordering::Relaxed) {
        // The moment is what the seed decides on, so it is a sleep.
        tokio::time::sleep(Duration::from_millis(u64::from(5 + dice.below(200)))).await;
        server.kill();
        server.restart().await;
        kills += 1;
    }
    (server, kills)
}

/// Sends commands, each until it has an answer; some come again.
async fn send(
    accounts: Arc<Repository<Accounts>>,
    client: u32,
    mut dice: Dice,
) -> Vec<(Command, Told)> {
    let mut told = Vec::new();
    for number in 0..COMMANDS {
        let account = dice.below(ACCOUNTS);
        let command = format!("{client}-{number}");
        let amount = 1 + dice.below(50);
        let takes = dice.below(2) == 0;
        let answer = answer(&accounts, account, &command, amount, takes).await;
        let answer = if dice.below(5) == 0 {
            let again = self::answer(&accounts, account, &command, amount, takes).await;
            if let Told::Done(sequence) = answer {
                assert!(
                    matches!(again, Told::Done(same) if same == sequence),
                    "{command}: {sequence}, then {again:?}"
                );
            }
            // A refusal is not kept here, so that the command may be done when it comes again.
            again
        } else {
            answer
        };
        told.push(((account, command), answer));
    }
    told
}

async fn answer(
    accounts: &Repository<Accounts>,
    account: u32,
    command: &str,
    amount: u32,
    takes: bool,
) -> Told {
    let cause = cause(command);
    let mut patience = Patience::new(Duration::from_millis(5), Duration::from_millis(100));
    loop {
        let decide = |balance: &i64| {
            if takes {
                withdraw(account, amount)(balance)
            } else {
                deposit(account, amount)(balance)
            }
        };
        match accounts.execute(&account, &cause, decide).await {
            Ok(Decided::Now(sequence) | Decided::Before(sequence)) => {
                return Told::Done(sequence);
            }
            Err(ExecuteError::Refused(Overdrawn(balance))) => {
                assert!(takes && balance < i64::from(amount), "{command}: {balance}");
                return Told::Refused;
            }
            Err(error) if error.is_transient() => {
                patience.wait().await;
            }
            other => panic!("{command}: {other:?}"),
        }
    }
}

/// Compares the answers with the events.
async fn check(connection: &Connection, told: &HashMap<Command, Told>) {
    let mut sequences: HashMap<Command, u64> = HashMap::new();
    for account in 0..ACCOUNTS {
        let mut balance = 0;
        for (sequence, event) in events::<Accounts>(connection, &account).await.unwrap() {
            let command = event.command().unwrap().to_owned();
            let before = sequences.insert((account, command.clone()), sequence);
            assert_eq!(before, None, "{command} was done twice");
            balance = event.event.on(balance);
            assert!(
                balance >= 0,
                "account {account} is overdrawn by event {sequence}"
            );
        }
    }
    for (command, told) in told {
        match (told, sequences.remove(command)) {
            (Told::Done(sequence), Some(found)) => assert_eq!(*sequence, found, "{command:?}"),
            (Told::Refused, None) => {}
            (told, found) => panic!("{command:?} was told {told:?}, and its event is {found:?}"),
        }
    }
    assert!(sequences.is_empty(), "events of nobody: {sequences:?}");
}
