//! `vacancy staff`: who works in the hotel, and how they get in for the first time.

use std::fmt;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use jetstream_es::{Connection, Repository};
use serde::Serialize;
use shared::cloud_event::{CloudEvent, Command};
use shared::outcome::{Decision, Next, Outcome};
use shared::staff::{
    AddStaff, ChangeRole, DisableStaff, EnableStaff, Member, ResetPassword, Role, StaffName,
    UserNkey,
};
use shared::text::Name;

use super::order::{self, Asked, How};
use super::output::Reader;
use super::{OperateError, Operated, Output, REFUSED, WRONG, connect};
use crate::cli::NatsOptions;
use crate::clock;
use crate::http::commands::CommandState;
use crate::identity::credentials::{Credentials, LINK_MINUTES};
use crate::identity::password::Password;
use crate::staff::{Staff, TheStaff};

/// How long a command is waited for, unless somebody says otherwise.
const WAIT: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub struct StaffOptions {
    #[command(flatten)]
    pub nats: NatsOptions,
    #[command(flatten)]
    pub output: Output,
    #[command(subcommand)]
    pub task: StaffTask,
}

/// What is to be known of the staff, or done about them.
#[derive(Debug, Subcommand)]
pub enum StaffTask {
    /// Who works in the hotel, and who did.
    List,
    /// Somebody works in the hotel from now on. Prints a link by which they choose their password.
    Add {
        /// The name to log in with: a-z, 0-9, - and _.
        staff: StaffName,
        /// The name as people write it.
        #[arg(long)]
        name: Name,
        /// manager, front-desk, housekeeping, or channel for a machine.
        #[arg(long)]
        role: Role,
        /// The public key that a machine logs in with, instead of a password.
        #[arg(long, value_name = "U…", conflicts_with = "password_stdin")]
        nkey: Option<UserNkey>,
        #[command(flatten)]
        proof: Proof,
        #[command(flatten)]
        how: How,
    },
    /// Somebody works as something else from now on, and has to log in again.
    Role {
        staff: StaffName,
        /// manager, front-desk, housekeeping or channel.
        role: Role,
        #[command(flatten)]
        how: How,
    },
    /// Somebody can no longer log in, and is cut off where they are.
    Disable {
        staff: StaffName,
        #[command(flatten)]
        how: How,
    },
    /// Somebody who was disabled can log in again.
    Enable {
        staff: StaffName,
        #[command(flatten)]
        how: How,
    },
    /// Somebody's password is no longer theirs, and they are cut off where they are. Prints a link by which they choose a new
    /// one.
    Reset {
        staff: StaffName,
        #[command(flatten)]
        proof: Proof,
        #[command(flatten)]
        how: How,
    },
}

/// By what somebody proves who they are at the next log-in.
#[derive(Debug, Clone, Args)]
pub struct Proof {
    /// Read the password from the standard input, instead of making a link. An option would show it to everybody on the machine.
    #[arg(long)]
    pub password_stdin: bool,
    /// Where the board is, for the link.
    #[arg(
        long,
        default_value = "http://127.0.0.1:8080/",
        value_name = "URL",
        value_parser = board_url
    )]
    pub board_url: String,
}

pub(super) fn board_url(text: &str) -> Result<String, String> {
    let is_url = ["http://", "https://"].iter().any(|scheme| {
        text.strip_prefix(scheme)
            .is_some_and(|rest| !rest.is_empty())
    });
    match is_url && !text.contains(['#', ' ']) {
        true => Ok(text.to_owned()),
        false => Err("it begins with http:// or https://, and has no #".to_owned()),
    }
}

/// Does what is asked for, and tells what became of it.
///
/// # Errors
/// When the standard input cannot be read, or what was asked for is not known to be done.
pub async fn staff(options: StaffOptions) -> Operated {
    let StaffOptions { nats, output, task } = options;
    let desk = Desk { nats, output };
    match task {
        StaffTask::List => desk.list().await,
        StaffTask::Add {
            staff,
            name,
            role,
            nkey,
            proof,
            how,
        } => {
            let proof = nkey.is_none().then_some(proof);
            let add = AddStaff {
                staff: staff.clone(),
                name,
                role,
                nkey,
            };
            desk.order(add, &how, &staff, proof).await
        }
        StaffTask::Role { staff, role, how } => {
            let change = ChangeRole {
                staff: staff.clone(),
                role,
            };
            desk.order(change, &how, &staff, None).await
        }
        StaffTask::Disable { staff, how } => {
            let disable = DisableStaff {
                staff: staff.clone(),
            };
            desk.order(disable, &how, &staff, None).await
        }
        StaffTask::Enable { staff, how } => {
            let enable = EnableStaff {
                staff: staff.clone(),
            };
            desk.order(enable, &how, &staff, None).await
        }
        StaffTask::Reset { staff, proof, how } => {
            let reset = ResetPassword {
                staff: staff.clone(),
            };
            desk.order(reset, &how, &staff, Some(proof)).await
        }
    }
}

/// Makes somebody one of the staff, and prints a link to `page` by which they choose their password.
pub(super) async fn hire(
    nats: NatsOptions,
    output: Output,
    add: AddStaff,
    page: String,
) -> Operated {
    let how = How {
        id: None,
        wait: None,
        user: order::token("cli")?,
    };
    let proof = Proof {
        password_stdin: false,
        board_url: page,
    };
    let staff = add.staff.clone();
    let desk = Desk { nats, output };
    desk.order(add, &how, &staff, Some(proof)).await
}

/// Where the staff are asked for and about.
struct Desk {
    nats: NatsOptions,
    output: Output,
}

impl Desk {
    async fn list(self) -> Operated {
        let connection = connect(&self.nats, "staff").await?;
        let staff = Repository::<Staff>::new(&connection, 1);
        let all = staff.newest(&TheStaff, |roster| {
            let lines = roster.iter();
            lines.map(Line::of).collect::<Vec<_>>()
        });
        for line in all.await.map_err(OperateError::nats)? {
            if self.output.print(&line)? == Reader::Gone {
                break;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Sends the command about `staff`, and when it is done sees to it that they can prove who they are.
    async fn order<C: Command>(
        self,
        command: C,
        how: &How,
        staff: &StaffName,
        proof: Option<Proof>,
    ) -> Operated {
        let password = match &proof {
            Some(proof) if proof.password_stdin => Some(read_password()?),
            _ => None,
        };
        // Before the command, which would be done although the password is not taken.
        if let Some(Err(weak)) = password
            .as_ref()
            .map(|one| one.may_be_chosen_by(staff.as_str()))
        {
            tracing::error!("the standard input: {weak}");
            return Ok(ExitCode::from(WRONG));
        }
        let id = how.id()?;
        let event = CloudEvent::command(id.clone(), order::SOURCE, clock::now(), command);
        let connection = connect(&self.nats, "staff").await?;
        let wait = how.wait().unwrap_or(WAIT);
        let name = order::token(C::NAME)?;
        let outcome = match how.ask(&connection, &name, &event, Some(wait)).await? {
            Asked::Answered(outcome) => outcome,
            Asked::Reused(error) => {
                tracing::error!("{error}");
                return Ok(ExitCode::from(REFUSED));
            }
        };
        let code = order::exit_code(outcome.as_ref());
        let is_done = |outcome: &Outcome| matches!(outcome.decision, Decision::Done { .. });
        let proof = proof.filter(|_| outcome.as_ref().is_some_and(is_done));
        let link = match proof {
            Some(proof) => {
                let given = give(&connection, staff, &proof, password.as_ref()).await;
                given.map_err(|reason| OperateError::NoProof {
                    staff: staff.clone(),
                    reason: reason.to_string(),
                })?
            }
            None => None,
        };
        let accepted = || CommandState::accepted(id, None);
        self.output.print(&Told {
            state: outcome.map_or_else(accepted, CommandState::Decided),
            link_expires_in: link.as_ref().map(|_| u32::from(LINK_MINUTES) * 60),
            link,
            waited: wait,
        })?;
        Ok(code)
    }
}

/// The standard input but for the end of its line.
fn read_password() -> Result<Password, OperateError> {
    let read = io::read_to_string(io::stdin());
    let mut text = read.map_err(|error| OperateError::input("the standard input", error))?;
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    Ok(Password::from(text))
}

/// Makes the password theirs, or a link by which they choose one.
async fn give(
    connection: &Connection,
    staff: &StaffName,
    proof: &Proof,
    password: Option<&Password>,
) -> Result<Option<String>, Box<dyn std::error::Error>> {
    let credentials = Credentials::new(connection)?;
    match password {
        Some(password) => {
            credentials.set_password(staff, password).await?;
            Ok(None)
        }
        None => {
            let link = credentials.new_link(staff).await?;
            // Behind the #: browsers send that to nobody, so it is in no log.
            Ok(Some(format!("{}#link={}", proof.board_url, link.expose())))
        }
    }
}

/// One of the staff.
#[derive(Debug, Serialize)]
struct Line {
    staff: StaffName,
    #[serde(flatten)]
    member: Member,
}

impl Line {
    fn of((staff, member): (&StaffName, &Member)) -> Self {
        let (staff, member) = (staff.clone(), member.clone());
        Self { staff, member }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { staff, member } = self;
        let (staff, role) = (staff.as_str(), member.role.as_str());
        let active = if member.active { "active" } else { "disabled" };
        write!(f, "{staff:<20} {role:<12} {active:<8} {}", member.name)?;
        match &member.nkey {
            Some(nkey) => write!(f, "\n    {nkey}"),
            None => Ok(()),
        }
    }
}

/// What became of a command, and what its subject gets in by.
#[derive(Debug, Serialize)]
struct Told {
    #[serde(flatten)]
    state: CommandState,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    /// In seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    link_expires_in: Option<u32>,
    #[serde(skip)]
    waited: Duration,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = match &self.state {
            CommandState::Decided(outcome) => outcome,
            CommandState::Undecided(undecided) => {
                let (id, seconds) = (undecided.command(), self.waited.as_secs());
                return write!(
                    f,
                    "{id} is accepted, and was not decided within {seconds} s\n  \
                     to ask again: the same with --id {id}, which does it once"
                );
            }
        };
        let messages = outcome.next.iter().filter_map(|next| match next {
            Next::Message { text } => Some(text.as_str()),
            _ => None,
        });
        f.write_str(&messages.collect::<Vec<_>>().join("\n"))?;
        match (&outcome.decision, &self.link) {
            (Decision::Refused { refusal }, _) => write!(f, " ({})", refusal.code),
            (Decision::Parked { letter }, _) => write!(f, "\n  vacancy dlq show {letter}"),
            (Decision::Done { .. }, Some(link)) => write!(
                f,
                "\n  to choose a password and log in, once and within {} hours: {link}",
                LINK_MINUTES / 60
            ),
            (Decision::Done { .. }, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_board_is_one() {
        for good in ["http://127.0.0.1:8080/", "https://grand.example/board/"] {
            assert_eq!(board_url(good), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "grand.example",
            "https://",
            "ftp://x/",
            "https://x/#a",
            "https://x /",
        ] {
            assert!(board_url(bad).is_err(), "{bad}");
        }
    }
}
