//! What makes a mutation one that is made once, and an action one that runs once, however often it
//! is sent.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base64url;

/// Names a queue of a client's mutations: 128 random bits, which only the client knows.
///
/// On the wire it is 22 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueId(pub [u8; 16]);

/// Names a client's call of an action, which runs once under it: 128 random bits, which only the
/// client knows.
///
/// On the wire it is 22 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionKey(pub [u8; 16]);

/// The place of a mutation in its client's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuePlace {
    /// The queue.
    pub queue: QueueId,
    /// Counts the mutations of the queue, from 1.
    pub sequence: u64,
    /// Up to which sequence the client has all answers.
    pub acked_through: u64,
    /// Whether the mutation may have been sent before.
    pub attempted: bool,
}

/// Gives an id of 128 secret bits its wire form, and keeps it out of logs.
macro_rules! secret_id {
    ($name:ident) => {
        impl $name {
            /// Returns the wire form.
            #[must_use]
            pub fn to_text(self) -> String {
                base64url::encode(&self.0)
            }

            /// Reads the wire form; nothing where the text is none.
            #[must_use]
            pub fn from_text(text: &str) -> Option<Self> {
                let mut bytes = [0; 16];
                base64url::decode(text, &mut bytes).then_some(Self(bytes))
            }
        }

        /// It is a secret.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.to_text())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::from_text(&text).ok_or_else(|| {
                    D::Error::custom("expected 128 bits as 22 characters of base64url")
                })
            }
        }
    };
}

secret_id!(QueueId);
secret_id!(ActionKey);
