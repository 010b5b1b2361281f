//! Where the reader is in the text.

use std::borrow::Cow;

use super::JsonError;

/// How deep what nobody asked for may be nested.
const DEPTH: u32 = 128;

/// A text and how far it has been read.
#[derive(Debug)]
pub(super) struct Text<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Text<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Something else is here than what is wanted.
    pub(super) fn not(&self, wanted: &str) -> JsonError {
        JsonError::at(self.at, wanted)
    }

    /// The next byte that is no blank, which is not taken yet.
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.byte() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                byte => return byte,
            }
        }
    }

    /// Takes the byte, if it is the next one that is no blank.
    pub(super) fn takes(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    pub(super) fn take(&mut self, byte: u8, wanted: &str) -> Result<(), JsonError> {
        match self.takes(byte) {
            true => Ok(()),
            false => Err(self.not(wanted)),
        }
    }

    /// Takes one of the words `true`, `false` and `null`, if it is what comes next.
    pub(super) fn takes_word(&mut self, word: &str) -> bool {
        self.peek();
        let is_there = self.rest().starts_with(word);
        if is_there {
            self.at += word.len();
        }
        is_there
    }

    /// Nothing but blanks may be left.
    pub(super) fn end(&mut self) -> Result<(), JsonError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.not("the end")),
        }
    }

    /// Goes to the next element of an array or an object, or takes the end of it: then there is none.
    pub(super) fn element(&mut self, end: u8, is_first: bool) -> Result<bool, JsonError> {
        if self.takes(end) {
            return Ok(false);
        }
        if !is_first {
            self.take(b',', "a comma")?;
        }
        Ok(true)
    }

    /// Whether there is a minus, and the whole number behind it; `None` when it is no whole number.
    pub(super) fn number(&mut self) -> Option<(bool, u64)> {
        let is_negative = self.takes(b'-');
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = self.between(start, self.at);
        let is_padded = digits.len() > 1 && digits.starts_with('0');
        let is_whole = !matches!(self.byte(), Some(b'.' | b'e' | b'E')) && !is_padded;
        let number = digits.parse().ok().filter(|_| is_whole)?;
        Some((is_negative, number))
    }

    /// A string without its quotes and escapes.
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.take(b'"', "a string")?;
        let mut whole = Cow::Borrowed("");
        loop {
            let start = self.at;
            let end = loop {
                match self.byte() {
                    Some(byte @ (b'"' | b'\\')) => break byte,
                    None | Some(0..0x20) => return Err(self.not("the end of a string")),
                    Some(_) => self.at += 1,
                }
            };
            let part = self.between(start, self.at);
            self.at += 1;
            match end {
                b'"' if whole.is_empty() => return Ok(Cow::Borrowed(part)),
                b'"' => return Ok(whole + part),
                _ => {
                    let whole = whole.to_mut();
                    whole.push_str(part);
                    whole.push(self.escaped()?);
                }
            }
        }
    }

    /// Passes over a value that nobody asked for.
    pub(super) fn skip(&mut self) -> Result<(), JsonError> {
        self.skip_within(DEPTH)
    }

    fn skip_within(&mut self, depth: u32) -> Result<(), JsonError> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(self.not("as shallow as a value may be"));
        };
        match self.peek() {
            Some(b'"') => self.string().map(|_| ()),
            Some(b'[') => self.skip_elements(b']', depth),
            Some(b'{') => self.skip_elements(b'}', depth),
            Some(b'-' | b'0'..=b'9') => {
                self.skip_number();
                Ok(())
            }
            _ => {
                let mut words = ["null", "true", "false"].into_iter();
                match words.any(|word| self.takes_word(word)) {
                    true => Ok(()),
                    false => Err(self.not("a value")),
                }
            }
        }
    }

    fn skip_elements(&mut self, end: u8, depth: u32) -> Result<(), JsonError> {
        self.at += 1;
        let mut is_first = true;
        while self.element(end, is_first)? {
            is_first = false;
            if end == b'}' {
                self.key()?;
            }
            self.skip_within(depth)?;
        }
        Ok(())
    }

    /// The name of an entry of an object, with the colon after it.
    pub(super) fn key(&mut self) -> Result<Cow<'a, str>, JsonError> {
        let key = self.string()?;
        self.take(b':', "a colon")?;
        Ok(key)
    }

    /// Nobody looks at the number, so nobody minds which it is.
    fn skip_number(&mut self) {
        while let Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9') = self.byte() {
            self.at += 1;
        }
    }

    /// What is meant by what stands after a backslash. Half of a surrogate pair becomes U+FFFD.
    fn escaped(&mut self) -> Result<char, JsonError> {
        let byte = self.byte();
        self.at += 1;
        Ok(match byte {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => self.code_point()?,
            _ => return Err(JsonError::at(self.at - 1, "an escape")),
        })
    }

    fn code_point(&mut self) -> Result<char, JsonError> {
        let first = self.hex()?;
        let before = self.at;
        if (0xd800..0xdc00).contains(&first) && self.rest().starts_with("\\u") {
            self.at += 2;
            let second = self.hex()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// Four hexadecimal digits.
    fn hex(&mut self) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.byte().and_then(|byte| char::from(byte).to_digit(16));
            code = code * 16 + digit.ok_or_else(|| self.not("a hexadecimal digit"))?;
            self.at += 1;
        }
        Ok(code)
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        self.between(self.at, self.text.len())
    }

    /// Both are places of ASCII bytes, or the end, so no character is cut.
    fn between(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }
}
