//! Chromium and its driver, for the end-to-end tests.

use super::{first_on_path, version};
use crate::{Context, console, error::Error};
use std::path::{Path, PathBuf};

const BROWSERS: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
const DRIVERS: &[&str] = &["chromedriver"];

/// Absolute paths of the two.
#[derive(Debug)]
pub(crate) struct Browser {
    pub(crate) chromium: PathBuf,
    pub(crate) driver: PathBuf,
}

pub(super) async fn ensure(context: &Context) -> Result<Browser, Error> {
    if find(context).is_none() {
        install(context).await?;
    }
    let browser = find(context).ok_or_else(|| Error::Missing {
        what: "Chromium or chromedriver is not on PATH, although apt-get has installed both".into(),
        remedy: "look where they are, and put that folder on PATH".into(),
    })?;
    belong_together(context, &browser).await?;
    Ok(browser)
}

fn find(context: &Context) -> Option<Browser> {
    Some(Browser {
        chromium: first_on_path(context, BROWSERS)?,
        driver: first_on_path(context, DRIVERS)?,
    })
}

/// A driver refuses a browser of another major version, with words that do not say so.
async fn belong_together(context: &Context, browser: &Browser) -> Result<(), Error> {
    let major = async |path: &Path| {
        let version = version(context, path).await.map(|version| version.0);
        version.ok_or_else(|| Error::Missing {
            what: format!("{} does not tell its version", path.display()),
            remedy: "install Chromium and chromedriver anew".into(),
        })
    };
    let (chromium, driver) = tokio::try_join!(major(&browser.chromium), major(&browser.driver))?;
    if chromium == driver {
        return Ok(());
    }
    Err(Error::Missing {
        what: format!(
            "{} is version {chromium}, but {} is version {driver}",
            browser.chromium.display(),
            browser.driver.display()
        ),
        remedy: "install the chromedriver that belongs to this browser".into(),
    })
}

async fn install(context: &Context) -> Result<(), Error> {
    let prefix: Option<&[&str]> = if rustix::process::geteuid().is_root() {
        Some(&[])
    } else if sudo_asks_nothing(context).await {
        Some(&["sudo", "-n"])
    } else {
        None
    };
    let (Some(prefix), Some(_)) = (prefix, first_on_path(context, &["apt-get"])) else {
        return Err(Error::Missing {
            what: "Chromium or chromedriver is not on PATH, and cannot be installed from here"
                .into(),
            remedy: "install both; on Debian: `apt-get install chromium chromium-driver` as root"
                .into(),
        });
    };
    console::say(
        "Chromium or chromedriver is missing; apt-get installs Debian's packages (a minute or two)",
    );
    let steps: [&[&str]; 2] = [
        &["update"],
        &[
            "install",
            "--yes",
            "--no-install-recommends",
            "chromium",
            "chromium-driver",
        ],
    ];
    for step in steps {
        let words = [
            prefix,
            &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"],
            step,
        ]
        .concat();
        let mut command = context.workspace.command(words[0]);
        command.args(&words[1..]);
        context.family.watch(&mut command, |_| {}).await?;
    }
    console::say("Chromium and chromedriver are installed");
    Ok(())
}

async fn sudo_asks_nothing(context: &Context) -> bool {
    let mut command = context.workspace.command("sudo");
    command.args(["-n", "true"]);
    context.family.watch(&mut command, |_| {}).await.is_ok()
}
