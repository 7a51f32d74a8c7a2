//! Fingerprints: whether a mutation that is sent again is the one that was sent before.
//!
//! They are kept with the records, so they must stay as they are: SipHash-2-4 over the path, a zero
//! byte and the text of the arguments, under a key of the database's own. Another text of equal
//! arguments is another call.

use std::fmt;
use std::hash::Hasher as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use siphasher::sip::SipHasher24;
use siphasher::sip128::{self, Hasher128 as _};
use zeroback_protocol::{ActionKey, Call, QueueId};

/// The key of a database's fingerprints.
#[derive(Clone, Copy)]
pub(in crate::engine) struct FingerprintKey(pub(in crate::engine) [u8; 16]);

/// Tells one call from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Fingerprint(pub(super) String);

impl Fingerprint {
    /// Returns that of a place in which no mutation is made, whichever comes.
    pub(super) fn of_any() -> Self {
        Self("?".to_owned())
    }

    /// Returns its text.
    pub(in crate::engine) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FingerprintKey {
    pub(in crate::engine) fn of_call(&self, call: &Call) -> Fingerprint {
        self.of(&call.path, call.args.as_str())
    }

    /// Returns that of the call of a path with arguments.
    pub(in crate::engine) fn of(&self, path: &str, args: &str) -> Fingerprint {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write(path.as_bytes());
        hasher.write(&[0]);
        hasher.write(args.as_bytes());
        Fingerprint(URL_SAFE_NO_PAD.encode(hasher.finish().to_be_bytes()))
    }

    /// Returns the queue that an id names for a person: what is done under it is nobody else's.
    pub(in crate::engine) fn of_person(
        &self,
        id: QueueId,
        person: Option<(&str, &str)>,
    ) -> QueueId {
        let Some((issuer, subject)) = person else {
            return id;
        };
        let mut hasher = sip128::SipHasher24::new_with_key(&self.0);
        hasher.write(&id.0);
        // Where one ends and the other begins.
        hasher.write(&(issuer.len() as u64).to_le_bytes());
        hasher.write(issuer.as_bytes());
        hasher.write(subject.as_bytes());
        QueueId(hasher.finish128().as_u128().to_be_bytes())
    }

    /// Returns the name under which a client knows a person, which tells nobody who it is.
    pub(in crate::engine) fn name_of_person(&self, person: (&str, &str)) -> String {
        let name = self.of_person(self.of_key(b"\0name"), Some(person));
        URL_SAFE_NO_PAD.encode(name.0)
    }

    /// Returns what is kept of an `Idempotency-Key`.
    pub(in crate::engine) fn of_idempotency_key(&self, key: &str) -> QueueId {
        self.of_key(key.as_bytes())
    }

    /// Returns what is kept of the key of an action.
    pub(in crate::engine) fn of_action_key(&self, key: ActionKey) -> QueueId {
        // An `Idempotency-Key` is visible ASCII, so it is never one of these.
        self.of_key(&[&[0], key.0.as_slice()].concat())
    }

    fn of_key(&self, key: &[u8]) -> QueueId {
        let mut hasher = sip128::SipHasher24::new_with_key(&self.0);
        hasher.write(key);
        QueueId(hasher.finish128().as_u128().to_be_bytes())
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey")
    }
}

#[cfg(test)]
mod tests {
    use zeroback_protocol::RawJson;

    use super::*;

    const KEY: FingerprintKey = FingerprintKey([7; 16]);

    fn of(key: FingerprintKey, path: &str, args: &str) -> String {
        let call = Call {
            path: path.to_owned(),
            args: RawJson::from_encoded(args),
        };
        key.of_call(&call).0
    }

    #[test]
    fn fingerprints_stay_as_they_are() {
        // They are in databases: another text here means that resends are refused after an update.
        expect_test::expect!["ilSvCDYARz0"].assert_eq(&of(KEY, "counters:add", r#"{"by":1}"#));
        expect_test::expect!["cYbkL3uggczNgw_LbB6caQ"]
            .assert_eq(&KEY.of_idempotency_key("order-1").to_text());
    }

    #[test]
    fn queues_of_two_people_are_two() {
        let id = QueueId([1; 16]);
        let of = |issuer, subject| KEY.of_person(id, Some((issuer, subject))).to_text();
        assert_eq!(KEY.of_person(id, None), id);
        // It is in databases, as above.
        expect_test::expect!["m6Y1CgVLHE796JEANsdaeg"].assert_eq(&of("a", "bc"));
        assert_ne!(of("a", "bc"), of("ab", "c"));
        assert_ne!(of("a", "b"), of("a", "c"));
    }

    #[test]
    fn another_call_or_database_has_another_fingerprint() {
        let one = of(KEY, "a", "{}");
        assert_eq!(of(KEY, "a", "{}"), one);
        for other in [
            of(KEY, "b", "{}"),
            of(KEY, "a", "{ }"),
            of(KEY, "", "a{}"),
            of(FingerprintKey([8; 16]), "a", "{}"),
        ] {
            assert_ne!(other, one);
        }
    }
}
