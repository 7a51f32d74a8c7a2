//! Who is signed in, as a function sees it.
//!
//! Where an identity comes from and how long it lasts is the engine's business.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Error, Result};

/// Somebody who is signed in, as an issuer of tokens has attested.
///
/// One person is an `issuer` and a `subject` together: two issuers may give the same subject to
/// different people. It is a value: a function may return it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[ts(rename_all = "camelCase")]
pub struct Identity {
    /// Who attests it: the token's `iss`.
    pub issuer: String,
    /// Who it is, for this issuer: the token's `sub`. It stays when the name or the e-mail changes.
    pub subject: String,
    /// The claim `name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub name: Option<String>,
    /// The claim `email`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub email: Option<String>,
    /// The claim `email_verified`; an issuer that says nothing of it has not verified it.
    #[serde(default)]
    pub email_verified: bool,
    /// The claim `picture`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub picture_url: Option<String>,
    /// The other claims of the token by their names, but those about the token itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(optional, type = "{ [claim in string]?: unknown }")]
    pub claims: BTreeMap<String, serde_json::Value>,
}

impl Identity {
    /// Returns one of the other claims, if it is there and of this type.
    ///
    /// ```
    /// use zeroback_runtime::Identity;
    ///
    /// let mut ada = Identity::default();
    /// ada.claims.insert("roles".into(), vec!["admin"].into());
    /// assert_eq!(ada.claim::<Vec<String>>("roles"), Some(vec!["admin".into()]));
    /// assert_eq!(ada.claim::<u32>("roles"), None);
    /// ```
    #[must_use]
    pub fn claim<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        T::deserialize(self.claims.get(name)?).ok()
    }
}

/// Tells a function who calls it; every context has one.
///
/// A live query that asks runs once for each identity that subscribes to it, and again for those
/// whose identity changes. One that does not ask runs once for all.
#[derive(Clone)]
pub struct Auth {
    identity: Option<Arc<Identity>>,
    is_read: Rc<Cell<bool>>,
}

impl Auth {
    #[doc(hidden)]
    #[must_use]
    pub fn new(identity: Option<Arc<Identity>>) -> Self {
        Self {
            identity,
            is_read: Rc::default(),
        }
    }

    /// Returns what tells whether the function has asked.
    #[cfg(feature = "server")]
    pub(crate) fn is_read(&self) -> Rc<Cell<bool>> {
        Rc::clone(&self.is_read)
    }

    /// Returns who is signed in; nothing where nobody is.
    #[must_use]
    pub fn identity(&self) -> Option<Identity> {
        self.is_read.set(true);
        self.identity.as_deref().cloned()
    }

    /// Returns who is signed in.
    ///
    /// # Errors
    ///
    /// Fails with `unauthenticated` where nobody is.
    pub fn require(&self) -> Result<Identity> {
        self.identity()
            .ok_or_else(|| Error::unauthenticated("nobody is signed in"))
    }
}

/// It says nothing of the identity: whoever prints a context has not asked for it.
impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").finish_non_exhaustive()
    }
}
