//! Archives: whatever is imported is right or changes nothing.
//!
//! An input that begins with `P` is an archive as it stands. Any other is made into one: its first
//! byte chooses how, and its parts, which the byte 0x1f separates, are the lines of some tables.

use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use rawzip::{CompressionMethod, ZipArchiveWriter};
use zeroback_protocol::{FunctionKind, Outcome, Timestamp};
use zeroback_runtime::engine::transfer::{Archive, ExportLimits, ImportLimits, export};
use zeroback_runtime::engine::{Engine, EngineConfig, Output, Ticket};

use crate::database::{Database, START_MS};

/// What comes in, with what reads all of it.
const TABLES: [(&str, &str); 3] = [
    ("records", r#"{"path":"archives:all"}"#),
    ("items", r#"{"path":"items:all","args":{"list":"a"}}"#),
    (
        "products",
        r#"{"path":"catalogue:read","args":{"want":"all","plan":{"label":0,"list":"a","source":"whole","filter":null,"direction":"ascending"}}}"#,
    ),
];

/// What separates the lines of one table from those of the next.
const SEPARATOR: u8 = 0x1f;

/// What this target imports at most; a few bytes can unpack to a thousand times as much.
const LIMITS: ImportLimits = ImportLimits {
    documents_max: 1_000,
    unpacked_bytes_max: 1 << 20,
    line_bytes_max: 1 << 16,
};

/// Imports an archive.
///
/// # Panics
///
/// Panics where an import that fails changes something, or one that does not leaves what cannot be
/// read, or is not what goes out again.
pub fn check(bytes: &[u8]) {
    let archive = match bytes.split_first() {
        Some((b'P', _)) => bytes.to_vec(),
        Some((how, parts)) => packed(*how, parts),
        None => return,
    };
    Database::with(|database| {
        let mut engine = database.engine(EngineConfig::default(), 1);
        let before = documents(database);
        let Ok(count) = import(&mut engine, &archive) else {
            assert_eq!(
                documents(database),
                before,
                "it failed and changed something"
            );
            return;
        };
        let now = Timestamp::from_unix_ms(START_MS);
        for (table, call) in TABLES {
            engine.handle_call(Ticket(1), FunctionKind::Query, None, call);
            engine.turn(now);
            while let Some(output) = engine.poll_output() {
                if let Output::Reply { body, .. } = output {
                    let outcome = Outcome::parse(&body);
                    assert!(
                        matches!(outcome, Ok(Outcome::Success(_))),
                        "{table}: {body}"
                    );
                }
            }
        }
        let after = exported(database);
        let held = lines(&after);
        let others = before
            .iter()
            .filter(|(table, _)| !held.contains_key(*table));
        assert_eq!(others.count(), 0, "a table is gone");
        let has_come = held.values().map(Vec::len).sum::<usize>();
        assert!(
            has_come as u64 >= count,
            "{count} documents came in and {has_come} are there"
        );
        import(&mut engine, &after).expect("what goes out comes in");
        assert_eq!(documents(database), held, "what goes out is what comes in");
    });
}

/// Makes an archive of lines.
fn packed(how: u8, parts: &[u8]) -> Vec<u8> {
    let mut archive = ZipArchiveWriter::new(Vec::new());
    let parts = parts.split(|byte| *byte == SEPARATOR);
    let names = TABLES.iter().map(|(table, _)| format!("{table}.jsonl"));
    let is_export = how & 1 == 1;
    let manifest = is_export.then(|| ("_zeroback.json".to_owned(), br#"{"format":1}"#.as_slice()));
    for (name, text) in names.zip(parts).chain(manifest) {
        let file = archive.new_file(&name);
        let file = file.compression_method(CompressionMethod::DEFLATE);
        let (mut entry, config) = file.start().expect("it is written to memory");
        let encoder = DeflateEncoder::new(&mut entry, Compression::fast());
        let mut writer = config.wrap(encoder);
        writer.write_all(text).expect("memory is there");
        let (encoder, descriptor) = writer.finish().expect("memory is there");
        encoder.finish().expect("memory is there");
        entry.finish(descriptor).expect("memory is there");
    }
    archive.finish().expect("memory is there")
}

/// Imports, and returns how many documents came in.
fn import(engine: &mut Engine<Database>, archive: &[u8]) -> Result<u64, String> {
    let now = Timestamp::from_unix_ms(START_MS);
    let imported = Archive::open(Cursor::new(archive))
        .and_then(|archive| engine.import(&archive, LIMITS, now));
    let report = imported.map_err(|error| error.to_wire().to_string())?;
    Ok(report.tables.values().map(|table| table.documents).sum())
}

fn exported(database: &Database) -> Vec<u8> {
    let mut archive = Vec::new();
    let now = Timestamp::from_unix_ms(START_MS);
    export(database, now, ExportLimits::NONE, &mut archive).expect("a database goes out");
    archive
}

fn documents(database: &Database) -> Lines {
    lines(&exported(database))
}

/// The lines of each table.
type Lines = std::collections::BTreeMap<String, Vec<String>>;

fn lines(archive: &[u8]) -> Lines {
    let archive = Archive::open(Cursor::new(archive)).expect("an export is an archive");
    let tables = archive.contents().tables.clone();
    let mut found: Lines = tables
        .iter()
        .map(|table| (table.clone(), Vec::new()))
        .collect();
    let limits = ImportLimits::default();
    archive
        .read(
            limits.unpacked_bytes_max,
            limits.line_bytes_max,
            &mut |chunk| {
                let lines = found.entry(tables[chunk.table].clone()).or_default();
                lines.extend(
                    chunk
                        .lines
                        .into_iter()
                        .map(|line| line.text.expect("a document")),
                );
                Ok(())
            },
        )
        .expect("an export is whole");
    found
}
