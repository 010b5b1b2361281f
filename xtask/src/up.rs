//! `cargo xtask up`: the whole hotel on this machine, until Ctrl-C.

mod http;
mod ports;
mod run_folder;
mod secrets;
mod services;

use crate::{
    Context,
    console::{self, Colour},
    error::Error,
    page, setup,
};
use run_folder::RunFolder;
use secrets::Secrets;
use services::{Readiness, Service, Services};
use std::{path::Path, time::Duration};
use tokio::process::Command;

/// What can be said on the command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Builds and serves everything optimised.
    #[arg(long)]
    release: bool,
    /// Empties the hotel first: every stream and bucket. Passwords stay.
    #[arg(long)]
    fresh: bool,
    /// How many rooms an empty hotel is given, with plausible stays.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rooms: Option<u32>,
}

const DEFAULT_ROOMS: u32 = 40;
/// Remembers that the hotel has its first manager.
const MANAGER: &str = "manager";
/// The keys that let the staff in, made by the backend.
const CALLOUT: &str = "callout.json";

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Error> {
    // Before minutes are spent on anything else, and before --fresh takes its files from a running server.
    ports::all_free()?;
    setup::for_the_page(context).await?;
    let nats_server = setup::nats_server(context).await?;

    let folder = RunFolder::open(context, options.fresh)?;
    let rooms_to_seed = folder.rooms_to_seed(options.rooms, DEFAULT_ROOMS)?;
    let secrets = Secrets::load_or_make(&folder)?;
    let backend = build(context, options.release).await?;
    if folder.read(CALLOUT)?.is_none() {
        let mut keys = context.workspace.command(&backend);
        keys.args(["keys", ".run"]);
        context.family.run(&mut keys).await?;
    }

    let mut services = Services::default();
    services
        .add(start_nats(context, &nats_server)?, readiness::NATS)
        .await?;
    services
        .add(
            start_backend(context, &backend, &secrets)?,
            readiness::BACKEND,
        )
        .await?;
    if let Some(rooms) = rooms_to_seed {
        services
            .run(seed(context, &backend, &secrets, rooms)?)
            .await?;
        folder.remember_seeded(rooms)?;
    }
    services
        .add(start_board(context, options.release)?, readiness::BOARD)
        .await?;

    let link = match folder.read(MANAGER)? {
        Some(_) => None,
        None => Some(first_manager(context, &backend, &secrets).await?),
    };
    if link.is_some() {
        folder.write(MANAGER, "manager\n")?;
    }
    welcome(link.as_deref());
    Err(services.first_to_end().await)
}

/// Compiles backend and SPA, and answers where the backend is. trunk compiles the SPA once more and finds it done; here
/// an error in it ends the command, where trunk would wait for the file to be mended.
async fn build(context: &Context, release: bool) -> Result<std::path::PathBuf, Error> {
    let mut backend = context.workspace.cargo();
    backend.args(["build", "--package", "vacancy"]);
    let mut page = context.workspace.cargo();
    page.args([
        "build",
        "--package",
        "vacancy-board",
        "--target",
        "wasm32-unknown-unknown",
    ]);
    if release {
        backend.arg("--release");
        page.args(["--profile", "wasm-release"]);
    }
    context.family.run(&mut backend).await?;
    context.family.run(&mut page).await?;
    let profile = if release { "release" } else { "debug" };
    Ok(context.workspace.target(profile).join("vacancy"))
}

fn start_nats<'a>(context: &'a Context, nats_server: &Path) -> Result<Service<'a>, Error> {
    let mut command = context.workspace.command(nats_server);
    command.args(["-c", "nats-server.conf"]);
    Service::start(context, "nats", Colour::Blue, &mut command)
}

fn start_backend<'a>(
    context: &'a Context,
    backend: &Path,
    secrets: &Secrets,
) -> Result<Service<'a>, Error> {
    let mut command = as_backend(context, backend, secrets);
    command
        .args([
            "serve",
            "--nats",
            &format!("nats://127.0.0.1:{}", ports::NATS),
        ])
        .args(["--http", &format!("127.0.0.1:{}", ports::API)])
        .args(["--callout", &format!(".run/{CALLOUT}")]);
    Service::start(context, "backend", Colour::Magenta, &mut command)
}

fn seed<'a>(
    context: &'a Context,
    backend: &Path,
    secrets: &Secrets,
    rooms: u32,
) -> Result<Service<'a>, Error> {
    let mut command = as_backend(context, backend, secrets);
    command
        .args([
            "seed",
            "--nats",
            &format!("nats://127.0.0.1:{}", ports::NATS),
        ])
        .args(["--rooms", &rooms.to_string()]);
    Service::start(context, "seed", Colour::Yellow, &mut command)
}

/// Makes the first manager, and returns the link by which they choose their password.
async fn first_manager(
    context: &Context,
    backend: &Path,
    secrets: &Secrets,
) -> Result<String, Error> {
    let add = [
        "add",
        "manager",
        "--name",
        "The manager",
        "--role",
        "manager",
    ];
    match staff(context, backend, secrets, &add).await {
        // There is one, whose link was not printed: this was interrupted.
        Err(Error::Failed { status, .. }) if status.code() == Some(REFUSED) => {
            staff(context, backend, secrets, &["reset", "manager"]).await
        }
        link => link,
    }
}

/// The exit code of `vacancy` when the hotel refuses.
const REFUSED: i32 = 3;

/// Calls `vacancy staff`, and returns the link that it makes.
async fn staff(
    context: &Context,
    backend: &Path,
    secrets: &Secrets,
    arguments: &[&str],
) -> Result<String, Error> {
    let mut command = as_backend(context, backend, secrets);
    command
        .arg("staff")
        .args(arguments)
        .args([
            "--json",
            "--nats",
            &format!("nats://127.0.0.1:{}", ports::NATS),
        ])
        .args([
            "--board-url",
            &format!("http://127.0.0.1:{}/", ports::BOARD),
        ]);
    let mut link = None;
    let see = |line: &str| {
        let said = serde_json::from_str::<serde_json::Value>(line).ok();
        let made = said.and_then(|said| Some(said.get("link")?.as_str()?.to_owned()));
        link = made.or(link.take());
    };
    context.family.watch(&mut command, see).await?;
    link.ok_or_else(|| Error::Malformed {
        what: "what `vacancy staff --json` printed".into(),
        why: "it has no link".into(),
    })
}

fn start_board(context: &Context, release: bool) -> Result<Service<'_>, Error> {
    // Or else trunk would show an older build when it cannot make a new one.
    match std::fs::remove_file(context.workspace.path("dist/index.html")) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::io("remove dist/index.html", source));
        }
        _ => {}
    }
    let mut command = page::trunk(context);
    command.arg("serve");
    if release {
        command.arg("--release");
    }
    Service::start(context, "board", Colour::Green, &mut command)
}

/// A call of the backend's program. Its password goes by the environment, for everybody can read arguments.
fn as_backend(context: &Context, backend: &Path, secrets: &Secrets) -> Command {
    let mut command = context.workspace.command(backend);
    command
        .env("VACANCY_NATS_USER", "backend")
        .env("VACANCY_NATS_PASSWORD", secrets.backend());
    if !console::colour_on_stdout() {
        command.env("NO_COLOR", "1");
    }
    command
}

/// When each service counts as ready.
mod readiness {
    use super::{Duration, Readiness, ports};

    pub(super) const NATS: Readiness = Readiness {
        port: ports::MONITORING,
        path: "/healthz",
        within: Duration::from_secs(60),
        hopeless: None,
    };
    pub(super) const BACKEND: Readiness = Readiness {
        port: ports::API,
        path: "/health/ready",
        within: Duration::from_secs(60),
        hopeless: None,
    };
    /// trunk answers once it has tried to build the SPA, and wasm-opt takes its time. It has no page to show when that
    /// failed; what went wrong is in its log.
    pub(super) const BOARD: Readiness = Readiness {
        port: ports::BOARD,
        path: "/",
        within: Duration::from_secs(600),
        hopeless: Some(404),
    };
}

fn welcome(link: Option<&str>) {
    let strong = |text: &str| console::paint(Colour::Green, text);
    let line = |text: String| console::print(&format!("  {text}"));
    console::print("");
    line(strong(&format!(
        "The hotel is open: http://127.0.0.1:{}",
        ports::BOARD
    )));
    console::print("");
    match link {
        Some(link) => {
            line("Choose the password of the first manager, once, within a day:".into());
            line(strong(link));
            line("The manager adds everybody else, on the page Staff.".into());
        }
        None => {
            line("Log in as before. For a new link: vacancy staff reset manager".into());
        }
    }
    line("Guests need no log-in.".into());
    console::print("");
    for port in ports::ALL {
        line(format!("127.0.0.1:{:<6} {}", port.number, port.purpose));
    }
    console::print("");
    line("Ctrl-C closes it. The programs' passwords are kept in .run/credentials.json.".into());
    console::print("");
}
