use zeroback_protocol::{BigInt, Bytes, encode};

use super::{IndexValue, KeyPart};

#[track_caller]
fn check<V: IndexValue>(value: V, expected: KeyPart) {
    let part = KeyPart::of(&value, V::COLUMN_TYPE).unwrap();
    assert_eq!(part, expected);
    if let Ok(json) = encode(&value) {
        let stored = KeyPart::from_json(&json, V::COLUMN_TYPE).unwrap();
        assert_eq!(
            stored, expected,
            "what is stored and what it is compared with differ"
        );
    }
}

#[test]
fn values_are_the_parts_that_sqlite_stores() {
    check(true, KeyPart::Integer(1));
    check(-7_i32, KeyPart::Integer(-7));
    check(0.5_f32, KeyPart::Real(0.5));
    check(-0.0_f64, KeyPart::Real(0.0));
    check("é\"".to_owned(), KeyPart::Text("é\"".to_owned()));
    check(None::<BigInt>, KeyPart::Null);
    for integer in [0, 1 << 53, -(1 << 53), i64::MIN, i64::MAX] {
        check(BigInt(integer), KeyPart::Integer(integer));
        check(Some(BigInt(integer)), KeyPart::Integer(integer));
    }
    let bytes: Vec<u8> = (0..=255).collect();
    check(Bytes(vec![]), KeyPart::Blob(vec![]));
    check(Bytes(bytes.clone()), KeyPart::Blob(bytes));
}

#[test]
fn integers_that_cannot_be_stored_are_compared_by_value() {
    check(i64::MIN, KeyPart::Integer(i64::MIN));
    check(i64::MAX, KeyPart::Integer(i64::MAX));
    check(u64::MAX, KeyPart::Integer(i64::MAX));
    check(1_u64 << 53, KeyPart::Integer(1 << 53));
    check(usize::MAX, KeyPart::Integer(i64::MAX));
}

#[test]
fn infinities_lie_beyond_all_numbers() {
    check(f64::INFINITY, KeyPart::Real(f64::INFINITY));
    check(f64::NEG_INFINITY, KeyPart::Real(f64::NEG_INFINITY));
    check(f32::INFINITY, KeyPart::Real(f64::INFINITY));
    let error = KeyPart::of(&f64::NAN, f64::COLUMN_TYPE).unwrap_err();
    assert_eq!(error.code().as_str(), "invalid");
}

#[test]
fn what_is_not_canonical_fits_no_column() {
    for (json, column) in [
        (r#"{"$bigint":"05"}"#, BigInt::COLUMN_TYPE),
        (r#"{"$bytes":"AA"}"#, Bytes::COLUMN_TYPE),
        ("5", BigInt::COLUMN_TYPE),
        (r#"{"$bigint":"5"}"#, i64::COLUMN_TYPE),
        ("1.5", i64::COLUMN_TYPE),
    ] {
        assert!(KeyPart::from_json(json, column).is_err(), "{json}");
    }
}
