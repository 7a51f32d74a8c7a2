//! What is in files goes with what is known of them.

use std::time::Duration;

use super::*;
use crate::App;
use crate::file::calls::{Delete, UploadUrl};
use crate::file::{FileId, UploadOptions, key_of};
use crate::host::native::Files;
use crate::web::Body;

fn app() -> (TestApp, Files) {
    let files = Files::in_memory();
    let t = TestApp::with_files(App::collect(&[]), files.clone());
    (t, files)
}

fn upload_url(t: &TestApp) -> String {
    let options = UploadOptions::default();
    let url = t.call(&UploadUrl { options });
    url.map_err(Error::from).expect("a URL")
}

fn upload(t: &TestApp, body: Body) -> TestResponse {
    let request = http::Request::post(upload_url(t));
    t.http(request.body(body).expect("a request"))
}

fn uploaded(t: &TestApp) -> FileId {
    let answer: serde_json::Value = upload(t, Body::from("hello")).json().expect("it is JSON");
    let id = answer["fileId"].as_str().expect("an id");
    id.parse().expect("an id")
}

/// Tells whether there is something under the name of an attempt.
fn is_there(files: &Files, id: &FileId) -> bool {
    let got = files.clone().get(key_of(id, 1), 0..1);
    let polled = pin!(got).poll(&mut Context::from_waker(Waker::noop()));
    matches!(polled, Poll::Ready(Ok(_)))
}

#[test]
fn bytes_go_behind_the_deletion() {
    let (t, files) = app();
    let id = uploaded(&t);
    assert!(is_there(&files, &id));
    assert!(t.call(&Delete { id }).map_err(Error::from).unwrap());
    t.advance(Duration::from_secs(1));
    assert!(!is_there(&files, &id));
}

#[test]
fn bytes_go_when_a_file_is_collected() {
    let (t, files) = app();
    let id = uploaded(&t);
    t.advance(Duration::from_secs(24 * 60 * 60 - 1));
    assert!(is_there(&files, &id));
    t.advance(Duration::from_secs(2));
    t.advance(Duration::from_secs(1));
    assert!(!is_there(&files, &id));
}

#[test]
fn what_breaks_off_leaves_nothing() {
    let (t, _) = app();
    let pieces = [Ok("hel"), Err(Error::new(ErrorCode::BAD_MESSAGE, "gone"))];
    let answer = upload(&t, Body::stream(futures_util::stream::iter(pieces)));
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("gone"), "{}", answer.text());
}
