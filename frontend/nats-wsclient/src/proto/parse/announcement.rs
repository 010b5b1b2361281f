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

impl Announcement {
    /// Reads `MSG subject sid [reply] size` or `HMSG subject sid [reply] headers-size size`. The message itself starts at
    /// `start`.
    pub(super) fn read(line: &[u8], start: usize, with_headers: bool) -> Option<Self> {
        let mut words = Words { line, at: 0 };
        words.next()?;
        let subject = words.next()?;
        let sid = number(&line[words.next()?])?;
        let mut rest = [words.next()?, 0..0, 0..0];
        let mut count = 1;
        for word in words {
            *rest.get_mut(count)? = word;
            count += 1;
        }
        let sizes = if with_headers { 2 } else { 1 };
        let reply = match count.checked_sub(sizes)? {
            0 => None,
            1 => Some(rest[0].clone()),
            _ => return None,
        };
        let size = |index: usize| usize::try_from(number(&line[rest[index].clone()])?).ok();
        let total = size(count - 1)?;
        let headers = if with_headers { size(count - 2)? } else { 0 };
        let end = start.checked_add(total)?;
        (headers <= total).then(|| Self {
            sid,
            subject,
            reply,
            headers: start..start + headers,
            payload: start + headers..end,
        })
    }
}

/// The words of a line, as ranges in it.
struct Words<'a> {
    line: &'a [u8],
    at: usize,
}

impl Iterator for Words<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.at
            + self.line[self.at..]
                .iter()
                .position(|&byte| !is_blank(byte))?;
        let length = self.line[start..].iter().position(|&byte| is_blank(byte));
        self.at = length.map_or(self.line.len(), |length| start + length);
        Some(start..self.at)
    }
}

pub(super) fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, &digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}
