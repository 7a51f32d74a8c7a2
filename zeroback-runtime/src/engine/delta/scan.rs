//! Where values begin and end in a text that the encoder wrote: there is nothing between its tokens.
//!
//! Nothing here panics, whatever the text; of one that is no JSON the places mean nothing. Strings are
//! mostly short, and then a loop over bytes is faster than any search that has to be set up.

use std::ops::Range;

use memchr::memchr;

/// Which part of an array or an object a place lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Where the bracket or the comma before the part stands.
    pub(super) edge: usize,
    /// How many parts come before it.
    pub(super) index: usize,
}

/// The parts of an array or an object, in order: elements, or members.
#[derive(Clone, Copy)]
pub(super) struct Parts<'t> {
    text: &'t [u8],
    is_object: bool,
    /// Where the opening bracket, the comma before the next part or the closing bracket stands.
    pub(super) edge: usize,
}

impl<'t> Parts<'t> {
    /// Begins before the first part of what opens at `open`.
    pub(super) fn of(text: &'t [u8], open: usize) -> Self {
        let is_empty = matches!(text.get(open + 1), Some(b']' | b'}'));
        Self {
            text,
            is_object: text[open] == b'{',
            edge: open + usize::from(is_empty),
        }
    }

    /// Returns how many bytes there are from the edge to the end of the text.
    pub(super) fn bytes_left(&self) -> usize {
        self.text.len().saturating_sub(self.edge)
    }

    /// Returns the text from the edge to its end.
    pub(super) fn rest(&self) -> &'t [u8] {
        self.text.get(self.edge..).unwrap_or_default()
    }

    /// Returns where the next part begins, if there is one.
    pub(super) fn next_start(&self) -> Option<usize> {
        let edge = self.text.get(self.edge)?;
        (!matches!(edge, b']' | b'}')).then_some(self.edge + 1)
    }

    /// Returns the place of the next part, and goes behind it.
    pub(super) fn next_part(&mut self) -> Option<Range<usize>> {
        let start = self.next_start()?;
        self.edge = self.part_end(start, self.text.len());
        Some(start.min(self.edge)..self.edge)
    }

    /// Goes over the parts that end within the next `bytes`, together with what follows them.
    pub(super) fn skip_parts(&mut self, bytes: usize) -> usize {
        let limit = self.text.len().min(self.edge + bytes);
        let mut skipped = 0;
        while let Some(start) = self.next_start() {
            let edge = self.part_end(start, limit);
            if edge >= limit {
                break;
            }
            self.edge = edge;
            skipped += 1;
        }
        skipped
    }

    /// Returns the place behind a part, or `limit` where it does not end before.
    fn part_end(&self, start: usize, limit: usize) -> usize {
        let text = &self.text[..limit];
        match self.is_object {
            true => value_end(text, member_value(text, start)),
            false => value_end(text, start),
        }
    }
}

/// Returns the key of the member that begins at `start`, in its quotes.
pub(super) fn member_key(text: &[u8], start: usize) -> &[u8] {
    text.get(start..string_end(text, start)).unwrap_or_default()
}

/// Returns where the value of the member begins whose key begins at `start`.
pub(super) fn member_value(text: &[u8], start: usize) -> usize {
    string_end(text, start) + 1
}

/// Returns the `_id` that an element begins with, in its quotes.
pub(super) fn id_at(text: &[u8], start: usize) -> Option<&[u8]> {
    const BEFORE: &[u8] = br#"{"_id":"#;
    let id = text.get(start..)?.strip_prefix(BEFORE)?;
    id.starts_with(b"\"").then(|| &id[..string_end(id, 0)])
}

/// Returns what is open at `end`, from the outside in, and the part of each in which `end` lies.
pub(super) fn path_to(text: &[u8], end: usize) -> Vec<Frame> {
    let text = &text[..end];
    let mut path: Vec<Frame> = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                at = string_end(text, at);
                continue;
            }
            b'{' | b'[' => path.push(Frame { edge: at, index: 0 }),
            b'}' | b']' => drop(path.pop()),
            b',' => {
                if let Some(frame) = path.last_mut() {
                    frame.edge = at;
                    frame.index += 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    path
}

/// Returns the place behind the value that begins at `start`, or the end of the text.
pub(super) fn value_end(text: &[u8], start: usize) -> usize {
    match text.get(start) {
        Some(b'"') => string_end(text, start),
        Some(b'{' | b'[') => container_end(text, start),
        _ => {
            let is_end = |byte: &u8| matches!(byte, b',' | b']' | b'}');
            let rest = text.get(start..).unwrap_or_default();
            let end = rest.iter().position(is_end).map(|end| start + end);
            end.unwrap_or(text.len())
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

/// Returns the place behind the string whose opening quote is at `start`, or the end of the text.
fn string_end(text: &[u8], start: usize) -> usize {
    /// Longer strings are searched, and not looped over.
    const SHORT_BYTES: usize = 48;
    let mut at = start + 1;
    let short = text.len().min(at + SHORT_BYTES);
    while at < short {
        match text[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    // Here `at` is not behind a backslash that escapes: an escape is gone over as a whole.
    let from = at;
    while let Some(found) = text.get(at..).and_then(|rest| memchr(b'"', rest)) {
        let quote = at + found;
        let before = text[from..quote].iter().rev();
        at = quote + 1;
        if before.take_while(|byte| **byte == b'\\').count() % 2 == 0 {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::{Frame, path_to, value_end};

    #[test]
    fn the_end_of_a_value_is_found_whatever_its_strings_hold() {
        for bytes in (0..200).chain([5_000]) {
            for end in ["", r"\\", r#"\""#, r#"\\\""#, r#"\"]},{["#, "é"] {
                let text = format!("{}{end}", "x".repeat(bytes));
                let string = format!(r#""{text}""#);
                let value = format!(r#"{{"k":[{string},{{"{text}":{string}}}],"n":-1}}"#);
                for value in [string, value, "null".to_owned(), "[]".to_owned()] {
                    let list = format!("[1,{value},2]");
                    assert_eq!(value_end(list.as_bytes(), 3), 3 + value.len(), "{list}");
                    let cut = &list.as_bytes()[..2 + value.len()];
                    assert_eq!(value_end(cut, 3), cut.len(), "{list}");
                }
            }
        }
    }

    #[test]
    fn the_path_to_a_place_names_the_open_part_of_each_level() {
        let text = br#"{"a,b":[1,"x],",{"c":[]},{"d":"e"#;
        let frame = |edge, index| Frame { edge, index };
        assert_eq!(
            path_to(text, text.len()),
            [frame(0, 0), frame(24, 3), frame(25, 0)]
        );
        assert_eq!(path_to(text, 10), [frame(0, 0), frame(9, 1)]);
        assert_eq!(path_to(text, 0), []);
    }
}
