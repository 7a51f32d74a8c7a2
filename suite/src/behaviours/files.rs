//! Files: they come and go over HTTP, and what is known of them is live.

use std::io::Write as _;
use std::net::{Shutdown, TcpStream};

use serde_json::{Value, json};

use super::chapter;
use crate::client::Client;
use crate::target::End;
use crate::target::http::{Request, Response};
use crate::world::World;

chapter!("files", Host:
    a_file_comes_by_upload_and_goes_by_download,
    a_file_of_any_size_comes_and_goes_in_parts,
    an_action_stores_what_another_server_sends,
    a_file_over_the_limit_is_not_taken,
    a_client_that_goes_away_leaves_no_file,
    a_deletion_is_part_of_its_mutation,
    user_content_does_not_run_as_a_page,
    what_is_of_several_types_at_once_is_not_taken,
    an_upload_is_not_begun_without_end,
    no_path_leads_out_of_the_files;
    HostRestart:
    urls_and_files_outlive_a_restart;
    Sleep:
    a_url_outlives_sleep,
);

/// A mutation of the fixture's, by a client of its own.
fn begin(client: &mut Client, args: Value) -> String {
    let url = client.mutate("files:begin", args);
    url.as_str().expect("a URL").to_owned()
}

fn put(world: &mut World<'_>, url: &str, kind: &'static str, body: Vec<u8>) -> Response {
    let request = Request::post(url, body);
    world.request(&request.content_type(Some(kind)))
}

#[track_caller]
fn file_of(response: &Response) -> Value {
    assert_eq!(response.status, 200, "{}", response.body);
    let body: Value = serde_json::from_str(&response.body).expect("the body is JSON");
    body["fileId"].clone()
}

fn upload(world: &mut World<'_>, client: &mut Client, kind: &'static str, body: Vec<u8>) -> Value {
    let url = begin(client, json!({}));
    file_of(&put(world, &url, kind, body))
}

fn url_of(client: &mut Client, file: &Value) -> String {
    let url = client.query("files:url", json!({ "file": file }));
    url.as_str().expect("a URL").to_owned()
}

#[track_caller]
fn assert_refused(response: &Response, status: u16, code: &str) {
    assert_eq!(response.status, status, "{}", response.body);
    let body: Value = serde_json::from_str(&response.body).expect("the body is JSON");
    assert_eq!(body["errorCode"], code);
}

fn a_file_comes_by_upload_and_goes_by_download(world: &mut World<'_>) {
    let mut ann = world.client();
    let file = upload(world, &mut ann, "text/plain", b"hello".to_vec());
    let live = ann.subscribe("files:metadata", json!({ "file": file }));
    let sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let known = json!({ "size": 5, "sha256": sha256, "contentType": "text/plain" });
    assert_eq!(ann.result(live), known);
    let url = url_of(&mut ann, &file);
    let response = world.request(&Request::get(&url));
    assert_eq!((response.status, response.body.as_str()), (200, "hello"));
    let etag = format!("\"{sha256}\"");
    assert_eq!(response.header("etag"), Some(etag.as_str()));
    assert_eq!(response.header("content-type"), Some("text/plain"));
    assert_eq!(response.header("content-length"), Some("5"));
    let head = world.request(&Request {
        method: "HEAD",
        ..Request::get(&url)
    });
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, Some("5"))
    );
    let gone = ann.mutate("files:delete", json!({ "file": file, "fails": false }));
    assert_eq!(gone, true);
    while ann.result(live) != Value::Null {
        ann.transition();
    }
}

fn a_file_of_any_size_comes_and_goes_in_parts(world: &mut World<'_>) {
    let mut ann = world.client();
    for length in [0, 1, (8 << 20) - 1, 8 << 20, (8 << 20) + 1, 17 << 20] {
        let body: Vec<u8> = (0..length).map(|at| (at / 1_000) as u8).collect();
        let kind = "application/x-own";
        let file = upload(world, &mut ann, kind, body.clone());
        let known = ann.query("files:metadata", json!({ "file": file }));
        assert_eq!(known["size"], length);
        let url = url_of(&mut ann, &file);
        let response = world.request(&Request::get(&url));
        assert_eq!(response.status, 200);
        assert!(response.bytes == body, "{} bytes", response.bytes.len());
    }
}

fn an_action_stores_what_another_server_sends(world: &mut World<'_>) {
    let mut ann = world.client();
    let url = format!("http://{}/routes/items/special", world.address());
    let call = json!({ "path": "files:store_fetched", "args": { "url": url } });
    let (status, body) = world.post("/api/action", &call);
    assert_eq!(status, 200, "{body}");
    let url = url_of(&mut ann, &body["value"]);
    assert_eq!(world.request(&Request::get(&url)).body, "special");
}

fn a_file_over_the_limit_is_not_taken(world: &mut World<'_>) {
    let mut ann = world.client();
    let url = begin(&mut ann, json!({ "bytesMax": 1_000 }));
    let kind = "application/x-own";
    let large = put(world, &url, kind, vec![7; 1_001]);
    assert_refused(&large, 413, "body_too_large");
    // One that does not say how long it is.
    let head = format!(
        "POST {url} HTTP/1.1\r\nhost: {}\r\ntransfer-encoding: chunked\r\n\r\n3e9\r\n",
        world.address()
    );
    let mut stream = TcpStream::connect(world.address()).expect("the host listens");
    let sent = [head.as_bytes(), &[7; 1_001], b"\r\n0\r\n\r\n"].concat();
    stream.write_all(&sent).expect("it is taken");
    let mut told = [0; 12];
    std::io::Read::read_exact(&mut stream, &mut told).expect("it is answered");
    assert_eq!(String::from_utf8_lossy(&told), "HTTP/1.1 413");
    file_of(&put(world, &url, kind, vec![7; 1_000]));
    assert_refused(&put(world, &url, kind, vec![7; 1]), 409, "conflict");
}

fn a_client_that_goes_away_leaves_no_file(world: &mut World<'_>) {
    let mut ann = world.client();
    let url = begin(&mut ann, json!({}));
    let head = format!(
        "POST {url} HTTP/1.1\r\nhost: {}\r\ncontent-length: 10\r\n\r\nhello",
        world.address()
    );
    let mut stream = TcpStream::connect(world.address()).expect("the host listens");
    stream.write_all(head.as_bytes()).expect("it is taken");
    stream.shutdown(Shutdown::Both).expect("it is open");
    // The same URL takes the file when its client comes back.
    let file = file_of(&put(world, &url, "text/plain", b"hello you".to_vec()));
    let url = url_of(&mut ann, &file);
    assert_eq!(world.request(&Request::get(&url)).body, "hello you");
}

fn a_deletion_is_part_of_its_mutation(world: &mut World<'_>) {
    let mut ann = world.client();
    let file = upload(world, &mut ann, "text/plain", b"hello".to_vec());
    let url = url_of(&mut ann, &file);
    ann.mutate_in_vain("files:delete", json!({ "file": file, "fails": true }));
    assert_eq!(world.request(&Request::get(&url)).body, "hello");
    ann.mutate("files:delete", json!({ "file": file, "fails": false }));
    assert_refused(&world.request(&Request::get(&url)), 404, "not_found");
}

fn user_content_does_not_run_as_a_page(world: &mut World<'_>) {
    let mut ann = world.client();
    for kind in [
        "text/html",
        "image/svg+xml",
        "application/xml",
        "text/javascript",
    ] {
        let file = upload(world, &mut ann, kind, b"<script>".to_vec());
        let url = url_of(&mut ann, &file);
        let response = world.request(&Request::get(&url));
        for (name, value) in [
            ("content-disposition", "attachment"),
            ("content-security-policy", "sandbox"),
            ("x-content-type-options", "nosniff"),
            ("content-type", kind),
        ] {
            assert_eq!(response.header(name), Some(value));
        }
    }
}

fn what_is_of_several_types_at_once_is_not_taken(world: &mut World<'_>) {
    let mut ann = world.client();
    let url = begin(&mut ann, json!({ "contentTypes": ["image/*"] }));
    // Browsers take the last of several types.
    for kind in [
        "image/png;,text/html",
        "image/png, text/html",
        "image/png; a=\",text/html",
        "text/html",
        "image/",
        "png",
    ] {
        let refused = put(world, &url, kind, b"<script>".to_vec());
        assert_refused(&refused, 400, "bad_args");
    }
    let file = file_of(&put(world, &url, "image/png; a=b", b"x".to_vec()));
    let url = url_of(&mut ann, &file);
    let response = world.request(&Request::get(&url));
    assert_eq!(response.header("content-disposition"), Some("inline"));
}

fn an_upload_is_not_begun_without_end(world: &mut World<'_>) {
    let mut ann = world.client();
    let url = begin(&mut ann, json!({ "bytesMax": 1 }));
    for _ in 0..100 {
        let refused = put(world, &url, "text/plain", vec![7; 2]);
        assert_refused(&refused, 413, "body_too_large");
    }
    let refused = put(world, &url, "text/plain", vec![7; 1]);
    assert_refused(&refused, 422, "limit_exceeded");
}

fn no_path_leads_out_of_the_files(world: &mut World<'_>) {
    let mut ann = world.client();
    let file = upload(world, &mut ann, "text/plain", b"hello".to_vec());
    let url = url_of(&mut ann, &file);
    let (_, token) = url.split_once('?').expect("it has a token");
    for path in [
        "/storage/..%2f..%2fzeroback.sqlite",
        "/storage/%2e%2e%2fzeroback.sqlite",
        "/storage/..",
        "/storage/x/../zeroback.lock",
        "/storage/x%00",
        "/storage/",
        "/storage/x",
    ] {
        let response = world.request(&Request::get(&format!("{path}?{token}")));
        assert_refused(&response, 404, "not_found");
    }
    let bare = url.split_once('?').expect("it has a token").0;
    assert_refused(&world.request(&Request::get(bare)), 404, "not_found");
    let changed = format!("{url}A");
    assert_refused(&world.request(&Request::get(&changed)), 404, "not_found");
    let none = put(world, "/storage/upload?token=x", "text/plain", Vec::new());
    assert_refused(&none, 403, "forbidden");
}

fn urls_and_files_outlive_a_restart(world: &mut World<'_>) {
    let mut ann = world.client();
    let file = upload(world, &mut ann, "text/plain", b"hello".to_vec());
    let download = url_of(&mut ann, &file);
    let url = begin(&mut ann, json!({}));
    world.restart(End::Stop);
    assert_eq!(world.request(&Request::get(&download)).body, "hello");
    file_of(&put(world, &url, "text/plain", b"you".to_vec()));
}

fn a_url_outlives_sleep(world: &mut World<'_>) {
    let mut ann = world.client();
    let url = begin(&mut ann, json!({}));
    world.hibernate();
    let file = file_of(&put(world, &url, "text/plain", b"you".to_vec()));
    let mut ann = world.client();
    let url = url_of(&mut ann, &file);
    assert_eq!(world.request(&Request::get(&url)).body, "you");
}
