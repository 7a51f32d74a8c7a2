//! E-mail addresses, as accounts are known by: one address has one form.

use unicode_normalization::UnicodeNormalization as _;
use zeroback_protocol::ErrorCode;

use crate::{Error, Result};

/// The longest address that can be written to (RFC 5321, section 4.5.3.1.3).
const BYTES_MAX: usize = 254;

/// An e-mail address in the form in which it is kept: those that could be taken for one another are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Email(String);

impl Email {
    /// Reads an address that somebody has typed.
    ///
    /// # Errors
    ///
    /// Fails with `bad_args` for what is none. Whether there is a mailbox only a mail to it can tell.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let refused = || Error::new(ErrorCode::BAD_ARGS, "body.email: is no e-mail address");
        if text.len() > BYTES_MAX {
            return Err(refused());
        }
        let folded: String = text.trim().nfkc().flat_map(char::to_lowercase).collect();
        let address: String = folded.nfkc().collect();
        let (local, domain) = address.rsplit_once('@').ok_or_else(refused)?;
        let is_odd = |char: char| {
            char.is_whitespace() || char.is_control() || "\"(),:;<>@[\\]".contains(char)
        };
        let is_name = |name: &str| !name.is_empty() && !name.contains(is_odd);
        let labels_are_there = domain.split('.').all(|label| !label.is_empty());
        if address.len() > BYTES_MAX || !is_name(local) || !is_name(domain) || !labels_are_there {
            return Err(refused());
        }
        Ok(Self(address))
    }

    /// Reads an address that a provider has seen to: it must be in this form already, but for capitals. For
    /// two that are the same here may be mailboxes of two people there.
    pub(crate) fn parse_verified(text: &str) -> Option<Self> {
        let email = Self::parse(text).ok()?;
        (email.0 == text.to_ascii_lowercase()).then_some(email)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_look_alike_are_one() {
        let ada = Email::parse("ada@example.org").unwrap();
        for text in [
            "Ada@Example.ORG",
            " ada@example.org ",
            "\u{ff41}da@example.org",
            "ada@\u{ff45}xample.org",
        ] {
            assert_eq!(Email::parse(text).unwrap(), ada, "{text}");
        }
        // The sign for kelvin is a capital k.
        let kelvin = Email::parse("\u{212a}im@example.org").unwrap();
        assert_eq!(kelvin.as_str(), "kim@example.org");
        let (composed, decomposed) = ("zo\u{eb}@example.org", "zoe\u{308}@example.org");
        assert_eq!(
            Email::parse(composed).unwrap(),
            Email::parse(decomposed).unwrap()
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.org", "a".repeat(250));
        for text in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada@example..org",
            "ada@.org",
            "a b@example.org",
            "ada@exa\u{a0}mple.org",
            "ada@example.org\r\nBcc: eve@example.org",
            "ada\0@example.org",
            "ada@eve@example.org",
            "<ada@example.org>",
            "ada@example.org,eve@example.org",
            &long,
        ] {
            let code = Email::parse(text).unwrap_err().code().clone();
            assert_eq!(code, ErrorCode::BAD_ARGS, "{text:?}");
        }
    }

    #[test]
    fn one_that_a_provider_has_seen_to_is_taken_as_it_is() {
        let verified = |text| Email::parse_verified(text).map(String::from);
        assert_eq!(
            verified("Ada@Example.org").as_deref(),
            Some("ada@example.org")
        );
        assert_eq!(verified("\u{212a}im@example.org"), None);
        assert_eq!(verified("\u{ff41}da@example.org"), None);
    }
}
