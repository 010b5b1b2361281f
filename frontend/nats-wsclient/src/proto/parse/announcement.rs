//! The line that announces a message.

use std::ops::Range;

use crate::decimal::number;

/// Where the parts of a message are, counted from the start of its control line.
#[derive(Debug, Clone)]
pub(super) struct Announcement {
    pub(super) sid: u64,
    pub(super) subject: Range<usize>,
    pub(super) reply: Option<Range<usize>>,
    pub(super) headers: Range<usize>,
    pub(super) payload: Range<usize>,
}

/// The length of the line break that ends a message.
const END: usize = 2;

/// The most words behind the first one: `subject sid reply headers-size size`.
const MOST_WORDS: usize = 5;

/// The line announces nothing that makes sense.
#[derive(Debug)]
pub(super) struct Malformed;

impl Announcement {
    /// Reads `MSG subject sid [reply] size` or `HMSG subject sid [reply] headers-size size` at the start of `bytes`. `None`
    /// until the line is there as a whole.
    ///
    /// This runs for every message that arrives, so it is one pass over the line, and written out: iterators cost
    /// several times as much where the compiler is told to make the code small.
    pub(super) fn read(bytes: &[u8], with_headers: bool) -> Result<Option<Self>, Malformed> {
        let mut at = if with_headers { 4 } else { 3 };
        let mut words = [(0, 0); MOST_WORDS];
        let mut count = 0;
        loop {
            let Some(&byte) = bytes.get(at) else {
                return Ok(None);
            };
            if is_blank(byte) {
                at += 1;
                continue;
            }
            if byte <= b' ' {
                break;
            }
            let start = at;
            while bytes.get(at).is_some_and(|&byte| byte > b' ') {
                at += 1;
            }
            *words.get_mut(count).ok_or(Malformed)? = (start, at);
            count += 1;
        }
        let end: &[u8] = if bytes[at] == b'\r' { b"\r\n" } else { b"\n" };
        let rest = &bytes[at..];
        if rest.len() < end.len() {
            return Ok(None);
        }
        if !rest.starts_with(end) {
            return Err(Malformed);
        }
        let start = at + end.len();
        let words = words.get(..count).ok_or(Malformed)?;
        Self::of(bytes, words, start, with_headers)
            .map(Some)
            .ok_or(Malformed)
    }

    /// From the words of the line. The message itself starts at `start`.
    fn of(
        bytes: &[u8],
        words: &[(usize, usize)],
        start: usize,
        with_headers: bool,
    ) -> Option<Self> {
        let range = |(start, end): (usize, usize)| start..end;
        let value = |(start, end): (usize, usize)| number(&bytes[start..end]);
        let size = |word| usize::try_from(value(word)?).ok();
        let sizes = if with_headers { 2 } else { 1 };
        let reply = match words.len().checked_sub(2 + sizes)? {
            0 => None,
            1 => Some(range(words[2])),
            _ => return None,
        };
        let total = size(words[words.len() - 1])?;
        let headers = if with_headers {
            size(words[words.len() - 2])?
        } else {
            0
        };
        let end = start.checked_add(total)?;
        // Room for the line break behind it.
        end.checked_add(END)?;
        if headers > total {
            return None;
        }
        Some(Self {
            sid: value(words[1])?,
            subject: range(words[0]),
            reply,
            headers: start..start + headers,
            payload: start + headers..end,
        })
    }

    /// Where the next operation starts: behind the line break that ends the payload.
    pub(super) fn end(&self) -> usize {
        self.payload.end + END
    }
}

pub(super) fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}
