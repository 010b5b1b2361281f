//! `vacancy hotel`: the other hotels on the same server.
//!
//! What `add` does it does once: called again after something went wrong on the way, it goes on from there.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use async_nats::{Client, RequestErrorKind};
use clap::{Args, Subcommand};
use futures_util::StreamExt;
use jetstream_es::{Connection, Repository};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shared::HotelName;
use shared::staff::{AddStaff, Role, StaffName};
use shared::text::Name;

use super::staff::{board_url, hire};
use super::{NOT_YET, OperateError, Operated, Output, REFUSED, connect};
use crate::cli::{NatsKey, NatsOptions};
use crate::hotels::errand::{self, Standing, Told};
use crate::hotels::folder::Folder;
use crate::staff::{Staff, TheStaff};

/// What a server is asked for to be found. It answers for itself.
const PING: &str = "$SYS.REQ.SERVER.PING.JSZ";
/// After how long without another answer all servers have answered.
const QUIET: Duration = Duration::from_millis(500);
/// How long a server reads its configuration at most.
const RELOADED_WITHIN: Duration = Duration::from_secs(10);
/// How long the backend opens a hotel at most. It answers before, in any case.
const OPENED_WITHIN: Duration = Duration::from_secs(30);
/// Paths that lead to something else than a hotel's page.
const TAKEN: [&str; 11] = [
    "commands", "events", "health", "hooks", "hotels", "link", "mutation", "problems", "session",
    "staff", "views",
];

#[derive(Debug, Args)]
pub struct HotelOptions {
    #[command(flatten)]
    pub nats: NatsOptions,
    #[command(flatten)]
    pub output: Output,
    /// The folder with their keys, which the server's configuration includes `accounts.conf` from.
    #[arg(
        long,
        global = true,
        env = "VACANCY_HOTELS",
        default_value = ".run/hotels",
        value_name = "FOLDER"
    )]
    pub folder: PathBuf,
    #[command(subcommand)]
    pub task: HotelTask,
}

/// What is to be known of the hotels, or done about them.
#[derive(Debug, Subcommand)]
pub enum HotelTask {
    /// Opens another hotel while everything runs, and prints a link by which its first manager chooses a password.
    Add {
        /// The hotel's name: a-z, 0-9 and -. Its page is at /NAME/.
        #[arg(value_parser = new_name)]
        hotel: HotelName,
        /// What the first manager logs in with.
        #[arg(long, default_value = "manager", value_name = "NAME")]
        manager: StaffName,
        /// Their name as people write it.
        #[arg(long, default_value = "The manager", value_name = "NAME")]
        manager_name: Name,
        /// Where the board of the first hotel is, for the link.
        #[arg(
            long,
            default_value = "http://127.0.0.1:8080/",
            value_name = "URL",
            value_parser = board_url
        )]
        board_url: String,
    },
    /// Which hotels the backend serves, and how they are.
    List,
    /// Writes the accounts of all of them anew, as after an update of this program. The server reads them at its next start or
    /// reload.
    Accounts,
}

fn new_name(text: &str) -> Result<HotelName, String> {
    let name = text.parse::<HotelName>();
    let name = name.map_err(|error| error.to_string())?;
    match TAKEN.contains(&name.as_str()) {
        true => Err(format!("/{name} leads to something else already")),
        false => Ok(name),
    }
}

/// Does what is asked for, and tells what became of it.
///
/// # Errors
/// When what was asked for is not known to be done.
pub async fn hotel(options: HotelOptions) -> Operated {
    let folder = Folder::at(&options.folder);
    let (nats, output) = (options.nats, options.output);
    match options.task {
        HotelTask::Add {
            hotel,
            manager,
            manager_name,
            board_url,
        } => {
            let manager = AddStaff {
                staff: manager,
                name: manager_name,
                role: Role::Manager,
                nkey: None,
            };
            let page = format!("{}/{hotel}/", board_url.trim_end_matches('/'));
            let new = New {
                hotel,
                manager,
                page,
            };
            add(&nats, output, &folder, new).await
        }
        HotelTask::List => {
            let connection = connect(&nats, "hotel").await?;
            let all = ask::<Vec<Told>>(connection.client(), errand::LIST, "").await?;
            for told in all.ok_or(OperateError::NoBackend)? {
                output.print(&told)?;
            }
            Ok(ExitCode::SUCCESS)
        }
        HotelTask::Accounts => {
            folder.write_accounts()?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// A hotel that is to be.
struct New {
    hotel: HotelName,
    manager: AddStaff,
    /// Where its page is.
    page: String,
}

async fn add(nats: &NatsOptions, output: Output, folder: &Folder, new: New) -> Operated {
    let New {
        hotel,
        manager,
        page,
    } = new;
    let connection = connect(nats, "hotel").await?;
    let client = connection.client();
    let there = ask::<Vec<Told>>(client, errand::LIST, "").await?;
    let is_first = |told: &Told| told.hotel == hotel && told.standing == Standing::First;
    if there.iter().flatten().any(is_first) {
        tracing::error!("{hotel} is the first hotel, that of nats-server.conf");
        return Ok(ExitCode::from(REFUSED));
    }
    folder.make_key(&hotel)?;
    folder.write_accounts()?;
    reload(&connection).await?;
    let told = ask::<Told>(client, errand::OPEN, hotel.as_str()).await?;
    match told.map(|told| told.standing) {
        Some(Standing::Open) => {}
        Some(Standing::First) => {
            tracing::error!("{hotel} is the first hotel of another backend");
            return Ok(ExitCode::from(REFUSED));
        }
        Some(Standing::Unknown) => return Err(OperateError::AnotherFolder(hotel)),
        Some(Standing::Opening) => return Ok(not_yet(&hotel, "it is being opened")),
        Some(Standing::Failing { reason }) => return Ok(not_yet(&hotel, &reason)),
        None => {
            return Ok(not_yet(
                &hotel,
                "no backend runs, or none that serves --hotels",
            ));
        }
    }
    let key = folder.key_file(&hotel);
    let there = nats.by_key(NatsKey::read(&key)?);
    let opened = connect(&there, "hotel").await?;
    let staff = Repository::<Staff>::new(&opened, 1);
    let has_staff = staff.newest(&TheStaff, |roster| roster.iter().next().is_some());
    if has_staff.await.map_err(OperateError::nats)? {
        let key = key.display();
        tracing::error!(
            "{hotel} is there already; its tools: `vacancy staff list --nats-key {key}`"
        );
        return Ok(ExitCode::from(REFUSED));
    }
    hire(there, output, manager, page).await
}

/// What is done so far is kept.
fn not_yet(hotel: &HotelName, reason: &str) -> ExitCode {
    tracing::error!(
        "{hotel} is made, and not open yet: {reason}; `vacancy hotel add {hotel}` once more makes the link for its manager"
    );
    ExitCode::from(NOT_YET)
}

/// Has every server read its configuration anew. It may close connections of staff and machines at that, which come back.
async fn reload(connection: &Connection) -> Result<(), OperateError> {
    #[derive(Default, Deserialize)]
    struct Answer {
        server: Option<Server>,
        error: Option<Failure>,
    }
    #[derive(Deserialize)]
    struct Server {
        id: String,
    }
    #[derive(Deserialize)]
    struct Failure {
        description: String,
    }
    let client = connection.client();
    let inbox = client.new_inbox();
    let mut answers = client
        .subscribe(inbox.clone())
        .await
        .map_err(OperateError::nats)?;
    let asked = client.publish_with_reply(PING, inbox, "{}".into()).await;
    asked.map_err(OperateError::nats)?;
    let mut servers = BTreeSet::from([client.server_info().server_id]);
    while let Ok(Some(answer)) = tokio::time::timeout(QUIET, answers.next()).await {
        let answer: Answer = serde_json::from_slice(&answer.payload).unwrap_or_default();
        servers.extend(answer.server.map(|server| server.id));
    }
    // nats-server 2.15.1 connects what a new account imports from the system account only when it reads the same once more.
    for server in servers.iter().chain(&servers) {
        let subject = format!("$SYS.REQ.SERVER.{server}.RELOAD");
        let reason = match request(client, &subject, "", RELOADED_WITHIN).await {
            Ok(payload) => {
                let answer: Answer = serde_json::from_slice(&payload)?;
                answer.error.map(|failure| failure.description)
            }
            Err(error) => Some(error.to_string()),
        };
        if let Some(reason) = reason {
            let server = server.clone();
            return Err(OperateError::NotReloaded { server, reason });
        }
    }
    Ok(())
}

/// Asks the backends; the first one answers. `None`: there is none that would.
async fn ask<T: DeserializeOwned>(
    client: &Client,
    subject: &str,
    payload: &str,
) -> Result<Option<T>, OperateError> {
    match request(client, subject, payload, OPENED_WITHIN).await {
        Ok(answer) => Ok(Some(serde_json::from_slice(&answer)?)),
        Err(error) if error.kind() == RequestErrorKind::NoResponders => Ok(None),
        Err(error) => Err(OperateError::nats(error)),
    }
}

async fn request(
    client: &Client,
    subject: &str,
    payload: &str,
    within: Duration,
) -> Result<bytes::Bytes, async_nats::RequestError> {
    let request = async_nats::Request::new()
        .payload(payload.to_owned().into())
        .timeout(Some(within));
    let answer = client.send_request(subject.to_owned(), request).await?;
    Ok(answer.payload)
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hotel = self.hotel.as_str();
        match &self.standing {
            Standing::First => write!(f, "{hotel:<20} open, the first one"),
            Standing::Open => write!(f, "{hotel:<20} open"),
            Standing::Opening => write!(f, "{hotel:<20} being opened"),
            Standing::Failing { reason } => write!(f, "{hotel:<20} not open: {reason}"),
            Standing::Unknown => write!(f, "{hotel:<20} not there"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_path_that_leads_nowhere_else() {
        assert_eq!(
            new_name("sea").map(|name| name.to_string()),
            Ok("sea".to_owned())
        );
        for bad in ["", "Sea", "2sea", "sea/", "hotels", "views"] {
            assert!(new_name(bad).is_err(), "{bad:?}");
        }
    }
}
