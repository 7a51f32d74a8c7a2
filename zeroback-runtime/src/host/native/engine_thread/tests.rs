//! What goes on beside the calls: imports, schema changes, and the end of an engine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpStream};
use ts_rs::TS;
use zeroback_protocol::FunctionKind;

use super::super::outbox::Duty;
use super::super::store::Durability;
use super::*;
use crate::engine::transfer::{ArchiveContents, ImportLimits};
use crate::engine::{EngineConfig, SqlParam, Store as _};
use crate::host::native::files::Files;
use crate::registry::TableEntry;
use crate::web::WebLimits;
use crate::{App, ColumnDef, ColumnType, TableDef};

fn around() -> Surroundings {
    Surroundings {
        files: Files::in_memory(),
        limits: WebLimits::default(),
        accounts: Arc::default(),
    }
}

/// Starts an engine of an app without anything.
async fn started() -> (EngineHandle, JoinHandle<()>) {
    let lock = File::open(".").unwrap();
    start(lock, around(), || {
        let store = NativeStore::in_memory()?;
        Engine::open(store, App::collect(&[]), EngineConfig::default(), now(), 1)
    })
    .await
    .unwrap()
}

/// Makes a call of a query that says nothing of who makes it.
fn query(body: String) -> HttpCall {
    HttpCall {
        kind: FunctionKind::Query,
        key: None,
        authorization: None,
        cookies: None,
        body,
    }
}

#[tokio::test]
async fn others_are_answered_between_the_steps_of_an_import() {
    let (engine, thread) = started().await;
    let step = async |step| {
        let engine = engine.clone();
        let taken = tokio::task::spawn_blocking(move || engine.import_blocking(step));
        taken.await.unwrap()
    };
    let nothing = ArchiveContents {
        tables: Vec::new(),
        is_export: true,
    };
    let begin = ImportStep::Begin(nothing, ImportLimits::default());
    step(begin).await.unwrap();
    let body = r#"{"path":"none"}"#.to_owned();
    let reply = engine.call(query(body)).await.unwrap();
    assert_eq!(reply.status, 404);
    step(ImportStep::Finish).await.unwrap();
    let ended = step(ImportStep::Finish).await;
    assert!(matches!(ended, Err(TransferError::Conflict(_))));
    engine.stop().await;
    thread.join().unwrap();
    let stopped = step(ImportStep::Finish).await;
    assert!(matches!(stopped, Err(TransferError::Lost)));
}

#[tokio::test]
async fn a_panic_of_the_engine_sends_clients_away_and_the_server_goes_on() {
    let (engine, thread) = started().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stream = TcpStream::connect(address).await.unwrap();
    let outbox = Arc::new(Outbox::new(stream, 1 << 20));
    engine.open(Arc::clone(&outbox), None).await;
    engine.send(Event::Panic).await;
    let duty = std::future::poll_fn(|cx| outbox.poll_duty(cx)).await;
    assert!(matches!(duty, Duty::Close(CLOSE_RESTART, _)));
    let body = r#"{"path":"none"}"#.to_owned();
    let call = HttpCall {
        kind: FunctionKind::Query,
        key: None,
        authorization: None,
        cookies: None,
        body,
    };
    let reply = engine.call(call).await.unwrap();
    assert_eq!(reply.status, 404);
    engine.stop().await;
    thread.join().unwrap();
    assert!(!engine.is_alive());
}

#[derive(Serialize, Deserialize, TS, JsonSchema)]
struct Note {
    text: String,
}

const NOTES: TableDef = TableDef {
    name: "notes",
    columns: &[],
    indexes: &[],
    searches: &[],
    crate_name: "test",
};

const INDEXED: TableDef = TableDef {
    columns: &[ColumnDef {
        field: "text",
        column_type: ColumnType::Text,
        nullable: false,
    }],
    ..NOTES
};

fn app(def: TableDef) -> App {
    App::of(&[TableEntry::new::<Note>(def)], &[])
}

#[tokio::test]
async fn a_large_schema_change_is_made_beside_the_calls_and_without_them() {
    let file = std::env::temp_dir().join(format!("zeroback-steps-{}", std::process::id()));
    let _ = std::fs::remove_file(&file);
    let store = NativeStore::open(&file, Durability::Full).unwrap();
    Engine::open(store, app(NOTES), EngineConfig::default(), now(), 1).unwrap();
    let store = NativeStore::open(&file, Durability::Full).unwrap();
    for at in 0..500 {
        let id = format!("notes_{at:03}");
        let document = format!(r#"{{"_id":"{id}","_creationTime":1,"text":"x"}}"#);
        let params = [SqlParam::Text(&id), SqlParam::Text(&document)];
        let sql = "INSERT INTO notes (_id, _creation_time, doc) VALUES (?, 1, ?)";
        store.execute(sql, &params).unwrap();
    }
    let config = EngineConfig {
        schema_rows_in_one_transaction_max: 0,
        schema_rows_per_step: 1,
        ..EngineConfig::default()
    };
    let path = file.clone();
    let (engine, thread) = start(File::open(".").unwrap(), around(), move || {
        let store = NativeStore::open(&path, Durability::Full)?;
        Engine::open_checked(store, app(INDEXED), config, now(), 1)
    })
    .await
    .unwrap();
    let call = || engine.call(query(r#"{"path":"none"}"#.to_owned()));
    let reply = call().await.unwrap();
    assert_eq!(reply.status, 503);
    assert!(reply.body.contains("migrating"), "{}", reply.body);
    assert!(engine.refusal().is_some());
    let mut refusal = engine.refusal.clone();
    refusal.wait_for(Option::is_none).await.unwrap();
    assert_eq!(call().await.unwrap().status, 404, "it takes calls");
    engine.stop().await;
    thread.join().unwrap();
    let filled = "SELECT count(f_0) FROM notes";
    let rows = store.query(filled, &[]).unwrap();
    assert_eq!(rows[0][0].as_integer(), Some(500));
    std::fs::remove_file(&file).unwrap();
}
