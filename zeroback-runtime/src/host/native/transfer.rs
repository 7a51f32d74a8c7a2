//! The operator's endpoints: `GET /api/admin/export`, `POST /api/admin/import` and `POST /api/admin/run`.
//!
//! Both archives are streams: what goes out is read from a snapshot of the database on a thread of
//! its own while the engine goes on, and what comes in lies in a file until all of it is there.

mod cli;
mod incoming;
mod outgoing;

use std::path::PathBuf;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt as _, stream};
use tokio::sync::{Semaphore, mpsc, oneshot};
use zeroback_protocol::{ErrorCode, FunctionKind, Outcome, RawJson, WireError};

use super::http::{Shared, answer, json, not_found, refusal, whole};
use super::log::{self, log};
use crate::engine::transfer::TransferError;
use crate::host::{AdminKey, AdminRequest, AdminRoute};
use incoming::{Incoming, Upload};

pub(super) use cli::{export_to, import_from};

/// How many pieces of an archive wait for a side that is slower than the other.
const PIECES_MAX: usize = 8;

/// What the endpoints need.
#[derive(Debug)]
pub(super) struct Admin {
    pub(super) key: Option<AdminKey>,
    /// The folder of the data.
    pub(super) data: PathBuf,
    /// How many bytes an archive that comes in may have.
    pub(super) import_bytes_max: u64,
    /// One export, and one import.
    exports: Arc<Semaphore>,
    imports: Arc<Semaphore>,
}

impl Admin {
    pub(super) fn new(key: Option<AdminKey>, data: PathBuf, import_bytes_max: u64) -> Self {
        Self {
            key,
            data,
            import_bytes_max,
            exports: Arc::new(Semaphore::new(1)),
            imports: Arc::new(Semaphore::new(1)),
        }
    }

    /// Returns why a request is not carried out, if it is not.
    fn refuse(&self, head: &Parts) -> Option<Response> {
        match self.find(head) {
            AdminRoute::Refuse(status, error) => Some(refused(status, error)),
            _ => None,
        }
    }

    fn find(&self, head: &Parts) -> AdminRoute {
        let text = |name| head.headers.get(name)?.to_str().ok();
        let request = AdminRequest {
            method: head.method.as_str(),
            path: head.uri.path(),
            query: head.uri.query(),
            content_type: text(header::CONTENT_TYPE).unwrap_or_default(),
            authorization: text(header::AUTHORIZATION),
        };
        AdminRoute::find(self.key.as_ref(), request)
    }
}

fn refused(status: u16, error: WireError) -> Response {
    let status = StatusCode::from_u16(status).expect("it is one");
    refusal(status, error)
}

/// Answers with the newest lines of the log.
pub(super) async fn logs(State(shared): State<Shared>, request: Request) -> Response {
    match shared.admin.find(&request.into_parts().0) {
        AdminRoute::Logs { after } => {
            // Without its thread there is no log to wait for.
            let _ = tokio::task::spawn_blocking(log::flush).await;
            json(StatusCode::OK, log().recent(after))
        }
        AdminRoute::Refuse(status, error) => refused(status, error),
        _ => not_found().await,
    }
}

/// Runs a function for the operator.
pub(super) async fn run(State(shared): State<Shared>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if let Some(refused) = shared.admin.refuse(&head) {
        return refused;
    }
    let body = whole(body, shared.body_stall_max).await;
    let Ok(Ok(body)) = body.map(String::from_utf8) else {
        let error = WireError::new(ErrorCode::BAD_MESSAGE, "the body could not be read");
        return refusal(StatusCode::BAD_REQUEST, error);
    };
    answer(shared.engine.operate(body).await, FunctionKind::Action)
}

/// Answers with an archive of the database as it is now.
pub(super) async fn export(State(shared): State<Shared>, request: Request) -> Response {
    let admin = &shared.admin;
    if let Some(refused) = admin.refuse(&request.into_parts().0) {
        return refused;
    }
    let Ok(place) = Arc::clone(&admin.exports).try_acquire_owned() else {
        return failed(&TransferError::Conflict("another export is running"));
    };
    let (pieces, mut archive) = mpsc::channel(PIECES_MAX);
    let data = admin.data.clone();
    tokio::task::spawn_blocking(move || {
        let pieces = outgoing::run(&data, pieces);
        // Whoever sees the end may export again.
        drop(place);
        drop(pieces);
    });
    let first = match archive.recv().await {
        Some(Ok(first)) => first,
        Some(Err(error)) => return failed(&error),
        None => return failed(&TransferError::Lost),
    };
    let rest = stream::unfold(archive, |mut archive| async {
        Some((archive.recv().await?, archive))
    });
    let pieces = stream::once(async { Ok(first) }).chain(rest);
    let headers = [
        (header::CONTENT_TYPE, "application/zip"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"zeroback.zip\"",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, Body::from_stream(pieces)).into_response()
}

/// Puts an archive in the place of what its tables hold.
pub(super) async fn import(State(shared): State<Shared>, request: Request) -> Response {
    let admin = &shared.admin;
    let (head, body) = request.into_parts();
    if let Some(refused) = admin.refuse(&head) {
        return refused;
    }
    let Ok(place) = Arc::clone(&admin.imports).try_acquire_owned() else {
        return failed(&TransferError::Conflict("another import is running"));
    };
    let (upload, uploaded) = mpsc::channel(PIECES_MAX);
    let (done, result) = oneshot::channel();
    let incoming = Incoming {
        data: admin.data.clone(),
        engine: shared.engine.clone(),
        uploaded,
    };
    tokio::task::spawn_blocking(move || {
        let imported = incoming.run();
        // Whoever is answered may import again.
        drop(place);
        // Whoever asked may have gone.
        let _ = done.send(imported);
    });
    if let Err(error) = forward(body, &upload, admin.import_bytes_max).await {
        return failed(&error);
    }
    drop(upload);
    match result.await.unwrap_or(Err(TransferError::Lost)) {
        Ok(report) => {
            let report = serde_json::to_string(&report).expect("text and numbers");
            let outcome = Outcome::Success(RawJson::from_encoded(report));
            json(StatusCode::OK, outcome.encode())
        }
        Err(error) => failed(&error),
    }
}

/// Hands a body on; one that is cut off has no end.
async fn forward(
    body: Body,
    upload: &mpsc::Sender<Upload>,
    bytes_max: u64,
) -> Result<(), TransferError> {
    let mut bytes = 0;
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece: Bytes =
            piece.map_err(|_| TransferError::Archive("the body could not be read".to_owned()))?;
        bytes += piece.len() as u64;
        if bytes > bytes_max {
            return Err(TransferError::ImportTooLarge(format!(
                "the archive has over {bytes_max} bytes"
            )));
        }
        if upload.send(Upload::Bytes(piece)).await.is_err() {
            // It has failed, and its result says why.
            return Ok(());
        }
    }
    let _ = upload.send(Upload::End).await;
    Ok(())
}

fn failed(error: &TransferError) -> Response {
    if error.is_ours() {
        tracing::error!("a transfer failed: {error}");
    }
    let told = error.to_wire();
    let status = StatusCode::from_u16(told.code.http_status()).expect("the protocol knows HTTP");
    refusal(status, told)
}

#[cfg(test)]
mod tests;
