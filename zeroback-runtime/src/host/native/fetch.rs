//! Requests to the world, by reqwest on rustls with the provider `ring`.

use std::cell::OnceCell;
use std::error::Error as StdError;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Url};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::time::timeout;
use zeroback_protocol::ErrorCode;

use super::pieces;
use crate::context::Fetched;
use crate::web::{Body, Content, FetchOptions, Request, Response};
use crate::{Error, Result};

/// Makes requests; one for the actions of a thread, which share its connections.
#[derive(Clone, Debug)]
pub(crate) struct Fetcher {
    client: Rc<OnceCell<Client>>,
    /// How long the other side may take nothing of a body.
    stall_max: Duration,
}

impl Fetcher {
    pub(super) fn new(stall_max: Duration) -> Self {
        Self {
            client: Rc::default(),
            stall_max,
        }
    }

    /// Makes a request, and follows no redirect.
    pub(crate) fn fetch(&self, request: Request, options: FetchOptions) -> Fetched {
        // Reading the certificates of the machine takes its time, and many apps need none.
        let client = self.client.get_or_init(client).clone();
        let stall_max = self.stall_max;
        Box::pin(async move {
            let request = outgoing(request, stall_max)?;
            match timeout(options.timeout, client.execute(request)).await {
                Ok(Ok(response)) => Ok(incoming(response, options.timeout)),
                Ok(Err(error)) => Err(failed(error)),
                Err(_) => Err(silent(options.timeout)),
            }
        })
    }
}

/// Returns what a `location` means, seen from a URL.
pub(crate) fn resolve(base: &str, location: &str) -> Option<String> {
    let url = Url::parse(base).ok()?.join(location).ok()?;
    Some(url.into())
}

/// Makes a client that follows no redirects.
pub(super) fn client() -> Client {
    built(client_builder())
}

/// Begins a client that follows no redirects.
pub(super) fn client_builder() -> ClientBuilder {
    Client::builder()
        .redirect(Policy::none())
        .tls_backend_preconfigured(tls())
}

/// Ends one that [`client_builder`] has begun.
pub(super) fn built(builder: ClientBuilder) -> Client {
    builder.build().expect("the settings are known to be good")
}

/// Trusts whom the machine trusts.
fn tls() -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let begun = || {
        ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("the provider has what the default versions need")
    };
    match begun().with_platform_verifier() {
        Ok(trusting) => trusting.with_no_client_auth(),
        Err(error) => {
            tracing::warn!(
                "https cannot be fetched, as the machine has no root certificates: {error}"
            );
            begun()
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth()
        }
    }
}

fn outgoing(request: Request, stall_max: Duration) -> Result<reqwest::Request> {
    let (head, body) = request.into_parts();
    let url = Url::parse(&head.uri.to_string())?;
    let mut outgoing = reqwest::Request::new(head.method, url);
    *outgoing.headers_mut() = head.headers;
    *outgoing.body_mut() = match body.into_content() {
        Content::Bytes(bytes) if bytes.is_empty() => None,
        Content::Bytes(bytes) => Some(bytes.into()),
        Content::Stream(stream) => {
            let (sender, receiver) = pieces::channel();
            tokio::task::spawn_local(async move {
                // Where it fails, the request does.
                let _ = pieces::send_all(stream, sender, stall_max).await;
            });
            Some(reqwest::Body::wrap_stream(pieces::sendable(receiver)))
        }
    };
    Ok(outgoing)
}

fn incoming(response: reqwest::Response, silence_max: Duration) -> Response {
    let mut head = Response::new(Body::empty());
    *head.status_mut() = response.status();
    *head.headers_mut() = response.headers().clone();
    *head.version_mut() = response.version();
    let pieces = Box::pin(response.bytes_stream());
    let timed = stream::unfold(Some(pieces), move |pieces| async move {
        let mut pieces = pieces?;
        match timeout(silence_max, pieces.next()).await {
            Ok(Some(Ok(piece))) => Some((Ok(piece), Some(pieces))),
            Ok(Some(Err(error))) => Some((Err(failed(error)), None)),
            Ok(None) => None,
            Err(_) => Some((Err(silent(silence_max)), None)),
        }
    });
    head.map(|_| Body::stream(timed))
}

fn silent(after: Duration) -> Error {
    let ms = after.as_millis();
    let text = format!("the server that was asked was silent for {ms} ms");
    Error::new(ErrorCode::FETCH_TIMEOUT, text)
}

/// Says what has happened, and not of which URL: it may have a secret in it.
fn failed(error: reqwest::Error) -> Error {
    let text = if error.is_connect() {
        "the server that was asked cannot be reached"
    } else {
        "the server that was asked has broken off"
    };
    let error = error.without_url();
    let mut cause = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        cause = format!("{cause}: {error}");
        source = error.source();
    }
    Error::new(ErrorCode::FETCH_FAILED, text).caused_by(cause)
}
