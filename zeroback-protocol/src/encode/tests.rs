use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use serde::Serialize;

use super::{DocumentLimits, EncodeErrorKind, encode, encode_document, encode_patch};
use crate::{RawJson, decode};

/// Room for whatever is no concern of a test.
const ROOMY: DocumentLimits = DocumentLimits {
    depth_max: u32::MAX,
    array_elements_max: usize::MAX,
};

#[track_caller]
fn check<T: Serialize>(value: T, expected: &str) {
    assert_eq!(encode(&value).unwrap(), expected);
}

#[track_caller]
fn refused<T: Serialize>(value: T, expected: &str) {
    assert_eq!(encode(&value).unwrap_err().to_string(), expected);
}

fn document<T: Serialize>(fields: &T) -> Result<String, super::EncodeError> {
    encode_document("t_0", 5, fields, &ROOMY)
}

#[derive(Serialize)]
enum Shape {
    Empty,
    Circle(f64),
    Line(i32, i32),
    Box { w: u8, h: u8 },
}

#[test]
fn floats_are_printed_as_ecmascript_prints_them() {
    check(1.0, "1");
    check(-0.0, "0");
    check(1e21, "1e+21");
    check(1e-7, "1e-7");
    check(123_456_789_012_345_680_000.0, "123456789012345680000");
    check(0.1_f32, "0.1");
    check(16_777_216.0_f32, "16777216");
}

#[test]
fn what_javascript_cannot_hold_is_refused() {
    let rounded = |n: &str| {
        format!("the integer {n} is beyond ±(2^53 − 1) and would be rounded in JavaScript")
    };
    check(9_007_199_254_740_991_i64, "9007199254740991");
    refused(9_007_199_254_740_992_u64, &rounded("9007199254740992"));
    refused(i64::MIN, &rounded("-9223372036854775808"));
    refused(i128::MAX, &rounded(&i128::MAX.to_string()));
    refused(
        f64::NAN,
        "the number NaN is not finite, and JSON has no form for it",
    );
    refused(
        f32::INFINITY,
        "the number inf is not finite, and JSON has no form for it",
    );
}

#[test]
fn maps_are_sorted_and_structs_keep_their_order() {
    check(
        HashMap::from([("b", 1), ("a", 2), ("é", 3), ("B", 4)]),
        r#"{"B":4,"a":2,"b":1,"é":3}"#,
    );
    check(
        BTreeMap::from([(10, "x"), (9, "y")]),
        r#"{"10":"x","9":"y"}"#,
    );
    check(
        [Shape::Empty, Shape::Circle(0.5)],
        r#"["Empty",{"Circle":0.5}]"#,
    );
    check(Shape::Line(1, 2), r#"{"Line":[1,2]}"#);
    check(Shape::Box { w: 1, h: 2 }, r#"{"Box":{"w":1,"h":2}}"#);
}

#[test]
fn reserved_and_impossible_keys_are_refused() {
    refused(
        HashMap::from([("$bigint", 1)]),
        "the key \"$bigint\" begins with `$`, which is reserved",
    );
    refused(
        BTreeMap::from([((1, 2), 1)]),
        "a map's keys must be strings, found [1,2]",
    );
}

#[test]
fn a_fault_is_named_by_its_path() {
    let too_large = |path: &str| {
        format!(
            "{path}: the integer 9007199254740992 is beyond ±(2^53 − 1) and would be rounded in JavaScript"
        )
    };
    let value = HashMap::from([("ranks", vec![1_u64, 9_007_199_254_740_992])]);
    refused(&value, &too_large("ranks[1]"));
    let error = encode(&value).unwrap_err().at("args");
    assert_eq!(error.to_string(), too_large("args.ranks[1]"));
    refused(
        vec![HashMap::from([("$x", 1)])],
        "[0]: the key \"$x\" begins with `$`, which is reserved",
    );
}

#[test]
fn strings_carry_only_the_escapes_of_json() {
    check(
        "a\"\\\n\u{1}\u{7f}é😀/",
        "\"a\\\"\\\\\\n\\u0001\u{7f}é😀/\"",
    );
}

#[test]
fn deep_values_are_refused_before_they_exhaust_the_stack() {
    let path = "[0]".repeat(33);
    refused(
        nest(200),
        &format!("{path}[…: the value is nested over 100 levels deep"),
    );
}

#[test]
fn whatever_is_written_can_be_read() {
    #[derive(Serialize, serde::Deserialize)]
    enum Chain {
        End,
        Struct { next: Box<Chain> },
        Tuple(Box<Chain>, u8),
        New(Box<Chain>),
    }
    let links: [fn(Box<Chain>) -> Chain; 3] = [
        |next| Chain::Struct { next },
        |next| Chain::Tuple(next, 0),
        Chain::New,
    ];
    for link in links {
        let mut chain = Chain::End;
        let mut written = 0;
        while let Ok(json) = document(&HashMap::from([("chain", &chain)])) {
            let read: Result<HashMap<String, serde_json::Value>, _> = decode(json.as_bytes());
            assert!(
                read.is_ok(),
                "{written} links were written and cannot be read"
            );
            chain = link(Box::new(chain));
            written += 1;
        }
        assert!(written > 40);
    }
}

#[test]
fn raw_json_passes_through() {
    let raw = RawJson::from_encoded(r#"{"$bytes":"AA=="}"#);
    check(
        vec![raw.clone(), raw],
        r#"[{"$bytes":"AA=="},{"$bytes":"AA=="}]"#,
    );
}

#[test]
fn a_document_begins_with_its_system_fields() {
    #[derive(Serialize)]
    struct Task {
        text: &'static str,
        done: bool,
    }
    let task = Task {
        text: "x",
        done: true,
    };
    assert_eq!(
        document(&task).unwrap(),
        r#"{"_id":"t_0","_creationTime":5,"text":"x","done":true}"#
    );
    #[derive(Serialize)]
    struct Nothing {}
    assert_eq!(
        document(&Nothing {}).unwrap(),
        r#"{"_id":"t_0","_creationTime":5}"#
    );
}

#[test]
fn a_documents_fields_are_an_object_without_system_fields() {
    let reserved = "the field \"_x\" begins with `_`, which is reserved for system fields";
    let fields = HashMap::from([("_x", 1)]);
    assert_eq!(document(&fields).unwrap_err().to_string(), reserved);
    let error = encode_patch(&fields, &ROOMY).unwrap_err();
    assert_eq!(error.to_string(), reserved);
    let inner = HashMap::from([("x", HashMap::from([("_y", 1)]))]);
    assert_eq!(
        encode_patch(&inner, &ROOMY).unwrap(),
        r#"{"x":{"_y":1}}"#,
        "the names are reserved in the document itself alone"
    );
    assert!(document(&1).is_err() && encode_patch(&[1], &ROOMY).is_err());
}

/// Levels of arrays, one in another; the innermost is empty.
#[derive(Serialize)]
struct Nest(Vec<Nest>);

fn nest(levels: usize) -> Nest {
    (1..levels).fold(Nest(vec![]), |nest, _| Nest(vec![nest]))
}

#[test]
fn a_document_that_is_nested_too_deeply_is_refused() {
    let limits = DocumentLimits {
        depth_max: 4,
        ..ROOMY
    };
    let fields = |levels| HashMap::from([("nest", nest(levels))]);
    assert!(encode_document("t_0", 5, &fields(3), &limits).is_ok());
    assert!(encode_patch(&fields(3), &limits).is_ok());
    let too_deep = fields(4);
    for error in [
        encode_document("t_0", 5, &too_deep, &limits).unwrap_err(),
        encode_patch(&too_deep, &limits).unwrap_err(),
    ] {
        assert_eq!(error.kind(), EncodeErrorKind::DocumentTooDeep);
        assert_eq!(
            error.to_string(),
            "nest[0][0][0]: the document is nested over 4 levels deep"
        );
    }
    assert_eq!(
        encode(&nest(101)).unwrap_err().kind(),
        EncodeErrorKind::Invalid
    );
}

#[test]
fn an_array_that_is_too_long_is_refused() {
    let limits = DocumentLimits {
        array_elements_max: 2,
        ..ROOMY
    };
    let fields = |len| HashMap::from([("ranks", HashMap::from([("x", vec![0; len])]))]);
    assert!(encode_document("t_0", 5, &fields(2), &limits).is_ok());
    assert!(encode_patch(&fields(2), &limits).is_ok());
    for error in [
        encode_document("t_0", 5, &fields(3), &limits).unwrap_err(),
        encode_patch(&fields(3), &limits).unwrap_err(),
    ] {
        assert_eq!(error.kind(), EncodeErrorKind::ArrayTooLong);
        let text = error.to_string();
        assert!(
            text.starts_with("ranks.x: the array has over 2 elements"),
            "{text}"
        );
    }
    assert!(encode(&vec![0; 100_000]).is_ok());
}

proptest! {
    #[test]
    fn doubles_read_back_as_they_were(value: f64) {
        prop_assume!(value.is_finite());
        let back: f64 = decode(encode(&value).unwrap().as_bytes()).unwrap();
        prop_assert_eq!(back, value);
    }

    #[test]
    fn singles_read_back_as_they_were(value: f32) {
        prop_assume!(value.is_finite());
        let back: f32 = decode(encode(&value).unwrap().as_bytes()).unwrap();
        prop_assert_eq!(back, value);
    }

    #[test]
    fn strings_read_back_as_they_were(value: String) {
        let back: String = decode(encode(&value).unwrap().as_bytes()).unwrap();
        prop_assert_eq!(back, value);
    }
}

#[test]
fn a_key_stands_in_an_object_once() {
    #[derive(Serialize)]
    struct Named {
        kind: u8,
    }
    #[derive(Serialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Of(Named),
    }
    struct Pairs;
    impl Serialize for Pairs {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map([("kind", 1), ("kind", 2)])
        }
    }
    let twice = "the key \"kind\" occurs twice";
    refused(Tagged::Of(Named { kind: 1 }), twice);
    refused(Pairs, twice);
}
