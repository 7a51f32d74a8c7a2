//! The headers of a request that matter, as `glue.js` hands them over: the JSON of an object.

use serde::Deserialize;

/// The headers of a request that matter.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Headers {
    pub(super) content_type: Option<String>,
    pub(super) idempotency_key: Option<String>,
    pub(super) authorization: Option<String>,
    cookie: Option<String>,
}

impl Headers {
    pub(super) fn parse(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// Returns the cookies.
    pub(super) fn cookies(&self) -> Option<&str> {
        // The origin is checked before.
        self.cookie.as_deref()
    }
}
