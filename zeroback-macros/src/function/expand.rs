//! Writes what stands beside a function: the module with `Args`, what `Args` is a call of, and the
//! registration.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Path, Type, VisRestricted, Visibility};

use super::model::{Argument, Model};
use crate::syntax::{
    Leaves, conditional_impls, plain_name, proof_clauses, respan, respan_ident, shift_into_module,
    wire_attributes, zb,
};

/// Writes all that is generated for one function.
pub(crate) fn expand(model: &Model) -> TokenStream {
    let mut leaves = Leaves::default();
    for argument in &model.arguments {
        leaves.add(&argument.ty, &[]);
    }
    let module = module(model);
    let call = call_impls(model, &leaves);
    let registration = registration(model, &leaves);
    let name = &model.name;
    let cfgs = &model.cfgs;
    quote! {
        #module
        #cfgs
        const _: () = {
            #call
            #registration
            // Without a server nothing else refers to the function.
            const _: () = {
                let _ = #name;
            };
        };
    }
}

/// `pub mod list { pub struct Args { … } }`.
fn module(model: &Model) -> TokenStream {
    let Model { vis, cfgs, .. } = model;
    let name = respan_ident(&model.name);
    let inner_vis = shift_visibility(vis);
    let docs = format!(
        "The call of [`{0}`](fn@{0}) as a value.",
        plain_name(&model.name)
    );
    let args = if model.arguments.is_empty() {
        unit_args(model, &inner_vis)
    } else {
        args(model, &inner_vis)
    };
    let vis = respan(vis);
    quote! {
        #[doc = #docs]
        #cfgs
        #vis mod #name {
            #[allow(unused_imports)]
            use super::*;
            #args
        }
    }
}

/// `Args` with a field for each argument.
fn args(model: &Model, vis: &TokenStream) -> TokenStream {
    let zb = zb();
    let docs = args_docs(model);
    let fields: Vec<_> = model
        .arguments
        .iter()
        .map(|argument| {
            (
                respan_ident(&argument.field),
                shift_into_module(&argument.ty),
            )
        })
        .collect();
    let definitions = model
        .arguments
        .iter()
        .zip(&fields)
        .map(|(argument, (name, ty))| {
            let Argument {
                outside, doc_attrs, ..
            } = argument;
            let default_docs = format!("The argument `{outside}`.");
            let docs = if doc_attrs.is_empty() {
                quote!(#[doc = #default_docs])
            } else {
                doc_attrs.clone()
            };
            let ty = respan(ty);
            quote!(#docs #[serde(rename = #outside)] #[ts(rename = #outside)] #vis #name: #ty)
        });
    let mut leaves = Leaves::default();
    for (_, ty) in &fields {
        leaves.add(ty, &[]);
    }
    let attributes = wire_attributes(&leaves);
    let conditional = conditional_impls(&quote!(Args), "Args", &fields);
    quote! {
        #[doc = #docs]
        #[derive(#zb::serde::Serialize, #zb::serde::Deserialize, #zb::ts_rs::TS, #zb::schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[ts(optional_fields = nullable)]
        #attributes
        #vis struct Args {
            #(#definitions,)*
        }
        #conditional
    }
}

/// `Args` of a function without arguments: a unit struct that is `{}` outside.
fn unit_args(model: &Model, vis: &TokenStream) -> TokenStream {
    let zb = zb();
    let docs = args_docs(model);
    quote! {
        #[doc = #docs]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #vis struct Args;
        const _: () = {
            #[automatically_derived]
            impl #zb::serde::Serialize for Args {
                fn serialize<S: #zb::serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> ::core::result::Result<S::Ok, S::Error> {
                    #zb::serde::Serialize::serialize(&#zb::NoArguments {}, serializer)
                }
            }
            #[automatically_derived]
            impl<'de> #zb::serde::Deserialize<'de> for Args {
                fn deserialize<D: #zb::serde::Deserializer<'de>>(
                    deserializer: D,
                ) -> ::core::result::Result<Self, D::Error> {
                    #zb::NoArguments::check(deserializer)?;
                    ::core::result::Result::Ok(Self)
                }
            }
            #zb::same_shape! { [] [Args] [Args] [#zb::NoArguments] [] [] }
        };
    }
}

fn args_docs(model: &Model) -> String {
    format!(
        "The arguments of [`{0}`](fn@super::{0}).",
        plain_name(&model.name)
    )
}

/// What `Args` is a call of.
fn call_impls(model: &Model, leaves: &Leaves) -> TokenStream {
    let zb = zb();
    let name = respan_ident(&model.name);
    let plain = plain_name(&model.name);
    let kind = model.kind.variant();
    let call = format_ident!("{kind}Call");
    let output = respan(&model.output);
    let types: Vec<_> = leaves.types().iter().map(respan).collect();
    let bounds = quote! {
        where
            #(for<'zb> #types: #zb::Value,)*
            for<'zb> #output: #zb::FunctionReturn
    };
    quote! {
        #[automatically_derived]
        impl #zb::FunctionCall for #name::Args #bounds {
            type Output = <#output as #zb::FunctionReturn>::Output;
            type Error = <#output as #zb::FunctionReturn>::Error;
            const PATH: &'static str = #zb::function_path!(::core::module_path!(), #plain);
            const KIND: #zb::FunctionKind = #zb::FunctionKind::#kind;
        }
        #[automatically_derived]
        impl #zb::#call for #name::Args #bounds {}
    }
}

/// Hands the function to the registry.
///
/// Everything that needs a type to be a value stands below a `where` clause that says so, and the
/// only place where the clauses must be proved is the path `definition::<Id<Project>, …>`. So the
/// compiler reports a type that is no value once, and at that type as the user wrote it.
fn registration(model: &Model, leaves: &Leaves) -> TokenStream {
    let zb = zb();
    let name = &model.name;
    let args_path = {
        let name = respan_ident(name);
        quote!(#name::Args)
    };
    let constructor = Ident::new(model.kind.word(), Span::call_site());
    let meta = meta(model);
    let context = model.context_path();
    let arguments = model
        .arguments
        .iter()
        .map(|argument| respan_ident(&argument.field));
    let types = leaves.types();
    let respanned: Vec<_> = types.iter().map(respan).collect();
    let (params, clauses) = proof_clauses(leaves);
    let output = &model.output;
    let respanned_output = respan(output);
    let decoded = if model.arguments.is_empty() {
        quote!(_args)
    } else {
        quote!(args)
    };
    quote! {
        #zb::with_server! {
            const fn __zeroback_definition<#(#params,)* Output>() -> #zb::FunctionDef
            where
                #clauses
                Output: #zb::Same<Is = #respanned_output>,
                <Output as #zb::Same>::Is: #zb::FunctionReturn,
            {
                fn __zeroback_call(
                    ctx: &#context,
                    args: &str,
                ) -> ::core::result::Result<::std::string::String, #zb::Error>
                where
                    #(for<'zb> #respanned: #zb::Value,)*
                    for<'zb> #respanned_output: #zb::FunctionReturn,
                {
                    #zb::call(args, |#decoded: #args_path| #name(ctx #(, args.#arguments)*))
                }
                #zb::FunctionDef::#constructor::<#args_path>(#meta, __zeroback_call)
            }
            #zb::inventory::submit! { __zeroback_definition::<#(#types,)* #output>() }
        }
    }
}

fn meta(model: &Model) -> TokenStream {
    let zb = zb();
    let Model { docs, internal, .. } = model;
    quote! {
        #zb::FunctionMeta {
            crate_name: #zb::crate_name(::core::module_path!()),
            docs: #docs,
            internal: #internal,
            file: ::core::file!(),
            line: ::core::line!(),
        }
    }
}

/// The visibility that means inside of the function's module what `vis` means beside it.
fn shift_visibility(vis: &Visibility) -> TokenStream {
    match vis {
        Visibility::Inherited => quote!(pub(super)),
        Visibility::Public(_) => quote!(pub),
        Visibility::Restricted(VisRestricted { path, .. }) => {
            if path.is_ident("crate") {
                return quote!(pub(crate));
            }
            let path = shifted_path(path);
            if path.get_ident().is_some() {
                quote!(pub(#path))
            } else {
                quote!(pub(in #path))
            }
        }
    }
}

fn shifted_path(path: &Path) -> Path {
    let ty = Type::Path(syn::TypePath {
        attrs: Vec::new(),
        qself: None,
        path: path.clone(),
    });
    match shift_into_module(&ty) {
        Type::Path(shifted) => shifted.path,
        _ => path.clone(),
    }
}
