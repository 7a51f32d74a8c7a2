//! What holds of the handles by their types.

use crate::{CallError, Client, ConnectionWatch, Mutation, Pages, Reply, Snapshot, Subscription};
use suite_fixture_calls::{create, list, page};

#[test]
fn handles_go_to_any_thread() {
    fn check<T: Send + Sync>() {}
    check::<Client>();
    check::<ConnectionWatch>();
    check::<Reply<create::Args>>();
    check::<Snapshot>();
    check::<Subscription<list::Args>>();
    check::<Pages<page::Args>>();
    fn check_send<T: Send>() {}
    check_send::<Mutation<create::Args>>();
}

#[test]
fn errors_are_standard_ones() {
    fn check<T: std::error::Error>() {}
    check::<CallError<suite_fixture_calls::NoError>>();
}
