//! Cursors: places in a query's results, sealed.
//!
//! A cursor holds key values only, is encrypted and authenticated with a key of the database's own
//! (AES-SIV, RFC 5297, which needs no nonce: the same place has the same cursor, so that a page
//! that has not changed is the same text), and is bound to the query that it came from. Whatever
//! else a client sends is refused. It is only ever a bound within the query's own range.

use aes_siv::KeyInit as _;
use aes_siv::siv::Aes128Siv;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroback_protocol::ErrorCode;

use super::store::{Store, StoreError};
use crate::key::KeyPart;
use crate::{Error, Result};

/// Seals cursors and opens them.
pub(super) struct CursorKey([u8; CursorKey::BYTES]);

/// A place in a query's results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Place {
    /// Behind the key with these values, after the query's own prefix.
    #[serde(rename = "k")]
    Key(Vec<Part>),
    /// Behind so many results.
    #[serde(rename = "n")]
    Count(u64),
    /// Behind all there are and will be.
    #[serde(rename = "e")]
    End,
}

/// A value of a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Part {
    #[serde(rename = "0")]
    Null,
    #[serde(rename = "i")]
    Integer(i64),
    #[serde(rename = "r")]
    Real(u64),
    #[serde(rename = "t")]
    Text(String),
    #[serde(rename = "b")]
    Blob(Vec<u8>),
}

impl CursorKey {
    const BYTES: usize = 32;

    /// Returns the database's own key, made by SQLite's source of randomness at the first start.
    pub(super) fn load<S: Store>(store: &S) -> Result<Self, StoreError> {
        store.execute(
            "CREATE TABLE IF NOT EXISTS _zeroback_keys (
                name TEXT NOT NULL PRIMARY KEY,
                key TEXT NOT NULL
            ) STRICT",
            &[],
        )?;
        store.execute(
            "INSERT INTO _zeroback_keys (name, key) VALUES ('cursor', lower(hex(randomblob(32))))
             ON CONFLICT DO NOTHING",
            &[],
        )?;
        let hex = store.text("SELECT key FROM _zeroback_keys WHERE name = 'cursor'", &[])?;
        let bytes = hex.and_then(|hex| bytes_of(&hex));
        bytes
            .map(Self)
            .ok_or_else(|| StoreError::new("the key of the cursors is damaged"))
    }

    /// Seals a place in the results of a query.
    pub(super) fn seal(&self, query: &str, place: &Place) -> Result<String> {
        let plain = serde_json::to_vec(place)?;
        let sealed = self
            .cipher()
            .encrypt([query.as_bytes()], &plain)
            .map_err(|_| Error::internal("a cursor could not be sealed"))?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens a cursor of a query.
    pub(super) fn open(&self, query: &str, cursor: &str) -> Result<Place> {
        let sealed = URL_SAFE_NO_PAD.decode(cursor).ok();
        let plain =
            sealed.and_then(|sealed| self.cipher().decrypt([query.as_bytes()], &sealed).ok());
        let place = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        place.ok_or_else(bad_cursor)
    }

    /// Seals a text for a purpose that is no query's.
    pub(super) fn seal_text(&self, purpose: &str, text: &str) -> Result<String> {
        let sealed = self
            .cipher()
            .encrypt([b"text".as_slice(), purpose.as_bytes()], text.as_bytes())
            .map_err(|_| Error::internal("a text could not be sealed"))?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens a text that was sealed for the same purpose.
    pub(super) fn open_text(&self, purpose: &str, sealed: &str) -> Option<String> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let headers = [b"text".as_slice(), purpose.as_bytes()];
        let text = self.cipher().decrypt(headers, &sealed).ok()?;
        String::from_utf8(text).ok()
    }

    /// Makes another key of the database's own: AES-SIV of nothing is a pseudo-random function of
    /// the associated data (RFC 5297, section 2.4).
    pub(super) fn derive(&self, purpose: &str) -> [u8; 16] {
        let tag = self.cipher().encrypt([purpose.as_bytes()], b"");
        let tag = tag.expect("nothing is not too long");
        tag.try_into().expect("the tag of nothing has 16 bytes")
    }

    fn cipher(&self) -> Aes128Siv {
        Aes128Siv::new(&self.0.into())
    }
}

/// Makes the error of a cursor that does not belong where it was sent.
pub(super) fn bad_cursor() -> Error {
    Error::new(
        ErrorCode::BAD_CURSOR,
        "the cursor is not one of this query: begin with the first page",
    )
}

fn bytes_of(hex: &str) -> Option<[u8; CursorKey::BYTES]> {
    let mut bytes = [0; CursorKey::BYTES];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

impl std::fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CursorKey")
    }
}

impl From<&KeyPart> for Part {
    fn from(part: &KeyPart) -> Self {
        match part {
            KeyPart::Null => Self::Null,
            KeyPart::Integer(value) => Self::Integer(*value),
            KeyPart::Real(value) => Self::Real(value.to_bits()),
            KeyPart::Text(text) => Self::Text(text.clone()),
            KeyPart::Blob(bytes) => Self::Blob(bytes.clone()),
        }
    }
}

impl From<Part> for KeyPart {
    fn from(part: Part) -> Self {
        match part {
            Part::Null => Self::Null,
            Part::Integer(value) => Self::Integer(value),
            Part::Real(bits) => Self::Real(f64::from_bits(bits)),
            Part::Text(text) => Self::Text(text),
            Part::Blob(bytes) => Self::Blob(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: CursorKey = CursorKey([7; 32]);

    fn place() -> Place {
        let parts = [
            KeyPart::Null,
            KeyPart::Integer(i64::MIN),
            KeyPart::Real(f64::MIN_POSITIVE),
            KeyPart::Text("a\0\"".to_owned()),
            KeyPart::Blob(vec![0, 255]),
        ];
        Place::Key(parts.iter().map(Part::from).collect())
    }

    #[test]
    fn a_cursor_leads_back_to_its_place() {
        for place in [place(), Place::Count(5), Place::End] {
            let cursor = KEY.seal("list", &place).unwrap();
            assert_eq!(KEY.open("list", &cursor).unwrap(), place);
        }
    }

    #[test]
    fn the_same_place_has_the_same_cursor() {
        let seal = || KEY.seal("list", &place()).unwrap();
        assert_eq!(seal(), seal());
    }

    #[test]
    fn a_cursor_of_another_query_or_database_is_refused() {
        let cursor = KEY.seal("list", &place()).unwrap();
        let code = |opened: Result<Place>| opened.unwrap_err().code().as_str().to_owned();
        assert_eq!(code(KEY.open("other", &cursor)), "bad_cursor");
        assert_eq!(code(CursorKey([8; 32]).open("list", &cursor)), "bad_cursor");
    }

    #[test]
    fn no_change_of_a_cursor_is_taken() {
        let cursor = KEY.seal("list", &place()).unwrap();
        for at in 0..cursor.len() {
            for put in ["A", "B", "", "=", "'", "\u{1f600}"] {
                let mut changed = cursor.clone();
                changed.replace_range(at..=at, put);
                if changed != cursor {
                    assert!(KEY.open("list", &changed).is_err(), "{changed}");
                }
            }
        }
        for text in ["", "x", "null", "{\"e\":null}", "\0"] {
            assert!(KEY.open("list", text).is_err());
        }
    }
}
