//! Where no browser is, nobody is signed in by a cookie.

use zeroback_protocol::WireError;

use super::unavailable;

#[expect(clippy::unused_async, reason = "in a browser it waits")]
pub(super) async fn ask(_url: &str, _body: Option<String>) -> Result<String, WireError> {
    Err(unavailable("there is no browser here that keeps a session"))
}
