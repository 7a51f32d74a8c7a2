//! Exports and imports beside a running engine, and without one.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::super::clock::{now, seed};
use super::super::server::{DATABASE_FILE, ServeOptions, Server, lock};
use super::super::store::{Durability, NativeStore};
use super::cli::{export_to, import_from};
use crate::engine::transfer::{Archive, ExportLimits, ImportLimits, export};
use crate::engine::{Engine, EngineConfig, SqlValue, Store, Verdict};
use crate::host::AdminKey;
use crate::registry::TableEntry;
use crate::{App, TableDef};

const KEY: &str = "a key of the tests";

#[derive(Serialize, Deserialize, TS, JsonSchema)]
struct Tag {
    name: String,
}

fn app() -> App {
    let tags = TableDef {
        name: "tags",
        columns: &[],
        indexes: &[],
        searches: &[],
        crate_name: "test",
    };
    App::of(&[TableEntry::new::<Tag>(tags)], &[])
}

/// A folder that goes with its test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let name = format!("zeroback-transfer-{test}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Writes an archive of tags into it.
    fn archive(&self, lines: &str) -> PathBuf {
        let mut zip = rawzip::ZipArchiveWriter::new(Vec::new());
        let (mut entry, config) = zip.new_file("tags.jsonl").start().unwrap();
        let mut contents = config.wrap(&mut entry);
        contents.write_all(lines.as_bytes()).unwrap();
        let (_, descriptor) = contents.finish().unwrap();
        entry.finish(descriptor).unwrap();
        let path = self.0.join("seed.zip");
        std::fs::write(&path, zip.finish().unwrap()).unwrap();
        path
    }

    fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    fn tags(&self) -> i64 {
        let store = NativeStore::open_snapshot(&self.data().join(DATABASE_FILE)).unwrap();
        count(&store)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn count(store: &NativeStore) -> i64 {
    let rows = store.query("SELECT count(*) FROM tags", &[]).unwrap();
    rows[0][0].as_integer().unwrap()
}

#[test]
fn the_program_imports_what_it_has_exported() {
    let folder = Folder::new("program");
    let seed = folder.archive("{\"name\":\"a\"}\n{\"name\":\"b\"}");
    import_from(app(), &folder.data(), &seed).unwrap();
    let backup = folder.0.join("backup.zip");
    export_to(&folder.data(), &backup).unwrap();
    import_from(app(), &folder.data(), &folder.archive("")).unwrap();
    assert_eq!(folder.tags(), 0);
    import_from(app(), &folder.data(), &backup).unwrap();
    assert_eq!(folder.tags(), 2);
    assert!(!folder.0.join("backup.zip.part").exists());
}

#[test]
fn the_program_tells_the_lines_that_are_not_right() {
    let folder = Folder::new("faults");
    let seed = folder.archive("{\"name\":\"a\"}\n{\"name\":7}");
    let error = import_from(app(), &folder.data(), &seed).unwrap_err();
    let told = format!("{error:#}");
    assert!(told.contains("tags.jsonl:2: name: "), "{told}");
    assert_eq!(folder.tags(), 0);
}

#[test]
fn beside_a_server_the_program_exports_and_does_not_import() {
    let folder = Folder::new("locked");
    let seed = folder.archive(r#"{"name":"a"}"#);
    import_from(app(), &folder.data(), &seed).unwrap();
    let held = lock(&folder.data()).unwrap();
    export_to(&folder.data(), &folder.0.join("backup.zip")).unwrap();
    let error = import_from(app(), &folder.data(), &seed).unwrap_err();
    assert!(error.to_string().contains("another server uses"), "{error}");
    drop(held);
    let nowhere = folder.0.join("nowhere");
    let error = export_to(&nowhere, &folder.0.join("backup.zip")).unwrap_err();
    assert!(
        error.to_string().contains("there is no database"),
        "{error}"
    );
}

#[test]
fn a_snapshot_is_as_it_was_while_others_write() {
    let folder = Folder::new("snapshot");
    import_from(app(), &folder.data(), &folder.archive(r#"{"name":"a"}"#)).unwrap();
    let file = folder.data().join(DATABASE_FILE);
    let snapshot = NativeStore::open_snapshot(&file).unwrap();
    let mut seen = Vec::new();
    snapshot
        .transaction(&mut || {
            seen.push(count(&snapshot));
            let store = NativeStore::open(&file, Durability::Full).unwrap();
            let config = EngineConfig::default();
            let mut engine = Engine::open(store, app(), config, now(), seed()).unwrap();
            let empty = std::fs::File::open(folder.archive("")).unwrap();
            let empty = Archive::open(empty).unwrap();
            engine
                .import(&empty, ImportLimits::default(), now())
                .unwrap();
            seen.push(count(&snapshot));
            Verdict::Commit
        })
        .unwrap();
    seen.push(count(&snapshot));
    assert_eq!(seen, [1, 1, 0]);
    let written = snapshot.execute("DELETE FROM tags", &[]);
    assert!(written.is_err(), "and nothing is written through it");
}

#[test]
fn a_database_that_was_not_closed_is_exported() {
    let folder = Folder::new("unclosed");
    import_from(app(), &folder.data(), &folder.archive(r#"{"name":"a"}"#)).unwrap();
    let file = folder.data().join(DATABASE_FILE);
    let store = NativeStore::open(&file, Durability::Full).unwrap();
    store
        .execute("UPDATE tags SET doc = replace(doc, '\"a\"', '\"b\"')", &[])
        .unwrap();
    // As a killed server leaves it: what was written last is in the log alone.
    let copy = Folder::new("unclosed-copy");
    std::fs::create_dir_all(copy.data()).unwrap();
    for name in [DATABASE_FILE.to_owned(), format!("{DATABASE_FILE}-wal")] {
        std::fs::copy(folder.data().join(&name), copy.data().join(&name)).unwrap();
    }
    let snapshot = NativeStore::open_snapshot(&copy.data().join(DATABASE_FILE)).unwrap();
    export(&snapshot, now(), ExportLimits::NONE, Vec::new()).unwrap();
    let rows = snapshot.query("SELECT doc FROM tags", &[]).unwrap();
    assert!(matches!(&rows[0][0], SqlValue::Text(doc) if doc.contains("\"b\"")));
}

async fn serve(folder: &Folder, import_bytes_max: u64) -> Server {
    let options = ServeOptions {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        data: folder.data(),
        admin_key: Some(AdminKey::new(KEY).unwrap()),
        import_bytes_max,
        ..ServeOptions::default()
    };
    Server::start(app(), options).await.unwrap()
}

/// Posts the beginning of an archive of so many bytes, and all of it where `sent` says so.
#[expect(
    clippy::disallowed_methods,
    reason = "a client that breaks off, as no client of a library does"
)]
fn post(address: SocketAddr, archive: &[u8], sent: usize) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST /api/admin/import HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {KEY}\r\n\
         content-type: application/zip\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        archive.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&archive[..sent]).unwrap();
    if sent < archive.len() {
        return String::new();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_larger_than_it_may_be_is_refused() {
    let folder = Folder::new("large");
    let server = serve(&folder, 100).await;
    let archive = std::fs::read(folder.archive(r#"{"name":"a"}"#)).unwrap();
    assert!(archive.len() > 100);
    let answer = tokio::task::block_in_place(|| post(server.address(), &archive, archive.len()));
    assert!(
        answer.contains("413") && answer.contains("import_too_large"),
        "{answer}"
    );
    server.stop().await.unwrap();
    assert_eq!(folder.tags(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_cut_off_changes_nothing_and_the_next_is_taken() {
    let folder = Folder::new("cut");
    let server = serve(&folder, 1 << 20).await;
    let archive = std::fs::read(folder.archive(r#"{"name":"a"}"#)).unwrap();
    let address = server.address();
    tokio::task::block_in_place(|| {
        post(address, &archive, archive.len() - 1);
        // The server learns of the end when it does.
        let answers = std::iter::repeat_with(|| post(address, &archive, archive.len()));
        let mut answers = answers.skip_while(|answer| answer.contains("another import"));
        let answer = answers.next().unwrap();
        assert!(answer.contains(r#"{"tags":{"documents":1}}"#), "{answer}");
    });
    assert_eq!(folder.tags(), 1);
    server.stop().await.unwrap();
    assert!(!folder.data().join("import.zip.part").exists());
}
