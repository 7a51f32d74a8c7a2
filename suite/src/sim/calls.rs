//! Questions and mutations as calls of the fixture's functions.

use serde_json::json;
use suite_fixture_sim::pages::page;
use suite_fixture_sim::pieces::{all, between, board, change, count, must, one, titles, top};
use suite_fixture_sim::search::{find, found};
use suite_fixture_sim::{PageOf, Question};
use suite_fixture_sim_next::weights::heavy;
use zeroback::prelude::PageOpts;
use zeroback_protocol::{Call, FunctionCall, RawJson, encode};

use super::model::Mutation;

/// Returns the call of a query.
pub(super) fn question(question: &Question) -> Call {
    match question.clone() {
        Question::All(list) => call(&all::Args { list }),
        Question::Top(list, count, last) => call(&top::Args { list, count, last }),
        Question::Between(list, from, to) => call(&between::Args { list, from, to }),
        Question::Count(list) => call(&count::Args { list }),
        Question::One(key) => call(&one::Args { key }),
        Question::Must(key) => call(&must::Args { key }),
        Question::Board => call(&board::Args),
        Question::Titles(list) => call(&titles::Args { list }),
        Question::Heavy(from) => call(&heavy::Args { from }),
        Question::Find(text, list) => call(&find::Args { text, list }),
        Question::Found(text, list) => call(&found::Args { text, list }),
        Question::Page(of) => call(&page::Args {
            page: page_opts(&of),
            list: of.list,
            last: of.last,
            noted: of.noted,
        }),
    }
}

/// Returns the call of a mutation.
pub(super) fn mutation(token: u64, mutation: &Mutation) -> Call {
    call(&change::Args {
        token,
        changes: mutation.changes.clone(),
        end: mutation.end,
    })
}

fn page_opts(of: &PageOf) -> PageOpts {
    let json = json!({ "limit": of.limit, "cursor": of.cursor, "endCursor": of.end });
    serde_json::from_value(json).expect("cursors are text")
}

fn call<C: FunctionCall>(args: &C) -> Call {
    Call {
        path: C::PATH.to_owned(),
        args: RawJson::from_encoded(encode(args).expect("arguments can be encoded")),
    }
}
