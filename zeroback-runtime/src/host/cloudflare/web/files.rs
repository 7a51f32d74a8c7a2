//! What is in files, in the R2 bucket that is bound as `ZEROBACK_FILES`.

use std::future::poll_fn;
use std::ops::Range;

use zeroback_protocol::ErrorCode;

use super::super::tasks::Tasks;
use super::streams::{From, Incoming, Streams, Told};
use crate::context::Filed;
use crate::web::{Body, BodyStream};
use crate::{Error, Result};

/// Stores a body under a name, or nothing where it breaks off.
pub(in super::super) fn put_file(
    streams: Streams,
    tasks: &Tasks,
    key: &str,
    body: Body,
) -> Filed<()> {
    let (stream, number) = (streams.open(), streams.web.number());
    streams.expect(number);
    let (sender, pieces): (_, BodyStream) = (streams.clone(), Box::pin(body));
    tasks.spawn(async move {
        // Where it fails, storing does.
        let _ = sender.send_all(stream, pieces).await;
    });
    streams.web.put_file(number, key, stream);
    Box::pin(async move { settled(&streams, number).await.map(drop) })
}

/// Returns a part of what is stored under a name.
pub(in super::super) fn get_file(streams: Streams, key: &str, range: Range<u64>) -> Filed<Body> {
    let number = streams.web.number();
    streams.expect(number);
    let length = range.end - range.start;
    streams
        .web
        .get_file(number, key, range.start as f64, length as f64);
    Box::pin(async move {
        if !settled(&streams, number).await? {
            return Err(unavailable().caused_by("a file is not in the bucket"));
        }
        let from = From::Server {
            silence_ms: streams.stall_ms,
        };
        Ok(Body::stream(Incoming::new(streams, number, from)))
    })
}

/// Takes away what is stored under a name, if there is anything.
pub(in super::super) fn delete_file(streams: Streams, key: &str) -> Filed<()> {
    let number = streams.web.number();
    streams.expect(number);
    streams.web.delete_file(number, key);
    Box::pin(async move { settled(&streams, number).await.map(drop) })
}

/// Waits until it is done; returns whether there is something to read.
async fn settled(streams: &Streams, number: f64) -> Result<bool> {
    let told = poll_fn(|cx| streams.poll_told(number, cx)).await;
    streams.forget(number);
    match told {
        Told::Head { has_body, .. } => Ok(has_body),
        Told::Unreachable(cause) => Err(unavailable().caused_by(cause)),
        told => unreachable!("{told:?} is told of a body"),
    }
}

fn unavailable() -> Error {
    Error::new(ErrorCode::UNAVAILABLE, "the server cannot reach its files")
}
