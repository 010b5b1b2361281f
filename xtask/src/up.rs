//! `cargo xtask up`: the whole hotel on this machine, until Ctrl-C.

mod doors;
mod http;
mod ports;
mod run_folder;
mod secrets;
mod services;
mod tls;

use crate::{
    Context,
    console::{self, Colour},
    error::Error,
    page, setup,
};
use doors::Doors;
use run_folder::RunFolder;
use secrets::Secrets;
use services::{Service, Services};
use std::path::Path;
use tokio::process::Command;

/// What can be said on the command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Builds and serves everything optimised.
    #[arg(long)]
    release: bool,
    /// Has everything reached by TLS alone, as for a hotel that others reach, with certificates of this machine's own.
    #[arg(long)]
    tls: bool,
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
/// The folder with the keys of other hotels, made by the backend.
const HOTELS: &str = ".run/hotels";

pub(crate) async fn run(context: &Context, options: Options) -> Result<(), Error> {
    // Before minutes are spent on anything else, and before --fresh takes its files from a running server.
    let doors = if options.tls {
        Doors::Tls
    } else {
        Doors::Plain
    };
    ports::all_free(doors.ports())?;
    setup::for_the_page(context).await?;
    let nats_server = setup::nats_server(context).await?;

    let folder = RunFolder::open(context, options.fresh)?;
    let rooms_to_seed = folder.rooms_to_seed(options.rooms, DEFAULT_ROOMS)?;
    let secrets = Secrets::load_or_make(&folder)?;
    doors.prepare(&folder)?;
    let backend = build(context, options.release).await?;
    if folder.read(CALLOUT)?.is_none() {
        let mut keys = context.workspace.command(&backend);
        keys.args(["keys", ".run"]);
        context.family.run(&mut keys).await?;
    }
    // Of this version's nats-server.conf, and none at the first start.
    let mut accounts = context.workspace.command(&backend);
    accounts.args(["hotel", "accounts", "--folder", HOTELS]);
    context.family.run(&mut accounts).await?;
    if doors == Doors::Tls {
        build_page(context, options.release).await?;
    }

    let hotel = Hotel {
        context,
        backend: &backend,
        secrets: &secrets,
        doors,
    };
    let mut services = Services::default();
    services
        .add(hotel.start_nats(&nats_server)?, doors.nats_ready())
        .await?;
    services
        .add(hotel.start_backend()?, doors.backend_ready(context)?)
        .await?;
    if let Some(rooms) = rooms_to_seed {
        services.run(hotel.seed(rooms)?).await?;
        folder.remember_seeded(rooms)?;
    }
    if doors == Doors::Plain {
        let board = start_board(context, options.release)?;
        services.add(board, Doors::board_ready()).await?;
    }

    let link = match folder.read(MANAGER)? {
        Some(_) => None,
        None => Some(hotel.first_manager().await?),
    };
    if link.is_some() {
        folder.write(MANAGER, "manager\n")?;
    }
    welcome(doors, link.as_deref());
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

/// What the programs of the hotel are started with.
#[derive(Clone, Copy)]
struct Hotel<'a> {
    context: &'a Context,
    /// The program `vacancy`.
    backend: &'a Path,
    secrets: &'a Secrets,
    doors: Doors,
}

/// The exit code of `vacancy` when the hotel refuses.
const REFUSED: i32 = 3;

impl<'a> Hotel<'a> {
    fn start_nats(self, nats_server: &Path) -> Result<Service<'a>, Error> {
        let mut command = self.context.workspace.command(nats_server);
        command.args(["-c", self.doors.nats_conf()]);
        Service::start(self.context, "nats", Colour::Blue, &mut command)
    }

    fn start_backend(self) -> Result<Service<'a>, Error> {
        let mut command = self.call("serve");
        self.doors.open_backend(&mut command);
        command
            .args(["--callout", &format!(".run/{CALLOUT}")])
            .args(["--hotels", HOTELS]);
        Service::start(self.context, "backend", Colour::Magenta, &mut command)
    }

    fn seed(self, rooms: u32) -> Result<Service<'a>, Error> {
        let mut command = self.call("seed");
        command.args(["--rooms", &rooms.to_string()]);
        Service::start(self.context, "seed", Colour::Yellow, &mut command)
    }

    /// Makes the first manager, and returns the link by which they choose their password.
    async fn first_manager(self) -> Result<String, Error> {
        let add = [
            "add",
            "manager",
            "--name",
            "The manager",
            "--role",
            "manager",
        ];
        match self.staff(&add).await {
            // There is one, whose link was not printed: this was interrupted.
            Err(Error::Failed { status, .. }) if status.code() == Some(REFUSED) => {
                self.staff(&["reset", "manager"]).await
            }
            link => link,
        }
    }

    /// Calls `vacancy staff`, and returns the link that it makes.
    async fn staff(self, arguments: &[&str]) -> Result<String, Error> {
        let mut command = self.call("staff");
        command.args(arguments).args([
            "--json",
            "--board-url",
            &format!("{}/", self.doors.board()),
        ]);
        let mut link = None;
        let see = |line: &str| {
            let said = serde_json::from_str::<serde_json::Value>(line).ok();
            let made = said.and_then(|said| Some(said.get("link")?.as_str()?.to_owned()));
            link = made.or(link.take());
        };
        self.context.family.watch(&mut command, see).await?;
        link.ok_or_else(|| Error::Malformed {
            what: "what `vacancy staff --json` printed".into(),
            why: "it has no link".into(),
        })
    }

    /// A call of the backend's program. Its password goes by the environment, for everybody can read arguments.
    fn call(self, task: &str) -> Command {
        let mut command = self.context.workspace.command(self.backend);
        command
            .env("VACANCY_NATS_USER", "backend")
            .env("VACANCY_NATS_PASSWORD", self.secrets.backend())
            .arg(task);
        self.doors.lead_to_nats(&mut command);
        if !console::colour_on_stdout() {
            command.env("NO_COLOR", "1");
        }
        command
    }
}

/// Builds the board into `dist/`, for the backend to serve.
async fn build_page(context: &Context, release: bool) -> Result<(), Error> {
    let mut command = page::trunk(context);
    command.arg("build");
    if release {
        command.arg("--release");
    }
    context.family.run(&mut command).await
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

fn welcome(doors: Doors, link: Option<&str>) {
    let strong = |text: &str| console::paint(Colour::Green, text);
    let line = |text: String| console::print(&format!("  {text}"));
    console::print("");
    line(strong(&format!("The hotel is open: {}", doors.board())));
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
    if doors == Doors::Tls {
        line(format!(
            "A browser that does not know .run/{} warns of this machine's certificate: have it trust that authority.",
            tls::AUTHORITY
        ));
    }
    console::print("");
    for port in doors.ports() {
        line(format!("127.0.0.1:{:<6} {}", port.number, port.purpose));
    }
    console::print("");
    line("Ctrl-C closes it. The programs' passwords are kept in .run/credentials.json.".into());
    console::print("");
}
