//! The part of a file that a client asks for (RFC 9110, section 14).

use std::ops::Range;

/// What to send of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Whole,
    Part(Range<u64>),
    /// A part that it does not have.
    None,
}

/// Reads a `Range`. What is no range of bytes, or several of them, is ignored, as the standard has it.
pub(super) fn wanted(range: Option<&str>, size: u64) -> Wanted {
    let bounds = range
        .and_then(|range| range.strip_prefix("bytes="))
        .and_then(|range| range.trim().split_once('-'));
    let Some((first, last)) = bounds else {
        return Wanted::Whole;
    };
    let part = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Some(first), None) if last.is_empty() => first..size,
        (None, Some(count)) if first.is_empty() => size.saturating_sub(count)..size,
        _ => return Wanted::Whole,
    };
    if part.is_empty() {
        return Wanted::None;
    }
    Wanted::Part(part)
}

fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // One that is too large for a file is larger than any.
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_a_part_of_what_is_there() {
        #[track_caller]
        fn check(range: &str, expected: Wanted) {
            assert_eq!(wanted(Some(range), 10), expected, "{range}");
        }
        check("bytes=0-0", Wanted::Part(0..1));
        check("bytes=2-5", Wanted::Part(2..6));
        check("bytes=2-", Wanted::Part(2..10));
        check("bytes=2-99", Wanted::Part(2..10));
        check("bytes=2-99999999999999999999999", Wanted::Part(2..10));
        check("bytes=-3", Wanted::Part(7..10));
        check("bytes=-30", Wanted::Part(0..10));
        check("bytes=10-", Wanted::None);
        check("bytes=10-12", Wanted::None);
        check("bytes=-0", Wanted::None);
        for range in [
            "bytes=5-2",
            "bytes=-",
            "bytes=",
            "bytes=a-b",
            "bytes=1-2,4-5",
            "lines=1-2",
            "bytes=+1-2",
            "1-2",
        ] {
            check(range, Wanted::Whole);
        }
        assert_eq!(wanted(None, 10), Wanted::Whole);
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::None);
    }
}
