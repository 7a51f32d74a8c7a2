//! Checks the signature of a migration and keeps what the expansion needs of it.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{
    Attribute, FnArg, GenericArgument, PatType, PathArguments, PathSegment, ReturnType, Signature,
    Type,
};

use crate::syntax::{
    Faults, FunctionItem, is_context, is_surely_no_result, last_segment, plain_name,
};

/// A migration that can be expanded.
pub(crate) struct Model {
    pub(crate) name: Ident,
    /// `#[cfg(…)]` of the function, for all that is generated beside it.
    pub(crate) cfgs: TokenStream,
    /// The return type as written.
    pub(crate) output: Type,
}

const OUTPUT: &str = "a migration can fail and returns nothing else: write `-> Result<()>`";

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
    if let Some(token) = &sig.asyncness {
        let message = "a migration is a plain `fn`: the database answers at once, so there is \
                       nothing to await. Remove `async`";
        faults.at(token, message);
    }
    if let Some(token) = &sig.constness {
        faults.at(token, "a migration is a plain `fn`: remove `const`");
    }
    let safety = &sig.safety.to_token_stream();
    if !safety.is_empty() {
        faults.at(
            safety,
            "a migration is called by the framework and must be safe: remove `unsafe`",
        );
    }
    if let Some(abi) = &sig.abi {
        faults.at(abi, "a migration is a plain `fn`: remove `extern`");
    }
    if !sig.generics.params.is_empty() {
        let message = "a migration runs once, and there is nobody to choose its types: remove \
                       the generics";
        faults.at(&sig.generics, message);
    } else if let Some(clause) = &sig.generics.where_clause {
        let message = "there is nothing generic here for a `where` clause to bound: remove it";
        faults.at(clause, message);
    }
}

fn check_parameters(sig: &Signature, faults: &mut Faults) {
    const MISSING: &str = "a migration takes its context: `ctx: &MigrationCtx`";
    if sig.inputs.is_empty() {
        faults.at(&sig.ident, MISSING);
    }
    for (at, input) in sig.inputs.iter().enumerate() {
        match input {
            FnArg::Receiver(receiver) => {
                let message = "a migration is a free function and has no `self`: move it out of \
                               the `impl` and take `ctx: &MigrationCtx`";
                faults.at(receiver, message);
            }
            FnArg::Typed(first) if at == 0 && is_context(&first.ty) => check_context(first, faults),
            FnArg::Typed(first) if at == 0 => faults.at(first, MISSING),
            FnArg::Typed(other) => {
                let message = "a migration takes its context and nothing else: put what it needs \
                               into the body";
                faults.at(other, message);
            }
        }
    }
}

fn check_context(parameter: &PatType, faults: &mut Faults) {
    let Type::Reference(reference) = &*parameter.ty else {
        let message = "the context is borrowed: write `&MigrationCtx`";
        faults.at(&parameter.ty, message);
        return;
    };
    if let Some(token) = &reference.mutability {
        let message = "the context is borrowed shared, also for writing: write `&MigrationCtx`";
        faults.at(token, message);
    }
    let name = last_segment(&reference.elem).map(|segment| plain_name(&segment.ident));
    if let Some("QueryCtx" | "MutationCtx" | "ActionCtx") = name.as_deref() {
        let message = "a migration runs before the tables are as their structs say, on the \
                       documents as they are stored: take `&MigrationCtx`";
        faults.at(&reference.elem, message);
    }
}

fn check_output(sig: &Signature, faults: &mut Faults) -> Option<Type> {
    let ReturnType::Type(_, ty) = &sig.output else {
        faults.at(&sig.ident, OUTPUT);
        return None;
    };
    let segment = last_segment(ty);
    let returns_more = segment.is_some_and(|segment| {
        segment.ident == "Result" && first_argument(segment).is_some_and(|ty| !is_unit(ty))
    });
    if returns_more || is_surely_no_result(ty) || matches!(&**ty, Type::ImplTrait(_)) {
        faults.at(ty, OUTPUT);
        return None;
    }
    Some((**ty).clone())
}

fn first_argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// Whether the type is `()`, or an alias that may stand for it.
fn is_unit(ty: &Type) -> bool {
    match ty {
        Type::Tuple(tuple) => tuple.elems.is_empty(),
        Type::Paren(inner) => is_unit(&inner.elem),
        Type::Group(inner) => is_unit(&inner.elem),
        _ => !is_surely_no_result(ty),
    }
}
