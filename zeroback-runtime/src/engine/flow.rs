//! How much a client has been sent and has not acknowledged: whoever reads slowly is told less
//! often, and whoever does not read at all is cut off.

use std::collections::VecDeque;

/// About how many pieces the bytes of a connection that are on their way are counted in.
const PIECES: usize = 64;

/// The frames of one connection that are on their way, as far as can be told.
#[derive(Debug)]
pub(super) struct Flow {
    /// Pieces of what was sent, each with the number of transitions up to its end.
    sent: VecDeque<(u64, usize)>,
    bytes: usize,
    newest_bytes: usize,
    transitions: u64,
    /// How many transitions were sent before this engine took the connection over; unknown until
    /// the client says how many it has.
    before: Option<u64>,
    /// Since when, in turns, transitions are held back and nothing was acknowledged.
    silent_since: Option<i64>,
}

impl Flow {
    /// Begins with a connection that is new.
    pub(super) fn new() -> Self {
        Self {
            sent: VecDeque::new(),
            bytes: 0,
            newest_bytes: 0,
            transitions: 0,
            before: Some(0),
            silent_since: None,
        }
    }

    /// Begins with a connection that was another engine's.
    pub(super) fn taken_over() -> Self {
        Self {
            before: None,
            ..Self::new()
        }
    }

    /// Notes a frame, of so many bytes that may be unacknowledged. Small frames are one piece: what is
    /// kept of a connection does not grow with their number.
    pub(super) fn send(&mut self, bytes: usize, is_transition: bool, bytes_max: usize) {
        self.transitions += u64::from(is_transition);
        self.bytes += bytes;
        self.newest_bytes = bytes;
        match self.sent.back_mut() {
            Some((number, piece)) if *piece + bytes <= bytes_max / PIECES => {
                *number = self.transitions;
                *piece += bytes;
            }
            _ => self.sent.push_back((self.transitions, bytes)),
        }
    }

    /// Takes in how many transitions of the connection the client has.
    pub(super) fn acknowledge(&mut self, transitions: u64) {
        let before = *self
            .before
            .get_or_insert(transitions.saturating_sub(self.transitions));
        let until = transitions.saturating_sub(before);
        while let Some((number, bytes)) = self.sent.front().copied()
            && number <= until
        {
            self.sent.pop_front();
            self.bytes -= bytes;
        }
        self.silent_since = None;
    }

    /// Tells whether transitions are to be held back.
    pub(super) fn is_full(&self, bytes_max: usize) -> bool {
        self.bytes > 0 && self.bytes >= bytes_max / 2
    }

    /// Tells whether more is on its way than may be, the newest frame aside.
    pub(super) fn is_over(&self, bytes_max: usize) -> bool {
        self.bytes.saturating_sub(self.newest_bytes) > bytes_max
    }

    /// Notes that in this turn transitions are held back; returns whether the client has been
    /// silent for too long.
    pub(super) fn hold_back(&mut self, now_ms: i64, patience_ms: i64) -> bool {
        let since = *self.silent_since.get_or_insert(now_ms);
        now_ms - since > patience_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_acknowledged_makes_room() {
        let mut flow = Flow::new();
        flow.send(40, true, 0);
        flow.send(20, false, 0);
        flow.send(40, true, 0);
        assert!(flow.is_full(200) && !flow.is_full(202));
        flow.acknowledge(1);
        assert!(
            flow.is_full(80) && !flow.is_full(82),
            "the first two are gone"
        );
        flow.acknowledge(2);
        assert!(!flow.is_full(2));
    }

    #[test]
    fn many_small_frames_are_few_pieces() {
        let mut flow = Flow::new();
        for _ in 0..10_000 {
            flow.send(10, true, 100_000);
        }
        assert!(flow.sent.len() <= 70, "{}", flow.sent.len());
        flow.acknowledge(5_000);
        assert!(flow.is_full(100_000), "half of it is there still");
        flow.acknowledge(10_000);
        assert!(!flow.is_full(2));
    }

    #[test]
    fn the_newest_frame_may_be_of_any_size() {
        let mut flow = Flow::new();
        flow.send(1_000, true, 0);
        assert!(!flow.is_over(10));
        flow.send(1, true, 0);
        assert!(flow.is_over(10));
    }

    #[test]
    fn an_engine_that_takes_over_learns_from_the_first_acknowledgement() {
        let mut flow = Flow::taken_over();
        flow.send(10, true, 0);
        flow.send(10, true, 0);
        flow.acknowledge(52);
        assert!(!flow.is_full(2), "all there was");
        flow.send(10, true, 0);
        flow.send(10, true, 0);
        flow.acknowledge(53);
        assert!(flow.is_full(20) && !flow.is_full(22));
    }

    #[test]
    fn patience_ends_where_nothing_is_acknowledged() {
        let mut flow = Flow::new();
        assert!(!flow.hold_back(0, 30));
        assert!(!flow.hold_back(30, 30));
        flow.acknowledge(0);
        assert!(!flow.hold_back(100, 30), "counted from the next turn on");
        assert!(!flow.hold_back(130, 30));
        assert!(flow.hold_back(131, 30));
    }

    #[test]
    fn more_acknowledged_than_sent_is_no_more_than_all() {
        let mut flow = Flow::new();
        flow.send(10, true, 0);
        flow.acknowledge(u64::MAX);
        flow.send(10, true, 0);
        assert!(flow.is_full(20));
    }
}
