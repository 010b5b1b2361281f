//! What a server sent that it should not have, for an error message.

/// How many bytes of a line are shown.
const LENGTH: usize = 80;

/// The start of a line. What is not printable ASCII is replaced: nobody wants it on a terminal, and to show it properly
/// would take tables of Unicode, 3 KB of the page.
pub(super) fn excerpt(line: &[u8]) -> String {
    let printable = |byte: &u8| match byte {
        b' '..=b'~' => char::from(*byte),
        _ => char::REPLACEMENT_CHARACTER,
    };
    line.iter().take(LENGTH).map(printable).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_shown_is() {
        assert_eq!(excerpt(b"HTTP/1.1 200 \"OK\""), "HTTP/1.1 200 \"OK\"");
        assert_eq!(
            excerpt("\x1b[31m\u{e4}".as_bytes()),
            "\u{fffd}[31m\u{fffd}\u{fffd}"
        );
        assert_eq!(excerpt(&[b'a'; 100]), "a".repeat(80));
    }
}
