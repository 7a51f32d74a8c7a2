//! Checks the signature of a route and keeps what the expansion needs of it.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Attribute, FnArg, PatType, ReturnType, Signature, Type};

use crate::syntax::{
    Faults, FunctionItem, is_context, is_surely_no_result, last_segment, plain_name,
};

/// A route's function that can be expanded.
pub(crate) struct Model {
    pub(crate) name: Ident,
    /// `#[cfg(…)]` of the function, for all that is generated beside it.
    pub(crate) cfgs: TokenStream,
    /// The return type as written.
    pub(crate) output: Type,
}

const PARAMETERS: &str = "a route takes its context and its request: \
                          `ctx: &ActionCtx, request: Request`";

const OUTPUT: &str = "a route answers or fails: write `-> Result<Response>`";

impl Model {
    /// Checks the function; `None` where there is a mistake.
    pub(crate) fn new(function: FunctionItem, faults: &mut Faults) -> Option<Self> {
        let mut found = Faults::default();
        check_qualifiers(&function.sig, &mut found);
        check_parameters(&function.sig, &mut found);
        let output = check_output(&function.sig, &mut found);
        let sound = found.is_empty();
        faults.append(found);
        let is_cfg = |attr: &&Attribute| attr.path().is_ident("cfg");
        let cfgs = function.attrs.iter().filter(is_cfg);
        Some(Self {
            cfgs: cfgs.map(ToTokens::to_token_stream).collect(),
            name: function.sig.ident,
            output: output.filter(|_| sound)?,
        })
    }
}

fn check_qualifiers(sig: &Signature, faults: &mut Faults) {
    if sig.asyncness.is_none() {
        let message = "a route waits for what it calls: make it an `async fn`";
        faults.at(sig.fn_token, message);
    }
    if let Some(token) = &sig.constness {
        faults.at(token, "a route is an `async fn`: remove `const`");
    }
    let safety = &sig.safety.to_token_stream();
    if !safety.is_empty() {
        let message = "a route is called by clients and must be safe: remove `unsafe`";
        faults.at(safety, message);
    }
    if let Some(abi) = &sig.abi {
        faults.at(abi, "a route is an `async fn`: remove `extern`");
    }
    if !sig.generics.params.is_empty() {
        let message = "a route is called by clients, and there is nobody to choose its types: remove \
                       the generics";
        faults.at(&sig.generics, message);
    } else if let Some(clause) = &sig.generics.where_clause {
        let message = "there is nothing generic here for a `where` clause to bound: remove it";
        faults.at(clause, message);
    }
}

fn check_parameters(sig: &Signature, faults: &mut Faults) {
    for (at, input) in sig.inputs.iter().enumerate() {
        match input {
            FnArg::Receiver(receiver) => {
                let message =
                    "a route is a free function and has no `self`: move it out of the `impl`";
                return faults.at(receiver, message);
            }
            FnArg::Typed(first) if at == 0 && is_context(&first.ty) => check_context(first, faults),
            FnArg::Typed(first) if at == 0 => return faults.at(first, PARAMETERS),
            FnArg::Typed(request) if at == 1 => check_request(request, faults),
            FnArg::Typed(other) => {
                let message = "a route takes its context and its request: take what else it needs by \
                               `request.path_params()` and `request.query_params()`";
                faults.at(other, message);
            }
        }
    }
    if sig.inputs.len() < 2 {
        faults.at(&sig.ident, PARAMETERS);
    }
}

fn check_context(parameter: &PatType, faults: &mut Faults) {
    let Type::Reference(reference) = &*parameter.ty else {
        return faults.at(&parameter.ty, "the context is borrowed: write `&ActionCtx`");
    };
    if let Some(token) = &reference.mutability {
        faults.at(token, "the context is borrowed shared: write `&ActionCtx`");
    }
    let name = last_segment(&reference.elem).map(|segment| plain_name(&segment.ident));
    if let Some("QueryCtx" | "MutationCtx" | "MigrationCtx") = name.as_deref() {
        let message = "a route runs outside of transactions and has no database of its own: take \
                       `&ActionCtx`, and call queries and mutations through it";
        faults.at(&reference.elem, message);
    }
}

fn check_request(parameter: &PatType, faults: &mut Faults) {
    let is_borrowed = matches!(&*parameter.ty, Type::Reference(_));
    if is_borrowed {
        let message = "a route owns its request, to read its body: write `request: Request`";
        faults.at(&parameter.ty, message);
    } else if is_context(&parameter.ty) {
        faults.at(&parameter.ty, PARAMETERS);
    }
}

fn check_output(sig: &Signature, faults: &mut Faults) -> Option<Type> {
    let ReturnType::Type(_, ty) = &sig.output else {
        faults.at(&sig.ident, OUTPUT);
        return None;
    };
    let is_response = last_segment(ty).is_some_and(|segment| segment.ident == "Response");
    if is_response || is_surely_no_result(ty) || matches!(&**ty, Type::ImplTrait(_)) {
        faults.at(ty, OUTPUT);
        return None;
    }
    Some((**ty).clone())
}
