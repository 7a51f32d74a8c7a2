//! What keeps the list of the runtime's tables whole.

use std::collections::BTreeSet;

use super::{TABLES, is_table};
use crate::registry::TableEntry;

#[test]
fn every_table_of_this_crate_is_listed() {
    let declared: BTreeSet<_> = inventory::iter::<TableEntry>
        .into_iter()
        .filter(|entry| entry.def.crate_name == env!("CARGO_CRATE_NAME"))
        .map(|entry| entry.def.name)
        // Tests have others.
        .filter(|name| name.starts_with("_zeroback_"))
        .collect();
    let listed: Vec<_> = TABLES.iter().map(|entry| entry.def.name).collect();
    assert_eq!(declared.into_iter().collect::<Vec<_>>(), listed);
    assert!(!is_table("_zeroback_state"));
}

#[test]
fn they_are_not_in_api_ts() {
    let text = crate::codegen::api_ts(&crate::App::collect(&[])).unwrap();
    assert!(!text.contains("_zeroback_"), "{text}");
}
