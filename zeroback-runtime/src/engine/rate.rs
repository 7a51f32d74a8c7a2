//! How often a client may call: token buckets (as in RFC 2697, with one rate).
//!
//! What is refused has had no effect, is not recorded, and says when to come again. Subscribing is never
//! refused, since a client that connects again subscribes to all that it had: it takes tokens that are not
//! there yet, and who goes on at that is disconnected.

use std::collections::HashMap;
use std::hash::BuildHasher as _;

use zeroback_protocol::{ErrorCode, RawJson, WireError};

use super::seeded_hash::SeededHash;
use super::viewer::Viewer;

/// How many calls are granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    pub(super) per_second: usize,
    /// How many at once, after a pause.
    pub(super) burst: usize,
}

/// What one caller has left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    /// Thousandths of calls; below nothing is debt.
    left: i64,
    at_ms: i64,
}

/// One call, in thousandths.
const CALL: i64 = 1_000;

impl Bucket {
    /// Begins full.
    pub(super) fn new(rate: Rate, now_ms: i64) -> Self {
        Self {
            left: rate.full(),
            at_ms: now_ms,
        }
    }

    /// Takes a call, or says after how many milliseconds there is one.
    pub(super) fn take(&mut self, rate: Rate, now_ms: i64) -> Result<(), i64> {
        self.refill(rate, now_ms);
        if self.left >= CALL {
            self.left -= CALL;
            return Ok(());
        }
        let missing = CALL - self.left;
        let per_ms = rate.per_ms();
        Err((missing + per_ms - 1) / per_ms)
    }

    /// Takes a call that may not be there yet; tells whether the debt is as large as a burst.
    pub(super) fn borrow(&mut self, rate: Rate, now_ms: i64) -> bool {
        self.refill(rate, now_ms);
        self.left -= CALL;
        self.left <= -rate.full()
    }

    fn refill(&mut self, rate: Rate, now_ms: i64) {
        // A clock that was set back gives nothing and takes nothing.
        let passed = now_ms.saturating_sub(self.at_ms).max(0);
        self.at_ms = now_ms;
        let gained = passed.saturating_mul(rate.per_ms());
        self.left = self.left.saturating_add(gained).min(rate.full());
    }
}

/// What everybody has left who is signed in, wherever they call from.
///
/// Who has not called for a while has all of it, and is not kept: so there are never more than have called
/// within the time in which a burst comes back, and as many again.
#[derive(Debug)]
pub(super) struct People {
    /// By a hash of the person under a key that clients do not know.
    buckets: HashMap<u64, Bucket>,
    hash: SeededHash,
    /// When there are so many, those who have all of it are forgotten.
    swept_at: usize,
}

/// How many people are kept before anybody looks who need not be.
const PEOPLE_MIN: usize = 1_024;

impl People {
    /// Begins without any.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            buckets: HashMap::new(),
            hash: SeededHash::new(seed),
            swept_at: PEOPLE_MIN,
        }
    }

    /// Takes a call of somebody's, or says after how many milliseconds there is one. Nobody is not
    /// somebody.
    pub(super) fn take(&mut self, viewer: &Viewer, rate: Rate, now_ms: i64) -> Result<(), i64> {
        let bucket = self.bucket(viewer, rate, now_ms);
        bucket.map_or(Ok(()), |bucket| bucket.take(rate, now_ms))
    }

    /// Takes a call of somebody's that may not be there yet.
    pub(super) fn borrow(&mut self, viewer: &Viewer, rate: Rate, now_ms: i64) {
        if let Some(bucket) = self.bucket(viewer, rate, now_ms) {
            bucket.borrow(rate, now_ms);
        }
    }

    fn bucket(&mut self, viewer: &Viewer, rate: Rate, now_ms: i64) -> Option<&mut Bucket> {
        let person = self.hash.hash_one(viewer.person()?);
        if self.buckets.len() >= self.swept_at {
            self.buckets.retain(|_, bucket| {
                bucket.refill(rate, now_ms);
                bucket.left < rate.full()
            });
            self.swept_at = (2 * self.buckets.len()).max(PEOPLE_MIN);
        }
        let new = || Bucket::new(rate, now_ms);
        Some(self.buckets.entry(person).or_insert_with(new))
    }
}

impl Rate {
    fn full(self) -> i64 {
        let burst = i64::try_from(self.burst.max(1)).unwrap_or(i64::MAX);
        burst.saturating_mul(CALL)
    }

    /// Thousandths of calls for a millisecond: as many as calls for a second.
    fn per_ms(self) -> i64 {
        i64::try_from(self.per_second.max(1)).unwrap_or(i64::MAX)
    }
}

/// Returns what a call is told that comes too soon.
pub(super) fn too_soon(retry_after_ms: i64) -> WireError {
    let text = format!("too many calls; try again in {retry_after_ms} ms");
    let data = format!(r#"{{"retryAfterMs":{retry_after_ms}}}"#);
    WireError {
        data: Some(RawJson::from_encoded(data)),
        ..WireError::new(ErrorCode::RATE_LIMITED, text)
    }
    .to_be_resent()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Identity;

    const RATE: Rate = Rate {
        per_second: 10,
        burst: 3,
    };

    #[test]
    fn a_burst_is_granted_and_then_as_many_as_come_back() {
        let mut bucket = Bucket::new(RATE, 0);
        let mut take = |now_ms| bucket.take(RATE, now_ms);
        assert_eq!([0, 0, 0].map(&mut take), [Ok(()); 3]);
        assert_eq!(take(0), Err(100));
        assert_eq!(take(99), Err(1));
        assert_eq!(take(100), Ok(()));
        assert_eq!(take(100), Err(100));
        assert_eq!(
            [10_000; 4].map(&mut take),
            [Ok(()), Ok(()), Ok(()), Err(100)]
        );
    }

    #[test]
    fn a_clock_that_is_set_back_takes_nothing() {
        let mut bucket = Bucket::new(RATE, 1_000);
        assert_eq!(bucket.take(RATE, 0), Ok(()));
        assert_eq!(bucket.take(RATE, 0), Ok(()));
        assert_eq!(bucket.take(RATE, 0), Ok(()));
        assert_eq!(bucket.take(RATE, 0), Err(100));
        assert_eq!(bucket.take(RATE, 100), Ok(()));
    }

    #[test]
    fn people_are_forgotten_who_have_all_that_they_may() {
        let somebody = |subject: usize| {
            Viewer::of(Identity {
                subject: subject.to_string(),
                ..Identity::default()
            })
        };
        let mut people = People::new(1);
        for subject in [0, 0].into_iter().chain(0..PEOPLE_MIN) {
            assert_eq!(people.take(&somebody(subject), RATE, 0), Ok(()));
        }
        // Each has back what it has taken but the first.
        assert_eq!(people.take(&somebody(PEOPLE_MIN), RATE, 100), Ok(()));
        assert_eq!(people.buckets.len(), 2);
        assert_eq!(people.take(&somebody(0), RATE, 100), Ok(()));
        assert_eq!(people.take(&somebody(0), RATE, 100), Err(100));
        assert_eq!(people.take(&Viewer::default(), RATE, 100), Ok(()));
    }

    #[test]
    fn what_is_borrowed_is_paid_back_before_the_next_call() {
        let mut bucket = Bucket::new(RATE, 0);
        assert_eq!([0; 5].map(|now_ms| bucket.borrow(RATE, now_ms)), [false; 5]);
        assert_eq!(bucket.take(RATE, 0), Err(300));
        assert!(bucket.borrow(RATE, 0));
    }
}
