//! Backups and seeds: what goes out, what comes in, and who may ask for it.
//!
//! Only the table `records` comes in here, so that other behaviours keep what they have; but for one, whose
//! server is its own.

use std::io::{Read as _, Write as _};

use serde_json::{Value, json};

use super::chapter;
use super::jobs::wait_until;
use crate::client::Client;
use crate::target::http::{Request, Response};
use crate::target::{ADMIN_KEY, End};
use crate::world::World;

chapter!("transfer", Engine:
    what_goes_out_comes_in_as_it_was,
    a_seed_is_given_ids,
    those_who_listen_see_what_came_in,
    searches_and_unique_indexes_are_right_afterwards,
    a_line_that_is_not_right_changes_nothing,
    an_unknown_table_changes_nothing,
    what_is_no_archive_changes_nothing,
    many_documents_come_in_and_go_out;
    Restart:
    what_came_in_is_there_after_a_restart,
    a_database_with_a_refused_schema_goes_out_and_nothing_comes_in;
    Host:
    an_archive_is_a_file_to_be_kept,
    without_the_key_nothing_goes_out_or_in,
    a_path_of_the_operators_has_its_method_and_its_type,
    an_archive_that_unpacks_to_too_much_is_refused;
    HostRestart:
    a_whole_backup_brings_jobs_files_and_crons_back,
);

/// Packs entries.
fn zip(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = rawzip::ZipArchiveWriter::new(Vec::new());
    for (name, text) in entries {
        let file = archive
            .new_file(*name)
            .compression_method(rawzip::CompressionMethod::DEFLATE);
        let (mut entry, config) = file.start().expect("it is written to memory");
        let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::fast());
        let mut writer = config.wrap(encoder);
        writer.write_all(text.as_bytes()).expect("memory is there");
        let (encoder, descriptor) = writer.finish().expect("memory is there");
        encoder.finish().expect("memory is there");
        entry.finish(descriptor).expect("memory is there");
    }
    archive.finish().expect("memory is there")
}

/// Returns the text of an entry, if the archive has it.
fn entry(archive: &[u8], name: &str) -> Option<String> {
    let archive = rawzip::ZipArchive::from_slice(archive).expect("it is an archive");
    let mut entries = archive.entries();
    while let Some(header) = entries.next_entry().expect("it is whole") {
        if header.file_path().as_bytes() == name.as_bytes() {
            let entry = archive.get_entry(header.wayfinder()).expect("it is there");
            let packed = flate2::bufread::DeflateDecoder::new(entry.data());
            let mut text = String::new();
            let read = entry.verifying_reader(packed).read_to_string(&mut text);
            read.expect("it is whole");
            return Some(text);
        }
    }
    None
}

fn export(world: &mut World<'_>) -> Vec<u8> {
    let response = world.request(&Request::get("/api/admin/export").bearer(ADMIN_KEY));
    assert_eq!(response.status, 200, "{}", response.body);
    response.bytes
}

fn records(world: &mut World<'_>) -> String {
    let archive = export(world);
    entry(&archive, "records.jsonl").expect("the table is there")
}

fn import(world: &mut World<'_>, archive: Vec<u8>) -> (u16, Value) {
    let request = Request::post("/api/admin/import", archive)
        .content_type(Some("application/zip"))
        .bearer(ADMIN_KEY);
    let response = world.request(&request);
    let body = serde_json::from_str(&response.body).expect("the body is JSON");
    (response.status, body)
}

/// Imports records, and nothing is wrong with them.
#[track_caller]
fn seed(world: &mut World<'_>, records: &str) {
    let documents = records.lines().count();
    let tables = json!({ "records": { "documents": documents } });
    assert_eq!(
        import(world, zip(&[("records.jsonl", records)])),
        (
            200,
            json!({ "status": "success", "value": { "tables": tables } })
        )
    );
}

fn slugs(client: &mut Client) -> Vec<String> {
    let all = client.query("archives:all", json!({}));
    let all = all.as_array().expect("a list");
    let slug = |record: &Value| record["slug"].as_str().expect("a text").to_owned();
    all.iter().map(slug).collect()
}

fn add(client: &mut Client, slug: &str, rank: f64, text: &str) -> Value {
    let record = json!({ "slug": slug, "rank": rank, "text": text });
    client.mutate("archives:add", record)
}

const TWO: &str = r#"{"slug":"b","rank":2,"text":"Fresh milk"}
{"slug":"a","rank":-1.5,"text":"Crème brûlée"}"#;

fn what_goes_out_comes_in_as_it_was(world: &mut World<'_>) {
    seed(world, "");
    let mut ann = world.client();
    add(
        &mut ann,
        "one",
        0.1,
        "Ünïcode \u{1f600} \"quoted\" \\ \n two lines",
    );
    add(&mut ann, "two", -1e300, "");
    let before = ann.query("archives:all", json!({}));
    let archive = export(world);
    let lines = entry(&archive, "records.jsonl").expect("the table is there");
    assert_eq!(lines.lines().count(), 2);
    assert!(
        lines.contains(r#"{"$bigint":"9223372036854775807"}"#),
        "{lines}"
    );
    let manifest = entry(&archive, "_zeroback.json").expect("it tells what it is");
    let manifest: Value = serde_json::from_str(&manifest).expect("it is JSON");
    assert_eq!(manifest["format"], 1);
    assert_eq!(manifest["tables"]["records"]["documents"], 2);
    seed(world, TWO);
    assert_eq!(slugs(&mut ann), ["a", "b"]);
    let back = zip(&[
        ("_zeroback.json", r#"{"format":1}"#),
        ("records.jsonl", &lines),
    ]);
    assert_eq!(import(world, back).0, 200);
    assert_eq!(ann.query("archives:all", json!({})), before);
    assert_eq!(records(world), lines);
}

fn a_seed_is_given_ids(world: &mut World<'_>) {
    seed(world, TWO);
    let mut ann = world.client();
    let all = ann.query("archives:all", json!({}));
    let id = |at: usize| all[at]["_id"].as_str().expect("an id").to_owned();
    assert!(id(0) > id(1), "in the order of the lines: {all}");
    let later = add(&mut ann, "later", 0.0, "");
    assert!(later.as_str() > Some(&id(0)), "and others come behind them");
}

fn those_who_listen_see_what_came_in(world: &mut World<'_>) {
    let name = world.list();
    seed(world, "");
    let (mut ann, mut bob) = (world.client(), world.client());
    let all = ann.subscribe("archives:all", json!({}));
    let counter = bob.subscribe("counters:value", json!({ "name": name }));
    assert_eq!(
        (ann.result(all), bob.result(counter)),
        (json!([]), json!(0))
    );
    let epoch = ann.version.epoch;
    seed(world, TWO);
    ann.transition();
    let seen = ann.result(all);
    assert_eq!(seen.as_array().map(Vec::len), Some(2));
    assert_eq!(ann.version.epoch, epoch + 1);
    ann.mutate("counters:add", json!({ "name": name, "by": 3 }));
    bob.settle();
    assert_eq!(bob.result(counter), 3, "and everyone goes on");
}

fn searches_and_unique_indexes_are_right_afterwards(world: &mut World<'_>) {
    seed(world, r#"{"slug":"old","rank":1,"text":"fresh bread"}"#);
    seed(world, TWO);
    let mut ann = world.client();
    let found =
        |client: &mut Client, text: &str| client.query("archives:find", json!({ "text": text }));
    assert_eq!(found(&mut ann, "fresh"), json!(["b"]));
    assert_eq!(found(&mut ann, "bread"), json!([]));
    assert_eq!(found(&mut ann, "creme"), json!(["a"]));
    let twice = json!({ "slug": "a", "rank": 1.0, "text": "" });
    let error = ann.mutate_in_vain("archives:add", twice);
    assert_eq!(error.code.as_str(), "unique_violation");
    add(&mut ann, "old", 1.0, "fresh again");
    assert_eq!(found(&mut ann, "fresh"), json!(["b", "old"]));
    let named = ann.query("archives:named", json!({ "slug": "b" }));
    assert_eq!(named["rank"], 2);
}

/// Imports records of which the third line is not right, and checks that nothing has changed.
#[track_caller]
fn check(world: &mut World<'_>, third: &str, expected: &str) {
    let lines = format!("{TWO}\n{third}\n{{\"slug\":\"z\",\"rank\":1,\"text\":\"\"}}");
    let (status, body) = import(world, zip(&[("records.jsonl", &lines)]));
    assert_eq!(
        (status, body["errorCode"].as_str()),
        (422, Some("import_failed")),
        "{body}"
    );
    let message = body["errorMessage"].as_str().expect("a text");
    assert!(
        message.contains(&format!("records.jsonl:3: {expected}")),
        "{message}"
    );
    assert_eq!(body["errorData"]["count"], 1);
    assert_eq!(body["errorData"]["faults"][0]["line"], 3);
}

fn a_line_that_is_not_right_changes_nothing(world: &mut World<'_>) {
    seed(world, r#"{"slug":"before","rank":1,"text":""}"#);
    let before = records(world);
    let mut ann = world.client();
    let all = ann.subscribe("archives:all", json!({}));
    ann.settle();
    check(world, "nonsense", "expected a JSON object");
    check(world, r#"{"slug":"c""#, "is not JSON");
    check(world, r#"{"slug":"c","text":""}"#, "rank: is missing");
    check(
        world,
        r#"{"slug":"a","rank":1,"text":""}"#,
        "has the same values as line 2",
    );
    let id = r#"{"_id":"items_01kaqg5zvzfyq8y9v2m0r5t3w7","slug":"c","rank":1,"text":""}"#;
    check(world, id, "`_id`: expected an id of table \"records\"");
    let deep = format!(
        r#"{{"slug":"c","rank":1,"text":"","gone":{}1{}}}"#,
        "[".repeat(16),
        "]".repeat(16)
    );
    check(world, &deep, "is nested over 16 levels deep");
    assert_eq!(records(world), before);
    assert_eq!(slugs(&mut ann), ["before"]);
    assert_eq!(ann.result(all).as_array().map(Vec::len), Some(1));
}

fn an_unknown_table_changes_nothing(world: &mut World<'_>) {
    seed(world, TWO);
    let before = records(world);
    let archive = zip(&[("nothings.jsonl", "{}"), ("records.jsonl", "")]);
    let (status, body) = import(world, archive);
    assert_eq!(
        (status, body["errorCode"].as_str()),
        (422, Some("import_failed"))
    );
    let message = body["errorMessage"].as_str().expect("a text");
    assert!(message.contains("no table \"nothings\""), "{message}");
    assert_eq!(records(world), before);
}

fn what_is_no_archive_changes_nothing(world: &mut World<'_>) {
    seed(world, TWO);
    let before = records(world);
    let whole = zip(&[("records.jsonl", "")]);
    let half = whole[..whole.len() / 2].to_vec();
    for bytes in [Vec::new(), b"{}".to_vec(), vec![0; 100_000], half] {
        let (status, body) = import(world, bytes);
        assert_eq!(
            (status, body["errorCode"].as_str()),
            (422, Some("import_failed"))
        );
    }
    let paths = zip(&[("records.json", "")]);
    assert_eq!(import(world, paths).0, 422);
    assert_eq!(records(world), before);
}

fn many_documents_come_in_and_go_out(world: &mut World<'_>) {
    let line = |n: usize| {
        let text = "milk ".repeat(n % 50);
        format!("{{\"slug\":\"s{n}\",\"rank\":{n},\"text\":\"{text}{n}\"}}\n")
    };
    let lines: String = (0..3_000).map(line).collect();
    seed(world, &lines);
    assert_eq!(records(world).lines().count(), 3_000);
    let mut ann = world.client();
    let found = ann.query("archives:find", json!({ "text": "2999" }));
    assert_eq!(found, json!(["s2999"]));
    seed(world, "");
    assert_eq!(records(world), "");
}

fn what_came_in_is_there_after_a_restart(world: &mut World<'_>) {
    seed(world, TWO);
    let before = records(world);
    world.restart(End::Stop);
    assert_eq!(records(world), before);
    let mut ann = world.client();
    assert_eq!(
        ann.query("archives:find", json!({ "text": "creme" })),
        json!(["a"])
    );
}

fn a_database_with_a_refused_schema_goes_out_and_nothing_comes_in(world: &mut World<'_>) {
    seed(world, TWO);
    let statements = [
        "UPDATE records SET doc = json_set(doc, '$.rank', 'first')",
        "UPDATE _zeroback_state SET fingerprint = ''",
        "DELETE FROM _zeroback_shapes",
    ];
    if world.restart_edited(&statements).is_err() {
        // The native server ends with its report; its program still exports.
        return;
    }
    let before = records(world);
    assert!(before.contains(r#""rank":"first""#), "{before}");
    let (status, body) = import(world, zip(&[("records.jsonl", TWO)]));
    assert_eq!(
        (status, body["errorCode"].as_str()),
        (503, Some("schema_conflict"))
    );
    assert_eq!(records(world), before);
}

#[track_caller]
fn assert_refused(response: &Response, status: u16, code: &str) {
    let body: Value = serde_json::from_str(&response.body).expect("the body is JSON");
    assert_eq!(
        (response.status, body["errorCode"].as_str()),
        (status, Some(code))
    );
}

fn an_archive_is_a_file_to_be_kept(world: &mut World<'_>) {
    let response = world.request(&Request::get("/api/admin/export").bearer(ADMIN_KEY));
    let header = |name: &str| response.header(name).unwrap_or_default();
    assert_eq!(header("content-type"), "application/zip");
    assert_eq!(
        header("content-disposition"),
        "attachment; filename=\"zeroback.zip\""
    );
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("access-control-allow-origin"), "");
}

fn without_the_key_nothing_goes_out_or_in(world: &mut World<'_>) {
    seed(world, TWO);
    let before = records(world);
    let archive = || {
        Request::post("/api/admin/import", zip(&[("records.jsonl", "")]))
            .content_type(Some("application/zip"))
    };
    for request in [Request::get("/api/admin/export"), archive()] {
        assert_refused(&world.request(&request), 401, "unauthenticated");
        for key in [
            "",
            "x",
            "the suite's own admin kex",
            "the suite's own admin key2",
        ] {
            let request = request.clone().bearer(key);
            assert_refused(&world.request(&request), 401, "unauthenticated");
        }
        if let Some(response) = world.request_without_key(&request.bearer(ADMIN_KEY)) {
            let unknown = world.request_without_key(&Request::get("/api/none"));
            let unknown = unknown.map(|unknown| unknown.of_any_request());
            assert_eq!(Some(response.of_any_request()), unknown);
            assert_eq!(response.status, 404);
        }
    }
    assert_eq!(records(world), before);
}

fn a_path_of_the_operators_has_its_method_and_its_type(world: &mut World<'_>) {
    let wrong = Request::post("/api/admin/export", "").bearer(ADMIN_KEY);
    assert_refused(&world.request(&wrong), 405, "bad_message");
    let wrong = Request::get("/api/admin/import").bearer(ADMIN_KEY);
    assert_refused(&world.request(&wrong), 405, "bad_message");
    let wrong = Request::post("/api/admin/import", "{}").bearer(ADMIN_KEY);
    assert_refused(&world.request(&wrong), 415, "bad_message");
    let unknown = Request::get("/api/admin/other").bearer(ADMIN_KEY);
    assert_refused(&world.request(&unknown), 404, "not_found");
}

fn an_archive_that_unpacks_to_too_much_is_refused(world: &mut World<'_>) {
    seed(world, TWO);
    let before = records(world);
    // A line that is longer than any document, 300 MiB of it, in less than 2.
    let archive = zip(&[("records.jsonl", &" ".repeat(300 << 20))]);
    assert!(archive.len() < 2 << 20);
    let (status, body) = import(world, archive);
    let code = body["errorCode"].as_str();
    assert!(
        matches!(
            (status, code),
            (413, Some("import_too_large")) | (422, Some("import_failed"))
        ),
        "{body}"
    );
    assert_eq!(records(world), before);
}

fn a_whole_backup_brings_jobs_files_and_crons_back(world: &mut World<'_>) {
    let (name, mut ann) = (world.list(), world.client());
    let later = |ann: &mut Client, after_ms: u64| {
        let args = json!({ "name": name, "jobs": 1, "afterMs": after_ms });
        ann.mutate("jobs:add_later", args)
    };
    let done = later(&mut ann, 0);
    wait_until(&mut ann, &done, "done");
    let (soon, one_day) = (later(&mut ann, 3_000), later(&mut ann, 86_400_000));
    let url = ann.mutate("files:begin", json!({}));
    let upload = Request::post(url.as_str().expect("a URL"), "kept");
    let body: Value = serde_json::from_str(&world.request(&upload).body).expect("it is JSON");
    let file = json!({ "file": body["fileId"] });
    let known = ann.query("files:metadata", file.clone());
    assert_eq!(known["size"], 4);
    let archive = export(world);
    for table in ["_zeroback_jobs", "_zeroback_files", "_zeroback_crons"] {
        let lines = entry(&archive, &format!("{table}.jsonl"));
        assert!(lines.is_some_and(|lines| !lines.is_empty()), "{table}");
    }
    // All of it is undone, and comes back.
    for id in [&soon, &one_day] {
        assert_eq!(ann.mutate("jobs:cancel", json!({ "id": id })), true);
    }
    ann.mutate("counters:add", json!({ "name": name, "by": 100 }));
    let args = json!({ "file": body["fileId"], "fails": false });
    assert_eq!(ann.mutate("files:delete", args), true);
    assert_eq!(ann.query("files:metadata", file.clone()), Value::Null);
    let (status, report) = import(world, archive.clone());
    assert_eq!(status, 200, "{report}");
    for restarts in [false, true] {
        if restarts {
            world.restart(End::Stop);
        }
        let mut ann = world.client();
        wait_until(&mut ann, &soon, "done");
        wait_until(&mut ann, &one_day, "scheduled");
        wait_until(&mut ann, &done, "done");
        let value = ann.query("counters:value", json!({ "name": name }));
        assert_eq!(value, 2, "each has run once");
        assert_eq!(ann.query("files:metadata", file.clone()), known);
    }
    let (before, after) = (archive, export(world));
    let crons = |archive: &[u8]| entry(archive, "_zeroback_crons.jsonl");
    assert_eq!(crons(&before), crons(&after));
}
