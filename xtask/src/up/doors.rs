//! Where everything is reached: in plain text on this machine, or by TLS, as others would.

use super::{
    http::Trust,
    ports::Port,
    run_folder::RunFolder,
    services::{Readiness, Sign},
    tls,
};
use crate::{Context, error::Error};
use std::time::Duration;
use tokio::process::Command;

pub(super) const NATS: u16 = 4222;
pub(super) const WEBSOCKET: u16 = 9222;
const API: u16 = 3000;
const BOARD: u16 = 8080;
/// API and board are of one program there.
pub(super) const TLS_BOARD: u16 = 8443;

/// nats-server.conf and Trunk.toml name the same numbers.
const PLAIN: [Port; 4] = [
    Port {
        number: BOARD,
        needed_by: "the board (trunk)",
        purpose: "the board, http",
    },
    Port {
        number: API,
        needed_by: "the backend",
        purpose: "HTTP API",
    },
    NATS_PORT,
    WEBSOCKET_PORT,
];

const TLS: [Port; 3] = [
    Port {
        number: TLS_BOARD,
        needed_by: "the backend",
        purpose: "the board and the HTTP API, https",
    },
    NATS_PORT,
    WEBSOCKET_PORT,
];

const NATS_PORT: Port = Port {
    number: NATS,
    needed_by: "nats-server",
    purpose: "NATS",
};
const WEBSOCKET_PORT: Port = Port {
    number: WEBSOCKET,
    needed_by: "nats-server (for browsers)",
    purpose: "NATS over WebSocket, for browsers",
};

/// How everything is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doors {
    /// In plain text, which a browser takes for safe on its own machine. trunk serves the board.
    Plain,
    /// By TLS alone, as for a hotel that others reach. The backend serves the board.
    Tls,
}

impl Doors {
    pub(super) fn ports(self) -> &'static [Port] {
        match self {
            Self::Plain => &PLAIN,
            Self::Tls => &TLS,
        }
    }

    /// Where the board is, without a path.
    pub(super) fn board(self) -> String {
        match self {
            Self::Plain => format!("http://127.0.0.1:{BOARD}"),
            Self::Tls => format!("https://127.0.0.1:{TLS_BOARD}"),
        }
    }

    /// The configuration of nats-server.
    pub(super) fn nats_conf(self) -> &'static str {
        match self {
            Self::Plain => "nats-server.conf",
            Self::Tls => "nats-server.production.conf",
        }
    }

    /// Makes the certificates where they are needed.
    pub(super) fn prepare(self, folder: &RunFolder) -> Result<(), Error> {
        match self {
            Self::Plain => Ok(()),
            Self::Tls => tls::prepare(folder),
        }
    }

    /// Tells a call of `vacancy` where NATS is.
    pub(super) fn lead_to_nats(self, command: &mut Command) {
        match self {
            Self::Plain => command.args(["--nats", &format!("nats://127.0.0.1:{NATS}")]),
            Self::Tls => command
                .args(["--nats", &format!("tls://127.0.0.1:{NATS}")])
                .args(["--nats-ca", &format!(".run/{}", tls::AUTHORITY)]),
        };
    }

    /// Tells `vacancy serve` where to listen.
    pub(super) fn open_backend(self, command: &mut Command) {
        match self {
            Self::Plain => command.args(["--http", &format!("127.0.0.1:{API}")]),
            Self::Tls => command
                .args(["--http", &format!("127.0.0.1:{TLS_BOARD}")])
                .args(["--tls-cert", &format!(".run/{}", tls::CERTIFICATE)])
                .args(["--tls-key", &format!(".run/{}", tls::KEY)])
                .args(["--spa", "dist"]),
        };
    }

    /// When nats-server counts as ready.
    pub(super) fn nats_ready(self) -> Readiness {
        Readiness {
            port: NATS,
            sign: Sign::Greets,
            trust: None,
            within: Duration::from_secs(60),
            hopeless: None,
        }
    }

    /// When the backend counts as ready.
    pub(super) fn backend_ready(self, context: &Context) -> Result<Readiness, Error> {
        let (port, trust) = match self {
            Self::Plain => (API, None),
            Self::Tls => {
                let authority = context.workspace.path(".run").join(tls::AUTHORITY);
                (TLS_BOARD, Some(Trust::in_authority(&authority)?))
            }
        };
        Ok(Readiness {
            port,
            sign: Sign::Answers("/health/ready"),
            trust,
            within: Duration::from_secs(60),
            hopeless: None,
        })
    }

    /// When trunk counts as ready: it answers once it has tried to build the SPA, and wasm-opt takes its time. It has no page to
    /// show when that failed; what went wrong is in its log.
    pub(super) fn board_ready() -> Readiness {
        Readiness {
            port: BOARD,
            sign: Sign::Answers("/"),
            trust: None,
            within: Duration::from_secs(600),
            hopeless: Some(404),
        }
    }
}
