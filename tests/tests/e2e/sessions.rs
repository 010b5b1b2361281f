//! Logging in, and what a session is good for: over HTTP, and in the handshake of a WebSocket.

use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use shared::staff::{ChangeRole, DisableStaff, ResetPassword, Role};
use vacancy_tests::hotel::{Hotel, PASSWORD, cookie};
use vacancy_tests::wire::{Verdict, Wire};

/// A request of the hotel's own page.
async fn ask(hotel: &Hotel, method: Method, path: &str, cookie: &str, body: Value) -> Response {
    let mut request = Client::new().request(method, hotel.backend.url(path));
    if !body.is_null() {
        request = request.json(&body);
    }
    let request = request
        .header("Cookie", cookie)
        .header("Sec-Fetch-Site", "same-origin");
    request.send().await.expect("an answer")
}

async fn who(hotel: &Hotel, cookie: &str) -> Value {
    let response = ask(hotel, Method::GET, "/session", cookie, Value::Null).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.expect("JSON")
}

/// A page that shows the cookie to NATS.
async fn page(hotel: &Hotel, cookie: &str) -> (Wire, Verdict) {
    hotel.try_page(Some(cookie)).await
}

fn turned_away() -> Verdict {
    Verdict::Denied("Authorization Violation".to_owned())
}

#[tokio::test]
async fn the_cookie_opens_both_doors_until_the_log_out_which_cuts_what_is_open() {
    let hotel = Hotel::start().await;
    hotel.hire("anna", Role::FrontDesk).await;
    hotel.hire("bert", Role::Housekeeping).await;
    let guest = who(&hotel, "").await;
    assert_eq!(
        (&guest["user"], &guest["role"]),
        (&json!("guest"), &Value::Null)
    );

    let (anna, bert) = (hotel.log_in("anna").await, hotel.log_in("bert").await);
    let state = who(&hotel, &anna).await;
    assert_eq!(state["user"], "anna");
    assert_eq!(
        (&state["role"], &state["account"]),
        (&json!("front-desk"), &json!("frontdesk"))
    );
    assert!(state["renew_in"].as_u64() < state["expires_in"].as_u64());

    let (mut annas, verdict) = page(&hotel, &anna).await;
    assert_eq!(verdict, Verdict::Allowed);
    let (mut berts, verdict) = page(&hotel, &bert).await;
    assert_eq!(verdict, Verdict::Allowed);
    for (wire, user) in [(&mut annas, "anna"), (&mut berts, "bert")] {
        let own = format!("_INBOX.{user}.>");
        assert_eq!(wire.subscribe(&own, None).await, Verdict::Allowed);
    }
    let denied = annas.subscribe("_INBOX.bert.>", None).await;
    assert!(matches!(denied, Verdict::Denied(_)), "{denied:?}");

    let out = ask(&hotel, Method::DELETE, "/session", &anna, Value::Null).await;
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    assert_eq!(cookie(&out).as_deref(), Some("vacancy="));
    annas.closed().await;
    // The token is worth nothing at either door any more, and what others have goes on.
    assert_eq!(page(&hotel, &anna).await.1, turned_away());
    assert_eq!(who(&hotel, &anna).await["user"], "guest");
    assert_eq!(berts.verdict().await, Verdict::Allowed);
}

#[tokio::test]
async fn a_renewal_gives_another_token_and_leaves_the_old_one_good() {
    let hotel = Hotel::start().await;
    hotel.hire("anna", Role::FrontDesk).await;
    let first = hotel.log_in("anna").await;
    let (mut open, _) = page(&hotel, &first).await;
    let renewed = ask(
        &hotel,
        Method::POST,
        "/session/renewal",
        &first,
        Value::Null,
    )
    .await;
    assert_eq!(renewed.status(), StatusCode::OK);
    let second = cookie(&renewed).expect("a cookie");
    assert_ne!(first, second);
    for cookie in [&first, &second] {
        assert_eq!(page(&hotel, cookie).await.1, Verdict::Allowed);
    }
    assert_eq!(open.verdict().await, Verdict::Allowed);
    // They are one log-in: whoever ends it by one has ended it for the other.
    ask(&hotel, Method::DELETE, "/session", &first, Value::Null).await;
    assert_eq!(who(&hotel, &second).await["user"], "guest");
    let over = ask(
        &hotel,
        Method::POST,
        "/session/renewal",
        &second,
        Value::Null,
    )
    .await;
    assert_eq!(over.status(), StatusCode::UNAUTHORIZED);
    let problem: Value = over.json().await.unwrap();
    assert_eq!(problem["type"], "/problems/session-over");
}

#[tokio::test]
async fn whoever_is_dismissed_reset_or_given_another_role_is_cut_at_once() {
    let hotel = Hotel::start().await;
    for (name, role) in [
        ("anna", Role::FrontDesk),
        ("bert", Role::FrontDesk),
        ("carl", Role::FrontDesk),
    ] {
        hotel.hire(name, role).await;
    }
    let mut open = Vec::new();
    for name in ["anna", "bert", "carl"] {
        let cookie = hotel.log_in(name).await;
        let (wire, verdict) = page(&hotel, &cookie).await;
        assert_eq!(verdict, Verdict::Allowed);
        open.push((cookie, wire));
    }
    let staff = |name: &str| name.parse().unwrap();
    hotel
        .done(DisableStaff {
            staff: staff("anna"),
        })
        .await;
    hotel
        .done(ResetPassword {
            staff: staff("bert"),
        })
        .await;
    hotel
        .done(ChangeRole {
            staff: staff("carl"),
            role: Role::Housekeeping,
        })
        .await;
    for (cookie, mut wire) in open {
        wire.closed().await;
        assert_eq!(page(&hotel, &cookie).await.1, turned_away());
        assert_eq!(who(&hotel, &cookie).await["user"], "guest");
    }
    // The disabled one cannot log in, the one with another role can, and is that.
    let anna = hotel.try_log_in("anna", PASSWORD).await;
    assert_eq!(anna.status(), StatusCode::UNAUTHORIZED);
    let carl = hotel.log_in("carl").await;
    assert_eq!(who(&hotel, &carl).await["account"], "housekeeping");
}

#[tokio::test]
async fn a_managers_link_lets_a_password_be_chosen_once() {
    let hotel = Hotel::start().await;
    hotel.hire("mia", Role::Manager).await;
    hotel.hire("anna", Role::FrontDesk).await;
    let (mia, anna) = (hotel.log_in("mia").await, hotel.log_in("anna").await);
    let path = "/staff/anna/link";
    let by_anna = ask(&hotel, Method::POST, path, &anna, Value::Null).await;
    assert_eq!(by_anna.status(), StatusCode::FORBIDDEN);
    let by_a_program = Client::new()
        .post(hotel.backend.url(path))
        .send()
        .await
        .unwrap();
    assert_eq!(by_a_program.status(), StatusCode::FORBIDDEN);

    let made: Value = ask(&hotel, Method::POST, path, &mia, Value::Null)
        .await
        .json()
        .await
        .unwrap();
    let link = made["link"].as_str().expect("a link").to_owned();
    // Her password and her session are worth nothing from now on.
    assert_eq!(who(&hotel, &anna).await["user"], "guest");
    assert_eq!(
        hotel.try_log_in("anna", PASSWORD).await.status(),
        StatusCode::UNAUTHORIZED
    );

    let whose = ask(&hotel, Method::POST, "/link", "", json!({ "link": link })).await;
    assert_eq!(whose.json::<Value>().await.unwrap()["user"], "anna");
    let weak = json!({ "link": link, "password": "short" });
    let weak = ask(&hotel, Method::POST, "/session", "", weak).await;
    assert_eq!(weak.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let strong = json!({ "link": link, "password": "another good one" });
    let chosen = ask(&hotel, Method::POST, "/session", "", strong.clone()).await;
    assert_eq!(chosen.status(), StatusCode::OK);
    let cookie = cookie(&chosen).expect("a cookie");
    assert_eq!(page(&hotel, &cookie).await.1, Verdict::Allowed);
    let again = ask(&hotel, Method::POST, "/session", "", strong).await;
    assert_eq!(again.status(), StatusCode::GONE);
    let unknown = ask(
        &hotel,
        Method::POST,
        "/staff/nobody/link",
        &mia,
        Value::Null,
    )
    .await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn wrong_names_and_wrong_passwords_are_told_apart_by_nothing_and_slowed_down() {
    let hotel = Hotel::start().await;
    hotel.hire("anna", Role::FrontDesk).await;
    let mut bodies = Vec::new();
    for name in ["anna", "nobody", "No Name!"] {
        let response = hotel.try_log_in(name, "a wrong password").await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(cookie(&response), None);
        bodies.push(response.text().await.unwrap());
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    // Five are free, and each after that has to wait.
    let mut slowed = None;
    for _ in 0..8 {
        let response = hotel.try_log_in("nobody", "a wrong password").await;
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            slowed = Some(response);
            break;
        }
    }
    let slowed = slowed.expect("slowed down");
    assert!(slowed.headers().contains_key("retry-after"));
    // Another name from the same place is not.
    hotel.log_in("anna").await;
}

#[tokio::test]
async fn another_sites_page_cannot_use_the_cookie() {
    let hotel = Hotel::start().await;
    hotel.hire("anna", Role::FrontDesk).await;
    let cookie = hotel.log_in("anna").await;
    for (name, value) in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Origin", "http://evil.example"),
    ] {
        for (method, path) in [
            (Method::DELETE, "/session"),
            (Method::POST, "/session/renewal"),
            (Method::PUT, "/mutation/cleanup"),
        ] {
            let request = Client::new().request(method, hotel.backend.url(path));
            let request = request.header("Cookie", &cookie).header(name, value);
            let response = request.json(&json!({})).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{path} {name}");
        }
    }
    assert_eq!(who(&hotel, &cookie).await["user"], "anna");
    let url = hotel.nats.websocket_url();
    let foreign = Wire::dial_with(&url, "http://evil.example", Some(&cookie)).await;
    assert_eq!(foreign.err().map(|status| status.as_u16()), Some(403));
}

#[tokio::test]
async fn a_forged_cookie_is_turned_away_and_a_guest_needs_none() {
    let hotel = Hotel::start().await;
    hotel.hire("anna", Role::FrontDesk).await;
    let cookie = hotel.log_in("anna").await;
    let mut other = cookie.clone();
    other.replace_range(other.len() - 3.., "AAA");
    let elsewhere = cookie.replacen("vacancy=main.", "vacancy=elsewhere.", 1);
    for forged in [&other, &elsewhere, "vacancy=main", "vacancy=x.y.z"] {
        assert_eq!(page(&hotel, forged).await.1, turned_away(), "{forged}");
        assert_eq!(who(&hotel, forged).await["user"], "guest");
    }
    assert_eq!(page(&hotel, "other=1").await.1, Verdict::Allowed);
}
