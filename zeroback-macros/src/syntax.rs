//! What several of the macros need to read and write Rust: mistakes, names, types, attributes.

mod attrs;
mod fault;
mod function_item;
mod names;
mod respan;
mod traits;
mod types;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

pub(crate) use self::attrs::{
    SerdeItem, comment_text, doc_attrs, docs_of, kept_for_wire, serde_items,
};
pub(crate) use self::fault::{Faults, closest};
pub(crate) use self::function_item::{FunctionItem, function_item};
pub(crate) use self::names::{RenameRule, outside_name, plain_name, snake_case};
pub(crate) use self::respan::{respan, respan_ident};
pub(crate) use self::traits::conditional_impls;
pub(crate) use self::types::{
    Leaves, is_context, is_surely_no_result, last_segment, refuse_unordered, replace_self,
    shift_into_module, shown,
};

/// What a function may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FunctionKind {
    Query,
    Mutation,
    Action,
}

impl FunctionKind {
    /// The attribute's name, `query`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Action => "action",
        }
    }

    /// The word behind its article, `a query`.
    pub(crate) fn one(self) -> &'static str {
        match self {
            Self::Query => "a query",
            Self::Mutation => "a mutation",
            Self::Action => "an action",
        }
    }

    /// The variant of the runtime's `FunctionKind`, `Query`.
    pub(crate) fn variant(self) -> Ident {
        let name = match self {
            Self::Query => "Query",
            Self::Mutation => "Mutation",
            Self::Action => "Action",
        };
        Ident::new(name, Span::call_site())
    }

    /// The context that the function takes, `QueryCtx`.
    pub(crate) fn context(self) -> Ident {
        format_ident!("{}Ctx", self.variant())
    }
}

/// The one path by which generated code names anything of ours.
pub(crate) fn zb() -> TokenStream {
    quote!(::zeroback::__private)
}

/// That path followed by `item`, as the text that `serde(crate = "…")` and its like want.
pub(crate) fn zb_text(item: &str) -> String {
    format!("::zeroback::__private::{item}")
}

/// Where the derives find what their expansions name.
pub(crate) fn crate_attributes() -> TokenStream {
    let (serde, ts, schemars) = (zb_text("serde"), zb_text("ts_rs"), zb_text("schemars"));
    quote! {
        #[serde(crate = #serde)]
        #[ts(crate = #ts)]
        #[schemars(crate = #schemars)]
    }
}
