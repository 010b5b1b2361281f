//! Every page in every state, held against axe-core: for people who do not see it, see it badly, or use no mouse.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::fs;

use serde::Deserialize;
use serde_json::json;
use vacancy_tests::board::Board;
use vacancy_tests::{tools, tour};

const DESKTOP: (u32, u32) = (1440, 900);
const PHONE: (u32, u32) = (390, 844);

/// The size of a window, and a media feature with its value.
type Look = ((u32, u32), (&'static str, &'static str));

/// The ways in which people look at a page.
const LOOKS: [Look; 6] = [
    (DESKTOP, ("prefers-color-scheme", "light")),
    (DESKTOP, ("prefers-color-scheme", "dark")),
    (PHONE, ("prefers-color-scheme", "light")),
    (PHONE, ("prefers-color-scheme", "dark")),
    (DESKTOP, ("prefers-contrast", "more")),
    (DESKTOP, ("forced-colors", "active")),
];

/// What is wrong with the page, by axe-core's own names.
#[derive(Debug, Deserialize)]
struct Violation {
    id: String,
    help: String,
    /// Selector and explanation of each element.
    places: Vec<(String, String)>,
}

const CHECK: &str = "const [done] = arguments;
    axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => done(violations.map(({ id, help, nodes }) =>
        ({ id, help, places: nodes.map(({ target, failureSummary }) => [target.join(' '), failureSummary]) }))));";

/// All that is wrong with any of the pages, to be told together.
#[derive(Debug, Default)]
struct Findings(RefCell<String>);

impl Findings {
    async fn look(&self, board: &Board, name: &str) {
        let is_there: bool = board.run("return 'axe' in window", json!([])).await;
        if !is_there {
            let axe = tools::peers().join("node_modules/axe-core/axe.min.js");
            let axe = fs::read_to_string(axe).unwrap();
            board.run::<()>(&axe, json!([])).await;
        }
        for (size, media) in LOOKS {
            board.resize(size).await;
            // Else colours would be looked at on their way from one to another.
            let still = ("prefers-reduced-motion", "reduce");
            board.emulate_media(&[media, still]).await;
            let violations: Vec<Violation> = board.run_async(CHECK, Vec::new()).await;
            let mut found = self.0.borrow_mut();
            for Violation { id, help, places } in violations {
                let (media, value) = media;
                writeln!(found, "{name}, {media}: {value}, {size:?}: {help} ({id})").unwrap();
                for (selector, why) in places {
                    let why = why.replace('\n', "\n        ");
                    writeln!(found, "    {selector}\n        {why}").unwrap();
                }
            }
        }
        board.resize(DESKTOP).await;
        board.emulate_media(&[]).await;
    }

    #[track_caller]
    fn assert_none(self) {
        let found = self.0.into_inner();
        assert!(found.is_empty(), "not everybody can use this:\n{found}");
    }
}

#[tokio::test]
async fn whoever_comes_to_the_door_can_use_it() {
    let findings = Findings::default();
    let look = async |board: &Board, name: &str| findings.look(board, name).await;
    tour::doors(&look).await;
    findings.assert_none();
}

#[tokio::test]
async fn a_manager_can_use_all_pages() {
    let findings = Findings::default();
    let look = async |board: &Board, name: &str| findings.look(board, name).await;
    tour::manager(&look).await;
    findings.assert_none();
}

#[tokio::test]
async fn the_front_desk_can_use_all_pages() {
    let findings = Findings::default();
    let look = async |board: &Board, name: &str| findings.look(board, name).await;
    tour::front_desk(&look).await;
    findings.assert_none();
}

#[tokio::test]
async fn housekeeping_can_use_its_page() {
    let findings = Findings::default();
    let look = async |board: &Board, name: &str| findings.look(board, name).await;
    tour::housekeeping(&look).await;
    findings.assert_none();
}

#[tokio::test]
async fn guests_can_use_their_page() {
    let findings = Findings::default();
    let look = async |board: &Board, name: &str| findings.look(board, name).await;
    tour::guest(&look).await;
    findings.assert_none();
}
