//! Texts of errors that quote what somebody has sent: long enough to know it by, and no longer.

use std::borrow::Cow;

/// How many bytes stay at the beginning, and at the end.
const SHOWN_BYTES: usize = 200;

/// Leaves the middle of a long text out.
#[doc(hidden)]
#[must_use]
pub fn shortened(text: &str) -> Cow<'_, str> {
    let head = text.floor_char_boundary(SHOWN_BYTES);
    let tail = text.ceil_char_boundary(text.len().saturating_sub(SHOWN_BYTES));
    if tail <= head {
        return text.into();
    }
    format!("{}…{}", &text[..head], &text[tail..]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_middle_of_a_long_text_goes() {
        let short = "é".repeat(SHOWN_BYTES);
        assert_eq!(shortened(&short), short);
        assert_eq!(shortened(""), "");
        let long = format!("a{}z", "é".repeat(100_000));
        let shown = shortened(&long);
        assert!(shown.len() <= 2 * SHOWN_BYTES + 3, "{shown}");
        assert!(shown.starts_with("aé") && shown.ends_with("éz"), "{shown}");
    }
}
