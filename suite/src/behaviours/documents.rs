//! Documents: what is stored comes back, changed only as asked.

use serde_json::{Value, json};

use super::chapter;
use crate::world::World;

chapter!("documents", Engine:
    a_document_is_its_fields_with_id_and_time,
    ids_and_creation_times_increase,
    a_patch_changes_the_fields_it_names,
    a_patch_tells_null_from_absent,
    a_null_for_a_field_that_must_be_there_is_refused,
    replacing_keeps_id_and_time,
    updating_changes_in_place,
    what_does_not_exist_is_not_found,
    a_deleted_document_is_gone_from_every_index,
    an_index_sorts_with_the_missing_first,
    missing_equals_missing,
    equal_keys_come_in_order_of_creation,
    two_of_what_must_be_one_are_a_conflict,
    texts_of_every_script_sort_by_their_bytes,
);

fn a_document_is_its_fields_with_id_and_time(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let args = json!({ "list": list, "rank": 3, "title": "a", "note": null });
    let id = ann.mutate("items:add", args);
    let item = ann.query("items:get", json!({ "id": id }));
    let time = item["_creationTime"].as_i64().expect("a time");
    assert!(time > 1_700_000_000_000, "in milliseconds");
    let expected = json!({
        "_id": id, "_creationTime": time,
        "list": list, "rank": 3, "isDone": false, "note": null, "title": "a",
    });
    assert_eq!(item, expected);
    let id = id.as_str().expect("a text");
    assert!(id.starts_with("items_") && id.len() == "items_".len() + 26);
}

fn ids_and_creation_times_increase(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let ranks: Vec<_> = (0..50).rev().collect();
    for ranks in ranks.chunks(10) {
        ann.mutate("items:add_ranks", json!({ "list": list, "ranks": ranks }));
    }
    let items = ann.query("items:all", json!({ "list": list }));
    let mut items = items.as_array().expect("a list").clone();
    items.reverse();
    assert_eq!(items.len(), 50);
    let id = |item: &Value| item["_id"].as_str().expect("a text").to_owned();
    let time = |item: &Value| item["_creationTime"].as_i64().expect("a number");
    for pair in items.windows(2) {
        assert!(id(&pair[0]) < id(&pair[1]));
        assert!(time(&pair[0]) <= time(&pair[1]));
    }
}

fn a_patch_changes_the_fields_it_names(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let args = json!({ "list": list, "rank": 1, "title": "a", "note": "n", "isDone": true });
    let id = ann.mutate("items:add", args);
    let before = ann.query("items:get", json!({ "id": id }));
    ann.mutate("items:patch", json!({ "id": id, "patch": { "rank": 2 } }));
    ann.mutate(
        "items:patch",
        json!({ "id": id, "patch": { "title": "b" } }),
    );
    ann.mutate("items:patch", json!({ "id": id, "patch": {} }));
    let mut expected = before;
    expected["rank"] = json!(2);
    expected["title"] = json!("b");
    assert_eq!(ann.query("items:get", json!({ "id": id })), expected);
}

fn a_patch_tells_null_from_absent(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let id = ann.mutate("items:add", json!({ "list": list, "rank": 1, "note": "n" }));
    ann.mutate(
        "items:patch",
        json!({ "id": id, "patch": { "title": "b" } }),
    );
    assert_eq!(ann.query("items:get", json!({ "id": id }))["note"], "n");
    ann.mutate(
        "items:patch",
        json!({ "id": id, "patch": { "note": null } }),
    );
    assert_eq!(
        ann.query("items:get", json!({ "id": id }))["note"],
        json!(null)
    );
    let without = json!({ "list": list, "note": null });
    assert_eq!(
        ann.query("items:with_note", without),
        json!([1]),
        "the index knows"
    );
}

fn a_null_for_a_field_that_must_be_there_is_refused(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let id = ann.mutate("items:add", json!({ "list": list, "rank": 1 }));
    let args = json!({ "id": id, "patch": { "rank": null } });
    let error = ann.mutate_in_vain("items:patch", args);
    assert_eq!(error.code.as_str(), "bad_args");
    assert!(error.message.starts_with("args.patch.rank: "), "{error}");
}

fn replacing_keeps_id_and_time(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let id = ann.mutate("items:add", json!({ "list": list, "rank": 1, "note": "n" }));
    let before = ann.query("items:get", json!({ "id": id }));
    let item = json!({ "list": list, "rank": 8, "isDone": true, "note": null, "title": "new" });
    ann.mutate("items:replace", json!({ "id": id, "item": item }));
    let mut expected = item;
    expected["_id"] = id.clone();
    expected["_creationTime"] = before["_creationTime"].clone();
    assert_eq!(ann.query("items:get", json!({ "id": id })), expected);
    let take = json!({ "list": list, "count": 9, "descending": false });
    assert_eq!(ann.query("items:take", take), json!([8]));
}

fn updating_changes_in_place(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let args = json!({ "list": list, "rank": 1, "note": "n", "title": "a" });
    let id = ann.mutate("items:add", args);
    let mut expected = ann.query("items:get", json!({ "id": id }));
    expected["rank"] = json!(-4);
    ann.mutate("items:shift", json!({ "id": id, "by": -5 }));
    assert_eq!(ann.query("items:get", json!({ "id": id })), expected);
}

fn what_does_not_exist_is_not_found(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let id = ann.mutate("items:add", json!({ "list": list, "rank": 1 }));
    ann.mutate("items:remove", json!({ "id": id }));
    let item = json!({ "list": list, "rank": 8, "isDone": true, "note": null, "title": "new" });
    let calls = [
        ("items:patch", json!({ "id": id, "patch": {} })),
        ("items:replace", json!({ "id": id, "item": item })),
        ("items:shift", json!({ "id": id, "by": 1 })),
        ("items:remove", json!({ "id": id })),
    ];
    for (path, args) in calls {
        let error = ann.mutate_in_vain(path, args);
        assert_eq!(error.code.as_str(), "not_found", "{path}");
    }
    assert_eq!(ann.query("items:get", json!({ "id": id })), json!(null));
}

fn a_deleted_document_is_gone_from_every_index(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let args = json!({ "list": list, "rank": 1, "note": "n", "isDone": true });
    let id = ann.mutate("items:add", args);
    ann.mutate("items:remove", json!({ "id": id }));
    assert_eq!(ann.query("items:all", json!({ "list": list })), json!([]));
    let noted = json!({ "list": list, "note": "n" });
    assert_eq!(ann.query("items:with_note", noted), json!([]));
    let done = json!({ "list": list, "isDone": true });
    assert_eq!(ann.query("items:count", done), 0);
}

fn an_index_sorts_with_the_missing_first(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    for note in [json!("b"), json!(null), json!("B"), json!(""), json!("ab")] {
        ann.mutate(
            "items:add",
            json!({ "list": list, "rank": 1, "note": note }),
        );
    }
    let notes = ann.query("items:notes", json!({ "list": list }));
    assert_eq!(notes, json!([null, "", "B", "ab", "b"]));
}

fn missing_equals_missing(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    ann.mutate("items:add", json!({ "list": list, "rank": 1 }));
    ann.mutate("items:add", json!({ "list": list, "rank": 2, "note": "" }));
    let with = |note: Value| json!({ "list": list, "note": note });
    assert_eq!(ann.query("items:with_note", with(json!(null))), json!([1]));
    assert_eq!(ann.query("items:with_note", with(json!(""))), json!([2]));
    assert_eq!(ann.query("items:with_note", with(json!("null"))), json!([]));
}

fn equal_keys_come_in_order_of_creation(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    for title in ["first", "second", "third"] {
        ann.mutate(
            "items:add",
            json!({ "list": list, "rank": 1, "title": title }),
        );
    }
    let items = ann.query("items:all", json!({ "list": list }));
    let titles: Vec<_> = items
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| &item["title"])
        .collect();
    assert_eq!(titles, ["first", "second", "third"]);
}

fn two_of_what_must_be_one_are_a_conflict(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let only = json!({ "list": list, "rank": 1 });
    assert_eq!(ann.query("items:only", only.clone()), json!(null));
    ann.mutate("items:add", only.clone());
    assert_eq!(ann.query("items:only", only.clone())["rank"], 1);
    ann.mutate("items:add", only.clone());
    let error = ann.query_in_vain("items:only", only);
    assert_eq!(error.code.as_str(), "conflict");
}

fn texts_of_every_script_sort_by_their_bytes(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    // UTF-16 would put the emoji, a surrogate pair, before the fullwidth letter.
    let notes = [
        "a\u{0}b",
        "a",
        "Ångström",
        "ａ",
        "😀",
        "\u{10ffff}",
        "'\"; --",
        "\\\n\t",
    ];
    for (rank, note) in notes.iter().enumerate() {
        ann.mutate(
            "items:add",
            json!({ "list": list, "rank": rank, "note": note }),
        );
    }
    let mut sorted = notes;
    sorted.sort_unstable();
    assert_eq!(
        ann.query("items:notes", json!({ "list": list })),
        json!(sorted)
    );
    for (rank, note) in notes.iter().enumerate() {
        let with = json!({ "list": list, "note": note });
        assert_eq!(
            ann.query("items:with_note", with),
            json!([rank]),
            "{note:?}"
        );
    }
}
