//! What one version of an app makes of the data that another one has left.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use store::TestStore;

use super::*;
use crate::engine::{Engine, Status};
use crate::key::ColumnType;
use crate::registry::TableEntry;
use crate::{ColumnDef, IndexDef, SearchDef, TableDef};

const TEXT: ColumnDef = ColumnDef {
    field: "text",
    column_type: ColumnType::Text,
    nullable: false,
};

const RANK: ColumnDef = ColumnDef {
    field: "rank",
    column_type: ColumnType::Integer,
    nullable: true,
};

/// A table named `notes`, to be changed by the tests.
const NOTES: TableDef = TableDef {
    name: "notes",
    columns: &[],
    indexes: &[],
    searches: &[],
    crate_name: "test",
};

const USERS: TableDef = TableDef {
    name: "users",
    ..NOTES
};

const BY_TEXT: TableDef = TableDef {
    columns: &[TEXT],
    indexes: &[IndexDef {
        name: "by_text",
        columns: &["text"],
        unique: false,
    }],
    ..NOTES
};

const SEARCHED: TableDef = TableDef {
    searches: &[SearchDef {
        name: "search_text",
        fields: &["text", "title"],
        filters: &[],
    }],
    ..NOTES
};

#[derive(Serialize, Deserialize, TS, JsonSchema)]
struct Note {
    text: String,
    rank: Option<i32>,
    title: Option<String>,
}

/// Every object is one.
#[derive(Serialize, Deserialize, TS, JsonSchema)]
struct Anything {}

/// Makes an app with the table, whose documents are notes.
fn app(def: TableDef) -> App {
    App::of(&[TableEntry::new::<Note>(def)], &[])
}

fn open_with(store: &TestStore, app: &App, config: EngineConfig) -> Engine<TestStore> {
    let now = Timestamp::from_unix_ms(1_000);
    Engine::open(store.clone(), app.clone(), config, now, 7).unwrap()
}

fn open(store: &TestStore, app: &App) -> Engine<TestStore> {
    open_with(store, app, EngineConfig::default())
}

/// Inserts documents as the engine does, each under the id `<table>_<name>`.
fn insert(engine: &Engine<TestStore>, table: &TableDef, documents: &[(&str, &str)]) {
    let (_, plan) = engine.catalog.table(table).unwrap();
    for (name, fields) in documents {
        let id = format!("{}_{name}", table.name);
        let fields = fields.trim_start_matches('{');
        let document = format!(r#"{{"_id":"{id}","_creationTime":1,{fields}"#);
        let values = plan.column_values(&document).unwrap();
        let system = [
            SqlParam::Text(&id),
            SqlParam::Integer(1),
            SqlParam::Text(&document),
        ];
        let own = values.iter().map(SqlParam::from);
        let params: Vec<_> = system.into_iter().chain(own).collect();
        engine.store.execute(&plan.insert_sql, &params).unwrap();
    }
}

/// Returns a database that one version has left, with notes.
fn left_by(app: &App, notes: &[(&str, &str)]) -> TestStore {
    let store = TestStore::new();
    insert(&open(&store, app), &NOTES, notes);
    store
}

/// Lets one version leave notes and the next one open; tells what there is then, or why it was
/// refused.
#[track_caller]
fn check(before: &App, notes: &[(&str, &str)], after: &App, expected: Expect) {
    let store = left_by(before, notes);
    let left = dump(&store);
    let engine = open(&store, after);
    match engine.schema_report() {
        None => expected.assert_eq(&dump(&store)),
        Some(report) => {
            assert_eq!(dump(&store), left, "a refused schema changes nothing");
            assert_eq!(engine.refusal().unwrap().code.as_str(), "schema_conflict");
            expected.assert_eq(&format!("{report}\n"));
        }
    }
}

/// Writes down all rows, indexes and search terms.
fn dump(store: &TestStore) -> String {
    let mut text = String::new();
    let schema = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
    let entries: Vec<[String; 3]> = stored::texts(store, schema).unwrap();
    for [kind, name, sql] in &entries {
        match &**kind {
            "index" => writeln!(text, "{sql}").unwrap(),
            _ if name.ends_with(".search") => dump_search(store, name, &mut text),
            _ if name.contains('.') || name.starts_with('_') => {}
            _ => dump_rows(store, name, &mut text),
        }
    }
    text
}

fn dump_rows(store: &TestStore, table: &str, text: &mut String) {
    writeln!(text, "{table}").unwrap();
    let columns = format!("SELECT name FROM pragma_table_info('{table}')");
    let columns: Vec<[String; 1]> = stored::texts(store, &columns).unwrap();
    let own: Vec<_> = columns
        .iter()
        .map(|[name]| name)
        .filter(|name| name.starts_with("f_"))
        .collect();
    let list: String = own
        .iter()
        .map(|name| format!(", '{name}=' || quote({name})"))
        .collect();
    let sql = format!("SELECT _key, doc{list} FROM \"{table}\" ORDER BY _id");
    for row in store.query(&sql, &[]).unwrap() {
        let values: Vec<_> = row[1..]
            .iter()
            .map(|value| value.as_text().unwrap())
            .collect();
        writeln!(
            text,
            "  {} {}",
            row[0].as_integer().unwrap(),
            values.join(" ")
        )
        .unwrap();
    }
}

fn dump_search(store: &TestStore, name: &str, text: &mut String) {
    writeln!(text, "{name}").unwrap();
    let vocabulary =
        format!("CREATE VIRTUAL TABLE vocabulary USING fts5vocab('{name}', 'instance')");
    store.execute(&vocabulary, &[]).unwrap();
    let sql = "SELECT doc || ' ' || col || ': ' || group_concat(term, ' ' ORDER BY offset)
               FROM vocabulary GROUP BY doc, col ORDER BY doc, col";
    for [line] in stored::texts(store, sql).unwrap() {
        writeln!(text, "  {line}").unwrap();
    }
    store.execute("DROP TABLE vocabulary", &[]).unwrap();
}

mod indexes;
mod layout;
mod migrations;
mod shapes;
mod steps;
pub(in crate::engine) mod store;
mod system;
mod takeover;
