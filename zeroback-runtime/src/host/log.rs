//! The log: a line for each call, and what functions and hosts say by `tracing`.
//!
//! Both hosts write the same lines, as JSON or for people, and keep the newest of them for the operator.
//! There are no arguments and no results in them: what an author's own event says is the author's.

mod entry;
mod recent;

use zeroback_protocol::WireError;

use crate::request_scope;
pub(crate) use entry::{Entry, Event};
pub(crate) use recent::Recent;

/// Says what a function's caller is not told.
pub(crate) fn failed(function: &str, told: &WireError, cause: &str) {
    let code = told.code.as_str();
    let say = || tracing::error!(target: "zeroback", function, told = code, "{cause}");
    match told.request_id {
        Some(request_id) => request_scope::within(request_id, say),
        None => say(),
    }
}
