//! Files in a `TestApp`: they come by upload and from actions, go with their mutation, and are collected.
#![cfg(feature = "server")]
#![expect(missing_docs, reason = "a test")]

use std::time::Duration;

use zeroback::FileId;
use zeroback::prelude::*;
use zeroback::testing::{TestApp, TestResponse};

/// A picture in a gallery.
#[derive(Debug, Table)]
pub struct Picture {
    pub title: String,
    pub file: Option<FileId>,
}

#[mutation]
pub fn begin(ctx: &MutationCtx) -> Result<String> {
    ctx.storage.upload_url()
}

#[mutation]
pub fn begin_small(ctx: &MutationCtx) -> Result<String> {
    ctx.storage.upload_url_with(zeroback::UploadOptions {
        bytes_max: Some(4),
        content_types: vec!["image/*".to_owned(), "text/plain".to_owned()],
    })
}

#[mutation]
pub fn keep(ctx: &MutationCtx, file: FileId) -> Result<Id<Picture>> {
    let title = "later".to_owned();
    let id = ctx.db.insert(Picture { title, file: None })?;
    ctx.db.update(&id, |picture| picture.file = Some(file))?;
    Ok(id)
}

#[mutation]
pub fn delete(ctx: &MutationCtx, file: FileId, fails: bool) -> Result<bool> {
    let was_there = ctx.storage.delete(&file)?;
    if fails {
        return Err(Error::invalid("said so"));
    }
    Ok(was_there)
}

#[query]
pub fn size(ctx: &QueryCtx, file: FileId) -> Result<Option<u64>> {
    Ok(ctx.storage.metadata(&file)?.map(|known| known.size))
}

#[query]
pub fn url(ctx: &QueryCtx, file: FileId) -> Result<Option<String>> {
    ctx.storage.url(&file)
}

#[action]
pub async fn store(ctx: &ActionCtx, text: String) -> Result<FileId> {
    ctx.storage.store("text/html", text).await
}

zeroback::app!();

#[derive(Debug, Value)]
struct Uploaded {
    file_id: FileId,
}

fn ask(t: &TestApp, request: http::request::Builder, body: &str) -> TestResponse {
    t.http(
        request
            .body(Body::from(body.as_bytes().to_vec()))
            .expect("a request"),
    )
}

fn upload(t: &TestApp, body: &str) -> FileId {
    let url = t.mutation(begin::Args).expect("a URL");
    let request = http::Request::post(url).header("content-type", "text/plain");
    let answer = ask(t, request, body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json::<Uploaded>().expect("an id").file_id
}

fn get(t: &TestApp, file: FileId, header: &str, value: &str) -> TestResponse {
    let url = t.query(url::Args { file }).expect("a URL").expect("a file");
    ask(t, http::Request::get(url).header(header, value), "")
}

#[track_caller]
fn assert_refused(answer: &TestResponse, status: u16, code: &str) {
    let text = answer.text();
    assert_eq!(answer.status, status, "{text}");
    assert!(text.contains(&format!(r#""errorCode":"{code}""#)), "{text}");
}

#[test]
fn what_was_uploaded_is_downloaded_and_known_live() {
    let t = TestApp::new(app());
    let file = upload(&t, "hello");
    let mut seen = t.subscribe(size::Args { file });
    assert_eq!(seen.next().unwrap().unwrap(), Some(5));
    let answer = get(&t, file, "x-none", "");
    assert_eq!((answer.status, answer.text().as_str()), (200, "hello"));
    let sha256 = "\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"";
    for (name, value) in [
        ("content-type", "text/plain"),
        ("etag", sha256),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox"),
        ("content-disposition", "inline"),
    ] {
        assert_eq!(answer.headers[name], value, "{name}");
    }
    assert!(t.mutation(delete::Args { file, fails: false }).unwrap());
    assert_eq!(seen.next().unwrap().unwrap(), None);
}

#[test]
fn parts_and_what_is_known_already_are_not_sent_again() {
    let t = TestApp::new(app());
    let file = upload(&t, "hello");
    let part = get(&t, file, "range", "bytes=1-2");
    assert_eq!((part.status, part.text().as_str()), (206, "el"));
    assert_eq!(part.headers["content-range"], "bytes 1-2/5");
    let part = get(&t, file, "range", "bytes=7-");
    assert_eq!((part.status, part.text().as_str()), (416, ""));
    assert_eq!(part.headers["content-range"], "bytes */5");
    let etag = get(&t, file, "x-none", "").headers["etag"].clone();
    let known = get(&t, file, "if-none-match", etag.to_str().unwrap());
    assert_eq!((known.status, known.text().as_str()), (304, ""));
}

#[test]
fn user_content_is_saved_and_not_shown() {
    let t = TestApp::new(app());
    let file = t
        .action(store::Args {
            text: "<script>".to_owned(),
        })
        .unwrap();
    let answer = get(&t, file, "x-none", "");
    assert_eq!(answer.headers["content-disposition"], "attachment");
    assert_eq!(answer.headers["content-type"], "text/html");
    assert_eq!(answer.text(), "<script>");
}

#[test]
fn an_upload_is_for_once_and_for_what_it_allows() {
    let t = TestApp::new(app());
    let upload = |url: &str, kind: &str, body: &str| {
        let request = http::Request::put(url).header("content-type", kind);
        ask(&t, request, body)
    };
    let url = t.mutation(begin_small::Args).unwrap();
    assert_refused(&upload(&url, "text/html", "a"), 400, "bad_args");
    assert_refused(&upload(&url, "image/png", "hello"), 413, "body_too_large");
    assert_eq!(upload(&url, "image/png", "hell").status, 200);
    assert_refused(&upload(&url, "image/png", "hell"), 409, "conflict");
    let url = t.mutation(begin::Args).unwrap();
    assert_refused(
        &upload(&format!("{url}x"), "text/plain", ""),
        403,
        "forbidden",
    );
    t.advance(Duration::from_secs(60 * 60));
    assert_refused(&upload(&url, "text/plain", ""), 403, "forbidden");
}

#[test]
fn a_body_that_is_not_of_its_digest_is_not_taken() {
    let t = TestApp::new(app());
    let url = t.mutation(begin::Args).unwrap();
    let with = |digest: &str, body: &str| {
        let request = http::Request::post(&url).header("content-digest", digest);
        ask(&t, request, body)
    };
    let digest = "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:";
    assert_refused(&with("sha-256=:x:", "hello"), 400, "bad_args");
    assert_refused(&with(digest, "hallo"), 400, "bad_args");
    assert_eq!(with(digest, "hello").status, 200);
}

#[test]
fn nobody_gets_a_file_without_its_url() {
    let t = TestApp::new(app());
    let (file, other) = (upload(&t, "hello"), upload(&t, "other"));
    let url = t.query(url::Args { file }).unwrap().unwrap();
    let (_, token) = url.split_once('?').unwrap();
    let get = |path: String| ask(&t, http::Request::get(path), "");
    assert_eq!(get(url.clone()).status, 200);
    for path in [
        format!("/storage/{file}"),
        format!("/storage/{file}?token="),
        format!("{url}x"),
        format!("/storage/{other}?{token}"),
        format!("/storage/..%2f{file}?{token}"),
        format!("/storage/x?{token}"),
    ] {
        assert_refused(&get(path), 404, "not_found");
    }
    t.advance(Duration::from_secs(2 * 60 * 60));
    assert_refused(&get(url), 404, "not_found");
}

#[test]
fn a_deletion_is_part_of_its_mutation() {
    let t = TestApp::new(app());
    let file = upload(&t, "hello");
    assert!(t.mutation(delete::Args { file, fails: true }).is_err());
    assert_eq!(get(&t, file, "x-none", "").text(), "hello");
    let url = t.query(url::Args { file }).unwrap().unwrap();
    assert!(t.mutation(delete::Args { file, fails: false }).unwrap());
    assert!(!t.mutation(delete::Args { file, fails: false }).unwrap());
    assert_refused(&ask(&t, http::Request::get(url), ""), 404, "not_found");
    assert_eq!(t.query(url::Args { file }).unwrap(), None);
}

#[test]
fn what_no_document_has_is_collected_after_a_day() {
    let t = TestApp::new(app());
    let (kept, forgotten) = (upload(&t, "kept"), upload(&t, "forgotten"));
    t.mutation(keep::Args { file: kept }).unwrap();
    let size = |file| t.query(size::Args { file }).unwrap();
    t.advance(Duration::from_secs(24 * 60 * 60 - 10));
    assert_eq!((size(kept), size(forgotten)), (Some(4), Some(9)));
    t.advance(Duration::from_secs(20));
    assert_eq!((size(kept), size(forgotten)), (Some(4), None));
}
