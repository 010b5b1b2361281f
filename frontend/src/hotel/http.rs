//! Requests to the server that the page came from. The session's cookie goes with them; no script can read it.

use leptos::prelude::window;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestCache, RequestInit, Response};

use super::{clock, place};
use crate::model::refused::HttpError;
use crate::model::who::{Proof, Who};

/// How long an answer may take.
const PATIENCE_MS: u32 = 10_000;

/// Asks who one is, or to be let in.
///
/// # Errors
/// Whatever is no success, and an answer for another hotel than the page's.
pub(super) async fn ask_who(
    method: &str,
    path: &str,
    proof: Option<Proof<'_>>,
) -> Result<Who, HttpError> {
    let who: Who = ask(method, path, proof).await?;
    match who.hotel == place::hotel() {
        true => Ok(who),
        false => Err(HttpError::Refused(format!(
            "The hotel {} has answered, and not this one.",
            who.hotel
        ))),
    }
}

/// Sends a request and reads its answer. `path` is that of something of the page's hotel.
///
/// # Errors
/// Whatever is no success.
pub(super) async fn ask<T: DeserializeOwned>(
    method: &str,
    path: &str,
    proof: Option<Proof<'_>>,
) -> Result<T, HttpError> {
    let otherwise = |error: serde_json::Error| {
        HttpError::Refused(format!(
            "The hotel’s server answers otherwise than this page expects ({error}). Load the page anew."
        ))
    };
    let body = proof.map(|proof| serde_json::to_string(&proof));
    let text = send(method, path, body.transpose().map_err(otherwise)?).await?;
    serde_json::from_str(&text).map_err(otherwise)
}

/// The text of the answer.
pub(super) async fn send(
    method: &str,
    path: &str,
    body: Option<String>,
) -> Result<String, HttpError> {
    // Whatever the browser says of a request that has no answer, it says the same: a page must not scan networks.
    let no_answer = |_: JsValue| HttpError::NoAnswer;
    let request = RequestInit::new();
    request.set_method(method);
    request.set_cache(RequestCache::NoStore);
    request.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE_MS)));
    if let Some(body) = body {
        let headers = Headers::new().map_err(no_answer)?;
        let json = "application/json";
        headers.set("Content-Type", json).map_err(no_answer)?;
        request.set_headers(&headers);
        request.set_body(&JsValue::from_str(&body));
    }
    let answer = window().fetch_with_str_and_init(&place::of_the_hotel(path), &request);
    let answer = JsFuture::from(answer).await.map_err(no_answer)?;
    let answer: Response = answer.dyn_into().map_err(no_answer)?;
    if let Ok(Some(answered)) = answer.headers().get("Date") {
        clock::compare(&answered);
    }
    let text = JsFuture::from(answer.text().map_err(no_answer)?).await;
    let text = text.map_err(no_answer)?.as_string().unwrap_or_default();
    if answer.ok() {
        return Ok(text);
    }
    let retry_after = answer.headers().get("Retry-After").ok().flatten();
    Err(HttpError::of(
        answer.status(),
        retry_after.as_deref(),
        &text,
    ))
}
