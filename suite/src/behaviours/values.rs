//! Values: what goes in comes out, and what cannot be held is refused, never changed.

use serde_json::{Value, json};
use zeroback_protocol::{RawJson, encode};

use super::chapter;
use crate::client::{Client, parsed};
use crate::samples::sample;
use crate::target::http::Request;
use crate::transcript;
use crate::world::World;

chapter!("values", Engine:
    texts_come_back_as_they_went,
    numbers_come_back_as_they_went,
    integers_are_exact_or_refused,
    a_value_in_a_value_keeps_its_form,
    maps_are_sorted_by_their_keys,
    documents_beyond_their_limits_are_refused,
    big_integers_and_bytes_sort_in_indexes,
    pages_end_at_big_integers_and_at_bytes,
    ranges_may_end_beyond_all_values,
    what_is_no_big_integer_and_no_bytes_is_refused,
    samples_of_every_form_come_back_as_they_went,
    nothing_is_null,
    a_result_that_json_cannot_hold_is_refused,
    decoding_that_panics_is_an_error_of_that_call_alone,
);

fn texts_come_back_as_they_went(world: &mut World<'_>) {
    let mut ann = world.client();
    let texts = [
        "",
        "\u{0}",
        "\"\\/\u{8}\n",
        "Grüße, 世界",
        "👩‍👩‍👧 \u{10ffff}",
        "\u{2028}\u{feff}",
        "</script>",
    ];
    for text in texts {
        assert_eq!(ann.query("values:text", json!({ "text": text })), text);
    }
    let list = world.list();
    for (rank, text) in texts.iter().enumerate() {
        let args = json!({ "list": list, "rank": rank, "title": text });
        let id = ann.mutate("items:add", args);
        assert_eq!(ann.query("items:get", json!({ "id": id }))["title"], *text);
    }
}

fn numbers_come_back_as_they_went(world: &mut World<'_>) {
    let mut ann = world.client();
    let numbers = [
        0.1,
        1.0 / 3.0,
        1e21,
        1e-7,
        123_456_789.125,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        -2.5,
    ];
    for number in numbers {
        let back = ann.query("values:number", json!({ "number": number }));
        assert_eq!(back.as_f64(), Some(number));
    }
    assert_eq!(ann.query("values:number", json!({ "number": -0.0 })), 0);
}

fn integers_are_exact_or_refused(world: &mut World<'_>) {
    const MAX: i64 = (1 << 53) - 1;
    let mut ann = world.client();
    for integer in [0, -1, MAX, -MAX] {
        let args = json!({ "integer": integer });
        assert_eq!(ann.query("values:integer", args), integer);
    }
    for integer in [json!(0.5), json!("1"), json!(null), json!(true)] {
        let error = ann.query_in_vain("values:integer", json!({ "integer": integer }));
        assert_eq!(error.code.as_str(), "bad_args");
        assert!(error.message.starts_with("args.integer: "), "{error}");
    }
    for byte in [-1, 256] {
        let error = ann.query_in_vain("values:byte", json!({ "byte": byte }));
        assert_eq!(error.code.as_str(), "bad_args");
        assert!(error.message.contains("expected u8"), "{error}");
    }
    let error = ann.query_in_vain("values:integer_too_large", json!({}));
    assert_eq!(error.code.as_str(), "invalid");
    assert!(error.message.contains("9007199254740992"), "{error}");
}

fn a_value_in_a_value_keeps_its_form(world: &mut World<'_>) {
    let mut ann = world.client();
    let nested =
        json!({ "twoWords": ["wellRested", null, "tired"], "byName": { "x": 1, "": 0.5 } });
    let args = json!({ "nested": nested });
    assert_eq!(ann.query("values:nested", args), nested);
    let check = |ann: &mut Client, nested: Value, message: &str| {
        let error = ann.query_in_vain("values:nested", json!({ "nested": nested }));
        assert_eq!(error.code.as_str(), "bad_args");
        assert!(error.message.starts_with(message), "{error}");
    };
    check(
        &mut ann,
        json!({ "twoWords": [], "byName": { "x": "y" } }),
        "args.nested.byName.x: ",
    );
    check(
        &mut ann,
        json!({ "twoWords": ["sleepy"], "byName": {} }),
        "args.nested.twoWords[0]",
    );
    check(
        &mut ann,
        json!({ "byName": {} }),
        "args.nested.twoWords: is missing",
    );
}

fn maps_are_sorted_by_their_keys(world: &mut World<'_>) {
    let mut ann = world.client();
    let request = {
        let text = r#"{"type":"query","requestId":900,"path":"values:nested",
            "args":{"nested":{"twoWords":[],"byName":{"b":1,"a":2,"ä":3,"B":4}}}}"#;
        ann.send_text(text);
        zeroback_protocol::RequestId(900)
    };
    let zeroback_protocol::Outcome::Success(value) = ann.answer(request) else {
        panic!("it is a value");
    };
    let expected = r#"{"twoWords":[],"byName":{"B":4,"a":2,"b":1,"ä":3}}"#;
    assert_eq!(value.as_str(), expected);
}

fn documents_beyond_their_limits_are_refused(world: &mut World<'_>) {
    let mut ann = world.client();
    // The document is a level, the first branch another, and each further one two with its array.
    let deepest = json!({ "length": 7, "twigs": 0 });
    let widest = json!({ "length": 1, "twigs": 8_192 });
    ann.mutate("values:plant", deepest);
    let id = ann.mutate("values:plant", widest);
    let planted = ann.query("values:tree", json!({ "id": id }));
    let refused = [
        (
            json!({ "length": 8, "twigs": 1 }),
            "document_too_deep",
            "over 16 levels",
        ),
        (
            json!({ "length": 2, "twigs": 8_193 }),
            "array_too_long",
            "over 8192 elements",
        ),
    ];
    for (mut args, code, limit) in refused {
        let mut errors = vec![ann.mutate_in_vain("values:plant", args.clone())];
        args["id"] = id.clone();
        for path in ["values:graft", "values:replant"] {
            errors.push(ann.mutate_in_vain(path, args.clone()));
        }
        for error in errors {
            assert_eq!(error.code.as_str(), code);
            assert!(error.message.starts_with("root.branches[0]"), "{error}");
            assert!(error.message.contains(limit), "{error}");
        }
    }
    assert_eq!(ann.query("values:tree", json!({ "id": id })), planted);
}

fn big(number: i64) -> Value {
    json!({ "$bigint": number.to_string() })
}

fn bytes(base64: &str) -> Value {
    json!({ "$bytes": base64 })
}

fn mark(list: &str, number: i64, code: Option<&str>) -> Value {
    let code = code.map(bytes);
    json!({ "mark": { "list": list, "number": big(number), "code": code, "count": 0, "weight": 0.5 } })
}

fn big_integers_and_bytes_sort_in_indexes(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    // Neighbours that one double stands for, and the ends.
    let numbers = [
        i64::MAX,
        i64::MAX - 1,
        (1 << 53) + 1,
        1 << 53,
        0,
        -1,
        -(1 << 53) - 1,
        i64::MIN,
    ];
    // In base64 they sort otherwise: "", 00, 00 00, 00 01, 7f, 80, fb, ff.
    let codes = ["", "AA==", "AAA=", "AAE=", "fw==", "gA==", "+w==", "/w=="];
    let live = ann.subscribe(
        "values:numbers",
        json!({ "list": list, "from": big(1 << 53), "to": big(i64::MAX) }),
    );
    for (number, code) in numbers.into_iter().zip(codes) {
        ann.mutate("values:mark", mark(&list, number, Some(code)));
    }
    ann.mutate("values:mark", mark(&list, 7, None));
    let between = json!([big(1 << 53), big((1 << 53) + 1), big(i64::MAX - 1)]);
    assert_eq!(ann.result(live), between);
    let all = json!({ "list": list, "from": big(i64::MIN), "to": big(i64::MAX) });
    let mut sorted: Vec<_> = numbers[1..].to_vec();
    sorted.push(7);
    sorted.sort_unstable();
    let sorted: Vec<_> = sorted.into_iter().map(big).collect();
    assert_eq!(ann.query("values:numbers", all), json!(sorted));
    let above = |code: &str| json!({ "list": list, "above": bytes(code) });
    let expected: Vec<_> = codes[1..].iter().map(|code| bytes(code)).collect();
    assert_eq!(ann.query("values:codes", above("")), json!(expected));
    assert_eq!(
        ann.query("values:codes", above("gA==")),
        json!([bytes("+w=="), bytes("/w==")])
    );
    for code in [bytes("AAE="), json!(null)] {
        let args = json!({ "list": list, "code": code });
        assert_eq!(ann.query("values:with_code", args), 1);
    }
}

fn pages_end_at_big_integers_and_at_bytes(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    // In the order of the numbers; that of the codes is the reverse.
    let marks = [
        (i64::MIN, Some("/w==")),
        (-(1 << 53) - 1, Some("/g==")),
        (-(1 << 53), Some("AAE=")),
        (1 << 53, Some("AAA=")),
        ((1 << 53) + 1, Some("AA==")),
        (i64::MAX - 1, Some("")),
        (i64::MAX, None),
    ];
    for (number, code) in marks {
        ann.mutate("values:mark", mark(&list, number, code));
    }
    let numbers: Vec<_> = marks.iter().map(|(number, _)| big(*number)).collect();
    let mut codes: Vec<_> = marks
        .iter()
        .map(|(_, code)| json!(code.map(bytes)))
        .collect();
    assert_eq!(paged(&mut ann, "values:marks", &list, "number"), numbers);
    codes.reverse();
    assert_eq!(paged(&mut ann, "values:coded_marks", &list, "code"), codes);
}

/// Reads all pages of two marks each, and returns what they have in a field.
fn paged(client: &mut Client, path: &str, list: &str, field: &str) -> Vec<Value> {
    let mut values = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let page = json!({ "limit": 2, "cursor": cursor });
        let page = client.query(path, json!({ "list": list, "page": page }));
        let items = page["items"].as_array().expect("a list");
        values.extend(items.iter().map(|mark| mark[field].clone()));
        cursor = page["endCursor"].clone();
        if page["isDone"] == true {
            return values;
        }
    }
}

fn ranges_may_end_beyond_all_values(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let largest = json!({
        "list": list, "number": big(i64::MIN), "count": (1_u64 << 53) - 1, "weight": f64::MAX,
    });
    ann.mutate("values:mark", json!({ "mark": largest }));
    ann.mutate("values:mark", mark(&list, 0, None));
    let live = ann.subscribe("values:beyond_all", json!({ "list": list }));
    assert_eq!(ann.result(live), json!([2, 2, 2, 2, 0, 0]));
    let least = json!({ "list": list, "number": big(i64::MAX), "count": 0, "weight": f64::MIN });
    ann.mutate("values:mark", json!({ "mark": least }));
    assert_eq!(ann.result(live), json!([3, 3, 3, 3, 0, 0]));
}

fn what_is_no_big_integer_and_no_bytes_is_refused(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let integers = [
        json!(5),
        json!("5"),
        json!({ "$bigint": "05" }),
        json!({ "$bigint": "9223372036854775808" }),
        json!({ "$bytes": "" }),
    ];
    for number in integers {
        let args = json!({ "list": list, "from": number, "to": big(0) });
        let error = ann.query_in_vain("values:numbers", args);
        assert_eq!(error.code.as_str(), "bad_args");
        assert!(error.message.starts_with("args.from: "), "{error}");
        assert!(error.message.contains("a 64-bit integer"), "{error}");
    }
    let not_bytes = [
        json!([0]),
        json!("AA=="),
        json!({ "$bytes": "AA" }),
        json!({ "$bytes": "AB==" }),
        json!({ "$bytes": "AA==", "more": 1 }),
    ];
    for code in not_bytes {
        let args = json!({ "list": list, "code": code });
        let error = ann.query_in_vain("values:with_code", args);
        assert_eq!(error.code.as_str(), "bad_args");
        assert!(error.message.starts_with("args.code: "), "{error}");
        assert!(error.message.contains("bytes as"), "{error}");
    }
    let nested = json!({ "twoWords": [], "byName": { "$x": 1 } });
    let error = ann.query_in_vain("values:nested", json!({ "nested": nested }));
    assert_eq!(error.code.as_str(), "bad_args");
    assert!(error.message.contains("begins with `$`"), "{error}");
}

/// Each sample goes through an argument, the store, a result over HTTP and a live query.
fn samples_of_every_form_come_back_as_they_went(world: &mut World<'_>) {
    let mut ann = world.client();
    let first = encode(&sample(0)).expect("samples can be encoded");
    let id = posted(world, "mutation", "values:keep", &with_sample("", &first));
    let one = format!(r#"{{"id":{id}}}"#);
    let live = ann.subscribe("values:kept", parsed(&RawJson::from_encoded(&*one)));
    for seed in 0..50 {
        transcript::note("samples", "!", &format!("seed {seed}"));
        let json = encode(&sample(seed)).expect("samples can be encoded");
        let echo = posted(world, "query", "values:echo", &with_sample("", &json));
        assert_eq!(echo, json);
        let args = with_sample(&format!(r#""id":{id},"#), &json);
        posted(world, "mutation", "values:exchange", &args);
        let kept = posted(world, "query", "values:kept", &one);
        assert_eq!(fields(&kept), json);
        ann.settle();
        assert_eq!(ann.result(live), parsed(&RawJson::from_encoded(kept)));
    }
}

fn with_sample(more: &str, sample: &str) -> String {
    format!(r#"{{{more}"sample":{sample}}}"#)
}

/// Calls a function with arguments that go out as they are, and returns its result as it comes.
fn posted(world: &mut World<'_>, kind: &str, path: &str, args: &str) -> String {
    let body = format!(r#"{{"path":"{path}","args":{args}}}"#);
    let response = world.request(&Request::post(&format!("/api/{kind}"), body));
    let value = response
        .body
        .strip_prefix(r#"{"status":"success","value":"#)
        .and_then(|rest| rest.strip_suffix('}'));
    value
        .unwrap_or_else(|| panic!("{path}: {}", response.body))
        .to_owned()
}

/// A document's text without its system fields.
fn fields(document: &str) -> String {
    let own = document.find(r#""nothing":"#).expect("it is a sample");
    format!("{{{}", &document[own..])
}

fn nothing_is_null(world: &mut World<'_>) {
    let mut ann = world.client();
    assert_eq!(ann.query("marker", json!({})), json!(null));
    let live = ann.subscribe("marker", json!({}));
    assert_eq!(ann.result(live), json!(null));
}

fn a_result_that_json_cannot_hold_is_refused(world: &mut World<'_>) {
    let mut ann = world.client();
    let error = ann.query_in_vain("values:not_a_number", json!({}));
    assert_eq!(error.code.as_str(), "invalid");
    let live = ann.subscribe("values:integer_too_large", json!({}));
    assert_eq!(ann.failure(live).code.as_str(), "invalid");
}

fn decoding_that_panics_is_an_error_of_that_call_alone(world: &mut World<'_>) {
    let mut ann = world.client();
    let args = json!({ "unruly": "panic" });
    let error = ann.query_in_vain("values:unruly", args.clone());
    assert_eq!(error.code.as_str(), "internal");
    let live = ann.subscribe("values:unruly", args);
    assert_eq!(ann.failure(live).code.as_str(), "internal");
    let good = json!({ "unruly": "calm" });
    assert_eq!(ann.query("values:unruly", good), "calm");
}
