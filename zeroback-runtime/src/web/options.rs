//! How `ctx.fetch` makes a request.

use std::time::Duration;

use super::WebLimits;

/// How long [`ActionCtx::fetch`](crate::ActionCtx::fetch) waits, and how many redirects it follows;
/// an extension of the request.
///
/// ```
/// use std::time::Duration;
/// use zeroback_runtime::web::{Body, FetchOptions};
///
/// # fn main() -> Result<(), zeroback_runtime::http::Error> {
/// let request = zeroback_runtime::http::Request::get("https://example.com/")
///     .extension(FetchOptions { timeout: Duration::from_secs(5), ..FetchOptions::default() })
///     .body(Body::empty())?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchOptions {
    /// How long the other side may be silent, before it answers and between two pieces of its
    /// answer; beyond it `fetch_timeout`.
    pub timeout: Duration,
    /// How many redirects are followed; beyond it `fetch_failed`. With 0 the redirect itself is
    /// returned.
    pub redirects_max: u32,
}

impl FetchOptions {
    pub(super) fn within(limits: &WebLimits) -> Self {
        Self {
            timeout: Duration::from_millis(limits.fetch_silence_ms.into()),
            redirects_max: limits.fetch_redirects_max,
        }
    }
}

impl Default for FetchOptions {
    /// 30 seconds, and 10 redirects: the defaults of the settings `fetch_silence_ms` and
    /// `fetch_redirects_max`, which hold for requests without options.
    fn default() -> Self {
        Self::within(&WebLimits::default())
    }
}
