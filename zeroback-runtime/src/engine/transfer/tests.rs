//! Out and in again, and whatever may be wrong on the way.

use std::fmt::Write as _;
use std::io::{self, Cursor};

use expect_test::{Expect, expect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use zeroback_protocol::{RawId, Timestamp};

use super::archive::ArchiveWriter;
use super::*;
use crate::engine::store::{SqlParam, SqlValue, Store};
use crate::engine::{Engine, EngineConfig};
use crate::host::native::NativeStore;
use crate::key::ColumnType;
use crate::registry::TableEntry;
use crate::{App, ColumnDef, IndexDef, SearchDef, TableDef};

const NOW_MS: i64 = 1_790_000_000_000;
const NOW: Timestamp = Timestamp::from_unix_ms(NOW_MS);

/// A table with an index of each kind.
const NOTES: TableDef = TableDef {
    name: "notes",
    columns: &[
        ColumnDef {
            field: "slug",
            column_type: ColumnType::Text,
            nullable: true,
        },
        ColumnDef {
            field: "rank",
            column_type: ColumnType::Real,
            nullable: false,
        },
    ],
    indexes: &[
        IndexDef {
            name: "by_slug",
            columns: &["slug"],
            unique: true,
        },
        IndexDef {
            name: "by_rank",
            columns: &["rank"],
            unique: false,
        },
    ],
    searches: &[
        SearchDef {
            name: "search_text",
            fields: &["text", "title"],
            filters: &["rank"],
        },
        SearchDef {
            name: "search_title",
            fields: &["title"],
            filters: &[],
        },
    ],
    crate_name: "test",
};

/// A table with nothing but documents.
const TAGS: TableDef = TableDef {
    name: "tags",
    columns: &[],
    indexes: &[],
    searches: &[],
    crate_name: "test",
};

#[derive(Serialize, Deserialize, TS, JsonSchema)]
struct Note {
    slug: Option<String>,
    rank: f64,
    text: String,
    title: Option<String>,
    #[serde(default, alias = "forest")]
    tree: Vec<Branch>,
}

#[derive(Serialize, Deserialize, TS, JsonSchema)]
struct Branch {
    branches: Vec<Branch>,
}

#[derive(Serialize, Deserialize, TS, JsonSchema)]
struct Tag {
    name: String,
}

fn app() -> App {
    let tables = [TableEntry::new::<Note>(NOTES), TableEntry::new::<Tag>(TAGS)];
    App::of(&tables, &[])
}

fn open<S: Store>(store: S) -> Engine<S> {
    Engine::open(store, app(), EngineConfig::default(), NOW, 1).unwrap()
}

fn in_memory() -> Engine<NativeStore> {
    open(NativeStore::in_memory().unwrap())
}

/// Returns the id of a table's document with this number.
fn id(table: &str, number: u128) -> String {
    let ms = u128::try_from(NOW_MS).unwrap() + number;
    RawId::from_u128((ms << 80) | (7 << 76) | number).to_text(table)
}

/// Writes a line as an export does.
fn line(table: &str, number: u128, fields: &str) -> String {
    let time = NOW_MS + i64::try_from(number).unwrap();
    let id = id(table, number);
    format!("{{\"_id\":\"{id}\",\"_creationTime\":{time},{fields}}}\n")
}

/// Packs entries.
fn zip(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = ArchiveWriter::new(&mut bytes);
    for (name, text) in entries {
        archive
            .entry(name, |entry| entry.write_all(text.as_bytes()))
            .unwrap();
    }
    archive.finish().unwrap();
    bytes
}

const EXPORT: (&str, &str) = ("_zeroback.json", r#"{"format":1}"#);

fn import<S: Store>(
    engine: &mut Engine<S>,
    archive: &[u8],
    limits: ImportLimits,
) -> Result<TransferReport, TransferError> {
    let archive = Archive::open(Cursor::new(archive))?;
    engine.import(&archive, limits, NOW)
}

/// Imports what has nothing wrong in it.
fn import_well<S: Store>(engine: &mut Engine<S>, entries: &[(&str, &str)]) -> String {
    let report = import(engine, &zip(entries), ImportLimits::default());
    serde_json::to_string(&report.unwrap()).unwrap()
}

/// Imports what cannot be imported; returns why, after a check that nothing is left of it.
#[track_caller]
fn import_in_vain(engine: &mut Engine<NativeStore>, archive: &[u8]) -> String {
    let before = (dump(&*engine.store), engine.version());
    let error = import(engine, archive, ImportLimits::default()).unwrap_err();
    assert!(!error.is_ours(), "{error}");
    assert_eq!((dump(&*engine.store), engine.version()), before);
    error.to_wire().to_string()
}

/// Returns what an export has in it, entry by entry.
fn exported<S: Store>(store: &S) -> String {
    let mut bytes = Vec::new();
    export(store, NOW, ExportLimits::NONE, &mut bytes).unwrap();
    let mut text = String::new();
    let archive = rawzip::ZipArchive::from_slice(&bytes).unwrap();
    let mut entries = archive.entries();
    while let Some(header) = entries.next_entry().unwrap() {
        let name = String::from_utf8(header.file_path().as_bytes().to_vec()).unwrap();
        writeln!(text, "{name}").unwrap();
        let entry = archive.get_entry(header.wayfinder()).unwrap();
        let mut contents = flate2::read::DeflateDecoder::new(entry.data());
        let contents = io::read_to_string(&mut contents).unwrap();
        for line in contents.lines() {
            writeln!(text, "  {line}").unwrap();
        }
    }
    text
}

/// Writes down the tables of the database, the author's with all rows and search terms.
fn dump<S: Store>(store: &S) -> String {
    let mut text = String::new();
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    for row in store.query(names, &[]).unwrap() {
        let name = row[0].as_text().unwrap();
        writeln!(text, "{name}").unwrap();
        if name.ends_with(".search") {
            let found = format!("SELECT count(*) FROM \"{name}\"");
            let count = store.query(&found, &[]).unwrap()[0][0].as_integer();
            writeln!(text, "  {count:?} rows").unwrap();
        } else if !name.contains('.') && !name.starts_with('_') {
            let rows = format!("SELECT * FROM \"{name}\" ORDER BY _id");
            for row in store.query(&rows, &[]).unwrap() {
                writeln!(text, "  {}", row.iter().map(shown).collect::<String>()).unwrap();
            }
        }
    }
    text
}

fn shown(value: &SqlValue) -> String {
    match value {
        SqlValue::Null => "null ".to_owned(),
        SqlValue::Integer(number) => format!("{number} "),
        SqlValue::Real(number) => format!("{number:?} "),
        SqlValue::Text(text) => format!("{text} "),
    }
}

/// Returns the slugs of the notes that a search index has under a token.
fn found<S: Store>(store: &S, search: &str, token: &str) -> String {
    let sql = format!(
        "SELECT coalesce(group_concat(f_0), '') FROM \"notes\" WHERE _key IN
         (SELECT rowid FROM \"notes.{search}.search\" WHERE \"notes.{search}.search\" MATCH ?)"
    );
    let rows = store.query(&sql, &[SqlParam::Text(token)]).unwrap();
    rows[0][0].as_text().unwrap().to_owned()
}

mod archives;
mod kills;
mod lines;
mod round_trip;
