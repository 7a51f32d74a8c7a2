use std::collections::BTreeMap;
use std::fmt::Debug;

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{BigInt, Bytes, decode, encode, encode_operand};

#[track_caller]
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, json: &str) {
    assert_eq!(encode(&value).unwrap(), json);
    assert_eq!(decode::<T>(json.as_bytes()).unwrap(), value);
    // An author may use serde_json on his own.
    let other = serde_json::to_string(&value).unwrap();
    assert_eq!(serde_json::from_str::<T>(&other).unwrap(), value);
}

#[track_caller]
fn refused<T: DeserializeOwned + Debug>(json: &str, expected: &str) {
    let error = decode::<T>(json.as_bytes()).unwrap_err().at("args");
    assert_eq!(error.to_string(), expected);
}

const BIG: BigInt = BigInt(i64::MAX);

fn bytes() -> Bytes {
    Bytes::from(*b"\x00\xfb\xff")
}

#[test]
fn integers_and_bytes_come_back_as_they_were() {
    check(BigInt(0), r#"{"$bigint":"0"}"#);
    check(BIG, r#"{"$bigint":"9223372036854775807"}"#);
    check(BigInt(i64::MIN), r#"{"$bigint":"-9223372036854775808"}"#);
    check(Bytes::default(), r#"{"$bytes":""}"#);
    check(Bytes::from([0]), r#"{"$bytes":"AA=="}"#);
    check(bytes(), r#"{"$bytes":"APv/"}"#);
    check(
        [Some(BIG), None],
        r#"[{"$bigint":"9223372036854775807"},null]"#,
    );
}

#[test]
fn only_the_canonical_integer_is_taken() {
    let expected = "a 64-bit integer as {\"$bigint\":\"<decimal digits>\"}";
    for text in [
        "",
        "-",
        "+1",
        "01",
        "-0",
        "-01",
        " 1",
        "1.0",
        "1e3",
        "0x1",
        "9223372036854775808",
        "-9223372036854775809",
        "1٣",
    ] {
        let json = format!(r#"{{"ids":[{{"$bigint":"{text}"}}]}}"#);
        refused::<BTreeMap<String, Vec<BigInt>>>(
            &json,
            &format!("args.ids[0]: expected {expected}"),
        );
    }
    for json in [
        "{}",
        r#"{"bigint":"1"}"#,
        r#"{"$bytes":""}"#,
        r#"{"$bigint":"1","x":1}"#,
        r#"{"$bigint":"1","$bigint":"1"}"#,
    ] {
        refused::<BigInt>(json, &format!("args: expected {expected}"));
    }
    refused::<BigInt>(
        "5",
        &format!("args: invalid type: integer `5`, expected {expected}"),
    );
    refused::<BigInt>(
        r#"{"$bigint":5}"#,
        "args.$bigint: invalid type: integer `5`, expected a string",
    );
}

#[test]
fn only_canonical_base64_is_taken() {
    for text in [
        "A", "AA", "AAA", "AA=", "AB==", "AAB=", "AA==AA==", "AP-_", "AA==\\n", " AA==", "=", "é",
    ] {
        let json = format!(r#"{{"$bytes":"{text}"}}"#);
        let error = decode::<Bytes>(json.as_bytes()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected bytes as {\"$bytes\":\"<base64 with padding>\"}",
            "{text}"
        );
    }
    refused::<Bytes>(
        "\"AA==\"",
        "args: invalid type: string \"AA==\", expected bytes as {\"$bytes\":\"<base64 with padding>\"}",
    );
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Pair {
    n: BigInt,
    b: Bytes,
}

fn pair() -> Pair {
    Pair {
        n: BigInt(-1),
        b: bytes(),
    }
}

const PAIR: &str = r#""n":{"$bigint":"-1"},"b":{"$bytes":"APv/"}"#;

macro_rules! enums {
    ($($(#[$attribute:meta])* $name:ident { $($variants:tt)* })*) => {$(
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        $(#[$attribute])*
        enum $name { $($variants)* }
    )*};
}

enums! {
    External { Integer(BigInt), Bytes(Bytes), Both(BigInt, Bytes), Fields { n: BigInt, b: Bytes } }

    #[serde(tag = "type")]
    Internal { Fields { n: BigInt, b: Bytes }, Pair(Pair) }

    #[serde(tag = "type")]
    InternalInteger { Integer(BigInt) }

    #[serde(tag = "type", content = "is")]
    Adjacent { Integer(BigInt), Bytes(Bytes), Both(BigInt, Bytes), Fields { n: BigInt, b: Bytes } }

    #[serde(untagged)]
    Untagged { Integer(BigInt), Bytes(Bytes), Both(BigInt, Bytes), Fields { n: BigInt, b: Bytes }, Text(String) }
}

macro_rules! forms {
    ($enum:ident, $integer:literal, $bytes:literal, $both:literal, $fields:literal) => {
        let Pair { n, b } = pair();
        check($enum::Integer(n), $integer);
        check($enum::Bytes(b.clone()), $bytes);
        check($enum::Both(n, b.clone()), $both);
        check($enum::Fields { n, b }, $fields);
    };
}

#[test]
fn they_stand_in_enums_of_every_form() {
    forms!(
        External,
        r#"{"Integer":{"$bigint":"-1"}}"#,
        r#"{"Bytes":{"$bytes":"APv/"}}"#,
        r#"{"Both":[{"$bigint":"-1"},{"$bytes":"APv/"}]}"#,
        r#"{"Fields":{"n":{"$bigint":"-1"},"b":{"$bytes":"APv/"}}}"#
    );
    forms!(
        Adjacent,
        r#"{"type":"Integer","is":{"$bigint":"-1"}}"#,
        r#"{"type":"Bytes","is":{"$bytes":"APv/"}}"#,
        r#"{"type":"Both","is":[{"$bigint":"-1"},{"$bytes":"APv/"}]}"#,
        r#"{"type":"Fields","is":{"n":{"$bigint":"-1"},"b":{"$bytes":"APv/"}}}"#
    );
    forms!(
        Untagged,
        r#"{"$bigint":"-1"}"#,
        r#"{"$bytes":"APv/"}"#,
        r#"[{"$bigint":"-1"},{"$bytes":"APv/"}]"#,
        r#"{"n":{"$bigint":"-1"},"b":{"$bytes":"APv/"}}"#
    );
    check(Untagged::Text("$bigint".to_owned()), "\"$bigint\"");
    let Pair { n, b } = pair();
    check(
        Internal::Fields { n, b },
        &format!(r#"{{"type":"Fields",{PAIR}}}"#),
    );
    check(
        Internal::Pair(pair()),
        &format!(r#"{{"type":"Pair",{PAIR}}}"#),
    );
    // The content may come before the tag, and is kept until the tag is read.
    let late = format!(r#"{{{PAIR},"type":"Fields"}}"#);
    let Pair { n, b } = pair();
    assert_eq!(
        decode::<Internal>(late.as_bytes()).unwrap(),
        Internal::Fields { n, b }
    );
    let late = r#"{"is":{"$bigint":"-1"},"type":"Integer"}"#;
    assert_eq!(
        decode::<Adjacent>(late.as_bytes()).unwrap(),
        Adjacent::Integer(BigInt(-1))
    );
}

#[test]
fn they_stand_in_flattened_structs_and_maps() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Outer {
        #[serde(flatten)]
        pair: Pair,
        #[serde(flatten)]
        more: BTreeMap<String, BigInt>,
    }
    let more = BTreeMap::from([("z".to_owned(), BIG)]);
    // Whatever is flattened is a map to the encoder, and sorted.
    check(
        Outer { pair: pair(), more },
        r#"{"b":{"$bytes":"APv/"},"n":{"$bigint":"-1"},"z":{"$bigint":"9223372036854775807"}}"#,
    );
}

#[test]
fn where_they_cannot_stand_is_told() {
    let fault = |error: Result<String, crate::EncodeError>| error.unwrap_err().to_string();
    assert_eq!(
        fault(encode(&BTreeMap::from([(BIG, 1)]))),
        r#"a map's keys must be strings, found {"$bigint":"9223372036854775807"}"#
    );
    let tagged = fault(encode(&[InternalInteger::Integer(BIG)]));
    assert_eq!(
        tagged,
        "[0]: the tag \"type\" cannot stand in the object of \"$bigint\"; give the variant a field, or the enum `content`"
    );
    #[derive(Serialize)]
    struct Flattened {
        #[serde(flatten)]
        integer: BigInt,
    }
    assert_eq!(
        fault(encode(&Flattened { integer: BIG })),
        "the key \"$bigint\" begins with `$`, which is reserved"
    );
}

#[test]
fn they_take_no_level_of_nesting() {
    let limits = crate::DocumentLimits {
        depth_max: 1,
        ..crate::DocumentLimits::default()
    };
    let json = crate::encode_patch(&pair(), &limits).unwrap();
    assert_eq!(json, format!("{{{PAIR}}}"));
}

#[test]
fn an_operand_may_be_what_cannot_be_stored() {
    #[track_caller]
    fn operand<T: Serialize>(value: T, json: &str) {
        assert!(encode(&value).is_err());
        assert_eq!(encode_operand(&value).unwrap(), json);
    }
    operand(i64::MIN, "-9223372036854775808");
    operand(u64::MAX, "9223372036854775807");
    operand(i128::MIN, "-9223372036854775808");
    operand(u128::MAX, "9223372036854775807");
    operand(f64::INFINITY, "1e999");
    operand(f32::NEG_INFINITY, "-1e999");
    assert!(encode_operand(&f64::NAN).is_err());
    assert_eq!(encode_operand("x").unwrap(), "\"x\"");
}

/// A value of any shape; untagged enums buffer whatever they hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Any {
    Nothing,
    Flag(bool),
    Float(f64),
    Text(String),
    Integer(BigInt),
    Bytes(Bytes),
    List(Vec<Any>),
    Tagged(Box<Tagged>),
    Map(BTreeMap<String, Any>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "the tag", deny_unknown_fields)]
enum Tagged {
    One { of: Any },
    Two { left: Any, right: Option<BigInt> },
}

fn shapes() -> impl Strategy<Value = Any> {
    let leaf = prop_oneof![
        Just(Any::Nothing),
        any::<bool>().prop_map(Any::Flag),
        any::<f64>()
            .prop_filter("JSON has no form for it", |float| float.is_finite())
            .prop_map(Any::Float),
        any::<String>().prop_map(Any::Text),
        any::<i64>().prop_map(|integer| Any::Integer(BigInt(integer))),
        any::<Vec<u8>>().prop_map(|bytes| Any::Bytes(Bytes(bytes))),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let integer = proptest::option::of(any::<i64>().prop_map(BigInt));
        // A key that begins with `$` is refused, and the tag would be one of the map's keys.
        let key = "[^$].{0,4}|";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Any::List),
            prop::collection::btree_map(key, inner.clone(), 0..4).prop_map(Any::Map),
            inner
                .clone()
                .prop_map(|of| Any::Tagged(Box::new(Tagged::One { of }))),
            (inner, integer)
                .prop_map(|(left, right)| Any::Tagged(Box::new(Tagged::Two { left, right }))),
        ]
    })
}

proptest! {
    #[test]
    fn values_of_any_shape_come_back_as_they_were(value in shapes()) {
        let json = encode(&value).unwrap();
        let back: Any = decode(json.as_bytes()).unwrap();
        prop_assert_eq!(encode(&back).unwrap(), json);
        prop_assert_eq!(back, value);
    }

    #[test]
    fn any_integer_and_any_bytes_come_back_as_they_were(integer: i64, bytes: Vec<u8>) {
        let pair = Pair { n: BigInt(integer), b: Bytes(bytes) };
        prop_assert_eq!(decode::<Pair>(encode(&pair).unwrap().as_bytes()).unwrap(), pair);
    }

    #[test]
    fn no_text_but_the_canonical_one_is_an_integer(text in "[-+]?[0-9]{0,20}|.{0,4}") {
        let json = encode(&BTreeMap::from([("bigint", &text)])).unwrap();
        let json = json.replacen("bigint", "$bigint", 1);
        if let Ok(integer) = decode::<BigInt>(json.as_bytes()) {
            prop_assert_eq!(integer.to_string(), text);
        }
    }

    #[test]
    fn no_text_but_the_canonical_one_is_bytes(text in "[A-Za-z0-9+/=]{0,12}|.{0,4}") {
        let json = encode(&BTreeMap::from([("bytes", &text)])).unwrap();
        let json = json.replacen("bytes", "$bytes", 1);
        if let Ok(bytes) = decode::<Bytes>(json.as_bytes()) {
            prop_assert_eq!(encode(&bytes).unwrap(), json);
        }
    }
}
