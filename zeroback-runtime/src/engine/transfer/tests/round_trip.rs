//! What goes out comes in again as it was.

use super::*;

fn seed(engine: &mut Engine<NativeStore>) {
    let notes = r#"
        {"slug": "a", "rank": 1, "text": "Crème brûlée", "title": "Dessert"}
        {"rank": -0.5, "text": "two", "gone": {"x": [1, 2]}}

        {"text": "three", "rank": 1e3, "slug": "c"}
    "#;
    let report = import_well(
        engine,
        &[("notes.jsonl", notes), ("tags.jsonl", r#"{"name":"x"}"#)],
    );
    assert_eq!(
        report,
        r#"{"tables":{"notes":{"documents":3},"tags":{"documents":1}}}"#
    );
}

#[test]
fn a_seed_is_given_ids_in_the_order_of_its_lines() {
    let mut engine = in_memory();
    seed(&mut engine);
    check(
        &exported(&*engine.store),
        expect![[r#"
            notes.jsonl
              {"_id":"notes_01m3250v00en0teywvdphqtrg0","_creationTime":1790000000000,"slug":"a","rank":1,"text":"Crème brûlée","title":"Dessert","tree":[]}
              {"_id":"notes_01m3250v00en0teywvdqretgxh","_creationTime":1790000000000,"rank":-0.5,"text":"two","gone":{"x":[1,2]},"slug":null,"title":null,"tree":[]}
              {"_id":"notes_01m3250v00en0teywvdryr4y9c","_creationTime":1790000000000,"text":"three","rank":1000,"slug":"c","title":null,"tree":[]}
            tags.jsonl
              {"_id":"tags_01m3250v00erkrxzgsrn33qtg0","_creationTime":1790000000000,"name":"x"}
            _zeroback.json
              {"format":1,"exportedAt":1790000000000,"version":{"epoch":2,"counter":1},"tables":{"notes":{"documents":3},"tags":{"documents":1}}}
        "#]],
    );
}

#[track_caller]
fn check(text: &str, expected: Expect) {
    expected.assert_eq(text);
}

#[test]
fn an_import_of_an_export_is_the_same_database() {
    let mut first = in_memory();
    seed(&mut first);
    let mut bytes = Vec::new();
    export(&*first.store, NOW, ExportLimits::NONE, &mut bytes).unwrap();
    let mut second = in_memory();
    import(&mut second, &bytes, ImportLimits::default()).unwrap();
    let without_version = |text: String| text.replace("\"counter\":2", "\"counter\":1");
    assert_eq!(dump(&*first.store), dump(&*second.store));
    assert_eq!(
        without_version(exported(&*first.store)),
        without_version(exported(&*second.store))
    );
}

#[test]
fn an_export_of_the_same_database_has_the_same_bytes() {
    let mut engine = in_memory();
    seed(&mut engine);
    let pack = || {
        let mut bytes = Vec::new();
        export(&*engine.store, NOW, ExportLimits::NONE, &mut bytes).unwrap();
        bytes
    };
    assert_eq!(pack(), pack());
}

#[test]
fn indexes_and_search_indexes_are_right_afterwards() {
    let mut engine = in_memory();
    seed(&mut engine);
    assert_eq!(found(&*engine.store, "search_text", "brulee"), "a");
    assert_eq!(found(&*engine.store, "search_title", "dessert"), "a");
    import_well(
        &mut engine,
        &[("notes.jsonl", r#"{"slug":"new","rank":7,"text":"Dessert"}"#)],
    );
    assert_eq!(found(&*engine.store, "search_text", "brulee"), "");
    assert_eq!(found(&*engine.store, "search_text", "dessert"), "new");
    assert_eq!(found(&*engine.store, "search_title", "dessert"), "");
    let taken = engine.store.execute(
        "INSERT INTO notes (_id, _creation_time, doc, f_0) VALUES ('x', 1, '{}', 'new')",
        &[],
    );
    assert!(taken.unwrap_err().message().contains("UNIQUE"));
}

#[test]
fn only_the_tables_of_the_archive_are_replaced() {
    let mut engine = in_memory();
    seed(&mut engine);
    import_well(&mut engine, &[("notes.jsonl", "")]);
    let left = exported(&*engine.store);
    assert!(
        !left.contains("brûlée") && left.contains(r#""name":"x""#),
        "{left}"
    );
}

#[test]
fn a_table_that_is_gone_from_the_code_goes_out() {
    let store = NativeStore::in_memory().unwrap();
    let mut engine = open(store);
    seed(&mut engine);
    let only_tags = App::of(&[TableEntry::new::<Tag>(TAGS)], &[]);
    let store = std::rc::Rc::into_inner(engine.store).unwrap();
    let mut engine = Engine::open(store, only_tags, EngineConfig::default(), NOW, 1).unwrap();
    let mut bytes = Vec::new();
    let report = export(&*engine.store, NOW, ExportLimits::NONE, &mut bytes).unwrap();
    assert_eq!(report.tables["notes"].documents, 3);
    let told = import_in_vain(&mut engine, &bytes);
    assert_eq!(
        told,
        "import_failed: notes.jsonl: the app has no table \"notes\"; nothing was imported"
    );
}

#[test]
fn later_ids_come_after_those_that_came_in() {
    let mut engine = in_memory();
    let ahead = line("tags", 3_600_000, r#""name":"ahead""#);
    import_well(&mut engine, &[EXPORT, ("tags.jsonl", &ahead)]);
    let next = engine.ids.borrow_mut().next(NOW).0.to_text("tags");
    assert!(next > id("tags", 3_600_000), "{next}");
    let store = std::rc::Rc::into_inner(engine.store).unwrap();
    let next = open(store).ids.borrow_mut().next(NOW).0.to_text("tags");
    assert!(next > id("tags", 3_600_000), "also when it opens again");
}

#[test]
fn an_import_begins_an_epoch() {
    let mut engine = in_memory();
    let before = engine.version();
    seed(&mut engine);
    let after = engine.version();
    assert_eq!(
        (before.epoch + 1, before.counter + 1),
        (after.epoch, after.counter)
    );
    let store = std::rc::Rc::into_inner(engine.store).unwrap();
    assert_eq!(open(store).version(), after, "also when it opens again");
}

#[test]
fn an_export_that_is_too_large_says_so() {
    let mut engine = in_memory();
    seed(&mut engine);
    let limits = ExportLimits {
        archive_bytes_max: 100,
    };
    let error = export(&*engine.store, NOW, limits, Vec::new()).unwrap_err();
    assert_eq!(
        error.to_wire().to_string(),
        "export_too_large: the archive has over 100 bytes, which is the most that one answer holds"
    );
}

#[test]
fn tables_larger_than_a_page_go_out_and_in_whole() {
    let mut engine = in_memory();
    let notes: String = (0..2_000)
        .map(|n| {
            format!(
                "{{\"slug\":\"s{n}\",\"rank\":{n},\"text\":\"{}\"}}\n",
                "word ".repeat(50)
            )
        })
        .collect();
    import_well(&mut engine, &[("notes.jsonl", &notes)]);
    let mut bytes = Vec::new();
    export(&*engine.store, NOW, ExportLimits::NONE, &mut bytes).unwrap();
    let mut second = in_memory();
    let report = import(&mut second, &bytes, ImportLimits::default()).unwrap();
    assert_eq!(report.tables["notes"].documents, 2_000);
    assert_eq!(dump(&*engine.store), dump(&*second.store));
}
