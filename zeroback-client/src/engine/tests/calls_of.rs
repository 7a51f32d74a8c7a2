//! Two functions, of which nothing is typed.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroback_protocol::{FunctionCall, FunctionKind, QueryCall, TypedError, WireError};

/// An error type that no error is of.
#[derive(Debug, PartialEq)]
pub(super) struct Untyped;

impl TypedError for Untyped {
    fn from_told(_: &WireError) -> Option<Self> {
        None
    }
}

/// `tasks:list` of a project.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct List {
    pub(super) project: String,
}

impl FunctionCall for List {
    type Output = Value;
    type Error = Untyped;
    const PATH: &'static str = "tasks:list";
    const KIND: FunctionKind = FunctionKind::Query;
}

impl QueryCall for List {}

/// `projects:count`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Count {}

impl FunctionCall for Count {
    type Output = Value;
    type Error = Untyped;
    const PATH: &'static str = "projects:count";
    const KIND: FunctionKind = FunctionKind::Query;
}

impl QueryCall for Count {}
