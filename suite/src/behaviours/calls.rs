//! Calls: which function, of which kind, with which arguments; and nobody else's functions.

use serde_json::json;
use zeroback_protocol::WireError;

use super::chapter;
use crate::client::Client;
use crate::world::World;

chapter!("calls", Engine:
    an_unknown_function_is_not_found,
    an_internal_function_answers_as_an_unknown_one,
    a_function_is_called_as_what_it_is,
    a_missing_argument_is_named,
    an_unknown_argument_is_named,
    an_integer_that_javascript_rounds_is_a_bad_argument,
    a_wrong_type_is_named_with_its_path,
    arguments_must_be_an_object,
    an_optional_argument_may_be_left_out,
    an_id_of_another_table_is_refused,
    what_is_no_id_is_refused,
    equal_arguments_are_equal_however_they_are_written,
    a_bad_call_writes_nothing_and_disturbs_nobody,
);

/// Makes the same bad call in all three ways, and holds their answers against each other.
#[track_caller]
fn refused(client: &mut Client, path: &str, args: &serde_json::Value, as_query: bool) -> WireError {
    if !as_query {
        return client.mutate_in_vain(path, args.clone());
    }
    let error = client.query_in_vain(path, args.clone());
    let live = client.subscribe(path, args.clone());
    assert_eq!(
        client.failure(live).of_any_request(),
        error.clone().of_any_request(),
        "live and once are refused alike"
    );
    error
}

fn an_unknown_function_is_not_found(world: &mut World<'_>) {
    let mut ann = world.client();
    for path in [
        "nowhere:nothing",
        "",
        "items",
        "items:",
        "items:all:x",
        "Items:all",
        "ítems:all",
        "__proto__",
        "_zeroback_state",
    ] {
        for as_query in [true, false] {
            let error = refused(&mut ann, path, &json!({}), as_query);
            assert_eq!(error.code.as_str(), "function_not_found", "{path}");
            assert!(
                !error.message.contains("secret"),
                "no list of what there is"
            );
        }
    }
}

fn an_internal_function_answers_as_an_unknown_one(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    for (path, as_query) in [
        ("secret:reveal", true),
        ("secret:reveal", false),
        ("secret:plant", true),
        ("secret:plant", false),
    ] {
        let args = json!({ "name": name });
        let of_internal = refused(&mut ann, path, &args, as_query);
        let unknown = path.replace("secret", "public");
        let of_unknown = refused(&mut ann, &unknown, &args, as_query);
        assert_eq!(of_internal.code, of_unknown.code);
        assert_eq!(
            of_internal.message.replace("secret", "public"),
            of_unknown.message
        );
    }
    assert_eq!(ann.query("counters:value", json!({ "name": name })), 0);
}

fn a_function_is_called_as_what_it_is(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let args = json!({ "name": name, "by": 1 });
    let error = refused(&mut ann, "counters:add", &args, true);
    assert_eq!(error.code.as_str(), "wrong_kind");
    assert!(
        error.message.contains("mutation") && error.message.contains("query"),
        "{error}"
    );
    let error = refused(&mut ann, "counters:value", &json!({ "name": name }), false);
    assert_eq!(error.code.as_str(), "wrong_kind");
    assert_eq!(ann.query("counters:value", json!({ "name": name })), 0);
}

#[track_caller]
fn bad_args(world: &mut World<'_>, path: &str, args: &serde_json::Value, message: &str) {
    let mut client = world.client();
    for as_query in [true, false] {
        if as_query == path.ends_with("add") {
            continue;
        }
        let error = refused(&mut client, path, args, as_query);
        assert_eq!(error.code.as_str(), "bad_args");
        assert!(
            error.message.starts_with(message),
            "expected {message}, found {error}"
        );
        return;
    }
}

fn a_missing_argument_is_named(world: &mut World<'_>) {
    bad_args(
        world,
        "counters:add",
        &json!({ "name": "x" }),
        "args.by: is missing",
    );
    let range = json!({ "list": "x", "from": 1 });
    bad_args(world, "items:between", &range, "args.to: is missing");
}

fn an_unknown_argument_is_named(world: &mut World<'_>) {
    let args = json!({ "name": "x", "by": 1, "limit": 2 });
    bad_args(
        world,
        "counters:add",
        &args,
        "args.limit: is not known here",
    );
    let args = json!({ "name": "x", "Name": "y" });
    bad_args(
        world,
        "counters:value",
        &args,
        "args.Name: is not known here",
    );
    bad_args(
        world,
        "items:count",
        &json!({ "list": "x", "is_done": true }),
        "args.is_done: is not known here",
    );
    bad_args(world, "marker", &json!({ "x": 1 }), "args");
}

fn an_integer_that_javascript_rounds_is_a_bad_argument(world: &mut World<'_>) {
    let large = json!({ "integer": 9_007_199_254_740_992_i64 });
    bad_args(
        world,
        "values:integer",
        &large,
        "args.integer: the integer 9007199254740992",
    );
    let by = json!({ "name": "x", "by": -9_007_199_254_740_993_i64 });
    bad_args(
        world,
        "counters:add",
        &by,
        "args.by: the integer -9007199254740993",
    );
    let mut ann = world.client();
    let seen = ann.subscribe("values:integer", large);
    assert_eq!(ann.failure(seen).code.as_str(), "bad_args");
}

fn a_wrong_type_is_named_with_its_path(world: &mut World<'_>) {
    bad_args(
        world,
        "counters:add",
        &json!({ "name": 7, "by": 1 }),
        "args.name: ",
    );
    bad_args(
        world,
        "counters:value",
        &json!({ "name": ["x"] }),
        "args.name: ",
    );
    let args = json!({ "list": "x", "from": 1, "to": { "$bigint": "3" } });
    bad_args(world, "items:between", &args, "args.to: ");
}

fn arguments_must_be_an_object(world: &mut World<'_>) {
    for args in [json!([]), json!(["x"]), json!("x"), json!(7), json!(true)] {
        bad_args(world, "counters:value", &args, "args: ");
    }
    bad_args(world, "marker", &json!([]), "args: ");
}

fn an_optional_argument_may_be_left_out(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let id = ann.mutate(
        "items:add",
        json!({ "list": list, "rank": 1, "isDone": null }),
    );
    let item = ann.query("items:get", json!({ "id": id }));
    assert_eq!(
        (&item["isDone"], &item["title"]),
        (&json!(false), &json!(""))
    );
}

fn an_id_of_another_table_is_refused(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let note = ann.mutate("notes:add", json!({ "list": list, "text": "x" }));
    let message = "args.id: expected an id of table \"items\"";
    bad_args(world, "items:get", &json!({ "id": note }), message);
    let error = ann.mutate_in_vain("items:remove", json!({ "id": note }));
    assert_eq!(error.code.as_str(), "bad_args");
    assert_eq!(
        ann.query("notes:texts", json!({ "list": list })),
        json!(["x"])
    );
}

fn what_is_no_id_is_refused(world: &mut World<'_>) {
    let message = "args.id: ";
    for id in [
        json!(""),
        json!("items"),
        json!("items_"),
        json!("items_1"),
        json!(7),
        json!(null),
        json!("items_01kaqg5zvzfyq8y9v2m0r5t3wI"),
        json!("items_81kaqg5zvzfyq8y9v2m0r5t3w7"),
        json!("ITEMS_01kaqg5zvzfyq8y9v2m0r5t3w7"),
        json!("items_01kaqg5zvzfyq8y9v2m0r5t3w7' OR 1=1 --"),
    ] {
        bad_args(world, "items:get", &json!({ "id": id }), message);
    }
}

fn equal_arguments_are_equal_however_they_are_written(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let frame = |id: u64, args: &str| {
        format!(
            r#"{{"type":"querySet","add":[{{"queryId":{id},"path":"items:between","args":{args}}}]}}"#
        )
    };
    ann.send_text(frame(
        901,
        &format!(r#"{{"list":"{list}","from":0,"to":10}}"#),
    ));
    ann.send_text(frame(
        902,
        &format!(
            r#" {{ "to" : 10 , "from":0,"list":"\u{:04x}{}"}}"#,
            u32::from(list.as_bytes()[0]),
            &list[1..]
        ),
    ));
    ann.settle();
    ann.mutation("items:add_ranks", json!({ "list": list, "ranks": [3] }));
    let transition = ann.transition();
    let values: Vec<_> = transition.queries.iter().map(|q| &q.result).collect();
    assert_eq!(values.len(), 2);
    assert_eq!(values[0], values[1]);
}

fn a_bad_call_writes_nothing_and_disturbs_nobody(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    let seen = bob.subscribe("counters:value", json!({ "name": name }));
    bob.settle();
    let before = ann.mutation("counters:add", json!({ "name": name, "by": 1 }));
    let bad = ann.mutation("counters:add", json!({ "name": name, "by": "1" }));
    let after = ann.mutation("counters:add", json!({ "name": name, "by": 1 }));
    use zeroback_protocol::Outcome::{Error, Success};
    assert!(matches!(ann.answer(before), Success(_)));
    assert!(matches!(ann.answer(bad), Error(_)));
    assert!(matches!(ann.answer(after), Success(_)));
    bob.settle();
    assert_eq!(bob.result(seen), 2);
}
