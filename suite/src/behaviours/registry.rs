//! Registration: every function of every module and crate is there, however it was linked.

use serde_json::json;

use super::chapter;
use crate::world::World;

chapter!("registry", Engine:
    functions_of_nested_modules_are_there,
    functions_of_a_second_crate_are_there,
    every_function_is_there,
);

fn functions_of_nested_modules_are_there(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    assert_eq!(
        ann.mutate("deep/er/still:touch", json!({ "name": name })),
        1
    );
    assert_eq!(
        ann.query("deep/er/still:touches", json!({ "name": name })),
        1
    );
}

fn functions_of_a_second_crate_are_there(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let texts = ann.subscribe("notes:texts", json!({ "list": list }));
    ann.settle();
    ann.mutate("notes:add", json!({ "list": list, "text": "x" }));
    assert_eq!(ann.result(texts), json!(["x"]));
    assert_eq!(ann.query("notes/archive:size", json!({ "list": list })), 1);
}

/// Calls each function of the native registry with arguments that none takes: whatever is there
/// says so, and what is not there is not found.
fn every_function_is_there(world: &mut World<'_>) {
    let mut ann = world.client();
    let mut internal = Vec::new();
    for path in suite_fixture::app().function_paths() {
        let error = ann.query_in_vain(path, json!({ "no function takes this": true }));
        match error.code.as_str() {
            "bad_args" | "wrong_kind" => {}
            "function_not_found" => internal.push(path),
            _ => panic!("{path}: {error}"),
        }
    }
    assert_eq!(
        internal,
        [
            "actions:hidden",
            "jobs:add_up_to",
            "jobs:by_the_clock",
            "jobs:panic_behind",
            "secret:plant",
            "secret:reveal"
        ]
    );
}
