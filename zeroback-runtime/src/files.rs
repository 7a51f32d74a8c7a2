//! `/storage`: files that come and go over HTTP. These are routes of the runtime's own, so both hosts
//! serve them as they serve an author's.

mod download;
mod range;
mod upload;

use crate::registry::{RouteEntry, RouteHandler};

pub(crate) use download::download;
pub(crate) use upload::upload;

/// The folder of the paths that are served here.
pub(crate) const FOLDER: &str = "/storage/";

/// All of them.
pub(crate) fn routes() -> [RouteEntry; 3] {
    [
        route("POST", "/storage/upload", |ctx, request| {
            Box::pin(upload(ctx, request))
        }),
        route("PUT", "/storage/upload", |ctx, request| {
            Box::pin(upload(ctx, request))
        }),
        route("GET", "/storage/{id}", |ctx, request| {
            Box::pin(download(ctx, request))
        }),
    ]
}

fn route(method: &'static str, path: &'static str, handler: RouteHandler) -> RouteEntry {
    let crate_name = env!("CARGO_CRATE_NAME");
    RouteEntry::new(
        (method, path),
        "_zeroback:storage",
        crate_name,
        (file!(), line!()),
        handler,
    )
}
