//! Rows and columns.

use super::*;

const DOCUMENTS: &[(&str, &str)] = &[("a", r#"{"text":"x","rank":7}"#), ("b", r#"{"text":"y"}"#)];

/// What the engine made before there were search indexes, and schema fingerprints.
const OLDER: &[&str] = &[
    "CREATE TABLE _zeroback_state (
        only INTEGER PRIMARY KEY CHECK (only = 0),
        epoch INTEGER NOT NULL,
        counter INTEGER NOT NULL,
        last_id TEXT NOT NULL
    ) STRICT",
    "CREATE TABLE _zeroback_columns (
        table_name TEXT NOT NULL,
        field TEXT NOT NULL,
        number INTEGER NOT NULL,
        column_type TEXT NOT NULL,
        PRIMARY KEY (table_name, field)
    ) STRICT",
    "CREATE TABLE _zeroback_indexes (
        table_name TEXT NOT NULL,
        name TEXT NOT NULL,
        columns TEXT NOT NULL,
        PRIMARY KEY (table_name, name)
    ) STRICT",
    "INSERT INTO _zeroback_state VALUES (0, 1, 41, 'last_01kaqg5zvzfyq8y9v2m0r5t3w7')",
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
    let store = TestStore::new();
    for sql in OLDER {
        store.execute(sql, &[]).unwrap();
    }
    let engine = open(&store, &app(BY_TEXT));
    assert_eq!(engine.version().counter, 42);
    let last = engine.ids.borrow().last().to_text("last");
    assert_eq!(last, "last_01kaqg5zvzfyq8y9v2m0r5t3w7");
    expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"x"} f_0='x'
          2 {"_id":"notes_b","_creationTime":2,"text":"y"} f_0='y'
        CREATE INDEX "notes.by_text" ON "notes" (f_0, _id)
    "#]]
    .assert_eq(&dump(&store));
}

#[test]
fn a_database_from_before_there_were_records_gets_them_and_loses_nothing() {
    let store = TestStore::new();
    let engine = open(&store, &app(BY_TEXT));
    insert(&engine, &NOTES, DOCUMENTS);
    let before = dump(&store);
    for sql in [
        "DROP TABLE _zeroback_records",
        "ALTER TABLE _zeroback_state DROP COLUMN recorded",
        "ALTER TABLE _zeroback_state DROP COLUMN records",
        "ALTER TABLE _zeroback_state DROP COLUMN record_bytes",
    ] {
        store.execute(sql, &[]).unwrap();
    }
    for _ in 0..2 {
        let engine = open(&store, &app(BY_TEXT));
        assert_eq!(engine.status(), Status::Ready);
        assert_eq!(dump(&store), before);
        let sql = "SELECT recorded, records, record_bytes, (SELECT count(*) FROM _zeroback_records)
             FROM _zeroback_state";
        let rows = store.query(sql, &[]).unwrap();
        let numbers = rows[0].iter().map(|value| value.as_integer());
        assert_eq!(numbers.collect::<Vec<_>>(), [Some(0); 4]);
    }
}

#[test]
fn a_database_whose_answers_were_not_measured_has_them_measured_once() {
    let store = TestStore::new();
    open(&store, &app(BY_TEXT));
    for sql in [
        "ALTER TABLE _zeroback_state DROP COLUMN record_bytes",
        "INSERT INTO _zeroback_records
         (number, queue, sequence, fingerprint, recorded_at, outcome)
         VALUES (1, 'a', 1, 'f', 1, 'four'), (2, 'a', 2, 'f', 1, 'für')",
    ] {
        store.execute(sql, &[]).unwrap();
    }
    for _ in 0..2 {
        open(&store, &app(BY_TEXT));
        let sql = "SELECT record_bytes FROM _zeroback_state";
        assert_eq!(store.query(sql, &[]).unwrap()[0][0].as_integer(), Some(8));
        store.take_statements();
    }
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
    let store = TestStore::new();
    for (def, name) in [(BY_TEXT, "a"), (NOTES, "b"), (BY_TEXT, "c")] {
        let engine = open(&store, &app(def));
        insert(&engine, &NOTES, &[(name, r#"{"text":"x"}"#)]);
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
fn a_new_table_is_made_and_reads_no_other_one() {
    let tables = [
        TableEntry::new::<Note>(NOTES),
        TableEntry::new::<Note>(USERS),
    ];
    let store = left_by(&app(NOTES), DOCUMENTS);
    store.take_statements();
    let engine = open(&store, &App::of(&tables, &[]));
    let reads_notes = |sql: &String| sql.contains("FROM \"notes\"");
    assert!(!store.take_statements().iter().any(reads_notes));
    insert(&engine, &USERS, &[("a", r#"{"text":"x"}"#)]);
    expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"x","rank":7}
          2 {"_id":"notes_b","_creationTime":1,"text":"y"}
        users
          1 {"_id":"users_a","_creationTime":1,"text":"x"}
    "#]]
    .assert_eq(&dump(&store));
}

#[test]
fn an_unchanged_start_asks_little_however_many_tables_there_are() {
    let names: Vec<&'static str> = (0..20).map(|at| &*format!("t{at}").leak()).collect();
    let tables: Vec<_> = names
        .into_iter()
        .map(|name| TableEntry::new::<Note>(TableDef { name, ..BY_TEXT }))
        .collect();
    let app = App::of(&tables, &[]);
    let store = TestStore::new();
    open(&store, &app);
    store.take_statements();
    let engine = open(&store, &app);
    expect![[r#"
        [
            "BEGIN",
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB '_zeroback_import_*'",
            "SELECT name FROM sqlite_schema WHERE name = '_zeroback_state' AND instr(sql, ?)",
            "SELECT epoch, counter, last_id, generation, fingerprint FROM _zeroback_state",
            "SELECT table_name, field, number, column_type FROM _zeroback_columns",
            "CREATE TABLE IF NOT EXISTS _zeroback_keys (\n                name TEXT NOT NULL PRIMARY KEY,\n                key TEXT NOT NULL\n            ) STRICT",
            "INSERT INTO _zeroback_keys (name, key) VALUES ('cursor', lower(hex(randomblob(32))))\n             ON CONFLICT DO NOTHING",
            "SELECT key FROM _zeroback_keys WHERE name = 'cursor'",
            "END",
        ]"#]].assert_eq(&format!("{:#?}", store.take_statements()));
    insert(
        &engine,
        &TableDef {
            name: "t7",
            ..NOTES
        },
        &[("a", r#"{"text":"x"}"#)],
    );
}

#[test]
fn a_table_that_is_gone_keeps_its_rows_and_is_checked_when_it_is_back() {
    let store = left_by(&app(BY_TEXT), DOCUMENTS);
    let before = dump(&store);
    let none = App::of(&[], &[]);
    assert_eq!(open(&store, &none).status(), Status::Ready);
    assert_eq!(dump(&store), before);
    store.take_statements();
    open(&store, &app(BY_TEXT));
    assert_eq!(dump(&store), before);
    let reads_notes = |sql: &String| sql.contains("FROM \"notes\"");
    assert!(store.take_statements().iter().any(reads_notes));
}

#[test]
fn versions_go_on_when_documents_may_have_changed() {
    let store = left_by(&app(NOTES), DOCUMENTS);
    let counter = |app: &App| open(&store, app).version().counter;
    assert_eq!(counter(&app(NOTES)), 0);
    assert_eq!(counter(&app(BY_TEXT)), 1);
    assert_eq!(counter(&app(BY_TEXT)), 1);
}
