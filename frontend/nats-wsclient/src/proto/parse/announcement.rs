//! The line that announces a message.

use std::ops::Range;

use crate::decimal::{self, SAFE_DIGITS};

/// Where the parts of a message are, counted from the start of its control line.
#[derive(Debug, Clone)]
pub(super) struct Announcement {
    pub(super) sid: u64,
    pub(super) subject: Range<usize>,
    /// Empty if there is none.
    pub(super) reply: Range<usize>,
    pub(super) headers: Range<usize>,
    pub(super) payload: Range<usize>,
}

/// The length of the line break that ends a message.
const END: usize = 2;

/// The line announces nothing that makes sense.
#[derive(Debug)]
pub(super) struct Malformed;

impl Announcement {
    /// Reads `MSG subject sid [reply] size` or `HMSG subject sid [reply] headers-size size` at the start of `bytes`. `None`
    /// until the line is there as a whole.
    ///
    /// This runs for every message that arrives, so it is one pass over the line, and written out: iterators, slices and
    /// small functions cost several times as much where the compiler is told to make the code small.
    #[inline(always)]
    pub(super) fn read(bytes: &[u8], with_headers: bool) -> Result<Option<Self>, Malformed> {
        let mut at = if with_headers { 4 } else { 3 };
        let (mut subject, mut third) = (0..0, 0..0);
        let (mut sid, mut last_but_one, mut last) = (None, None, None);
        let mut count = 0;
        let start = loop {
            let Some(&byte) = bytes.get(at) else {
                return Ok(None);
            };
            if is_blank(byte) {
                at += 1;
                continue;
            }
            if byte <= b' ' {
                if byte == b'\r' {
                    at += 1;
                }
                match bytes.get(at) {
                    None => return Ok(None),
                    Some(b'\n') => break at + 1,
                    Some(_) => return Err(Malformed),
                }
            }
            let start = at;
            let (mut value, mut is_number) = (0_u64, true);
            while let Some(&byte) = bytes.get(at)
                && byte > b' '
            {
                let digit = byte.wrapping_sub(b'0');
                is_number &= digit <= 9;
                value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
                at += 1;
            }
            let value = match at - start {
                _ if !is_number => None,
                ..=SAFE_DIGITS => Some(value),
                _ => decimal::number(&bytes[start..at]),
            };
            match count {
                0 => subject = start..at,
                1 => sid = value,
                2 => third = start..at,
                _ => {}
            }
            (last_but_one, last) = (last, value);
            count += 1;
        };
        let reply = match (count, with_headers) {
            (3, false) | (4, true) => 0..0,
            (4, false) | (5, true) => third,
            _ => return Err(Malformed),
        };
        let headers = if with_headers { last_but_one } else { Some(0) };
        let (Some(sid), Some(headers), Some(total)) = (sid, headers, last) else {
            return Err(Malformed);
        };
        let most = usize::MAX - start - END;
        if headers > total || total > most as u64 {
            return Err(Malformed);
        }
        let (headers, end) = (start + headers as usize, start + total as usize);
        Ok(Some(Self {
            sid,
            subject,
            reply,
            headers: start..headers,
            payload: headers..end,
        }))
    }

    /// Where the next operation starts: behind the line break that ends the payload.
    pub(super) fn end(&self) -> usize {
        self.payload.end + END
    }
}

pub(super) fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}
