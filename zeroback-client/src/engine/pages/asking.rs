//! Calls of queries that return pages: which page one is for, and the same call for another page.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::value::{RawValue, to_raw_value};
use zeroback_protocol::{Call, PageOpts, RawJson, encode};

use crate::engine::Question;

/// The argument that says which page is wanted.
const PAGE: &str = "page";

/// A call for the first page of a list, of which calls for the others are made.
pub(crate) struct PageRequest {
    call: Call,
    first: PageOpts,
    args: BTreeMap<String, Box<RawValue>>,
}

/// A call that says of no page that it is wanted.
#[derive(Debug)]
pub(crate) struct NoPage;

impl PageRequest {
    pub(crate) fn new(call: Call) -> Result<Self, NoPage> {
        let (first, args) = page_of(&call).ok_or(NoPage)?;
        Ok(Self { call, first, args })
    }

    pub(crate) fn first(&self) -> &PageOpts {
        &self.first
    }

    /// Asks for a page.
    pub(crate) fn question(&self, page: &PageOpts) -> Question {
        if *page == self.first {
            return Question::new(self.call.clone());
        }
        let encoded = encode(page).expect("a page is three plain values");
        let mut args = self.args.clone();
        let raw = RawValue::from_string(encoded).expect("it is JSON");
        args.insert(PAGE.to_owned(), raw);
        let args = to_raw_value(&args).expect("it was JSON");
        Question::new(Call {
            path: self.call.path.clone(),
            args: RawJson::from_encoded(args.get()),
        })
    }
}

/// Returns which page a call is for, and its other arguments; nothing where it does not say.
pub(crate) fn page_of(call: &Call) -> Option<(PageOpts, BTreeMap<String, Box<RawValue>>)> {
    let mut args: BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(call.args.as_str()).ok()?;
    let page = args.remove(PAGE)?;
    Some((serde_json::from_str(page.get()).ok()?, args))
}

impl fmt::Display for NoPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a query of pages takes an argument `{PAGE}: PageOpts`")
    }
}
