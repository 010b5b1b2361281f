//! The command line.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_nats::ConnectOptions;
use clap::{Args, Parser, Subcommand};
use jetstream_es::connection::{ConnectError, is_untrusted};
use jetstream_es::{Connection, WeakDurability};
use shared::{Date, HotelName};

use crate::commands::pace::PaceOptions;
use crate::contracts::ContractsOptions;
use crate::http::caller::Access;
use crate::http::proxies::Network;
use crate::identity::sessions::TOKEN_SECONDS;
use crate::operate::audit::AuditOptions;
use crate::operate::command::CommandOptions;
use crate::operate::dead_letters::DeadLetterOptions;
use crate::operate::guest::GuestOptions;
use crate::operate::hotel::HotelOptions;
use crate::operate::listen::ListenOptions;
use crate::operate::publish::PublishOptions;
use crate::operate::replay::ReplayOptions;
use crate::operate::staff::StaffOptions;
use crate::operate::streams::StreamsOptions;
use crate::secret_file::{self, SecretFileError};

/// The backend of a Vacancy hotel.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    #[command(subcommand)]
    pub task: Task,
}

#[derive(Debug, Subcommand)]
pub enum Task {
    /// Decide on commands, keep the views up to date, answer HTTP. Something that cannot be worked on is told to the webhook (in
    /// Slack's format) whose address is in the variable VACANCY_WEBHOOK.
    Serve(ServeOptions),
    /// Fill the hotel with plausible rooms and stays. Doing it twice changes nothing.
    Seed(SeedOptions),
    /// Make the keys that let the staff into NATS: callout.json for the backend, callout.conf for the server.
    Keys(KeysOptions),
    /// What every stream and bucket holds, and who reads it.
    Streams(StreamsOptions),
    /// Who wanted what, when, and what became of it.
    Audit(AuditOptions),
    /// What could not be worked on, and what is to become of it.
    Dlq(DeadLetterOptions),
    /// Read models made anew, and old events once more.
    Replay(ReplayOptions),
    /// Ask the hotel for something, by flags, and tell what became of it.
    Command(CommandOptions),
    /// What a guest may ask of the hotel about personal data: to be forgotten.
    Guest(GuestOptions),
    /// Who works in the hotel, and how they get in for the first time.
    Staff(StaffOptions),
    /// The other hotels on the same server.
    Hotel(HotelOptions),
    /// Send a command with data of any kind.
    Publish(PublishOptions),
    /// Write what other programs need to know: JSON Schema, AsyncAPI, OpenAPI.
    #[command(hide = true)]
    Contracts(ContractsOptions),
    /// Print the events of a stream as they happen, each a CloudEvent on a line of its own.
    Listen(ListenOptions),
}

#[derive(Debug, Args)]
pub struct ServeOptions {
    #[command(flatten)]
    pub nats: NatsOptions,
    /// Where to listen for HTTP.
    #[arg(long, default_value = "127.0.0.1:3000", value_name = "HOST:PORT")]
    pub http: SocketAddr,
    #[command(flatten)]
    pub tls: TlsOptions,
    #[command(flatten)]
    pub limits: HttpOptions,
    #[command(flatten)]
    pub pace: PaceOptions,
    /// Who needs no session over HTTP. By default the programs of this machine, if `--http` is an address that only they can reach.
    #[arg(long, value_enum, value_name = "WHO")]
    pub http_access: Option<Access>,
    /// A file, readable by its owner alone, with the keys that let the staff into NATS: {"user":"SU…","issuer":"SA…","xkey":"SX…"}.
    /// Without it another backend does that, or nobody.
    #[arg(long, env = "VACANCY_CALLOUT_FILE", value_name = "FILE")]
    pub callout: Option<PathBuf>,
    /// What the hotel is called in what its staff log in with.
    #[arg(long, default_value = "main", value_name = "NAME")]
    pub hotel: HotelName,
    /// The folder with the keys of the other hotels on the server (`vacancy hotel add`), which are served, too.
    #[arg(long, env = "VACANCY_HOTELS", value_name = "FOLDER")]
    pub hotels: Option<PathBuf>,
    /// For how many seconds what a browser shows of its log-in is good: the page renews it before, and an open connection ends with it.
    #[arg(long, default_value_t = TOKEN_SECONDS, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(3..=i64::from(TOKEN_SECONDS)))]
    pub token_lifetime: u16,
    /// The folder of the built board, to be served under `/`.
    #[arg(long, value_name = "FOLDER")]
    pub spa: Option<PathBuf>,
    /// Where the board finds NATS. By default port 9222 of the host it was loaded from.
    #[arg(long, value_name = "URL", requires = "spa")]
    pub nats_websocket: Option<String>,
    /// The time zone of the hotel, such as Europe/Berlin: every page shows its dates and times. By default each shows those of the
    /// device that it is on.
    #[arg(long, value_name = "ZONE", requires = "spa", value_parser = time_zone)]
    pub time_zone: Option<String>,
    /// Start although the server may lose what it has acknowledged: it syncs later, or keeps fewer copies than declared.
    #[arg(long)]
    pub accept_weak_durability: bool,
    #[command(flatten)]
    pub copies: Copies,
}

/// What makes HTTP HTTPS. SIGHUP has both files read anew.
#[derive(Debug, Args)]
pub struct TlsOptions {
    /// The certificate of this machine and those that lead from it to an authority, as PEM.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's key, as PEM, in a file that is readable by its owner alone.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct KeysOptions {
    /// Where to. Keys that are there already stay as they are, and that is an error.
    pub folder: PathBuf,
}

/// What may be asked for over HTTP, and how much.
#[derive(Debug, Args)]
pub struct HttpOptions {
    /// How many requests an address may make in a second, and twice as many at once. 0 for any number.
    #[arg(long, default_value_t = 200, value_name = "COUNT")]
    pub http_rate: u32,
    /// How many connections an address may have at the same time. 0 for any number.
    #[arg(long, default_value_t = 100, value_name = "COUNT")]
    pub http_connections: u32,
    /// How many connections there may be in all.
    #[arg(long, default_value_t = 4_000, value_name = "COUNT")]
    pub http_all_connections: u32,
    /// A proxy that says in `X-Forwarded-For` or `Forwarded` for whom it asks, as an address or a network. Everybody behind it is
    /// counted by their own address. To be said once for each.
    #[arg(long = "trusted-proxy", value_name = "CIDR")]
    pub trusted_proxies: Vec<Network>,
    /// How many streams of events may be open.
    #[arg(
        long,
        default_value_t = 2_000,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(..=100_000)
    )]
    pub http_streams: u32,
    /// A file, readable by its owner alone, with those who may send webhooks: {"<source>":["whsec_…"]}. By default what
    /// VACANCY_HOOKS says.
    #[arg(long, env = "VACANCY_HOOKS_FILE", value_name = "FILE")]
    pub hooks: Option<PathBuf>,
}

/// On how many servers of a cluster each stream and bucket is.
#[derive(Debug, Clone, Copy, Args)]
pub struct Copies {
    /// Copies of each stream and bucket: 3 in a cluster, of which one server may fail.
    #[arg(
        long,
        env = "VACANCY_REPLICAS",
        default_value_t = 1,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u8).range(1..=5)
    )]
    pub replicas: u8,
}

impl ServeOptions {
    /// What becomes of a server that may lose what it has acknowledged.
    pub fn weak_durability(&self) -> WeakDurability {
        match self.accept_weak_durability {
            true => WeakDurability::Accepted,
            false => WeakDurability::Refused,
        }
    }
}

#[derive(Debug, Args)]
pub struct SeedOptions {
    #[command(flatten)]
    pub nats: NatsOptions,
    /// How many rooms.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub rooms: u32,
    /// How many nights have stays, beginning a little before today.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=730))]
    pub nights: u16,
    /// The day it is in the hotel. By default the day it is in UTC.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub today: Option<Date>,
}

#[derive(Debug, Clone, Args)]
pub struct NatsOptions {
    /// The NATS server.
    #[arg(
        long,
        global = true,
        default_value = "nats://127.0.0.1:4222",
        value_name = "URL"
    )]
    pub nats: String,
    /// The user on it.
    #[arg(
        long,
        global = true,
        env = "VACANCY_NATS_USER",
        default_value = "backend",
        value_name = "NAME"
    )]
    pub nats_user: String,
    /// The certificate, as PEM, of the authority that vouches for the server, if this machine does not trust it anyway. With it
    /// nothing is sent but over TLS.
    #[arg(long, global = true, env = "VACANCY_NATS_CA", value_name = "FILE")]
    pub nats_ca: Option<PathBuf>,
    /// A file, readable by its owner alone, with the seed of an NKey (SU…) to connect by instead: `.run/hotels/sea.nk` leads to
    /// the hotel sea.
    #[arg(
        long,
        global = true,
        env = "VACANCY_NATS_KEY_FILE",
        value_name = "FILE",
        value_parser = nats_key
    )]
    pub nats_key: Option<NatsKey>,
}

/// The seed of an NKey.
#[derive(Clone)]
pub struct NatsKey(String);

impl NatsKey {
    /// That in the file.
    ///
    /// # Errors
    /// When it cannot be read, or others can read it, too.
    pub fn read(file: &Path) -> Result<Self, SecretFileError> {
        let text = secret_file::read(file)?;
        Ok(Self(text.trim().to_owned()))
    }
}

impl std::fmt::Debug for NatsKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

fn nats_key(file: &str) -> Result<NatsKey, SecretFileError> {
    NatsKey::read(Path::new(file))
}

/// The environment variable with the password, which is not an option because everybody on a machine can read the
/// options of a program.
pub const PASSWORD: &str = "VACANCY_NATS_PASSWORD";

/// The environment variable with the address of a webhook that takes notices in Slack's format, to be told when something could not be
/// worked on. Whoever has the address may write there, so it is no option either. With https it has to have a certificate that this
/// machine trusts, or that of the file in the variable SSL_CERT_FILE.
pub const WEBHOOK: &str = "VACANCY_WEBHOOK";

impl NatsOptions {
    /// Connects once.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn connect(&self, name: &str) -> Result<Connection, ConnectError> {
        let options = match &self.nats_key {
            Some(NatsKey(seed)) => ConnectOptions::with_nkey(seed.clone()),
            None => {
                let password = std::env::var(PASSWORD).unwrap_or_default();
                ConnectOptions::with_user_and_password(self.nats_user.clone(), password)
            }
        };
        let options = options
            .name(name)
            // Longer than any disk should take, shorter than a person waits.
            .request_timeout(Some(Duration::from_secs(4)))
            .connection_timeout(Duration::from_secs(2))
            .ping_interval(Duration::from_secs(5))
            // Soon at first, when a server restarts, and never long after it is back.
            .reconnect_delay_callback(|tries| Duration::from_millis(1_000.min(20 << tries.min(6))));
        Connection::open(self.trusting(options), &self.nats).await
    }

    /// The same options, with the authority that is to be trusted.
    pub fn trusting(&self, options: ConnectOptions) -> ConnectOptions {
        match &self.nats_ca {
            Some(file) => options
                .add_root_certificates(file.clone())
                .require_tls(true),
            None => options,
        }
    }

    /// The same server, by this key.
    pub fn by_key(&self, key: NatsKey) -> Self {
        Self {
            nats_key: Some(key),
            ..self.clone()
        }
    }

    /// What to do about an error that another try does not help with.
    pub fn remedy(&self, error: &ConnectError) -> String {
        match error {
            ConnectError::TooOld { .. } => "install nats-server 2.14 or newer".to_owned(),
            ConnectError::Failed { source, .. } if is_untrusted(source) => {
                "check that the server speaks TLS, that its certificate is for this name, and that this machine trusts it (--nats-ca)"
                    .to_owned()
            }
            ConnectError::Failed { .. } if self.nats_key.is_some() => {
                "check that the server includes the accounts of this key's hotel, and has read them since".to_owned()
            }
            ConnectError::Failed { .. } => format!(
                "check the user {} and the password in {PASSWORD} against the configuration of the server",
                self.nats_user
            ),
        }
    }
}

/// The name of a time zone as the tz database has it.
fn time_zone(name: &str) -> Result<String, String> {
    let known = jiff::tz::TimeZone::get(name).map_err(
        |_| "no time zone has this name; they are called by a continent and a city: Europe/Berlin",
    )?;
    Ok(known.iana_name().unwrap_or(name).to_owned())
}
