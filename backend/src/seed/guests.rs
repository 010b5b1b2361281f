//! Names of guests who do not exist.

use shared::text::{Name, NameError};

use super::dice::Dice;

/// First and last names that go together.
const PEOPLE: [(&[&str], &[&str]); 10] = [
    (
        &["Amelia", "Noah", "Grace", "Oliver", "Ruby", "Theo"],
        &[
            "Ashdown",
            "Pemberley",
            "Thornbury",
            "Whitlock",
            "O’Hara",
            "Fairweather",
        ],
    ),
    (
        &["Jürgen", "Änne", "Lukas", "Sophie", "Björn", "Mareike"],
        &[
            "Grünwald",
            "Weißmann",
            "Rosenthaler",
            "Köhnlein",
            "Brückner",
        ],
    ),
    (
        &["Zoë", "François", "Éloïse", "Maël", "Agnès"],
        &[
            "Delacour",
            "Bréval",
            "Montclair",
            "Lefèvre-Roux",
            "d’Aubigny",
        ],
    ),
    (
        &["Łukasz", "Świętosława", "Zofia", "Tomáš", "Žofie"],
        &["Wiśniowski", "Dąbrówka", "Čermák", "Zieliński", "Dvořáček"],
    ),
    (
        &["Søren", "Åsa", "Freja", "Øyvind", "Björk"],
        &["Holmgård", "Sjöberg", "Ørsted-Lund", "Þórsdóttir"],
    ),
    (
        &["Iñaki", "Lucía", "João", "Inês", "Begoña"],
        &[
            "Muñoz Rey",
            "de la Peña",
            "Gonçalves",
            "Ibáñez",
            "Conceição",
        ],
    ),
    (
        &["さくら", "陽斗", "Haruka", "Kenji"],
        &["高橋", "森川", "小野寺"],
    ),
    (
        &["ليلى", "Yusuf", "أمين", "Noor"],
        &["الحسيني", "Haddad", "بن سعيد"],
    ),
    (
        &["Thảo", "Minh Đức", "Ngọc", "Quỳnh"],
        &["Nguyễn", "Trần", "Phạm"],
    ),
    (
        &["Олена", "Ніка", "Αλέξανδρος", "Ελένη"],
        &["Ковальчук", "Шевчук", "Παπαδάκης"],
    ),
];

/// A name.
pub(super) fn name(dice: &mut Dice) -> Result<Name, NameError> {
    let (first, last) = dice.pick(&PEOPLE).copied().unwrap_or_default();
    let first = dice.pick(first).copied().unwrap_or_default();
    let last = dice.pick(last).copied().unwrap_or_default();
    format!("{first} {last}").parse()
}
