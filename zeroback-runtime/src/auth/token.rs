//! JSON Web Tokens in their compact form (RFC 7519, RFC 7515), checked in full.
//!
//! What is said of a token that is refused helps whoever has made it, and tells nobody what is expected.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;
use zeroback_protocol::{ErrorCode, WireError};

use super::keys::{KeySet, Signature};
use super::{Provider, TOKEN_BYTES_MAX};
use crate::Identity;

/// The most bytes that an identity may have: it is kept with the socket and with each live query.
const IDENTITY_BYTES_MAX: usize = 8 << 10;

/// Claims about the token, or with fields of their own, which are not among the others.
const NAMED: [&str; 11] = [
    "aud",
    "email",
    "email_verified",
    "exp",
    "iat",
    "iss",
    "jti",
    "name",
    "nbf",
    "picture",
    "sub",
];

/// A token that has the form of one; nothing of it is believed yet.
#[derive(Debug)]
pub(crate) struct Token<'t> {
    header: Header,
    claims: BTreeMap<String, Value>,
    signed: &'t str,
    signature: Vec<u8>,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    TooLarge,
    Malformed,
    Unsigned,
    Untrusted,
    /// No key of the issuer is the one that it names: another set may have it.
    NoKey,
    OtherAlgorithm,
    Forged,
    OtherAudience,
    NoExpiry,
    Expired,
    TooEarly,
    NoSubject,
    TooManyClaims,
}

#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    typ: Option<String>,
    /// Extensions that must be understood; none is.
    #[serde(default)]
    crit: Option<Value>,
}

impl<'t> Token<'t> {
    pub(crate) fn parse(text: &'t str) -> Result<Self, Refused> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(Refused::TooLarge);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(Refused::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(Refused::Malformed)?;
        let decode = |part| URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::Malformed);
        let header: Header = object(&decode(header)?)?;
        if header.alg.eq_ignore_ascii_case("none") {
            return Err(Refused::Unsigned);
        }
        if header.crit.is_some() || !is_token_type(header.typ.as_deref()) {
            return Err(Refused::Malformed);
        }
        Ok(Self {
            header,
            claims: object(&decode(claims)?)?,
            signed,
            signature: decode(signature)?,
        })
    }

    /// Returns of which issuer a text says to be a token, whether it has the form of one or not.
    pub(crate) fn said_issuer(text: &str) -> Option<String> {
        let claims = text.split('.').nth(1)?;
        let claims: BTreeMap<String, Value> = object(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
        claims.get("iss")?.as_str().map(str::to_owned)
    }

    /// Returns which of the providers it says to be of.
    pub(crate) fn provider(&self, providers: &[Provider]) -> Result<usize, Refused> {
        let issuer = self.text("iss").ok_or(Refused::Untrusted)?;
        let at = providers.iter().position(|one| one.issuer == issuer);
        at.ok_or(Refused::Untrusted)
    }

    /// Checks it, and returns who it is for and until when, in Unix milliseconds.
    pub(crate) fn check(
        &self,
        provider: &Provider,
        keys: &KeySet,
        now_ms: i64,
    ) -> Result<(Identity, i64), Refused> {
        let id = self.header.kid.as_deref();
        let signed = self.signed.as_bytes();
        match keys.check(id, &self.header.alg, signed, &self.signature) {
            Signature::Right => {}
            Signature::NoKey => return Err(Refused::NoKey),
            Signature::OtherAlgorithm => return Err(Refused::OtherAlgorithm),
            Signature::Wrong => return Err(Refused::Forged),
        }
        if !self.is_for(&provider.audience) {
            return Err(Refused::OtherAudience);
        }
        let leeway_ms = i64::from(provider.leeway_s) * 1_000;
        let expiry_ms = self.time_ms("exp")?.ok_or(Refused::NoExpiry)?;
        let until_ms = expiry_ms.saturating_add(leeway_ms);
        if until_ms <= now_ms {
            return Err(Refused::Expired);
        }
        if let Some(from_ms) = self.time_ms("nbf")?
            && from_ms.saturating_sub(leeway_ms) > now_ms
        {
            return Err(Refused::TooEarly);
        }
        let identity = self.identity(provider)?;
        let bytes = serde_json::to_string(&identity).map_or(usize::MAX, |text| text.len());
        if bytes > IDENTITY_BYTES_MAX {
            return Err(Refused::TooManyClaims);
        }
        Ok((identity, until_ms))
    }

    fn identity(&self, provider: &Provider) -> Result<Identity, Refused> {
        let text = |claim| self.text(claim).map(str::to_owned);
        let subject = text("sub").filter(|subject| !subject.is_empty());
        let is_exposed = |name: &String| {
            let exposed = provider.claims.as_ref();
            !NAMED.contains(&name.as_str()) && exposed.is_none_or(|names| names.contains(name))
        };
        let claims = self.claims.iter().filter(|(name, _)| is_exposed(name));
        Ok(Identity {
            issuer: provider.issuer.clone(),
            subject: subject.ok_or(Refused::NoSubject)?,
            name: text("name"),
            email: text("email"),
            email_verified: self.claims.get("email_verified") == Some(&Value::Bool(true)),
            picture_url: text("picture"),
            claims: claims
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        })
    }

    fn is_for(&self, audience: &[String]) -> bool {
        let is_it = |value: &Value| {
            let text = value.as_str();
            text.is_some_and(|text| audience.iter().any(|own| own == text))
        };
        match self.claims.get("aud") {
            Some(Value::Array(list)) => list.iter().any(is_it),
            Some(one) => is_it(one),
            None => false,
        }
    }

    /// Returns a time, which may have a fraction (RFC 7519, section 2).
    fn time_ms(&self, claim: &str) -> Result<Option<i64>, Refused> {
        match self.claims.get(claim) {
            None => Ok(None),
            Some(value) => {
                let seconds = value.as_f64().ok_or(Refused::Malformed)?;
                Ok(Some((seconds * 1_000.0) as i64))
            }
        }
    }

    fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str()
    }
}

impl Refused {
    /// Returns what its bearer is told.
    pub(crate) fn to_wire(self) -> WireError {
        let text = match self {
            Self::TooLarge => "token: has over 16384 bytes",
            Self::Malformed => "token: is not a signed JSON Web Token in its compact form",
            Self::Unsigned => "token: is not signed",
            Self::Untrusted => "token: its issuer is not one that this server trusts",
            Self::NoKey => "token: its key is not one of its issuer's",
            Self::OtherAlgorithm => "token: its algorithm is not that of the key",
            Self::Forged => "token: its signature is wrong",
            Self::OtherAudience => "token: it is for another audience",
            Self::NoExpiry => "token: has no expiry",
            Self::Expired => "token: has expired",
            Self::TooEarly => "token: is not valid yet",
            Self::NoSubject => "token: has no subject",
            Self::TooManyClaims => "token: its claims have over 8192 bytes",
        };
        let code = match self {
            Self::Expired => ErrorCode::TOKEN_EXPIRED,
            _ => ErrorCode::INVALID_TOKEN,
        };
        WireError::new(code, text)
    }
}

/// Reads an object; a list would be taken for its fields in their order.
fn object<T: for<'de> Deserialize<'de>>(json: &[u8]) -> Result<T, Refused> {
    if !json.trim_ascii_start().starts_with(b"{") {
        return Err(Refused::Malformed);
    }
    serde_json::from_slice(json).map_err(|_| Refused::Malformed)
}

/// Tells a token that says who somebody is from one that says something else, such as that somebody
/// has signed out (RFC 8725, section 3.11).
fn is_token_type(kind: Option<&str>) -> bool {
    let Some(kind) = kind else {
        return true;
    };
    let kind = kind.to_ascii_lowercase();
    let kind = kind.strip_prefix("application/").unwrap_or(&kind);
    matches!(kind, "jwt" | "at+jwt")
}

#[cfg(test)]
mod tests;
