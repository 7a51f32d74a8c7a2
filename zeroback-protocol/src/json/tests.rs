use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{is_json, read_json};
use crate::encode;

/// It is read as serde_json does.
#[track_caller]
fn check<T: DeserializeOwned + PartialEq + std::fmt::Debug>(json: &str) {
    let expected: Option<T> = serde_json::from_str(json).ok();
    assert_eq!(read_json(json).ok(), expected, "{json}");
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(default, rename_all = "camelCase")]
struct Everything {
    flag: bool,
    small: i8,
    count: u64,
    size: f64,
    letter: Option<char>,
    text: String,
    unit: (),
    pair: Option<(i32, String)>,
    wrapped: Option<Wrapped>,
    list: Vec<Choice>,
    by_name: BTreeMap<String, Option<Value>>,
    big_int: Option<crate::BigInt>,
    bytes: Option<crate::Bytes>,
    tagged: Option<Tagged>,
    raw: Option<crate::RawJson>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Wrapped(u32);

#[derive(Debug, Deserialize, PartialEq)]
enum Choice {
    Unit,
    Newtype(i64),
    Tuple(u8, bool),
    Struct { a: Option<String> },
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(tag = "type", content = "of")]
enum Tagged {
    None,
    Some(f64),
}

#[test]
fn typed_values_are_read_as_serde_json_reads_them() {
    for json in [
        r#"{"flag":true,"small":-128,"count":18446744073709551615,"size":-0.5e-7,"letter":"é"}"#,
        r#"{"text":"a\"\\\/\b\f\n\r\té😀\u0000","unit":null,"unknown":[{"a":[]},"]"]}"#,
        r#"{"text":"\ud83d\ude00","letter":"\u00e9"}"#,
        r#"{"pair":[1,"a"],"wrapped":7,"letter":null}"#,
        r#"{"list":["Unit",{"Newtype":-1},{"Tuple":[1,false]},{"Struct":{"a":null}},{"Unit":null}]}"#,
        r#"{"byName":{"b":null,"a":[1,-0,1e3,0.1,18446744073709551616,{"x":"y"}]}}"#,
        r#"{"bigInt":{"$bigint":"-9223372036854775808"},"bytes":{"$bytes":"APv/"}}"#,
        r#"{"tagged":{"type":"Some","of":1}}"#,
        r#"{"tagged":{"of":1.5,"type":"Some"}}"#,
        r#"{"tagged":{"type":"None"}}"#,
        r#"{"raw": [ 1, {"a":"b"} ] ,"count":1}"#,
        r#"{"raw":[1}"#,
        " {\t\"count\" :\r\n 1 , \"text\":\"\" } ",
        r#"{"small":128}"#,
        r#"{"count":-1}"#,
        r#"{"count":1.0}"#,
        r#"{"count":-0}"#,
        r#"{"size":1e999}"#,
        r#"{"size":-0}"#,
        r#"{"letter":"ab"}"#,
        r#"{"text":7}"#,
        r#"{"text":"\ud800"}"#,
        r#"{"text":"\ud800 \udc00"}"#,
        r#"{"text":"\ud800\ud800"}"#,
        r#"{"text":"\u12"}"#,
        r#"{"text":"\u+123"}"#,
        r#"{"text":"\x"}"#,
        "{\"text\":\"\n\"}",
        r#"{"pair":[1]}"#,
        r#"{"pair":[1,"a",2]}"#,
        r#"{"list":["Other"]}"#,
        r#"{"list":["Newtype"]}"#,
        r#"{"list":[{"Newtype":1,"Unit":null}]}"#,
        r#"{"list":[{}]}"#,
        r#"{"list":[{"Unit":1}]}"#,
        r#"{"flag":truth}"#,
        r#"{"flag":true,"flag":true}"#,
        r#"{"flag":true,}"#,
        r#"{"flag" true}"#,
        r#"{flag:true}"#,
        r#"{"list":[,]}"#,
        r#"{"list":["Unit",]}"#,
        r#"{"list":["Unit" "Unit"]}"#,
        r#"{} {}"#,
        r#"{"#,
        r#"{"a"#,
        "",
    ] {
        check::<Everything>(json);
        check::<Value>(json);
    }
    for json in [
        "0", "-", "01", "1.", ".1", "1e", "1e+", "+1", "-0.0", "1E-2", "nul", "nulll", "tru", "\"",
    ] {
        check::<Value>(json);
        check::<f64>(json);
        check::<Option<u64>>(json);
        assert_eq!(
            is_json(json),
            serde_json::from_str::<Value>(json).is_ok(),
            "{json}"
        );
    }
    for depth in [100, 127, 128, 1_000_000] {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        check::<Value>(&deep);
        assert_eq!(is_json(&deep), depth < 128);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z\\\\\"\u{0}-\u{20}😀]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_number_is_read_as_it_was_written(half: u32, bits: u64) {
        let (half, number) = (f32::from_bits(half), f64::from_bits(bits));
        if half.is_finite() {
            prop_assert_eq!(read_json(&encode(&half).unwrap()), Ok(half));
        }
        if number.is_finite() {
            prop_assert_eq!(read_json(&encode(&number).unwrap()), Ok(number));
        }
    }

    #[test]
    fn any_value_is_read_as_serde_json_reads_it(
        value in any_json(),
        at: prop::sample::Index,
        with in "[\\[\\]{},:\"\\\\0-9eE.+-truefalsn ]{0,2}",
    ) {
        let mut json = value.to_string();
        check::<Value>(&json);
        // And what is almost one.
        let at = json.floor_char_boundary(at.index(json.len() + 1));
        let end = json.ceil_char_boundary((at + 1).min(json.len()));
        json.replace_range(at..end, &with);
        check::<Value>(&json);
        prop_assert_eq!(is_json(&json), serde_json::from_str::<Value>(&json).is_ok(), "{}", json);
    }
}
