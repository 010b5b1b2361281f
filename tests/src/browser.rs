//! A headless Chromium with a chromedriver of its own.

use std::process::Command;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities;
use thirtyfour::common::log::LoggingPrefsLogLevel;
use thirtyfour::error::WebDriverResult;
use thirtyfour::{By, DesiredCapabilities, WebDriver, WindowHandle};

use crate::certificates::{Certificates, HOST};
use crate::ports::Port;
use crate::process::Process;
use crate::{evidence, tools, wait};

/// Root needs `--no-sandbox`; the rest keeps Chromium from doing anything but showing the page.
const FLAGS: [&str; 12] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-default-apps",
    "--force-device-scale-factor=1",
    "--lang=en-US",
];

/// A browser with one page. It ends when this is dropped; when that is because the test has failed, it leaves a
/// screenshot and the page's console.
#[derive(Debug)]
pub struct Browser {
    driver: WebDriver,
    port: Port,
    // Before its folder, since fields are dropped in this order.
    _process: Process,
    _folder: TempDir,
}

impl Browser {
    /// Starts a browser with a window of 1440 × 900, in the time zone UTC.
    pub async fn start() -> Self {
        Self::start_with(json!({}), &[]).await
    }

    /// The same for a browser that finds [`HOST`] on this machine, and trusts these certificates there.
    pub async fn start_trusting(certificates: &Certificates) -> Self {
        let flags = [
            format!("--host-resolver-rules=MAP {HOST} 127.0.0.1"),
            format!(
                "--ignore-certificate-errors-spki-list={}",
                certificates.fingerprint()
            ),
        ];
        Self::start_with(json!({}), &flags).await
    }

    /// The same for a browser that forbids pages to keep anything, as people set it up, or a policy does.
    pub async fn start_without_storage() -> Self {
        // Cookies stand for all that is kept.
        let preferences = json!({ "profile.default_content_setting_values.cookies": 2 });
        Self::start_with(preferences, &[]).await
    }

    async fn start_with(preferences: Value, flags: &[String]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = Port::lease();
        let mut command = Command::new(tools::chromedriver());
        command
            .arg(format!("--port={}", port.number()))
            .env("TZ", "UTC")
            // Chromium keeps more than its profile below the home folder, and sockets among the temporary files, and it
            // is not given the time to tidy up.
            .env("HOME", folder.path())
            .env("TMPDIR", folder.path());
        let log = folder.path().join("chromedriver.log");
        let mut process = Process::start("chromedriver", command, &log);
        let address = format!("http://{}", port.address());
        wait::until("chromedriver to be ready", async || {
            process.assert_running();
            let answer = reqwest::get(format!("{address}/status")).await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;

        let mut capabilities = DesiredCapabilities::chrome();
        let profile = format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        );
        let flags = FLAGS
            .into_iter()
            .chain(["--window-size=1440,900", &profile])
            .chain(flags.iter().map(String::as_str));
        for flag in flags {
            capabilities.add_arg(flag).expect("a flag");
        }
        let chromium = tools::chromium();
        let chromium = chromium.to_str().expect("a path in UTF-8");
        capabilities.set_binary(chromium).expect("a path");
        let preferences = capabilities.add_experimental_option("prefs", preferences);
        preferences.expect("preferences");
        let all = LoggingPrefsLogLevel::All;
        capabilities.set_browser_log_level(all).expect("a level");
        let driver = WebDriver::new(address, capabilities).await;
        let driver = driver.unwrap_or_else(|error| panic!("Chromium does not start: {error}"));
        // The process group is ended as a whole; nobody has to say goodbye.
        driver.clone().leak().expect("a session that has not ended");
        Self {
            driver,
            port,
            _process: process,
            _folder: folder,
        }
    }

    /// How long a script that calls its last argument may take from now on.
    pub async fn set_patience(&self, patience: Duration) {
        let set = self.driver.set_script_timeout(patience).await;
        set.expect("a session");
    }

    /// Takes away all cookies, those of pages that are not loaded as well.
    pub async fn forget_cookies(&self) {
        self.devtools("Network.clearBrowserCookies", json!({}))
            .await;
    }

    /// Loads a page.
    pub async fn go_to(&self, url: &str) {
        let loaded = self.driver.goto(url).await;
        loaded.unwrap_or_else(|error| panic!("{url} cannot be loaded: {error}"));
    }

    /// The tab that everything here is done in.
    pub async fn tab(&self) -> WindowHandle {
        self.driver.window().await.expect("a tab")
    }

    /// Opens a tab beside those that there are, and turns to it.
    pub async fn open_tab(&self) -> WindowHandle {
        let tab = self.driver.new_tab().await.expect("a new tab");
        self.turn_to(&tab).await;
        tab
    }

    /// From now on everything is done in this tab. The others go on in the background.
    pub async fn turn_to(&self, tab: &WindowHandle) {
        let turned = self.driver.switch_to_window(tab.clone()).await;
        turned.expect("a tab that is open");
    }

    /// Closes the tab. The next thing to do is to [turn to](Self::turn_to) another one.
    pub async fn close_tab(&self) {
        self.driver.close_window().await.expect("a tab to close");
    }

    /// Runs `script` as the body of a function in the page, with `arguments`, and gives back what it returns.
    pub async fn run<T: DeserializeOwned>(&self, script: &str, arguments: Value) -> T {
        let result = self.try_run(script, arguments).await;
        result.unwrap_or_else(|error| panic!("a script failed: {error}\n{script}"))
    }

    /// Like [`Browser::run`], for pages that may be in the middle of something.
    ///
    /// # Errors
    /// When the script throws, or its result is not a `T`.
    pub async fn try_run<T: DeserializeOwned>(
        &self,
        script: &str,
        arguments: Value,
    ) -> WebDriverResult<T> {
        let arguments = match arguments {
            Value::Array(arguments) => arguments,
            one => vec![one],
        };
        self.driver.execute(script, arguments).await?.convert()
    }

    /// Like [`Browser::run`] for a script that calls its last argument when it is done.
    pub async fn run_async<T: DeserializeOwned>(&self, script: &str, arguments: Vec<Value>) -> T {
        let result = self.driver.execute_async(script, arguments).await;
        let result = result.and_then(|result| result.convert());
        result.unwrap_or_else(|error| panic!("a script failed: {error}\n{script}"))
    }

    /// Whether something matches the selector.
    pub async fn has(&self, selector: &str) -> bool {
        let script = "return document.querySelector(arguments[0]) !== null";
        self.run(script, json!([selector])).await
    }

    /// Waits until something matches the selector.
    pub async fn wait_for(&self, selector: &str) {
        let what = format!("{selector} on the page");
        wait::until(&what, async || self.has(selector).await.then_some(())).await;
    }

    /// The text of the first element that matches.
    pub async fn text(&self, selector: &str) -> Option<String> {
        let script = "return document.querySelector(arguments[0])?.textContent ?? null";
        self.run(script, json!([selector])).await
    }

    /// An attribute of the first element that matches.
    pub async fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        let script =
            "return document.querySelector(arguments[0])?.getAttribute(arguments[1]) ?? null";
        self.run(script, json!([selector, name])).await
    }

    /// Clicks, as a mouse would, on the first element that matches, once it can be clicked.
    pub async fn click(&self, selector: &str) {
        let what = format!("{selector} to be clickable");
        wait::until(&what, async || {
            // Errors: not there yet, covered, or replaced by a newer rendering in this very moment.
            let element = self.driver.find(By::Css(selector)).await.ok()?;
            element.click().await.ok()
        })
        .await;
    }

    /// Replaces what is written in the input that matches.
    pub async fn type_into(&self, selector: &str, text: &str) {
        let what = format!("{selector} to take a text");
        wait::until(&what, async || {
            let element = self.driver.find(By::Css(selector)).await.ok()?;
            element.clear().await.ok()?;
            element.send_keys(text).await.ok()
        })
        .await;
    }

    /// Sets the value of an input whose keyboard entry depends on the locale, such as a date, or of a select.
    pub async fn set_value(&self, selector: &str, value: &str) {
        let script = "const element = document.querySelector(arguments[0]);
            element.value = arguments[1];
            element.dispatchEvent(new Event('input', { bubbles: true }));
            element.dispatchEvent(new Event('change', { bubbles: true }));";
        self.wait_for(selector).await;
        self.run::<()>(script, json!([selector, value])).await;
    }

    /// Calls a method of the Chrome DevTools Protocol.
    pub async fn devtools(&self, method: &str, parameters: Value) -> Value {
        let result = self.driver.cdp().send_raw(method, parameters).await;
        result.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Gives the page a window of this width and height in CSS pixels: that of a phone where it is narrow.
    pub async fn resize(&self, (width, height): (u32, u32)) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
        self.laid_out().await;
    }

    /// Has the page find these media features, each with its value, and all others as they are.
    pub async fn emulate_media(&self, features: &[(&str, &str)]) {
        let feature = |(name, value): &(&str, &str)| json!({ "name": name, "value": value });
        let features: Vec<Value> = features.iter().map(feature).collect();
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        )
        .await;
        self.laid_out().await;
    }

    /// Waits until the page has been laid out as it is now: the second frame is one that began afterwards.
    async fn laid_out(&self) {
        let frames = "const [done] = arguments; requestAnimationFrame(() => requestAnimationFrame(() => done(null)));";
        self.run_async::<()>(frames, Vec::new()).await;
    }

    /// The page's picture, as PNG.
    pub async fn screenshot(&self) -> Vec<u8> {
        self.driver.screenshot_as_png().await.expect("a screenshot")
    }

    /// The errors in the console since the last call: of scripts, of the network, of the content security policy.
    pub async fn console_errors(&self) -> Vec<String> {
        let entries = self.driver.browser_log().await.expect("a log").into_iter();
        let errors = entries.filter(|entry| entry.level == "SEVERE");
        errors.map(|entry| entry.message).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if std::thread::panicking() {
            evidence::collect(&self.port.address(), &self.driver.session_id().to_string());
        }
    }
}
