//! Ids and creation times: strictly increasing within a database, whatever its clock does.
//!
//! An id is a UUIDv7 (RFC 9562) whose random bits go up within one millisecond (section 6.2,
//! method 2), and whose milliseconds are the document's creation time. So the order of ids is the
//! order of (creation time, id), and every index that ends in the id ends in both.

use fastrand::Rng;
use zeroback_protocol::{RawId, Timestamp};

/// How many bits of an id follow the milliseconds, with version and variant taken out.
const RANDOM_BITS: u32 = 74;

/// The source of a database's ids.
#[derive(Debug)]
pub(super) struct IdSource {
    last: u128,
    rng: Rng,
}

impl IdSource {
    /// Goes on after the last id that the database knows of.
    pub(super) fn new(last: RawId, seed: u64) -> Self {
        Self {
            last: without_marks(last.to_u128()),
            rng: Rng::with_seed(seed),
        }
    }

    /// Returns the next id, and the creation time that it carries.
    ///
    /// The time is `now`, or that of the last id where the clock stands still or went back.
    pub(super) fn next(&mut self, now: Timestamp) -> (RawId, Timestamp) {
        let now_ms = u128::try_from(now.unix_ms()).unwrap_or(0) & ((1 << 48) - 1);
        let fresh = (now_ms << RANDOM_BITS) | (u128::from(self.rng.u64(..)) << (RANDOM_BITS - 65));
        let following = self.last + 1 + u128::from(self.rng.u32(..));
        self.last = fresh.max(following);
        let ms = i64::try_from(self.last >> RANDOM_BITS).expect("48 bits");
        (
            RawId::from_u128(with_marks(self.last)),
            Timestamp::from_unix_ms(ms),
        )
    }

    /// Lets all further ids come after one that was given elsewhere, whatever its random bits are.
    pub(super) fn follow(&mut self, id: RawId) {
        let ms = u128::try_from(id.creation_time().unix_ms()).expect("not negative");
        let last_of_ms = (ms << RANDOM_BITS) | ((1 << RANDOM_BITS) - 1);
        self.last = self.last.max(last_of_ms);
    }

    /// Returns the last id that was given.
    pub(super) fn last(&self) -> RawId {
        RawId::from_u128(with_marks(self.last))
    }
}

/// Puts version 7 and the RFC's variant into 122 bits.
fn with_marks(bits: u128) -> u128 {
    let ms = bits >> RANDOM_BITS;
    let high = (bits >> 62) & 0xfff;
    let low = bits & ((1 << 62) - 1);
    (ms << 80) | (7 << 76) | (high << 64) | (0b10 << 62) | low
}

/// Takes version and variant out again.
fn without_marks(id: u128) -> u128 {
    let ms = id >> 80;
    let high = (id >> 64) & 0xfff;
    let low = id & ((1 << 62) - 1);
    (ms << RANDOM_BITS) | (high << 62) | low
}

/// Returns the least id, as bits, of a document created at a moment.
pub(super) fn first_id_at(unix_ms: i64) -> RawId {
    let ms = u128::try_from(unix_ms.clamp(0, (1 << 48) - 1)).expect("not negative");
    RawId::from_u128(ms << 80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_increase_while_the_clock_stands_still_and_goes_back() {
        let mut ids = IdSource::new(RawId::from_u128(0), 7);
        let mut last = (RawId::from_u128(0), Timestamp::from_unix_ms(0));
        for now_ms in [5_000, 5_000, 5_001, 4_000, 4_000, 6_000] {
            for _ in 0..1_000 {
                let next = ids.next(Timestamp::from_unix_ms(now_ms));
                assert!(next.0 > last.0 && next.1 >= last.1);
                assert_eq!(
                    first_id_at(next.1.unix_ms()).to_u128() >> 80,
                    next.0.to_u128() >> 80
                );
                last = next;
            }
        }
        assert_eq!(last.1.unix_ms(), 6_000);
    }

    #[test]
    fn ids_go_on_after_the_last_one_known() {
        let mut before = IdSource::new(RawId::from_u128(0), 1);
        let (last, _) = before.next(Timestamp::from_unix_ms(9_000));
        let mut after = IdSource::new(last, 2);
        let (next, time) = after.next(Timestamp::from_unix_ms(1));
        assert!(next > last);
        assert_eq!(time.unix_ms(), 9_000);
    }

    #[test]
    fn ids_follow_one_that_was_given_elsewhere() {
        let mut ids = IdSource::new(RawId::from_u128(0), 4);
        let brought = RawId::from_u128((9_000 << 80) | ((1 << 80) - 1));
        ids.follow(brought);
        let (next, time) = ids.next(Timestamp::from_unix_ms(1));
        assert!(next > brought);
        assert_eq!(time.unix_ms(), 9_001);
        ids.follow(first_id_at(5));
        assert!(ids.next(Timestamp::from_unix_ms(1)).0 > next, "never back");
    }

    #[test]
    fn ids_carry_the_marks_of_uuid_version_7() {
        let (id, _) = IdSource::new(RawId::from_u128(0), 3).next(Timestamp::from_unix_ms(1));
        assert_eq!((id.to_u128() >> 76) & 0xf, 7);
        assert_eq!((id.to_u128() >> 62) & 0b11, 0b10);
    }
}
