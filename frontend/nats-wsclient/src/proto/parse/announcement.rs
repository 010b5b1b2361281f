//! The line that announces a message.

use std::ops::Range;

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

/// The most words that a control line has: `HMSG subject sid reply headers-size size`.
const MOST_WORDS: usize = 6;

impl Announcement {
    /// Reads `MSG subject sid [reply] size` or `HMSG subject sid [reply] headers-size size`. The message itself starts at
    /// `start`.
    pub(super) fn read(line: &[u8], start: usize, with_headers: bool) -> Option<Self> {
        // This runs for every message that arrives: one pass over the line, and no iterators in it, which cost several
        // times as much where the compiler is told to make the code small.
        let mut words = [(0, 0); MOST_WORDS];
        let mut count = 0;
        let mut in_word = false;
        for (index, &byte) in line.iter().enumerate() {
            if is_blank(byte) {
                in_word = false;
            } else {
                if !in_word {
                    words.get_mut(count)?.0 = index;
                    count += 1;
                    in_word = true;
                }
                words[count - 1].1 = index + 1;
            }
        }
        let range = |(start, end): (usize, usize)| start..end;
        let value = |(start, end): (usize, usize)| number(&line[start..end]);
        let size = |word| usize::try_from(value(word)?).ok();
        let sizes = if with_headers { 2 } else { 1 };
        let reply = match count.checked_sub(3 + sizes)? {
            0 => None,
            1 => Some(range(words[3])),
            _ => return None,
        };
        let total = size(words[count - 1])?;
        let headers = if with_headers {
            size(words[count - 2])?
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
            sid: value(words[2])?,
            subject: range(words[1]),
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

fn number(digits: &[u8]) -> Option<u64> {
    // So many digits cannot overflow, and looking for that at each of them takes longer than reading it.
    const SAFE: usize = 19;
    match digits {
        [] => None,
        [rest @ .., last] if digits.len() > SAFE => {
            number(rest)?.checked_mul(10)?.checked_add(digit(*last)?)
        }
        _ => {
            let mut number = 0;
            for &byte in digits {
                number = number * 10 + digit(byte)?;
            }
            Some(number)
        }
    }
}

fn digit(byte: u8) -> Option<u64> {
    byte.is_ascii_digit().then(|| u64::from(byte - b'0'))
}
