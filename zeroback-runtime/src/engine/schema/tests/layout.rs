//! Rows and columns.

use super::*;

const DOCUMENTS: &[(&str, &str)] = &[("a", r#"{"text":"x","rank":7}"#), ("b", r#"{"text":"y"}"#)];

/// What the engine made before there were search indexes.
const OLDER: &[&str] = &[
    r#"CREATE TABLE "notes" (
        _id TEXT NOT NULL PRIMARY KEY,
        _creation_time INTEGER NOT NULL,
        doc TEXT NOT NULL
    ) STRICT"#,
    r#"ALTER TABLE "notes" ADD COLUMN f_0 TEXT"#,
    r#"INSERT INTO "notes" VALUES ('notes_b', 2, '{"_id":"notes_b","_creationTime":2,"text":"y"}', 'y')"#,
    r#"INSERT INTO "notes" VALUES ('notes_a', 1, '{"_id":"notes_a","_creationTime":1,"text":"x"}', 'x')"#,
    r#"CREATE INDEX "notes.by_text" ON "notes" (f_0, _id)"#,
    "INSERT INTO _zeroback_columns VALUES ('notes', 'text', 0, 'TEXT')",
    "INSERT INTO _zeroback_indexes VALUES ('notes', 'by_text', 'f_0, _id')",
];

#[test]
fn a_table_of_the_older_layout_is_written_anew_and_loses_nothing() {
    let store = NativeStore::in_memory().unwrap();
    stored::create_system_tables(&store).unwrap();
    for sql in OLDER {
        store.execute(sql, &[]).unwrap();
    }
    apply_app(&store, &app(BY_TEXT));
    expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"x"} f_0='x'
          2 {"_id":"notes_b","_creationTime":2,"text":"y"} f_0='y'
        CREATE INDEX "notes.by_text" ON "notes" (f_0, _id)
    "#]]
    .assert_eq(&dump(&store));
}

#[test]
fn a_new_column_is_filled() {
    let after = TableDef {
        columns: &[TEXT, RANK],
        ..NOTES
    };
    check(
        &app(NOTES),
        DOCUMENTS,
        &app(after),
        expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"x","rank":7} f_0='x' f_1=7
          2 {"_id":"notes_b","_creationTime":1,"text":"y"} f_0='y' f_1=NULL
    "#]],
    );
}

#[test]
fn a_column_of_another_type_is_a_new_one() {
    const REAL: ColumnDef = ColumnDef {
        column_type: ColumnType::Real,
        ..RANK
    };
    let before = TableDef {
        columns: &[TEXT, RANK],
        ..NOTES
    };
    let after = TableDef {
        columns: &[REAL, TEXT],
        ..NOTES
    };
    check(
        &app(before),
        DOCUMENTS,
        &app(after),
        expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"x","rank":7} f_0='x' f_1=7 f_2=7.0
          2 {"_id":"notes_b","_creationTime":1,"text":"y"} f_0='y' f_1=NULL f_2=NULL
    "#]],
    );
}

#[test]
fn a_column_that_comes_back_holds_what_was_written_without_it() {
    let store = NativeStore::in_memory().unwrap();
    for (def, name) in [(BY_TEXT, "a"), (NOTES, "b"), (BY_TEXT, "c")] {
        let catalog = apply_app(&store, &app(def));
        insert(&store, &catalog, &[(name, r#"{"text":"x"}"#)]);
    }
    expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"x"} f_0='x'
          2 {"_id":"notes_b","_creationTime":1,"text":"x"} f_0='x'
          3 {"_id":"notes_c","_creationTime":1,"text":"x"} f_0='x'
        CREATE INDEX "notes.by_text" ON "notes" (f_0, _id)
    "#]]
    .assert_eq(&dump(&store));
}

#[test]
fn an_unchanged_app_changes_nothing() {
    let store = NativeStore::in_memory().unwrap();
    let catalog = apply_app(&store, &app(BY_TEXT));
    insert(&store, &catalog, DOCUMENTS);
    let before = dump(&store);
    apply_app(&store, &app(BY_TEXT));
    assert_eq!(dump(&store), before);
}
