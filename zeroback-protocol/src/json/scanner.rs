//! Where values begin and end in a text.

use std::borrow::Cow;

use super::JsonError;

/// As serde_json: no value is nested deeper.
pub(super) const DEPTH_MAX: usize = 128;

/// A place in a text.
#[derive(Clone)]
pub(crate) struct Scanner<'j> {
    text: &'j str,
    at: usize,
    depth: usize,
}

impl<'j> Scanner<'j> {
    pub(crate) fn new(text: &'j str) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
        }
    }

    /// Returns the byte that the next token begins with; 0 at the end.
    pub(crate) fn peek(&mut self) -> u8 {
        while matches!(self.byte(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
        self.byte()
    }

    /// Takes a token of one byte, if it is the next.
    pub(crate) fn take(&mut self, token: u8) -> bool {
        let is_next = self.peek() == token;
        self.at += usize::from(is_next);
        is_next
    }

    pub(crate) fn expect(&mut self, token: u8, fault: &str) -> Result<(), JsonError> {
        self.take(token)
            .then_some(())
            .ok_or_else(|| JsonError::new(fault))
    }

    /// Takes what begins a list or an object.
    pub(crate) fn open(&mut self, token: u8, fault: &str) -> Result<(), JsonError> {
        self.expect(token, fault)?;
        self.depth += 1;
        match self.depth < DEPTH_MAX {
            true => Ok(()),
            false => Err(JsonError::new("it is nested too deeply")),
        }
    }

    /// Goes to the next element or member of what was opened, and tells whether there is one; takes what ends it.
    pub(crate) fn next(&mut self, is_first: bool, end: u8) -> Result<bool, JsonError> {
        if self.take(end) {
            self.depth -= 1;
            return Ok(false);
        }
        if !is_first {
            self.expect(b',', "expected a comma or an end")?;
        }
        Ok(true)
    }

    /// Takes a name and the colon behind it.
    pub(crate) fn name(&mut self) -> Result<Cow<'j, str>, JsonError> {
        let name = self.string()?;
        self.expect(b':', "expected a colon")?;
        Ok(name)
    }

    /// Takes a string.
    pub(crate) fn string(&mut self) -> Result<Cow<'j, str>, JsonError> {
        self.expect(b'"', "expected a string")?;
        let mut start = self.at;
        let mut text = String::new();
        loop {
            match self.byte() {
                b'"' => break,
                b'\\' => {
                    text.push_str(&self.text[start..self.at]);
                    self.at += 1;
                    text.push(self.escaped()?);
                    start = self.at;
                }
                0..0x20 => return Err(JsonError::new("a string has no end")),
                _ => self.at += 1,
            }
        }
        let rest = &self.text[start..self.at];
        self.at += 1;
        if text.is_empty() {
            return Ok(Cow::Borrowed(rest));
        }
        text.push_str(rest);
        Ok(Cow::Owned(text))
    }

    /// Takes a number.
    pub(crate) fn number(&mut self) -> Result<&'j str, JsonError> {
        self.peek();
        let start = self.at;
        self.at += usize::from(self.byte() == b'-');
        let is_zero = self.byte() == b'0';
        let whole = self.digits();
        let mut is_number = whole > 0 && !(is_zero && whole > 1);
        if self.byte() == b'.' {
            self.at += 1;
            is_number &= self.digits() > 0;
        }
        if matches!(self.byte(), b'e' | b'E') {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), b'+' | b'-'));
            is_number &= self.digits() > 0;
        }
        match is_number {
            true => Ok(&self.text[start..self.at]),
            false => Err(JsonError::new("expected a value")),
        }
    }

    /// Takes a word, if it is the next.
    pub(crate) fn word(&mut self, word: &str) -> bool {
        self.peek();
        let is_next = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    /// Takes any value, and returns its text.
    pub(crate) fn value(&mut self) -> Result<&'j str, JsonError> {
        self.peek();
        let start = self.at;
        self.skip()?;
        Ok(&self.text[start..self.at])
    }

    pub(crate) fn skip(&mut self) -> Result<(), JsonError> {
        match self.peek() {
            b'"' => drop(self.string()?),
            b'[' => {
                self.open(b'[', "")?;
                let mut is_first = true;
                while self.next(is_first, b']')? {
                    is_first = false;
                    self.skip()?;
                }
            }
            b'{' => {
                self.open(b'{', "")?;
                let mut is_first = true;
                while self.next(is_first, b'}')? {
                    is_first = false;
                    self.name()?;
                    self.skip()?;
                }
            }
            _ if self.word("null") || self.word("true") || self.word("false") => {}
            _ => drop(self.number()?),
        }
        Ok(())
    }

    /// Takes the end of the text.
    pub(crate) fn end(&mut self) -> Result<(), JsonError> {
        self.peek();
        match self.at == self.text.len() {
            true => Ok(()),
            false => Err(JsonError::new("expected the end")),
        }
    }

    fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.byte().is_ascii_digit() {
            self.at += 1;
        }
        self.at - start
    }

    fn escaped(&mut self) -> Result<char, JsonError> {
        let byte = self.byte();
        self.at += 1;
        let escaped = match byte {
            b'"' | b'\\' | b'/' => byte.into(),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let mut code = self.code()?;
                let is_half = (0xd800..0xdc00).contains(&code);
                if is_half && self.text.as_bytes()[self.at..].starts_with(b"\\u") {
                    self.at += 2;
                    let low = self.code()?.wrapping_sub(0xdc00);
                    if low < 0x400 {
                        code = 0x10000 + ((code - 0xd800) << 10) + low;
                    }
                }
                // Half a pair is no character.
                char::from_u32(code).ok_or_else(|| JsonError::new("expected a character"))?
            }
            _ => return Err(JsonError::new("expected an escape")),
        };
        Ok(escaped)
    }

    fn code(&mut self) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = char::from(self.byte()).to_digit(16);
            let digit = digit.ok_or_else(|| JsonError::new("expected four digits"))?;
            code = code << 4 | digit;
            self.at += 1;
        }
        Ok(code)
    }
}
