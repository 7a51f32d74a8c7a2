//! Checks a signature and keeps what the expansion needs of it.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{
    Attribute, FnArg, GenericParam, Pat, PatType, PathArguments, Receiver, ReturnType, Signature,
    Type, TypeReference, Visibility,
};

use super::parse::Options;
use super::schedule::{self, Schedule};
use crate::syntax::{
    Faults, FunctionItem, FunctionKind, doc_attrs, docs_of, is_context, is_surely_no_result,
    last_segment, outside_name, refuse_unordered, shown,
};

/// A function that can be expanded.
pub(crate) struct Model {
    pub(crate) kind: FunctionKind,
    pub(crate) internal: bool,
    pub(crate) name: Ident,
    pub(crate) vis: Visibility,
    /// `#[cfg(…)]` of the function, for all that is generated beside it.
    pub(crate) cfgs: TokenStream,
    /// `#[allow(deprecated)]` where the function is: its registration is no use of it.
    pub(crate) allow_deprecated: TokenStream,
    pub(crate) docs: String,
    pub(crate) arguments: Vec<Argument>,
    /// When it is called without anyone asking.
    pub(crate) schedules: Vec<Schedule>,
    /// The return type as written.
    pub(crate) output: Type,
}

/// A parameter after the context.
pub(crate) struct Argument {
    /// The field of `Args`: the parameter's name without the `_` of a parameter that is not used.
    pub(crate) field: Ident,
    pub(crate) ty: Type,
    /// The name outside, `projectId`.
    pub(crate) outside: String,
    pub(crate) doc_attrs: TokenStream,
}

impl Model {
    /// Checks the function; `None` where nothing sensible can be generated.
    pub(crate) fn new(
        kind: FunctionKind,
        options: Options,
        (function, schedules): (FunctionItem, Vec<(Attribute, Schedule)>),
        faults: &mut Faults,
    ) -> Option<Self> {
        let mut found = Faults::default();
        check_qualifiers(kind, &function.sig, &mut found);
        check_generics(&function.sig, &mut found);
        let parameters = check_context(kind, &function.sig, &mut found);
        let arguments: Vec<_> = parameters
            .into_iter()
            .filter_map(|p| argument(p, &mut found))
            .collect();
        check_distinct(&arguments, &mut found);
        schedule::check(&schedules, (kind, options), &arguments, &mut found);
        let output = check_output(kind, &function.sig, &mut found);
        let sound = found.is_empty();
        faults.append(found);
        if !sound {
            return None;
        }
        let cfgs = function
            .attrs
            .iter()
            .filter(|attr| attr.path().is_ident("cfg"));
        let is_deprecated = |attr: &Attribute| attr.path().is_ident("deprecated");
        let deprecated = function.attrs.iter().any(is_deprecated);
        Some(Self {
            allow_deprecated: if deprecated {
                quote!(#[allow(deprecated)])
            } else {
                TokenStream::new()
            },
            kind,
            internal: options.internal,
            name: function.sig.ident.clone(),
            cfgs: cfgs.map(ToTokens::to_token_stream).collect(),
            docs: docs_of(&function.attrs),
            vis: function.vis,
            arguments,
            schedules: schedules
                .into_iter()
                .map(|(_, schedule)| schedule)
                .collect(),
            output: output?,
        })
    }
}

fn check_qualifiers(kind: FunctionKind, sig: &Signature, faults: &mut Faults) {
    let word = kind.one();
    match (&sig.asyncness, kind) {
        (Some(token), FunctionKind::Query | FunctionKind::Mutation) => faults.at(
            token,
            format!(
                "{word} is a plain `fn`: the database answers at once, so there is nothing to \
                 await and nothing may run in between. Remove `async`"
            ),
        ),
        (None, FunctionKind::Action) => faults.at(
            sig.fn_token,
            "an action waits for what it calls: make it an `async fn`",
        ),
        _ => {}
    }
    if let Some(token) = &sig.constness {
        faults.at(token, format!("{word} is a plain `fn`: remove `const`"));
    }
    let safety = &sig.safety.to_token_stream();
    if !safety.is_empty() {
        faults.at(
            safety,
            format!("{word} is called by clients and must be safe: remove `unsafe`"),
        );
    }
    if let Some(abi) = &sig.abi {
        faults.at(abi, format!("{word} is a plain `fn`: remove `extern`"));
    }
    if let Some(dots) = &sig.variadic {
        faults.at(
            dots,
            format!("{word} has a fixed number of arguments: take a `Vec`"),
        );
    }
}

fn check_generics(sig: &Signature, faults: &mut Faults) {
    for param in &sig.generics.params {
        let message = match param {
            GenericParam::Lifetime(_) => {
                "arguments and results own what they hold: remove the lifetime, the context needs none"
            }
            GenericParam::Type(_) => {
                "clients call this function, so its types must be known: write the type out, and \
                 keep what is generic in a function of its own"
            }
            GenericParam::Const(_) => {
                "clients call this function, so its types must be known: make the constant an argument"
            }
        };
        faults.at(param, message);
    }
    // A `where` clause alone says nothing that the compiler does not check better.
    if let (Some(clause), true) = (&sig.generics.where_clause, sig.generics.params.is_empty()) {
        faults.at(
            clause,
            "there is nothing generic here for a `where` clause to bound: remove it",
        );
    }
}

/// Checks the first parameter and gives the others.
fn check_context<'a>(
    kind: FunctionKind,
    sig: &'a Signature,
    faults: &mut Faults,
) -> Vec<&'a PatType> {
    let mut parameters = Vec::new();
    for input in &sig.inputs {
        match input {
            FnArg::Receiver(receiver) => refuse_receiver(kind, receiver, faults),
            FnArg::Typed(parameter) => parameters.push(parameter),
        }
    }
    let has_receiver = matches!(sig.inputs.first(), Some(FnArg::Receiver(_)));
    match parameters.first() {
        Some(first) if is_context(&first.ty) => {
            check_context_type(kind, first, faults);
            parameters.remove(0);
        }
        _ if has_receiver => {}
        Some(first) => {
            faults.at(first, missing_context(kind));
        }
        None => faults.at(&sig.ident, missing_context(kind)),
    }
    parameters
}

fn refuse_receiver(kind: FunctionKind, receiver: &Receiver, faults: &mut Faults) {
    let (word, context) = (kind.one(), kind.context());
    let message = format!(
        "{word} is a free function and has no `self`: move it out of the `impl` and take \
         `ctx: &{context}` first"
    );
    faults.at(receiver, message);
}

fn missing_context(kind: FunctionKind) -> String {
    let (word, context) = (kind.one(), kind.context());
    format!("{word} takes its context first: add `ctx: &{context}` before the arguments")
}

fn check_context_type(kind: FunctionKind, first: &PatType, faults: &mut Faults) {
    let context = kind.context();
    match &*first.pat {
        Pat::Ident(pat) if pat.subpat.is_none() && pat.by_ref.is_none() => {}
        Pat::Wild(_) => {}
        other => faults.at(
            other,
            format!("the context needs a plain name: `ctx: &{context}`"),
        ),
    }
    if let Some(attr) = first.attrs.iter().find(|attr| is_cfg(attr)) {
        refuse_cfg(attr, faults);
    }
    let Type::Reference(reference) = &*first.ty else {
        faults.at(
            &first.ty,
            format!("the context is borrowed: write `&{context}`"),
        );
        return;
    };
    if let Some(token) = &reference.mutability {
        let message =
            format!("the context is borrowed shared, also for writing: write `&{context}`");
        faults.at(token, message);
    }
    let Some(segment) = last_segment(&reference.elem) else {
        return;
    };
    let name = segment.ident.to_string();
    let message = match (kind, name.as_str()) {
        (FunctionKind::Query, "MutationCtx") => {
            "a query only reads: take `&QueryCtx`, or make the function a `#[mutation]`"
        }
        (FunctionKind::Query, "ActionCtx") => {
            "a query reads the database and nothing else: take `&QueryCtx`"
        }
        (FunctionKind::Mutation, "ActionCtx") => {
            "a mutation is one transaction on the database and nothing else: take `&MutationCtx`"
        }
        (FunctionKind::Action, "QueryCtx" | "MutationCtx") => {
            "an action runs outside of transactions and has no database of its own: take \
             `&ActionCtx`, and call queries and mutations through it"
        }
        _ => return,
    };
    faults.at(&reference.elem, message);
}

fn argument(parameter: &PatType, faults: &mut Faults) -> Option<Argument> {
    let mut sound = true;
    for attr in &parameter.attrs {
        if is_cfg(attr) {
            refuse_cfg(attr, faults);
            sound = false;
        }
    }
    let name = argument_name(&parameter.pat, faults);
    let typed = check_argument_type(&parameter.ty, faults);
    refuse_unordered(&parameter.ty, faults);
    let name = name.filter(|_| sound && typed)?;
    Some(Argument {
        outside: outside_name(&name),
        field: field_name(&name),
        ty: (*parameter.ty).clone(),
        doc_attrs: doc_attrs(&parameter.attrs),
    })
}

/// `limit` of `_limit`, and `r#type` of `_type`.
fn field_name(name: &Ident) -> Ident {
    let text = name.to_string();
    let trimmed = text.trim_start_matches('_');
    if trimmed.len() == text.len() {
        return name.clone();
    }
    match syn::parse_str::<Ident>(trimmed) {
        Ok(_) => Ident::new(trimmed, name.span()),
        Err(_) => Ident::new_raw(trimmed, name.span()),
    }
}

fn is_cfg(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr")
}

fn refuse_cfg(attr: &Attribute, faults: &mut Faults) {
    faults.at(
        attr,
        "an argument is there for every client or for none: remove the `cfg`, or put it on two \
         functions of the same name",
    );
}

fn argument_name(pat: &Pat, faults: &mut Faults) -> Option<Ident> {
    match pat {
        Pat::Ident(pat) if pat.subpat.is_none() && pat.by_ref.is_none() => {
            let nameless = outside_name(&pat.ident).is_empty();
            if nameless {
                faults.at(pat, "an argument needs a name that clients can write");
            }
            (!nameless).then(|| pat.ident.clone())
        }
        Pat::Wild(_) => {
            faults.at(
                pat,
                "clients name this argument: give it a name, such as `_limit`",
            );
            None
        }
        _ => {
            faults.at(
                pat,
                "clients name this argument: take it by a plain name and match on it in the body",
            );
            None
        }
    }
}

fn check_argument_type(ty: &Type, faults: &mut Faults) -> bool {
    if is_context(ty) {
        faults.at(
            ty,
            "the context comes first and once: this cannot come from a client",
        );
        return false;
    }
    let message = match ty {
        Type::Reference(TypeReference { elem, .. }) => borrowed(elem),
        Type::ImplTrait(_) => {
            "clients call this function, so its types must be known: name the type in place of \
             `impl …`"
                .to_owned()
        }
        Type::TraitObject(_) | Type::Ptr(_) | Type::FnPtr(_) | Type::Never(_) => {
            "this cannot come from a client: take a type that derives `Value`".to_owned()
        }
        Type::Infer(_) => "write the argument's type out".to_owned(),
        Type::Paren(inner) => return check_argument_type(&inner.elem, faults),
        Type::Group(inner) => return check_argument_type(&inner.elem, faults),
        other => return check_inner_types(other, faults),
    };
    faults.at(ty, message);
    false
}

/// Looks for `&str` and `impl …` inside of `Option<…>` and its like.
fn check_inner_types(ty: &Type, faults: &mut Faults) -> bool {
    let Some(PathArguments::AngleBracketed(arguments)) = last_segment(ty).map(|s| &s.arguments)
    else {
        return true;
    };
    let mut sound = true;
    for argument in &arguments.args {
        match argument {
            syn::GenericArgument::Type(inner) => sound &= check_argument_type(inner, faults),
            syn::GenericArgument::Lifetime(lifetime) => {
                faults.at(
                    lifetime,
                    "an argument owns what it holds: take a type without lifetimes",
                );
                sound = false;
            }
            _ => {}
        }
    }
    sound
}

/// What to take for `&ty`.
fn borrowed(ty: &Type) -> String {
    let owned = match ty {
        Type::Slice(slice) => format!("Vec<{}>", shown(&slice.elem)),
        _ if last_segment(ty).is_some_and(|segment| segment.ident == "str") => "String".to_owned(),
        other => shown(other),
    };
    format!("an argument is owned by the call: take `{owned}`")
}

fn check_distinct(arguments: &[Argument], faults: &mut Faults) {
    for (at, argument) in arguments.iter().enumerate() {
        let outside = &argument.outside;
        if arguments[..at]
            .iter()
            .any(|earlier| earlier.outside == *outside)
        {
            let message = format!("two arguments are called `{outside}` outside: rename one");
            faults.at(&argument.field, message);
        }
    }
}

fn check_output(kind: FunctionKind, sig: &Signature, faults: &mut Faults) -> Option<Type> {
    let word = kind.one();
    let ReturnType::Type(_, ty) = &sig.output else {
        faults.at(
            &sig.ident,
            format!("{word} can fail, so it returns a `Result`: add `-> Result<()>`"),
        );
        return None;
    };
    if matches!(&**ty, Type::ImplTrait(_)) {
        let message = "clients receive this result, so its type must be known: write `Result<…>` with the type in it";
        faults.at(ty, message);
        return None;
    }
    if is_surely_no_result(ty) {
        let message = format!(
            "{word} can fail, so it returns a `Result`: write `Result<{}>`",
            shown(ty)
        );
        faults.at(ty, message);
        return None;
    }
    refuse_unordered(ty, faults);
    Some((**ty).clone())
}

impl Model {
    /// `QueryCtx` and its like, by the runtime's path.
    pub(crate) fn context_path(&self) -> TokenStream {
        let (zb, context) = (crate::syntax::zb(), self.kind.context());
        quote!(#zb::#context)
    }
}
