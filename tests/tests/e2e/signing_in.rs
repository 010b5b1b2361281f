//! Signing in and out in a real browser: passwords, one-time links, sessions that end, and the manager's page of the staff.

use serde_json::{Value, json};
use shared::staff::DisableStaff;
use vacancy_tests::board::{Board, Role};
use vacancy_tests::hotel::{Hotel, PASSWORD, today};
use vacancy_tests::wait;

const WRONG_PASSWORD: &str = r#"[data-login-error="wrong-password"]"#;
const ENDED: &str = r#"[data-told="ended"]"#;
const SIGN_OUT: &str = r#"[data-action="sign-out"]"#;
const CHOOSE: &str = r#"form[data-link] [name="password"]"#;

#[tokio::test]
async fn who_is_signed_in_stays_so_over_a_reload() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::open(&hotel).await;
    desk.log_in_with("frontdesk", "not the password").await;
    desk.wait_for(WRONG_PASSWORD).await;
    desk.log_in_with("nobody", PASSWORD).await;
    desk.wait_for(WRONG_PASSWORD).await;
    desk.log_in(Role::FrontDesk).await;
    desk.wait_for_connection("live").await;
    let name = desk.text("[data-user]").await;
    assert_eq!(name.as_deref(), Some("frontdesk of the front-desk"));

    desk.go_to(&hotel.backend.url("/")).await;
    desk.wait_for_connection("live").await;
    let cookie: String = desk.run("return document.cookie", json!([])).await;
    assert_eq!(cookie, "", "no script can read it");

    desk.click(SIGN_OUT).await;
    desk.wait_for("form[data-login]").await;
    desk.go_to(&hotel.backend.url("/")).await;
    desk.wait_for("form[data-login]").await;
}

#[tokio::test]
async fn a_link_is_good_for_one_password() {
    let hotel = Hotel::with_rooms(1).await;
    let board = Board::open(&hotel).await;
    let token = link(&hotel, "anna", "Anna Berg").await;
    board
        .go_to(&hotel.backend.url(&format!("/#link={token}")))
        .await;
    board.wait_for(CHOOSE).await;
    let address: String = board.run("return location.href", json!([])).await;
    assert!(!address.contains(&token), "{address}");
    assert_eq!(
        board.text("[data-invited]").await.as_deref(),
        Some("Anna Berg")
    );

    board.choose_password("short").await;
    board.wait_for(r#"[data-error="password"]"#).await;
    board.choose_password("four words that stay").await;
    board.wait_for_connection("live").await;
    assert_eq!(
        board.text("[data-user]").await.as_deref(),
        Some("Anna Berg")
    );

    board.click(SIGN_OUT).await;
    board.wait_for("form[data-login]").await;
    board.log_in_with("anna", "four words that stay").await;
    board.wait_for_connection("live").await;
    board
        .go_to(&hotel.backend.url(&format!("/#link={token}")))
        .await;
    board.wait_for(r#"[data-login-error="link-over"]"#).await;
}

#[tokio::test]
async fn signing_out_in_one_tab_ends_the_others() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let first = desk.tab().await;
    desk.open_tab().await;
    desk.go_to(&hotel.backend.url("/")).await;
    desk.wait_for_connection("live").await;
    desk.click(SIGN_OUT).await;
    desk.wait_for("form[data-login]").await;
    desk.turn_to(&first).await;
    desk.wait_for(ENDED).await;
    assert!(
        !desk.has("[data-room]").await,
        "nothing of the hotel is left"
    );
}

#[tokio::test]
async fn the_board_stays_live_while_its_token_is_renewed() {
    let hotel = Hotel::with_options(["--token-lifetime", "6"]).await;
    hotel.add_room(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let watch = "const badge = document.querySelector('[data-connection]');
        window.seen = [];
        new MutationObserver(() => window.seen.push(badge.dataset.connection))
            .observe(badge, { attributes: true, attributeFilter: ['data-connection'] });";
    desk.run::<()>(watch, json!([])).await;
    let renewals = "return performance.getEntriesByType('resource')
        .filter((entry) => entry.name.endsWith('/session/renewal')).length";
    wait::until("three renewals", async || {
        let renewals: u32 = desk.run(renewals, json!([])).await;
        (renewals >= 3).then_some(())
    })
    .await;
    // What happens after them is seen as well.
    hotel.book(1, 1, "Ada", today(), 1).await;
    let booking = format!("1_{}", today());
    desk.wait_for_bar(1, &booking, "booked").await;
    let seen: Vec<String> = desk.run("return window.seen", json!([])).await;
    assert!(seen.iter().all(|state| state == "live"), "{seen:?}");
}

#[tokio::test]
async fn when_somebody_else_signs_in_in_another_tab_this_one_becomes_theirs() {
    let hotel = Hotel::with_options(["--token-lifetime", "6"]).await;
    hotel.add_room(1).await;
    let board = Board::live(&hotel, Role::FrontDesk).await;
    let first = board.tab().await;
    board.open_tab().await;
    // The cookie of the first one is gone, as if its time were over, and its page does not know yet.
    board.enter(&hotel, Role::Manager).await;
    board.wait_for_connection("live").await;

    board.turn_to(&first).await;
    let manager = Some("manager of the manager".to_owned());
    wait::until_equal("whose page it is", manager, async || {
        board.text("[data-user]").await
    })
    .await;
    board.wait_for_connection("live").await;
}

#[tokio::test]
async fn whoever_could_not_be_signed_out_is_told_and_can_try_again() {
    let mut hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    hotel.backend.stop().await;
    desk.click(SIGN_OUT).await;
    desk.wait_for(r#"[data-told="not-signed-out"]"#).await;
    assert!(
        !desk.has("[data-room]").await,
        "nothing of the hotel is left on the screen"
    );

    hotel.backend.start().await;
    desk.click(SIGN_OUT).await;
    let gone = async || (!desk.has("[data-told]").await).then_some(());
    wait::until("the sign-out", gone).await;
    desk.go_to(&hotel.backend.url("/")).await;
    desk.wait_for("form[data-login]").await;
}

#[tokio::test]
async fn a_guest_after_the_front_desk_sees_nothing_of_the_front_desk() {
    let hotel = Hotel::with_rooms(1).await;
    let board = Board::live(&hotel, Role::FrontDesk).await;
    let first = board.tab().await;
    board.open_tab().await;
    board.go_to(&hotel.backend.url("/")).await;
    board.wait_for_connection("live").await;
    board.click(SIGN_OUT).await;
    board.wait_for("form[data-login]").await;
    board.log_in(Role::Guest).await;
    board.wait_for_connection("live").await;
    board.wait_for(r#"[data-page="guest"]"#).await;
    assert!(!board.has("[data-room]").await);
    let kept: Vec<String> = board
        .run("return Object.keys(localStorage)", json!([]))
        .await;
    assert_eq!(kept, [""; 0]);
    board.turn_to(&first).await;
    board.wait_for(ENDED).await;
}

#[tokio::test]
async fn whoever_is_dismissed_is_told() {
    let hotel = Hotel::with_rooms(1).await;
    let desk = Board::live(&hotel, Role::FrontDesk).await;
    let staff = "frontdesk".parse().unwrap();
    hotel.done(DisableStaff { staff }).await;
    desk.wait_for(ENDED).await;
    desk.log_in(Role::FrontDesk).await;
    desk.wait_for(WRONG_PASSWORD).await;
}

#[tokio::test]
async fn a_manager_adds_somebody_and_sends_them_away() {
    let hotel = Hotel::with_rooms(1).await;
    let board = Board::live(&hotel, Role::Manager).await;
    board.click(r#"[data-action="show-staff"]"#).await;
    board
        .wait_for(r#"[data-staff="frontdesk"][data-active="true"]"#)
        .await;

    add(&board, "frontdesk").await;
    board.wait_for(r#"dialog [data-error="staff"]"#).await;
    board.type_into(r#"dialog [name="staff"]"#, "grace").await;
    board.click(r#"dialog button[type="submit"]"#).await;
    board.wait_for("[data-new-link]").await;
    let link: String = board
        .run(
            "return document.querySelector('[data-new-link]').value",
            json!([]),
        )
        .await;
    assert!(link.contains("/#link="), "{link}");
    board.click(r#"dialog [data-action="close"]"#).await;
    board
        .wait_for(r#"[data-staff="grace"][data-role="front-desk"]"#)
        .await;

    board
        .click(r#"[data-staff="grace"] [data-action="member"]"#)
        .await;
    board.click(r#"dialog [data-action="disable"]"#).await;
    board
        .wait_for(r#"[data-staff="grace"][data-active="false"]"#)
        .await;
    board.click(r#"dialog [data-action="close"]"#).await;

    board
        .click(r#"[data-staff="manager"] [data-action="member"]"#)
        .await;
    board.click(r#"dialog [data-action="disable"]"#).await;
    board
        .wait_for(r#"dialog [data-refusal="last-manager"]"#)
        .await;
}

/// Fills in the dialog for somebody new and sends it.
async fn add(board: &Board, staff: &str) {
    board.click(r#"[data-action="add-staff"]"#).await;
    board
        .wait_for(r#"dialog[data-dialog="add-staff"][open]"#)
        .await;
    board
        .type_into(r#"dialog [name="name"]"#, "Grace Hopper")
        .await;
    board.type_into(r#"dialog [name="staff"]"#, staff).await;
    board.click(r#"dialog button[type="submit"]"#).await;
}

/// What comes after `#link=` in the link of somebody new at the front desk.
async fn link(hotel: &Hotel, staff: &str, name: &str) -> String {
    let arguments = [
        "add",
        staff,
        "--name",
        name,
        "--role",
        "front-desk",
        "--json",
    ];
    let output = hotel.backend.run("staff", &arguments).await;
    let told: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let link = told["link"].as_str().unwrap_or_default();
    let (_, token) = link.split_once("#link=").expect("a link");
    token.to_owned()
}
