//! Every form that a value takes, and what it looks like outside.
#![deny(warnings, missing_docs, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

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
    let code = decl
        .lines()
        .filter(|line| !line.starts_with(['/', ' ', '*']));
    code.collect::<Vec<_>>().join(" ")
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
    check(&plain(), r#"{"given":null,"twoWords":1}"#, "");
    check(&Snake { two_words: 2 }, r#"{"two_words":2}"#, "");
    check(&Wrapper("x".into()), r#""x""#, "");
    check(&Pair(1, true), "[1,true]", "");
    check(&Unit, "null", "");
    check(&Shape::NoData, r#""noData""#, "");
    check(&Shape::One(0.5), r#"{"one":0.5}"#, "");
    check(&Shape::Two(1, "x".into()), r#"{"two":[1,"x"]}"#, "");
    check(
        &Shape::Named { two_words: plain() },
        r#"{"named":{"twoWords":{"given":null,"twoWords":1}}}"#,
        "",
    );
    check(
        &Tagged::OneThing { two_words: 1 },
        r#"{"twoWords":1,"type":"oneThing"}"#,
        "",
    );
    check(&Tagged::OtherThing, r#"{"type":"other"}"#, "");
    check(
        &Adjacent::OneThing(1),
        r#"{"data":1,"kind":"oneThing"}"#,
        "",
    );
    check(&Untagged::Text("x".into()), r#""x""#, "");
    check(&Untagged::Number(1), "1", "");
    check(
        &tree(vec![tree(vec![])]),
        r#"{"branches":[{"branches":[],"byName":{}}],"byName":{}}"#,
        "",
    );
    check(
        &Page {
            page_items: vec![Wrapper("x".into())],
        },
        r#"{"pageItems":["x"]}"#,
        "",
    );
    println!("{}", declared::<BookingError>());
}
