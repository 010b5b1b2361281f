//! Mouse, finger and keys on a page, as the system tells a browser of them.

use serde_json::json;
use shared::Date;

use crate::browser::Browser;

/// A point of the page's window, in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq, serde::Deserialize)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

impl Point {
    #[must_use]
    pub fn right(self, pixels: f64) -> Self {
        let x = self.x + pixels;
        Self { x, ..self }
    }
}

/// A part of a stay's bar that can be gripped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Middle,
    Start,
    End,
}

impl Browser {
    /// A part of what the selector matches, once it is there.
    pub async fn part(&self, selector: &str, part: Part) -> Point {
        self.wait_for(selector).await;
        let across = match part {
            Part::Start => "box.left + 3",
            Part::Middle => "box.left + box.width / 2",
            Part::End => "box.right - 3",
        };
        let script = format!(
            "const box = document.querySelector(arguments[0]).getBoundingClientRect();
            return {{ x: {across}, y: box.top + box.height / 2 }};"
        );
        self.run(&script, json!([selector])).await
    }

    /// The middle of the column of `date`, in the row of a room that is on the board.
    pub async fn night(&self, room: u32, date: Date) -> Point {
        let script = "const first = Date.parse(document.querySelector('[data-board]').dataset.first);
            const days = Number(document.querySelector('[data-board]').dataset.days);
            const track = document.querySelector(`[data-room=\"${arguments[0]}\"] [data-track]`).getBoundingClientRect();
            const column = (Date.parse(arguments[1]) - first) / 86400000;
            return { x: track.left + (column + 0.5) * track.width / days, y: track.top + track.height / 2 };";
        self.run(script, json!([room, date.to_string()])).await
    }

    /// Presses the mouse's first button.
    pub async fn press(&self, at: Point) {
        self.mouse("mousePressed", at, 1).await;
    }

    /// Moves the mouse with its first button down.
    pub async fn drag_to(&self, at: Point) {
        self.mouse("mouseMoved", at, 1).await;
    }

    /// Lets the mouse's first button go.
    pub async fn release(&self, at: Point) {
        self.mouse("mouseReleased", at, 0).await;
    }

    async fn mouse(&self, kind: &str, at: Point, buttons: u8) {
        let event = json!({
            "type": kind, "x": at.x, "y": at.y, "button": "left", "buttons": buttons, "clickCount": 1,
        });
        self.devtools("Input.dispatchMouseEvent", event).await;
    }

    /// Puts a finger down.
    pub async fn touch(&self, at: Point) {
        self.finger("touchStart", Some(at)).await;
    }

    pub async fn slide_to(&self, at: Point) {
        self.finger("touchMove", Some(at)).await;
    }

    /// Lifts the finger.
    pub async fn lift(&self) {
        self.finger("touchEnd", None).await;
    }

    async fn finger(&self, kind: &str, at: Option<Point>) {
        let points: Vec<_> = at
            .iter()
            .map(|at| json!({ "x": at.x, "y": at.y }))
            .collect();
        let event = json!({ "type": kind, "touchPoints": points });
        self.devtools("Input.dispatchTouchEvent", event).await;
    }

    /// Presses a key where the keyboard is: `ArrowDown`, `m`; with Shift where that is said.
    pub async fn key(&self, key: &str) {
        let (modifiers, key) = match key.strip_prefix("Shift+") {
            Some(key) => (8, key),
            None => (0, key),
        };
        for kind in ["rawKeyDown", "keyUp"] {
            let event = json!({ "type": kind, "key": key, "modifiers": modifiers });
            self.devtools("Input.dispatchKeyEvent", event).await;
        }
    }
}
