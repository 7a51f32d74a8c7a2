//! The baseline of a cold start: axum alone, which answers with a row of the server's database.

use std::path::Path;
use std::sync::Mutex;

use anyhow::Result;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::any;
use rusqlite::Connection;

pub(super) async fn serve(data: &Path) -> Result<()> {
    let connection = Connection::open(data.join("zeroback.sqlite"))?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
    let connection = Mutex::new(connection);
    let newest = move || {
        let connection = connection.lock().ok()?;
        let sql = "SELECT doc FROM rows WHERE f_0 = 'unwatched' ORDER BY _id DESC LIMIT 1";
        let doc = connection.query_row(sql, [], |row| row.get(0));
        doc.ok()
    };
    let newest = std::sync::Arc::new(newest);
    let answer = async move || -> Result<String, StatusCode> {
        newest().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    };
    let router = Router::new().route("/api/query", any(answer));
    Ok(axum::serve(super::listen().await?, router).await?)
}
