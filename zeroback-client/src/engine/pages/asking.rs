//! Calls of queries that return pages: which page one is for, and the same call for another page.

use std::fmt;

use zeroback_protocol::{Call, PageOpts, RawJson, encode, page_in};

use crate::engine::Question;

/// The argument that says which page is wanted.
const PAGE: &str = "page";

/// A call for the first page of a list, of which calls for the others are made.
pub(crate) struct PageRequest {
    call: Call,
    first: PageOpts,
    around: Around,
}

/// The arguments of a call around the one that says which page is wanted: they are the same in all pages of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Around {
    before: String,
    after: String,
}

/// A call that says of no page that it is wanted.
#[derive(Debug)]
pub(crate) struct NoPage;

impl PageRequest {
    pub(crate) fn new(call: Call) -> Result<Self, NoPage> {
        let (first, around) = page_of(&call).ok_or(NoPage)?;
        Ok(Self {
            call,
            first,
            around,
        })
    }

    pub(crate) fn first(&self) -> &PageOpts {
        &self.first
    }

    /// Asks for a page.
    pub(crate) fn question(&self, page: &PageOpts) -> Question {
        if *page == self.first {
            return Question::new(self.call.clone());
        }
        let page = encode(page).expect("a page is three plain values");
        let Around { before, after } = &self.around;
        Question::new(Call {
            path: self.call.path.clone(),
            args: RawJson::from_encoded([before, page.as_str(), after].concat()),
        })
    }
}

/// Returns which page a call is for, and its other arguments; nothing where it does not say.
pub(crate) fn page_of(call: &Call) -> Option<(PageOpts, Around)> {
    let args = call.args.as_str();
    let (page, place) = page_in(args, PAGE)?;
    let around = Around {
        before: args[..place.start].to_owned(),
        after: args[place.end..].to_owned(),
    };
    Some((page, around))
}

impl fmt::Display for NoPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a query of pages takes an argument `{PAGE}: PageOpts`")
    }
}
