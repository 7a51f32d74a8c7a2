//! The key of the operator's endpoints. There is no default: without one they are not there.

use std::fmt;
use std::str::FromStr;

use ctutils::CtEq as _;

use crate::engine::bearer;

/// A shorter key could be guessed.
const BYTES_MIN: usize = 16;

/// The key that whoever exports or imports over HTTP has to show.
#[derive(Clone)]
pub struct AdminKey(String);

/// A key that is too short to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdminKeyError;

/// What a request may do with the operator's endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It has the key.
    Granted,
    /// It has no key, or another one.
    Refused,
    /// There is no key, and so there are no endpoints.
    NotThere,
}

impl AdminKey {
    /// Takes a text as the key.
    ///
    /// # Errors
    ///
    /// Fails for one of fewer than 16 bytes.
    pub fn new(key: impl Into<String>) -> Result<Self, AdminKeyError> {
        let key = key.into();
        if key.len() < BYTES_MIN {
            return Err(AdminKeyError);
        }
        Ok(Self(key))
    }

    /// Tells what a request with this `Authorization` may do.
    pub(crate) fn access(key: Option<&Self>, authorization: Option<&str>) -> Access {
        let Some(key) = key else {
            return Access::NotThere;
        };
        match authorization.and_then(bearer) {
            Some(shown) if key.is(shown) => Access::Granted,
            _ => Access::Refused,
        }
    }

    /// Compares in a time that says nothing of where the difference is.
    fn is(&self, shown: &str) -> bool {
        self.0.as_bytes().ct_eq(shown.as_bytes()).to_bool()
    }
}

impl FromStr for AdminKey {
    type Err = AdminKeyError;

    fn from_str(key: &str) -> Result<Self, AdminKeyError> {
        Self::new(key)
    }
}

impl fmt::Debug for AdminKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminKey(…)")
    }
}

impl fmt::Display for AdminKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the admin key must have at least {BYTES_MIN} characters")
    }
}

impl std::error::Error for AdminKeyError {}

#[cfg(test)]
mod tests {
    use super::{Access, AdminKey};

    #[track_caller]
    fn check(authorization: Option<&str>, expected: Access) {
        let key = AdminKey::new("0123456789abcdef").unwrap();
        assert_eq!(AdminKey::access(Some(&key), authorization), expected);
        assert_eq!(AdminKey::access(None, authorization), Access::NotThere);
    }

    #[test]
    fn the_key_and_nothing_else_grants_access() {
        check(Some("Bearer 0123456789abcdef"), Access::Granted);
        check(Some("bearer  0123456789abcdef"), Access::Granted);
        for other in [
            "",
            "Bearer",
            "Bearer ",
            "0123456789abcdef",
            "Basic 0123456789abcdef",
            "Bearer 0123456789abcdeF",
            "Bearer 0123456789abcde",
            "Bearer 0123456789abcdef0",
        ] {
            check(Some(other), Access::Refused);
        }
        check(None, Access::Refused);
    }

    #[test]
    fn a_short_key_is_refused_and_none_is_shown() {
        assert!(AdminKey::new("").is_err());
        assert!(AdminKey::new("0123456789abcde").is_err());
        let key = AdminKey::new("0123456789abcdef").unwrap();
        assert!(!format!("{key:?}").contains('0'));
    }
}
