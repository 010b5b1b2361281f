//! The pages of the SPA, as a person uses them.

use std::fmt;
use std::ops::Deref;

use serde::Deserialize;
use serde_json::json;
use shared::Date;

use crate::browser::Browser;
use crate::hotel::{Hotel, PASSWORD, today};
use crate::wait;

/// Who sits before the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Manager,
    FrontDesk,
    Housekeeping,
    Guest,
}

impl Role {
    pub const ALL: [Self; 4] = [
        Self::Manager,
        Self::FrontDesk,
        Self::Housekeeping,
        Self::Guest,
    ];

    /// The value of `data-page` on the role's page.
    pub fn page(self) -> &'static str {
        match self {
            Self::Manager | Self::FrontDesk => "front-desk",
            Self::Housekeeping => "housekeeping",
            Self::Guest => "guest",
        }
    }

    /// The user to log in as; a guest does not log in.
    fn user(self) -> Option<&'static str> {
        match self {
            Self::Manager => Some("manager"),
            Self::FrontDesk => Some("frontdesk"),
            Self::Housekeeping => Some("housekeeping"),
            Self::Guest => None,
        }
    }
}

/// What somebody types into the booking dialog.
#[derive(Debug, Clone)]
pub struct Wish {
    pub room: u32,
    pub client: u64,
    pub guest: &'static str,
    pub arrival: Date,
    pub nights: u16,
}

impl Wish {
    /// A night in room 1 for the guest of this number, who has another one than the nine numbers before.
    pub fn of_a_night(client: u64) -> Self {
        let days = i32::try_from(client % 10).expect("one digit");
        Self {
            room: 1,
            client,
            guest: "Hedy Lamarr",
            arrival: today().plus_days(days),
            nights: 1,
        }
    }

    /// The booking that it leads to, as `data-stay` says it.
    pub fn booking(&self) -> String {
        format!("{}_{}", self.client, self.arrival)
    }
}

/// A stay's bar as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Bar {
    pub status: String,
    /// Predicted, and not decided yet.
    pub pending: bool,
}

impl Bar {
    pub fn decided(status: &str) -> Option<Self> {
        Some(Self {
            status: status.to_owned(),
            pending: false,
        })
    }
}

/// A browser that shows the SPA. What is not said here is done by the [`Browser`] itself.
#[derive(Debug)]
pub struct Board {
    browser: Browser,
}

impl Deref for Board {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}

impl Board {
    /// The page that a browser shows, or will.
    pub fn new(browser: Browser) -> Self {
        Self { browser }
    }

    /// Opens a browser on the hotel's page, which asks who is there.
    pub async fn open(hotel: &Hotel) -> Self {
        Self::open_in(Browser::start().await, hotel).await
    }

    /// The same in a browser that is there.
    pub async fn open_in(browser: Browser, hotel: &Hotel) -> Self {
        let board = Self::new(browser);
        board.load(hotel).await;
        board
    }

    /// Loads the hotel's page as somebody who is not logged in, so that it asks who is there.
    async fn load(&self, hotel: &Hotel) {
        hotel.staff().await;
        self.forget_cookies().await;
        self.go_to(&hotel.backend.url("/")).await;
        self.wait_for("form[data-login]").await;
    }

    /// Loads the page, in the tab that is in front, and goes on as `role`.
    pub async fn enter(&self, hotel: &Hotel, role: Role) {
        self.load(hotel).await;
        self.log_in(role).await;
    }

    /// Opens a browser and goes on as `role`, until the page says that it is live.
    pub async fn live(hotel: &Hotel, role: Role) -> Self {
        let board = Self::open(hotel).await;
        board.log_in(role).await;
        board.wait_for_connection("live").await;
        board
    }

    /// Goes on as `role` from the log-in.
    pub async fn log_in(&self, role: Role) {
        match role.user() {
            Some(user) => self.log_in_with(user, PASSWORD).await,
            None => self.click(r#"[data-action="guest"]"#).await,
        }
    }

    /// Fills in the log-in form and sends it.
    pub async fn log_in_with(&self, user: &str, password: &str) {
        self.type_into(r#"form[data-login] input[name="name"]"#, user)
            .await;
        self.type_into(r#"form[data-login] input[name="password"]"#, password)
            .await;
        self.click(r#"form[data-login] button[type="submit"]"#)
            .await;
    }

    /// Chooses a password on the page of a one-time link.
    pub async fn choose_password(&self, password: &str) {
        let field = r#"form[data-link] [name="password"]"#;
        self.wait_for(field).await;
        self.type_into(field, password).await;
        self.click(r#"form[data-link] button[type="submit"]"#).await;
    }

    /// What the connection's badge says, or `None` on a page without one.
    pub async fn connection(&self) -> Option<String> {
        self.attribute("[data-connection]", "data-connection").await
    }

    /// Waits until the connection's badge says `state`.
    pub async fn wait_for_connection(&self, state: &str) {
        let expected = Some(state.to_owned());
        wait::until_equal("the connection's badge", expected, async || {
            self.connection().await
        })
        .await;
    }

    /// Opens the booking dialog and fills it in, without sending it.
    pub async fn fill_in(&self, wish: &Wish) {
        self.click(r#"[data-action="book"]"#).await;
        let field =
            |kind: &str, name: &str| format!(r#"dialog[data-dialog="book"] {kind}[name="{name}"]"#);
        self.wait_for(r#"dialog[data-dialog="book"][open]"#).await;
        let room = wish.room.to_string();
        self.set_value(&field("select", "room"), &room).await;
        let arrival = wish.arrival.to_string();
        self.set_value(&field("input", "date"), &arrival).await;
        let nights = wish.nights.to_string();
        self.type_into(&field("input", "nights"), &nights).await;
        self.type_into(&field("input", "guest"), wish.guest).await;
        let client = wish.client.to_string();
        self.type_into(&field("input", "client"), &client).await;
    }

    /// Sends the booking dialog.
    pub async fn submit(&self) {
        self.click(r#"dialog[data-dialog="book"] button[type="submit"]"#)
            .await;
    }

    /// Fills in the booking dialog and sends it.
    pub async fn book(&self, wish: &Wish) {
        self.fill_in(wish).await;
        self.submit().await;
    }

    /// Checks the guest of a booking in.
    pub async fn check_in(&self, room: u32, booking: &str) {
        self.click(&stay(room, booking)).await;
        self.click(r#"dialog[data-dialog="stay"] [data-action="check-in"]"#)
            .await;
    }

    /// Notes that a room is clean.
    pub async fn clean(&self, room: u32) {
        self.click(&format!(r#"[data-room="{room}"] [data-action="clean"]"#))
            .await;
    }

    /// What a screen reader says of the night that the keyboard is at; empty where it is not on the board.
    pub async fn cursor(&self) -> String {
        let script = "return document.activeElement.querySelector('#cursor')?.getAttribute('aria-label') ?? ''";
        self.run(script, json!([])).await
    }

    /// The bar of a booking in a room's row.
    pub async fn bar(&self, room: u32, booking: &str) -> Option<Bar> {
        let script = "const bar = document.querySelector(arguments[0]);
            return bar && { status: bar.dataset.status, pending: 'pending' in bar.dataset };";
        self.run(script, json!([stay(room, booking)])).await
    }

    /// Waits until the bar of a booking is there, has this status and is decided.
    pub async fn wait_for_bar(&self, room: u32, booking: &str, status: &str) {
        let what = format!("the bar of {booking} in room {room}");
        wait::until_equal(&what, Bar::decided(status), async || {
            self.bar(room, booking).await
        })
        .await;
    }

    /// What the `data-pending` of a booking's bar says.
    pub async fn doubt(&self, booking: &str) -> Option<String> {
        let bar = format!(r#"[data-stay="{booking}"]"#);
        self.attribute(&bar, "data-pending").await
    }

    /// The ids of the commands that the browser keeps for a page that is loaded anew.
    pub async fn kept(&self) -> Vec<String> {
        let script =
            "return Object.keys(localStorage).filter((name) => name.startsWith('vacancy.pending.'))
            .map((name) => name.split('.').pop());";
        self.run(script, json!([])).await
    }

    /// What the room's housekeeping mark says.
    pub async fn housekeeping(&self, room: u32) -> Option<String> {
        let mark = format!(r#"[data-room="{room}"] [data-housekeeping]"#);
        self.attribute(&mark, "data-housekeeping").await
    }

    /// Waits until the room's housekeeping mark says `state`.
    pub async fn wait_for_housekeeping(&self, room: u32, state: &str) {
        let what = format!("the housekeeping mark of room {room}");
        wait::until_equal(&what, Some(state.to_owned()), async || {
            self.housekeeping(room).await
        })
        .await;
    }

    /// The toasts that are shown.
    pub async fn toasts(&self) -> Vec<Toast> {
        let script = "return [...document.querySelectorAll('[data-toast]')].map((toast) =>
            ({ refusal: toast.dataset.refusal ?? null, text: toast.textContent }));";
        self.run(script, json!([])).await
    }

    /// Writes a word into the page that a reload would erase.
    pub async fn leave_a_mark(&self) {
        self.run::<()>("window.mark = 'left by the test'", json!([]))
            .await;
    }

    /// Fails when the page has been loaded anew since [`Board::leave_a_mark`].
    pub async fn assert_not_reloaded(&self) {
        let mark: Option<String> = self.run("return window.mark ?? null", json!([])).await;
        assert!(mark.is_some(), "the page was loaded anew");
    }
}

/// A message that stays on the page until it is dismissed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Toast {
    /// The refusal's code.
    pub refusal: Option<String>,
    pub text: String,
}

/// The selector of a booking's bar in a room's row.
fn stay(room: impl fmt::Display, booking: &str) -> String {
    format!(r#"[data-room="{room}"] [data-stay="{booking}"]"#)
}
