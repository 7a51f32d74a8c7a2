//! What went over the wire during one behaviour, for whoever has to find out why it failed.

use std::cell::RefCell;
use std::fmt::Write as _;

/// Longer frames are cut in the middle.
const LINE_BYTES_MAX: usize = 600;

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Notes a line; behaviours run on one thread each.
pub fn note(who: &str, direction: &str, text: &str) {
    let line = format!("{who:>8} {direction} {}", shortened(text));
    LINES.with_borrow_mut(|lines| lines.push(line));
}

/// Takes what was noted on this thread.
#[must_use]
pub fn take() -> String {
    LINES.with_borrow_mut(|lines| std::mem::take(lines).join("\n"))
}

fn shortened(text: &str) -> String {
    if text.len() <= LINE_BYTES_MAX {
        return text.to_owned();
    }
    let head: String = text.chars().take(LINE_BYTES_MAX / 2).collect();
    let mut short = head;
    let _ = write!(short, " … ({} bytes)", text.len());
    short
}
