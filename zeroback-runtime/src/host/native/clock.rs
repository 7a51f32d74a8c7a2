//! The host's clock and entropy.

use std::time::{SystemTime, UNIX_EPOCH};

use zeroback_protocol::Timestamp;

/// Returns the time of the machine's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "this is where the host reads the clock"
)]
pub(crate) fn now() -> Timestamp {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_unix_ms(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

/// Returns 256 random bits of the operating system's.
pub(crate) fn entropy() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the operating system gives entropy");
    bytes
}

/// Returns 64 random bits of the operating system's.
pub(crate) fn seed() -> u64 {
    getrandom::u64().expect("the operating system gives entropy")
}
