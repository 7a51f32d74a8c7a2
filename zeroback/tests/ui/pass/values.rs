//! Every form that a value takes, and what it looks like outside.
#![deny(warnings, missing_docs, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use zeroback::__private::FunctionError as _;
use zeroback::prelude::*;

/// A plain struct.
#[derive(Debug, PartialEq, Value)]
pub struct Plain {
    /// Two words.
    pub two_words: u32,
    /// A name given.
    #[serde(rename = "given", default)]
    pub other: Option<String>,
}

/// Names as in Rust.
#[derive(Debug, PartialEq, Value)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Snake {
    /// Two words.
    pub two_words: u32,
}

/// Reads a name that it had before.
#[derive(Debug, PartialEq, Value)]
pub struct Renamed {
    /// Once `old_name`.
    #[serde(alias = "oldName")]
    pub new_name: u32,
}

/// Has more than nothing where nothing is given.
#[derive(Debug, PartialEq, Value)]
#[serde(default)]
pub struct Limits {
    /// How many.
    pub page_size: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { page_size: 50 }
    }
}

/// Leaves out what it does not have.
#[derive(Debug, PartialEq, Default, Value)]
pub struct Sparse {
    /// In TypeScript absent, null, or a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// In TypeScript absent or a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tag_names: Vec<String>,
    /// In TypeScript absent or a number, as the attribute says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub offset: Option<f64>,
}

/// Leaves out what is as it would be anyway.
#[derive(Debug, PartialEq, Default, Value)]
#[serde(default)]
pub struct Defaults {
    /// Absent or a list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
}

/// A tuple of one, which is what is in it.
#[derive(Debug, PartialEq, Value)]
pub struct Wrapper(pub String);

/// A tuple of two.
#[derive(Debug, PartialEq, Value)]
pub struct Pair(pub u8, pub bool);

/// Nothing.
#[derive(Debug, PartialEq, Value)]
pub struct Unit;

/// Data in all the ways.
#[derive(Debug, PartialEq, Value)]
pub enum Shape {
    /// None.
    NoData,
    /// One.
    One(f64),
    /// Two.
    Two(u8, String),
    /// Named.
    Named {
        /// Two words.
        two_words: Plain,
    },
}

/// Tagged inside.
#[derive(Debug, PartialEq, Value)]
#[serde(tag = "type")]
pub enum Tagged {
    /// One.
    OneThing {
        /// Two words.
        two_words: u8,
    },
    /// Other.
    #[serde(rename = "other")]
    OtherThing,
}

/// Tagged beside.
#[derive(Debug, PartialEq, Value)]
#[serde(tag = "kind", content = "data")]
pub enum Adjacent {
    /// One.
    OneThing(u8),
}

/// Not tagged.
#[derive(Debug, PartialEq, Value)]
#[serde(untagged)]
pub enum Untagged {
    /// A number.
    Number(u8),
    /// A text.
    Text(String),
}

/// Holds itself.
#[derive(Debug, PartialEq, Value)]
pub struct Tree {
    /// The branches.
    pub branches: Vec<Self>,
    /// More of them.
    pub by_name: BTreeMap<String, Tree>,
}

/// Holds what holds it.
#[derive(Debug, PartialEq, Value)]
pub enum Term {
    /// A number.
    Number(f64),
    /// A sum.
    Sum(Vec<Operand>),
}

/// Holds what holds it.
#[derive(Debug, PartialEq, Value)]
pub struct Operand {
    /// What is added.
    pub term: Box<Term>,
}

/// Holds anything.
#[derive(Debug, PartialEq, Value)]
pub struct Page<T> {
    /// What it holds.
    pub page_items: Vec<T>,
}

/// What can go wrong.
#[derive(Debug, Value)]
pub enum BookingError {
    /// Too late.
    SlotTaken {
        /// By whom.
        taken_by: String,
    },
    /// Anything else.
    #[value(system)]
    System(Error),
}

/// Fails in a way of its own.
///
/// # Errors
///
/// Always.
#[mutation]
pub fn book(_ctx: &MutationCtx, page: Page<Tree>, shape: Shape) -> Result<Unit, BookingError> {
    if page.page_items.is_empty() {
        Err(Error::not_found("no page"))?;
    }
    let _ = shape;
    Err(BookingError::SlotTaken {
        taken_by: "Ann".into(),
    })
}

fn check<T: Value + PartialEq + std::fmt::Debug>(value: &T, json: &str, ts: &str) {
    assert_eq!(zeroback_protocol::encode(value).expect("encodes"), json);
    let back: T = zeroback_protocol::decode(json.as_bytes()).expect("decodes");
    assert_eq!(back, *value);
    assert_eq!(declared::<T>(), ts);
}

fn declared<T: Value>() -> String {
    let config = zeroback::__private::ts_rs::Config::default();
    let decl = <T as zeroback::__private::ts_rs::TS>::decl(&config);
    let (_, ty) = decl.split_once(" = ").expect("a declaration");
    let lines = ty.trim_end_matches(';').lines();
    let code = lines.filter(|line| !line.starts_with(['/', ' ', '*']));
    let words: Vec<_> = code.flat_map(str::split_whitespace).collect();
    words.join(" ")
}

fn plain() -> Plain {
    Plain {
        two_words: 1,
        other: None,
    }
}

fn tree(branches: Vec<Tree>) -> Tree {
    Tree {
        branches,
        by_name: BTreeMap::new(),
    }
}

fn main() {
    check(
        &plain(),
        r#"{"twoWords":1,"given":null}"#,
        "{ twoWords: number, given: string | null, }",
    );
    check(
        &Snake { two_words: 2 },
        r#"{"two_words":2}"#,
        "{ two_words: number, }",
    );
    let renamed = Renamed { new_name: 3 };
    check(&renamed, r#"{"newName":3}"#, "{ newName: number, }");
    let old: Renamed = zeroback_protocol::decode(br#"{"oldName":3}"#).expect("decodes");
    assert_eq!(old, renamed);
    let limits: Limits = zeroback_protocol::decode(b"{}").expect("decodes");
    check(&limits, r#"{"pageSize":50}"#, "{ pageSize: number, }");
    check(
        &Sparse::default(),
        "{}",
        "{ limit?: number | null, tagNames?: Array<string>, offset?: number, }",
    );
    let null: Sparse = zeroback_protocol::decode(br#"{"limit":null}"#).expect("decodes");
    assert_eq!(null, Sparse::default());
    check(&Defaults::default(), "{}", "{ words?: Array<string>, }");
    check(&Wrapper("x".into()), r#""x""#, "string");
    check(&Pair(1, true), "[1,true]", "[number, boolean]");
    check(&Unit, "null", "null");

    let shape = r#""noData" | { "one": number } | { "two": [number, string] } | { "named": { twoWords: Plain, } }"#;
    check(&Shape::NoData, r#""noData""#, shape);
    check(&Shape::One(0.5), r#"{"one":0.5}"#, shape);
    check(&Shape::Two(1, "x".into()), r#"{"two":[1,"x"]}"#, shape);
    check(
        &Shape::Named { two_words: plain() },
        r#"{"named":{"twoWords":{"twoWords":1,"given":null}}}"#,
        shape,
    );

    let tagged = r#"{ "type": "oneThing", twoWords: number, } | { "type": "other" }"#;
    check(
        &Tagged::OneThing { two_words: 1 },
        r#"{"type":"oneThing","twoWords":1}"#,
        tagged,
    );
    check(&Tagged::OtherThing, r#"{"type":"other"}"#, tagged);
    let adjacent = r#"{ "kind": "oneThing", "data": number }"#;
    check(
        &Adjacent::OneThing(1),
        r#"{"kind":"oneThing","data":1}"#,
        adjacent,
    );
    check(&Untagged::Text("x".into()), r#""x""#, "number | string");
    check(&Untagged::Number(1), "1", "number | string");

    check(
        &tree(vec![tree(vec![])]),
        r#"{"branches":[{"branches":[],"byName":{}}],"byName":{}}"#,
        "{ branches: Array<Tree>, byName: { [key in string]: Tree }, }",
    );
    let sum = Term::Sum(vec![Operand {
        term: Box::new(Term::Number(1.0)),
    }]);
    check(
        &sum,
        r#"{"sum":[{"term":{"number":1}}]}"#,
        r#"{ "number": number } | { "sum": Array<Operand> }"#,
    );
    check(
        &Page {
            page_items: vec![Wrapper("x".into())],
        },
        r#"{"pageItems":["x"]}"#,
        "{ pageItems: Array<T>, }",
    );

    assert_eq!(
        declared::<BookingError>(),
        r#"{ "slotTaken": { takenBy: string, } }"#
    );
    let error = BookingError::SlotTaken {
        taken_by: "Ann".into(),
    }
    .into_error();
    assert_eq!(error.code().as_str(), "slot_taken");
    let data = zeroback_protocol::encode(&error.data()).expect("encodes");
    assert_eq!(data, r#"{"slotTaken":{"takenBy":"Ann"}}"#);
    let error = BookingError::from(Error::not_found("no page")).into_error();
    assert_eq!(error.code().as_str(), "not_found");
}
