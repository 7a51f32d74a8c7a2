//! The newest lines, for the operator.

use std::collections::VecDeque;

use zeroback_protocol::{Outcome, RawJson};

use super::Entry;

/// How many lines are kept.
const LINES_MAX: usize = 1_000;

/// The newest lines, each with its number. They are of one life of the program, or of the object.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    entries: VecDeque<Entry>,
    /// How many there were.
    last: u64,
}

impl Recent {
    /// Keeps a line, and gives up the oldest where there are too many.
    pub(crate) fn push(&mut self, entry: Entry) {
        if self.entries.len() >= LINES_MAX {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.last += 1;
    }

    /// Returns those behind a number, the oldest first, as the body of an answer over HTTP.
    pub(crate) fn answer(&self, after: u64) -> String {
        let first = self.last - self.entries.len() as u64 + 1;
        let numbered = (first..).zip(&self.entries);
        let wanted = numbered.filter(|(number, _)| *number > after);
        let lines: Vec<_> = wanted
            .map(|(number, entry)| entry.to_json(Some(number)))
            .collect();
        let list = format!("[{}]", lines.join(","));
        Outcome::Success(RawJson::from_encoded(list)).encode()
    }
}

#[cfg(test)]
mod tests {
    use zeroback_protocol::{ServerRequestId, Timestamp};

    use super::*;
    use crate::engine::{CallKind, CallLine};

    fn lines(recent: &Recent, after: u64) -> Vec<serde_json::Value> {
        let answer: serde_json::Value = serde_json::from_str(&recent.answer(after)).unwrap();
        assert_eq!(answer["status"], "success");
        answer["value"].as_array().unwrap().clone()
    }

    #[test]
    fn the_newest_are_kept_and_have_their_numbers() {
        let mut recent = Recent::default();
        assert!(lines(&recent, 0).is_empty());
        for number in 1..=LINES_MAX as u64 + 5 {
            let line = CallLine {
                request_id: ServerRequestId(number),
                path: "".into(),
                kind: CallKind::Refused,
                took: None,
                documents_read: 0,
                documents_written: 0,
                error_code: None,
            };
            recent.push(Entry::of_call(Timestamp::from_unix_ms(0), line));
        }
        let all = lines(&recent, 0);
        assert_eq!(all.len(), LINES_MAX);
        assert_eq!(all[0]["seq"], 6);
        let newest = lines(&recent, LINES_MAX as u64 + 4);
        assert_eq!(newest.len(), 1);
        assert_eq!(newest[0]["requestId"], "00000000000003ed");
        assert!(lines(&recent, u64::MAX).is_empty());
    }
}
