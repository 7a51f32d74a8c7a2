//! Lets requests of pages in, before they reach the object.

use serde::Serialize;
use zeroback_protocol::Outcome;

use super::log;
use crate::host::origin::{self, Admission, Asking, Origins};

/// What the glue is told: what the page is refused with, or the headers of what it is answered.
#[derive(Serialize)]
struct Told<'t> {
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
    headers: Vec<(&'static str, &'t str)>,
    /// Whether that is all: a browser has asked what a page may send.
    answered: bool,
}

/// Decides on a request that has an `Origin`; returns JSON.
pub(super) fn decide(
    origins: &Origins,
    asking: Asking<'_>,
    is_preflight: bool,
) -> serde_json::Result<String> {
    let admission = origins.admit(asking);
    let told = match &admission {
        Admission::Own => Told::headers(Vec::new()),
        Admission::Refused => Told {
            refused: Some(Outcome::Error(log::named(origin::refusal())).encode()),
            ..Told::headers(Vec::new())
        },
        Admission::Other(granted) if is_preflight => Told {
            answered: true,
            ..Told::headers(granted.preflight_headers())
        },
        Admission::Other(granted) => Told::headers(granted.headers()),
    };
    serde_json::to_string(&told)
}

impl<'t> Told<'t> {
    fn headers(headers: Vec<(&'static str, &'t str)>) -> Self {
        Self {
            refused: None,
            headers,
            answered: false,
        }
    }
}
