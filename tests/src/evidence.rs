//! What a failed browser test leaves to look at: a screenshot of the page, and the log of its console.
//!
//! It is taken while the test unwinds, where nothing can be awaited, so this speaks to chromedriver by itself: two
//! blocking HTTP requests.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::tools;

/// Writes what the session shows and has logged into [`tools::evidence`], and tells on standard error where.
pub(crate) fn collect(driver: &str, session: &str) {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    let test = thread::current()
        .name()
        .unwrap_or("unnamed")
        .replace("::", "-");
    let name = format!("{test}-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    match write(driver, session, &tools::evidence().join(name)) {
        Ok((screenshot, console)) => {
            eprintln!(
                "---- the page when the test failed: {}",
                screenshot.display()
            );
            eprintln!("---- the console of the page: {}", console.display());
        }
        Err(error) => eprintln!("---- no picture of the page could be taken: {error}"),
    }
}

fn write(driver: &str, session: &str, stem: &Path) -> io::Result<(PathBuf, PathBuf)> {
    fs::create_dir_all(tools::evidence())?;
    let answer = request(driver, "GET", &format!("/session/{session}/screenshot"), "")?;
    let encoded = answer
        .as_str()
        .ok_or_else(|| bad("a screenshot", &answer))?;
    let png = STANDARD.decode(encoded).map_err(io::Error::other)?;
    let screenshot = stem.with_extension("png");
    fs::write(&screenshot, png)?;

    let log = format!("/session/{session}/se/log");
    let answer = request(driver, "POST", &log, r#"{"type":"browser"}"#)?;
    let entries = answer.as_array().ok_or_else(|| bad("a log", &answer))?;
    let mut text = String::new();
    for entry in entries {
        let field = |name| entry[name].as_str().unwrap_or_default();
        writeln!(text, "{} {}", field("level"), field("message")).map_err(io::Error::other)?;
    }
    let console = stem.with_extension("console.log");
    fs::write(&console, text)?;
    Ok((screenshot, console))
}

fn bad(expected: &str, answer: &Value) -> io::Error {
    io::Error::other(format!("expected {expected}, chromedriver says {answer}"))
}

/// The `value` of a WebDriver answer.
fn request(driver: &str, method: &str, path: &str, body: &str) -> io::Result<Value> {
    let mut stream = TcpStream::connect(driver)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {driver}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    // Chromedriver keeps the connection open whatever it is asked, so the body ends where its length says.
    let mut stream = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
            None if line.trim_end().is_empty() => break,
            Some(_) | None => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let mut answer: Value = serde_json::from_slice(&body).map_err(io::Error::other)?;
    Ok(answer["value"].take())
}
