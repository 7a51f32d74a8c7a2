//! Against a server of the tests' own that speaks as much of S3 as is asked of it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;

use super::super::tests::{body, check};
use super::super::{FilesPlace, PART_BYTES};
use super::*;

/// What lies in the buckets, by their paths.
#[derive(Debug, Default)]
struct Buckets {
    objects: BTreeMap<String, Bytes>,
    uploads: BTreeMap<String, BTreeMap<u32, Bytes>>,
    begun: u32,
    /// How many requests are still to fail.
    failing: u32,
}

type Shared = Arc<Mutex<Buckets>>;

async fn answer(
    State(shared): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let signed = headers.get("authorization").map(|value| value.as_bytes());
    let of_key = b"AWS4-HMAC-SHA256 Credential=an-id/";
    if !signed.is_some_and(|signed| signed.starts_with(of_key)) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut buckets = shared.lock().unwrap();
    if buckets.failing > 0 {
        buckets.failing -= 1;
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let path = uri.path().to_owned();
    let query = uri.query().unwrap_or_default().as_bytes();
    let query: BTreeMap<_, _> = form_urlencoded::parse(query).into_owned().collect();
    match query.get("uploadId") {
        Some(upload) => buckets.of_upload(&method, path, upload, &query, body),
        None if query.contains_key("uploads") => buckets.begin(),
        None => buckets.of_object(&method, path, &headers, body),
    }
}

impl Buckets {
    fn begin(&mut self) -> Response {
        self.begun += 1;
        let id = format!("upload-{}", self.begun);
        let text = format!(
            "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
        );
        self.uploads.insert(id, BTreeMap::new());
        text.into_response()
    }

    fn of_upload(
        &mut self,
        method: &Method,
        path: String,
        upload: &str,
        query: &BTreeMap<String, String>,
        body: Bytes,
    ) -> Response {
        match *method {
            Method::PUT => {
                let number = query["partNumber"].parse().unwrap();
                self.uploads.get_mut(upload).unwrap().insert(number, body);
                ([("etag", "\"a-part\"")], "").into_response()
            }
            Method::POST => {
                let parts: Vec<_> = self.uploads.remove(upload).unwrap().into_values().collect();
                let (last, others) = parts.split_last().unwrap();
                // Some services want them so.
                let is_alike = others.iter().all(|part| part.len() == PART_BYTES);
                assert!(is_alike && (1..=PART_BYTES).contains(&last.len()));
                self.objects.insert(path, parts.concat().into());
                let text = "<CompleteMultipartUploadResult><ETag>\"whole\"</ETag></CompleteMultipartUploadResult>";
                text.into_response()
            }
            _ => {
                self.uploads.remove(upload);
                StatusCode::NO_CONTENT.into_response()
            }
        }
    }

    fn of_object(
        &mut self,
        method: &Method,
        path: String,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Response {
        match *method {
            Method::PUT => {
                self.objects.insert(path, body);
                ([("etag", "\"whole\"")], "").into_response()
            }
            Method::DELETE => {
                self.objects.remove(&path);
                StatusCode::NO_CONTENT.into_response()
            }
            _ => match self.objects.get(&path) {
                Some(whole) => part_of(whole, headers),
                None => StatusCode::NOT_FOUND.into_response(),
            },
        }
    }
}

fn part_of(whole: &Bytes, headers: &HeaderMap) -> Response {
    let range = headers["range"].to_str().unwrap();
    let (first, last) = range["bytes=".len()..].split_once('-').unwrap();
    let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
    let range = format!("bytes {first}-{last}/{}", whole.len());
    let headers = [
        ("content-range", range.as_str()),
        ("etag", "\"whole\""),
        ("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT"),
    ];
    let part = whole.slice(first..=last);
    (StatusCode::PARTIAL_CONTENT, headers, part).into_response()
}

/// Serves buckets until the runtime ends, and returns the settings with which they are reached.
async fn serve() -> (Shared, Vec<(String, String)>) {
    let shared = Shared::default();
    let router = Router::new()
        .fallback(answer)
        .layer(DefaultBodyLimit::disable())
        .with_state(Arc::clone(&shared));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (shared, settings(&endpoint))
}

fn settings(endpoint: &str) -> Vec<(String, String)> {
    let settings = [
        ("AWS_ENDPOINT", endpoint),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_ACCESS_KEY_ID", "an-id"),
        ("AWS_SECRET_ACCESS_KEY", "a-secret-of-the-tests"),
        ("AWS_REGION", "auto"),
        ("AWS_PAGER", "of another tool"),
        ("SECRET_ACCESS_KEY", "of nobody's"),
    ];
    let owned = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    owned.into()
}

#[tokio::test]
async fn a_file_in_a_bucket_is_there_whole_or_not_at_all() {
    let (shared, settings) = serve().await;
    for (url, prefix) in [
        ("s3://some.bucket", "/some.bucket/"),
        ("s3://some.bucket/my/app/", "/some.bucket/my/app/"),
    ] {
        let FilesPlace(files) = FilesPlace::parse(url, settings.clone()).unwrap();
        check(files.clone()).await;
        assert!(shared.lock().unwrap().uploads.is_empty(), "all have ended");
        let stored = files.put("b-1".to_owned(), body(vec![Ok(vec![7])])).await;
        stored.unwrap();
        let kept: Vec<_> = shared.lock().unwrap().objects.keys().cloned().collect();
        assert_eq!(kept, [format!("{prefix}b-1")]);
        shared.lock().unwrap().objects.clear();
    }
}

#[tokio::test]
async fn a_service_that_fails_once_is_asked_again() {
    let (shared, settings) = serve().await;
    let FilesPlace(files) = FilesPlace::parse("s3://bucket", settings).unwrap();
    shared.lock().unwrap().failing = 1;
    let stored = files.put("a-1".to_owned(), body(vec![Ok(vec![7])])).await;
    stored.unwrap();
    assert_eq!(shared.lock().unwrap().objects.len(), 1);
}

#[tokio::test]
async fn a_wrong_key_is_told_of_by_the_first_file() {
    let (_, mut settings) = serve().await;
    settings.retain(|(name, _)| name != "AWS_ACCESS_KEY_ID");
    settings.push(("AWS_ACCESS_KEY_ID".to_owned(), "another".to_owned()));
    let FilesPlace(files) = FilesPlace::parse("s3://bucket", settings).unwrap();
    let stored = files.put("a-1".to_owned(), body(vec![Ok(vec![7])])).await;
    let error = stored.unwrap_err().to_string();
    assert!(
        error.contains("the server cannot reach its files"),
        "{error}"
    );
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn settings_that_cannot_be_are_refused_at_the_start() {
    #[track_caller]
    fn check(url: &str, without: &str, with: &[(&str, &str)], expected: &str) {
        let mut settings = settings("https://s3.example");
        settings.retain(|(name, _)| name != without);
        let with = with
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        settings.extend(with);
        let refused = FilesPlace::parse(url, settings).unwrap_err().to_string();
        assert!(refused.starts_with("ZEROBACK_FILES: "), "{refused}");
        assert!(refused.contains(expected), "{refused}");
        assert!(!refused.contains("of-the-tests"), "{refused}");
    }
    check("file:///tmp", "", &[], "must begin with s3://");
    check("s3://", "", &[], "names no bucket");
    check("s3://a b", "", &[], "names no bucket");
    check("s3://bucket/a//b", "", &[], "no path");
    check("s3://bucket", "AWS_ACCESS_KEY_ID", &[], "AccessKeyId");
    check(
        "s3://bucket",
        "AWS_SECRET_ACCESS_KEY",
        &[],
        "SecretAccessKey",
    );
    check(
        "s3://bucket",
        "",
        &[("AWS_ENDPOINT", "s3.example")],
        "AWS_ENDPOINT",
    );
    let http = ("AWS_ENDPOINT", "http://s3.example");
    check("s3://bucket", "AWS_ALLOW_HTTP", &[http], "AWS_ALLOW_HTTP");
    check(
        "s3://bucket",
        "",
        &[("AWS_SKIP_SIGNATURE", "perhaps")],
        "perhaps",
    );
}

#[test]
fn a_server_keeps_files_where_it_is_told() {
    let place = FilesPlace::parse("s3://bucket", settings("https://s3.example")).unwrap();
    let nowhere = std::path::Path::new("/dev/null/nowhere");
    let files = crate::host::native::server::files(nowhere, Some(place)).unwrap();
    assert!(files.0.to_string().contains("bucket"));
    assert!(crate::host::native::server::files(nowhere, None).is_err());
}

#[test]
fn a_place_is_printed_without_its_secrets() {
    let place = FilesPlace::parse("s3://bucket", settings("https://s3.example")).unwrap();
    let text = format!("{place:?}");
    assert!(
        text.contains("bucket") && !text.contains("an-id") && !text.contains("secret"),
        "{text}"
    );
}
