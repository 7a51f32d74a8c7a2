//! Hashes for tables whose keys a client can choose.

use std::hash::BuildHasher;

use siphasher::sip::SipHasher13;

/// SipHash-1-3 under a key that clients do not know, so that they cannot fill one place of a table;
/// the same for the same seed on every host, unlike the standard library's, which has no randomness
/// in a browser's or a Worker's wasm.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeededHash(u64);

impl SeededHash {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }
}

impl BuildHasher for SeededHash {
    type Hasher = SipHasher13;

    fn build_hasher(&self) -> SipHasher13 {
        SipHasher13::new_with_keys(self.0, !self.0.rotate_left(32))
    }
}
