//! What keeps the list of the runtime's tables whole.

use std::collections::BTreeSet;

use super::{TABLES, TABLES_WITH_ACCOUNTS, is_table};
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
    let listed: Vec<_> = TABLES_WITH_ACCOUNTS
        .iter()
        .map(|entry| entry.def.name)
        .collect();
    assert_eq!(declared.into_iter().collect::<Vec<_>>(), listed);
    assert!(!is_table("_zeroback_state"));
}

#[test]
fn those_of_accounts_are_there_only_where_an_app_keeps_some() {
    let names = |app: crate::App| -> Vec<_> {
        let entries = app.table_entries();
        entries.map(|entry| entry.def.name).collect()
    };
    let of_all: Vec<_> = TABLES.iter().map(|entry| entry.def.name).collect();
    assert_eq!(names(crate::App::collect(&[])), of_all);
    let with = names(crate::App::collect(&[]).with_accounts());
    assert!(with.is_sorted() && with.contains(&"_zeroback_sessions"));
    for path in ["_zeroback:whose", "_zeroback:delete_user"] {
        let app = crate::App::collect(&[]);
        assert!(app.function(path).is_none());
        assert!(app.with_accounts().function(path).is_some());
    }
}

#[test]
fn they_are_not_in_api_ts() {
    let text = crate::codegen::api_ts(&crate::App::collect(&[]).with_accounts()).unwrap();
    assert!(!text.contains("_zeroback_"), "{text}");
}
