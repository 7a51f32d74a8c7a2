//! Passwords: what one may be, its hash, and whether one is right.

use std::fmt::Display;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use unicode_normalization::UnicodeNormalization as _;
use zeroback_protocol::ErrorCode;

use crate::{Error, Result, Work};

/// How many characters a password may have.
const CHARS_MIN: usize = 8;
const CHARS_MAX: usize = 256;

/// How many bytes of a salt there are.
const SALT_BYTES: usize = 16;

/// The least that OWASP recommends for argon2id: 19 MiB, passed over twice, by one thread.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// What somebody says that their password is. It is not to be seen in logs.
pub(crate) struct Password(String);

impl Password {
    /// Takes what was typed; the same characters are the same password, on whichever keyboard.
    pub(crate) fn new(typed: &str) -> Self {
        Self(typed.nfc().collect())
    }

    /// Checks that it may be somebody's.
    ///
    /// # Errors
    ///
    /// Fails with `bad_args` for one that is too short or too long.
    pub(crate) fn checked(self) -> Result<Self> {
        if self.has_length() {
            return Ok(self);
        }
        let text = format!("body.password: must have {CHARS_MIN} to {CHARS_MAX} characters");
        Err(Error::new(ErrorCode::BAD_ARGS, text))
    }

    /// Returns the work that makes its hash, under a salt of these random bytes.
    pub(crate) fn hash(self, entropy: [u8; 32]) -> Work {
        Box::new(move || hash(&self, &entropy))
    }

    /// Returns the work that finds out whether it is the one of this hash, and fails with
    /// `wrong_credentials` where it is not: its hash as it would be made now, where that is another, and
    /// else nothing. Where there is no hash to be held against, it takes as long.
    pub(crate) fn verify(self, known: Option<String>, entropy: [u8; 32]) -> Work {
        Box::new(move || {
            // Whether there is somebody is not to be told by the time that this takes.
            if !self.has_length() {
                return Err(wrong_credentials());
            }
            let Some(known) = known else {
                hash(&self, &entropy)?;
                return Err(wrong_credentials());
            };
            let parsed = PasswordHash::new(&known).map_err(broken)?;
            let verified = hasher()?.verify_password(self.0.as_bytes(), &parsed);
            if verified.is_err() {
                return Err(wrong_credentials());
            }
            match is_as_now(&parsed)? {
                true => Ok(String::new()),
                false => hash(&self, &entropy),
            }
        })
    }

    fn has_length(&self) -> bool {
        (CHARS_MIN..=CHARS_MAX).contains(&self.0.chars().count())
    }
}

/// The error of whoever is not who they say.
pub(crate) fn wrong_credentials() -> Error {
    let text = "there is nobody with this e-mail and this password";
    Error::new(ErrorCode::WRONG_CREDENTIALS, text)
}

fn hash(password: &Password, entropy: &[u8]) -> Result<String> {
    let salt = &entropy[..SALT_BYTES];
    let hashed = hasher()?.hash_password_with_salt(password.0.as_bytes(), salt);
    Ok(hashed.map_err(broken)?.to_string())
}

fn hasher() -> Result<Argon2<'static>> {
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params()?))
}

fn params() -> Result<Params> {
    Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|error| Error::internal(format!("the cost of passwords cannot be: {error}")))
}

/// Tells whether a hash was made as it would be now.
fn is_as_now(known: &PasswordHash) -> Result<bool> {
    let (wanted, now) = (params()?, Algorithm::Argon2id.ident());
    let made = Params::try_from(known).map_err(broken)?;
    let costs = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
    let version = Some(Version::V0x13.into());
    Ok(known.algorithm == now && known.version == version && costs(&made) == costs(&wanted))
}

fn broken(error: impl Display) -> Error {
    Error::internal(format!("a password could not be hashed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash_of(typed: &str) -> String {
        Password::new(typed).hash([1; 32])().unwrap()
    }

    fn verify(typed: &str, known: Option<&str>) -> Result<String> {
        Password::new(typed).verify(known.map(str::to_owned), [2; 32])()
    }

    #[test]
    fn a_password_is_right_or_not() {
        let known = hash_of("correct horse");
        assert!(
            known.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{known}"
        );
        assert_eq!(verify("correct horse", Some(&known)).unwrap(), "");
        for (typed, known) in [
            ("battery staple", Some(known.as_str())),
            ("correct horse", None),
        ] {
            let code = verify(typed, known).unwrap_err().code().clone();
            assert_eq!(code, ErrorCode::WRONG_CREDENTIALS);
        }
        // The same characters on another keyboard.
        let known = hash_of("zo\u{eb}zo\u{eb}zo\u{eb}");
        let typed = "zoe\u{308}zoe\u{308}zoe\u{308}";
        assert_eq!(verify(typed, Some(&known)).unwrap(), "");
    }

    #[test]
    fn a_hash_that_is_cheaper_than_others_is_made_anew() {
        let cheap = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(8, 1, 1, None).unwrap(),
        );
        let cheap = cheap.hash_password_with_salt(b"correct horse", &[3; 16]);
        let renewed = verify("correct horse", Some(&cheap.unwrap().to_string())).unwrap();
        assert_eq!(verify("correct horse", Some(&renewed)).unwrap(), "");
    }

    #[test]
    fn passwords_have_their_length() {
        let is_taken = |typed: &str| Password::new(typed).checked().is_ok();
        assert!(!is_taken("sevenok"));
        assert!(is_taken("eight ok"));
        assert!(is_taken(&"\u{1f600}".repeat(256)));
        assert!(!is_taken(&"x".repeat(257)));
    }
}
