//! The runtime's own tables lie beside the author's, and change with the runtime.

use super::*;
use crate::registry::MigrationEntry;
use crate::system::TABLES;

const JOBS: &str = "_zeroback_jobs";

/// The tables of an older runtime, which has declared less of them.
static OLDER: &[TableEntry] = &[TableEntry::new::<Anything>(TableDef {
    name: JOBS,
    ..NOTES
})];

static NEWER: &[TableEntry] = &[TableEntry::new::<Note>(TableDef {
    name: JOBS,
    ..BY_TEXT
})];

fn rows_of(store: &TestStore, table: &str) -> String {
    let mut text = String::new();
    dump_rows(store, table, &mut text);
    text
}

#[test]
fn a_database_from_before_they_were_there_gets_them() {
    let without = app(BY_TEXT);
    let store = left_by(&without, &[("a", r#"{"text":"x"}"#)]);
    let engine = open(&store, &without.clone().with_system_tables(TABLES));
    assert_eq!(engine.status(), Status::Ready);
    for entry in TABLES {
        assert_eq!(
            rows_of(&store, entry.def.name),
            format!("{}\n", entry.def.name)
        );
    }
    drop(engine);
    // And the older runtime does not mind them.
    assert_eq!(open(&store, &without).status(), Status::Ready);
}

#[test]
fn a_newer_runtime_adds_columns_and_indexes_to_them() {
    let store = TestStore::new();
    let engine = open(&store, &app(NOTES).with_system_tables(OLDER));
    let def = &OLDER[0].def;
    insert(&engine, def, &[("a", r#"{"text":"x"}"#)]);
    drop(engine);
    let newer = app(NOTES).with_system_tables(NEWER);
    assert_eq!(open(&store, &newer).status(), Status::Ready);
    expect![[r#"
        _zeroback_jobs
          1 {"_id":"_zeroback_jobs_a","_creationTime":1,"text":"x"} f_0='x'
    "#]]
    .assert_eq(&rows_of(&store, JOBS));
}

#[test]
fn an_unchanged_start_with_them_is_three_statements_too() {
    let store = TestStore::new();
    let app = app(BY_TEXT).with_system_tables(TABLES);
    drop(open(&store, &app));
    let without = TestStore::new();
    let same = super::app(BY_TEXT);
    drop(open(&without, &same));
    for (store, app) in [(&store, &app), (&without, &same)] {
        store.take_statements();
        drop(open(store, app));
    }
    assert_eq!(store.take_statements(), without.take_statements());
}

#[test]
fn migrations_do_not_see_them() {
    const LOOK: MigrationEntry = MigrationEntry::new("look", "test", "tests.rs", 1, |ctx| {
        let error = ctx.table(JOBS).expect_err("it is not the author's");
        assert!(error.message().contains("no table"), "{error}");
        Ok(())
    });
    let store = left_by(
        &app(NOTES).with_system_tables(TABLES),
        &[("a", r#"{"text":"x"}"#)],
    );
    let migrated = App::of(&[TableEntry::new::<Note>(NOTES)], &[LOOK]).with_system_tables(TABLES);
    let engine = open(&store, &migrated);
    assert!(
        engine.schema_report().is_none(),
        "{:?}",
        engine.schema_report()
    );
}

#[test]
fn a_table_is_not_new_to_migrations_because_of_them() {
    // Without a table of the author's there is nothing to migrate.
    const NEVER: MigrationEntry = MigrationEntry::new("never", "test", "tests.rs", 1, |_| {
        Err(crate::Error::internal("it ran"))
    });
    let store = TestStore::new();
    drop(open(&store, &App::of(&[], &[]).with_system_tables(TABLES)));
    let migrated = App::of(&[TableEntry::new::<Note>(NOTES)], &[NEVER]).with_system_tables(TABLES);
    assert_eq!(open(&store, &migrated).status(), Status::Ready);
}
