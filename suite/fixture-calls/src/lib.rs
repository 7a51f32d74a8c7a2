//! A few functions of a backend, as the macros make their calls: what the client's tests and the
//! examples of its documentation stand on.

#![expect(missing_docs, reason = "as the macros make them")]

use serde::{Deserialize, Serialize};
use zeroback_protocol::{
    FunctionCall, FunctionKind, MutationCall, Page, PageOpts, QueryCall, TypedError, WireError,
};

#[derive(Debug)]
pub struct NoError;

impl TypedError for NoError {
    fn from_told(_: &WireError) -> Option<Self> {
        None
    }
}

pub mod list {
    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    pub struct Args;

    impl FunctionCall for Args {
        type Output = Vec<String>;
        type Error = NoError;
        const PATH: &'static str = "tasks:list";
        const KIND: FunctionKind = FunctionKind::Query;
    }

    impl QueryCall for Args {}
}

pub mod page {
    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    pub struct Args {
        pub project: u32,
        pub page: PageOpts,
    }

    impl FunctionCall for Args {
        type Output = Page<String>;
        type Error = NoError;
        const PATH: &'static str = "tasks:page";
        const KIND: FunctionKind = FunctionKind::Query;
    }

    impl QueryCall for Args {}
}

pub mod create {
    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    pub struct Args {
        pub text: String,
    }

    impl FunctionCall for Args {
        type Output = String;
        type Error = NoError;
        const PATH: &'static str = "tasks:create";
        const KIND: FunctionKind = FunctionKind::Mutation;
    }

    impl MutationCall for Args {}
}
