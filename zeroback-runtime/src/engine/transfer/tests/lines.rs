//! Lines that are not right.

use super::*;

/// Imports lines, of which the third is the one in question, and tells what is said.
#[track_caller]
fn check(third: &str, expected: Expect) {
    let mut engine = in_memory();
    import_well(&mut engine, &[("tags.jsonl", r#"{"name":"before"}"#)]);
    let good = |number| {
        line(
            "notes",
            number,
            &format!("\"slug\":\"s{number}\",\"rank\":1,\"text\":\"\""),
        )
    };
    let notes = [good(1), good(2), format!("{third}\n"), good(4)].concat();
    let tags = line("tags", 9, "\"name\":\"after\"");
    let archive = zip(&[EXPORT, ("notes.jsonl", &notes), ("tags.jsonl", &tags)]);
    let told = import_in_vain(&mut engine, &archive);
    expected.assert_eq(&told);
}

#[test]
fn a_line_that_is_no_object_is_refused() {
    check(
        "nonsense",
        expect![[r#"
            import_failed: notes.jsonl:3: expected a JSON object
            1 line is not right; nothing was imported"#]],
    );
    check(
        "[1]",
        expect![[r#"
            import_failed: notes.jsonl:3: expected a JSON object
            1 line is not right; nothing was imported"#]],
    );
    check(
        r#"{"a":1"#,
        expect![[r#"
            import_failed: notes.jsonl:3: is not JSON: EOF while parsing an object at column 6
            1 line is not right; nothing was imported"#]],
    );
    check(
        r#"{"a":1} {}"#,
        expect![[r#"
            import_failed: notes.jsonl:3: is not JSON: trailing characters at column 9
            1 line is not right; nothing was imported"#]],
    );
}

#[test]
fn an_id_must_be_of_the_table_and_there_once() {
    check(
        r#"{"rank":1,"text":""}"#,
        expect![[r#"
        import_failed: notes.jsonl:3: `_id` is missing
        1 line is not right; nothing was imported"#]],
    );
    check(
        &line("tags", 3, r#""rank":1,"text":"""#),
        expect![[r#"
        import_failed: notes.jsonl:3: `_id`: expected an id of table "notes"
        1 line is not right; nothing was imported"#]],
    );
    check(
        &line("notes", 2, r#""rank":1,"text":"""#),
        expect![[r#"
        import_failed: notes.jsonl:3: has the same `_id` as line 2
        1 line is not right; nothing was imported"#]],
    );
    check(
        r#"{"_id":7,"_creationTime":1,"rank":1,"text":""}"#,
        expect![[r#"
            import_failed: notes.jsonl:3: `_id`: expected an id of table "notes"
            1 line is not right; nothing was imported"#]],
    );
}

#[test]
fn a_creation_time_must_be_that_of_the_id() {
    let good = line("notes", 3, r#""rank":1,"text":"""#);
    check(
        &good.replace("1790000000003", "1790000000004"),
        expect![[r#"
            import_failed: notes.jsonl:3: `_creationTime`: expected 1790000000003, which is the time in `_id`
            1 line is not right; nothing was imported"#]],
    );
    check(
        &good.replace("\"_creationTime\":1790000000003,", ""),
        expect![[r#"
            import_failed: notes.jsonl:3: `_creationTime` is missing
            1 line is not right; nothing was imported"#]],
    );
    check(
        &good.replace("1790000000003", "\"1790000000003\""),
        expect![[r#"
            import_failed: notes.jsonl:3: `_creationTime`: expected 1790000000003, which is the time in `_id`
            1 line is not right; nothing was imported"#]],
    );
}

#[test]
fn an_id_of_a_time_to_come_is_refused() {
    check(
        &line("notes", 86_400_001, r#""rank":1,"text":"""#),
        expect![[r#"
            import_failed: notes.jsonl:3: `_id`: its time is more than a day ahead
            1 line is not right; nothing was imported"#]],
    );
}

#[test]
fn fields_must_be_those_of_the_type() {
    check(
        &line("notes", 3, r#""rank":"one","text":"""#),
        expect![[r#"
            import_failed: notes.jsonl:3: rank: invalid type: string "one", expected f64
            1 line is not right; nothing was imported"#]],
    );
    check(
        &line("notes", 3, r#""rank":1"#),
        expect![[r#"
        import_failed: notes.jsonl:3: text: is missing
        1 line is not right; nothing was imported"#]],
    );
    check(
        &line("notes", 3, r#""rank":1,"text":"","text":"""#),
        expect![[r#"
            import_failed: notes.jsonl:3: has the field `text` twice
            1 line is not right; nothing was imported"#]],
    );
    check(
        &line("notes", 3, r#""rank":1,"text":"","_mine":1"#),
        expect![[r#"
            import_failed: notes.jsonl:3: `_mine`: fields may not begin with `_`
            1 line is not right; nothing was imported"#]],
    );
}

#[test]
fn a_field_under_a_name_that_only_reading_knows_is_refused() {
    check(
        &line(
            "notes",
            3,
            r#""rank":1,"text":"","forest":[{"branches":[]}]"#,
        ),
        expect![[r#"
            import_failed: notes.jsonl:3: with its defaults: duplicate field `tree`
            1 line is not right; nothing was imported"#]],
    );
    let mut engine = in_memory();
    let seed = r#"{"rank":1,"text":"","forest":[]}"#;
    let told = import_in_vain(&mut engine, &zip(&[("notes.jsonl", seed)]));
    expect![[r#"
        import_failed: notes.jsonl:1: a field stands under an older name, which only reading knows
        1 line is not right; nothing was imported"#]]
    .assert_eq(&told);
}

#[test]
fn an_exported_document_stays_as_it_is() {
    let mut engine = in_memory();
    let odd = line(
        "notes",
        1,
        r#""text":"x","gone":{"a":1.0},"rank":2.50,"tree":[{"branches":[],"gone":null}],"slug":null"#,
    );
    import_well(&mut engine, &[EXPORT, ("notes.jsonl", &odd)]);
    assert!(exported(&*engine.store).contains(odd.trim_end()));
    let lacking = line("notes", 1, r#""text":"x","rank":2"#);
    import_well(&mut engine, &[EXPORT, ("notes.jsonl", &lacking)]);
    let text = exported(&*engine.store);
    assert!(
        text.contains(r#""tree":[]"#) && !text.contains("slug"),
        "{text}"
    );
}

#[test]
fn values_of_a_unique_index_must_be_there_once() {
    check(
        &line("notes", 3, r#""slug":"s2","rank":1,"text":"""#),
        expect![[r#"
            import_failed: notes.jsonl:3: has the same values as line 2 in the unique index "by_slug"
            1 line is not right; nothing was imported"#]],
    );
}

#[test]
fn a_document_has_its_limits() {
    let text = "x".repeat(1 << 20);
    check(
        &line("notes", 3, &format!(r#""rank":1,"text":"{text}""#)),
        expect![[r#"
            import_failed: notes.jsonl:3: has over 1048576 bytes
            1 line is not right; nothing was imported"#]],
    );
    let text = "x".repeat(5 << 20);
    check(
        &line("notes", 3, &format!(r#""rank":1,"text":"{text}""#)),
        expect![[r#"
            import_failed: notes.jsonl:3: is longer than any document may be
            1 line is not right; nothing was imported"#]],
    );
    let deep = format!("{}[]{}", "[{\"branches\":".repeat(8), "}]".repeat(8));
    check(
        &line("notes", 3, &format!(r#""rank":1,"text":"","tree":{deep}"#)),
        expect![[r#"
            import_failed: notes.jsonl:3: is nested over 16 levels deep
            1 line is not right; nothing was imported"#]],
    );
    let long = format!("[{}1]", "1,".repeat(8_192));
    check(
        &line("notes", 3, &format!(r#""rank":1,"text":"","gone":{long}"#)),
        expect![[r#"
            import_failed: notes.jsonl:3: has an array of over 8192 elements
            1 line is not right; nothing was imported"#]],
    );
}

#[test]
fn twenty_faults_are_told_and_all_are_counted() {
    let mut engine = in_memory();
    let lines = "\n{}\n".repeat(30);
    let told = import_in_vain(&mut engine, &zip(&[("tags.jsonl", &lines)]));
    expect![[r#"
        import_failed: tags.jsonl:2: name: is missing
        tags.jsonl:4: name: is missing
        tags.jsonl:6: name: is missing
        tags.jsonl:8: name: is missing
        tags.jsonl:10: name: is missing
        tags.jsonl:12: name: is missing
        tags.jsonl:14: name: is missing
        tags.jsonl:16: name: is missing
        tags.jsonl:18: name: is missing
        tags.jsonl:20: name: is missing
        tags.jsonl:22: name: is missing
        tags.jsonl:24: name: is missing
        tags.jsonl:26: name: is missing
        tags.jsonl:28: name: is missing
        tags.jsonl:30: name: is missing
        tags.jsonl:32: name: is missing
        tags.jsonl:34: name: is missing
        tags.jsonl:36: name: is missing
        tags.jsonl:38: name: is missing
        tags.jsonl:40: name: is missing
        and 10 more
        30 lines are not right; nothing was imported"#]]
    .assert_eq(&told);
    let error = import(
        &mut engine,
        &zip(&[("tags.jsonl", "[]")]),
        ImportLimits::default(),
    );
    let data = error.unwrap_err().to_wire().data.unwrap();
    expect![[r#"{"count":1,"faults":[{"file":"tags.jsonl","line":1,"message":"expected a JSON object"}]}"#]].assert_eq(data.as_str());
}

#[test]
fn a_line_that_is_not_utf8_is_a_fault() {
    let mut bytes = Vec::new();
    let mut archive = ArchiveWriter::new(&mut bytes);
    archive
        .entry("tags.jsonl", |entry| {
            entry.write_all(b"{\"name\":\"\xff\"}")
        })
        .unwrap();
    archive.finish().unwrap();
    let told = import_in_vain(&mut in_memory(), &bytes);
    expect![[r#"
        import_failed: tags.jsonl:1: is not UTF-8
        1 line is not right; nothing was imported"#]]
    .assert_eq(&told);
}

#[test]
fn a_seed_may_state_ids_and_need_not_be_tidy() {
    let mut engine = in_memory();
    let stated = id("tags", 1);
    let seed =
        format!("\r\n {{ \"name\" : \"a b\" , \"_id\" : \"{stated}\" }}\r\n{{\"name\":\"c\"}}");
    import_well(&mut engine, &[("tags.jsonl", &seed)]);
    let text = exported(&*engine.store);
    let tidy = format!(r#"{{"_id":"{stated}","_creationTime":1790000000001,"name":"a b"}}"#);
    assert!(text.contains(&tidy), "{text}");
    let told = import_in_vain(
        &mut engine,
        &zip(&[("tags.jsonl", r#"{"name":"x","_creationTime":1}"#)]),
    );
    expect![[r#"
        import_failed: tags.jsonl:1: has a `_creationTime`, and no `_id` to go with it
        1 line is not right; nothing was imported"#]]
    .assert_eq(&told);
}
