//! Where values begin and end in a text that the encoder wrote: there is nothing between its tokens.
//!
//! Nothing here panics, whatever the text; of one that is no JSON the places mean nothing.

use std::ops::Range;

use memchr::memchr;

/// What an array or an object consists of, in order: elements, or members.
#[derive(Clone)]
pub(super) struct Parts<'t> {
    text: &'t [u8],
    /// Where the opening bracket, the comma before the next part or the closing bracket stands.
    edge: usize,
}

impl<'t> Parts<'t> {
    /// Begins before the first part of an array or an object.
    pub(super) fn of(text: &'t [u8]) -> Self {
        let is_empty = matches!(text, [_, b']' | b'}']);
        Self {
            text,
            edge: usize::from(is_empty),
        }
    }

    /// Returns how many bytes there are from the edge to the end of the text: the edge's byte is one.
    pub(super) fn bytes_left(&self) -> usize {
        self.text.len() - self.edge
    }

    /// Returns the text from the edge to its end.
    pub(super) fn rest(&self) -> &'t [u8] {
        &self.text[self.edge..]
    }

    /// Returns where the next part begins, if there is one.
    pub(super) fn next_start(&self) -> Option<usize> {
        // A closing bracket is the last byte.
        let start = self.edge + 1;
        (start < self.text.len()).then_some(start)
    }

    /// Returns the place of the next element, and goes behind it.
    pub(super) fn next_element(&mut self) -> Option<Range<usize>> {
        let start = self.next_start()?;
        self.edge = self.edge_at(value_end(self.text, start));
        Some(start..self.edge)
    }

    /// Returns the places of the next member's key, in its quotes, and value, and goes behind them.
    pub(super) fn next_member(&mut self) -> Option<(Range<usize>, Range<usize>)> {
        let start = self.next_start()?;
        let key_end = self.edge_at(string_end(self.text, start));
        let value_start = self.edge_at(key_end + 1);
        self.edge = self.edge_at(value_end(self.text, value_start));
        Some((start..key_end, value_start..self.edge))
    }

    /// Goes over the elements that end within the next `bytes`, together with what follows them.
    pub(super) fn skip_elements(&mut self, bytes: usize) -> usize {
        let end = self.edge + bytes;
        let mut skipped = 0;
        while let Some(start) = self.next_start() {
            let edge = value_end(self.text, start);
            if edge >= end {
                break;
            }
            self.edge = edge;
            skipped += 1;
        }
        skipped
    }

    /// Goes on by as much as another text's parts did, over the same bytes.
    pub(super) fn skip_bytes(&mut self, bytes: usize) {
        self.edge = self.edge_at(self.edge + bytes);
    }

    /// Keeps an edge inside the text: the last byte is that of the closing bracket.
    fn edge_at(&self, place: usize) -> usize {
        place.min(self.text.len() - 1)
    }
}

/// Returns the `_id` that an element begins with, in its quotes.
pub(super) fn id_at(text: &[u8], start: usize) -> Option<&[u8]> {
    const BEFORE: &[u8] = br#"{"_id":"#;
    let id = text.get(start..)?.strip_prefix(BEFORE)?;
    id.starts_with(b"\"").then(|| &id[..string_end(id, 0)])
}

/// Returns the place behind the value that begins at `start`.
fn value_end(text: &[u8], start: usize) -> usize {
    match text.get(start) {
        Some(b'"') => string_end(text, start),
        Some(b'{' | b'[') => container_end(text, start),
        _ => {
            let is_end = |byte: &u8| matches!(byte, b',' | b']' | b'}');
            let rest = text.get(start..).unwrap_or_default();
            start + rest.iter().position(is_end).unwrap_or(rest.len())
        }
    }
}

fn container_end(text: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                at = string_end(text, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// Returns the place behind the string whose opening quote is at `start`.
fn string_end(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(found) = text.get(at..).and_then(|rest| memchr(b'"', rest)) {
        let quote = at + found;
        let before = &text[start + 1..quote];
        let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\');
        at = quote + 1;
        if backslashes.count() % 2 == 0 {
            return at;
        }
    }
    text.len()
}
