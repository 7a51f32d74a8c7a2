use super::*;
use crate::IndexDef;
use crate::host::native::NativeStore;
use crate::key::ColumnType;

const NAME: ColumnDef = ColumnDef {
    field: "name",
    column_type: ColumnType::Text,
    nullable: false,
};

const BY_NAME: IndexDef = IndexDef {
    name: "by_name",
    columns: &["name"],
    unique: false,
};

const fn table(columns: &'static [ColumnDef], indexes: &'static [IndexDef]) -> TableDef {
    TableDef {
        name: "notes",
        columns,
        indexes,
        searches: &[],
        crate_name: "test",
    }
}

/// Opens the table as it is declared, and inserts a note through its plan.
fn open_and_insert(store: &NativeStore, def: &TableDef, name: &str) {
    for sql in SYSTEM_TABLES {
        store.execute(sql, &[]).unwrap();
    }
    let plan = apply_table(store, def).unwrap();
    let document = format!(r#"{{"_id":"notes_{name}","_creationTime":1,"name":"{name}"}}"#);
    let values = plan.column_values(&document).unwrap();
    let id = format!("notes_{name}");
    let params: Vec<_> = [
        SqlParam::Text(&id),
        SqlParam::Integer(1),
        SqlParam::Text(&document),
    ]
    .into_iter()
    .chain(values.iter().map(SqlParam::from))
    .collect();
    store.execute(&plan.insert_sql, &params).unwrap();
}

fn names_in_column(store: &NativeStore, column: &str) -> Vec<String> {
    let sql = format!("SELECT {column} FROM notes ORDER BY _id");
    let rows = store.query(&sql, &[]).unwrap();
    rows.iter()
        .map(|row| row[0].as_text().unwrap_or("null").to_owned())
        .collect()
}

#[test]
fn an_index_that_comes_back_finds_what_was_written_without_it() {
    let store = NativeStore::in_memory().unwrap();
    let with = table(&[NAME], &[BY_NAME]);
    let without = table(&[], &[]);
    open_and_insert(&store, &with, "one");
    open_and_insert(&store, &without, "two");
    open_and_insert(&store, &with, "xxx");
    assert_eq!(names_in_column(&store, "f_0"), ["one", "two", "xxx"]);
}

#[test]
fn an_unchanged_table_changes_nothing() {
    let store = NativeStore::in_memory().unwrap();
    let def = table(&[NAME], &[BY_NAME]);
    open_and_insert(&store, &def, "one");
    let before = store.query("SELECT sql FROM sqlite_schema", &[]).unwrap();
    open_and_insert(&store, &def, "two");
    let after = store.query("SELECT sql FROM sqlite_schema", &[]).unwrap();
    assert_eq!(before, after);
}

#[test]
fn a_column_of_another_type_is_a_new_one_and_filled() {
    const LEN: ColumnDef = ColumnDef {
        field: "len",
        column_type: ColumnType::Integer,
        nullable: false,
    };
    let store = NativeStore::in_memory().unwrap();
    open_and_insert(&store, &table(&[], &[]), "one");
    let by_len = IndexDef {
        name: "by_len",
        columns: &["len", "name"],
        unique: false,
    };
    let indexes: &'static [IndexDef] = Box::leak(Box::new([by_len]));
    open_and_insert(&store, &table(&[LEN, NAME], indexes), "two");
    assert_eq!(names_in_column(&store, "f_1"), ["one", "two"]);
    assert_eq!(names_in_column(&store, "f_0"), ["null", "null"]);
}
