//! Writes what stands beside a function: the module with `Args` (see `args`), what `Args` is a call
//! of, and the registration.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

use super::args;
use super::model::Model;
use super::schedule::Schedule;
use crate::syntax::{FunctionKind, plain_name, respan, respan_ident, zb};

/// Writes all that is generated for one function.
pub(crate) fn expand(model: &Model) -> TokenStream {
    let module = args::module(model);
    let call = call_impls(model);
    let registration = registration(model);
    let name = respan_ident(&model.name);
    let Model {
        cfgs,
        allow_deprecated,
        ..
    } = model;
    quote! {
        #module
        #cfgs
        #allow_deprecated
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

/// What `Args` is a call of.
fn call_impls(model: &Model) -> TokenStream {
    let zb = zb();
    let name = respan_ident(&model.name);
    let plain = plain_name(&model.name);
    let kind = model.kind.variant();
    let call = format_ident!("{kind}Call");
    let output = respan(&model.output);
    let bounds = quote!(where for<'zb> #output: #zb::FunctionReturn);
    let scheduled = (model.kind != FunctionKind::Query).then(|| {
        quote! {
            #[automatically_derived]
            impl #zb::ScheduledCall for #name::Args #bounds {}
        }
    });
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
        #scheduled
    }
}

/// Hands the function to the registry.
///
/// Everything that needs the return type to be one of a function stands below a `where` clause that
/// says so, and the only place where the clause must be proved is the path `definition::<Result<…>>`.
/// So the compiler reports a wrong type once, and at that type as the user wrote it.
fn registration(model: &Model) -> TokenStream {
    let zb = zb();
    let name = respan_ident(&model.name);
    let args_path = quote!(#name::Args);
    let constructor = Ident::new(model.kind.word(), Span::call_site());
    let meta = meta(model);
    let context = model.context_path();
    let arguments = model
        .arguments
        .iter()
        .map(|argument| respan_ident(&argument.field));
    let output = &model.output;
    let respanned_output = respan(output);
    // Local names of the expansion's own, so that a function may be called `ctx` or `args`.
    let local = |name| Ident::new(name, Span::mixed_site());
    let (ctx, encoded, decoded) = (local("ctx"), local("encoded"), local("_args"));
    let call = match model.kind {
        FunctionKind::Query | FunctionKind::Mutation => quote! {
            fn __zeroback_call(
                #ctx: &#context,
                #encoded: &str,
            ) -> ::core::result::Result<::std::string::String, #zb::Error>
            where
                for<'zb> #respanned_output: #zb::FunctionReturn,
            {
                #zb::call(#encoded, |#decoded: #args_path| #name(#ctx #(, #decoded.#arguments)*))
            }
        },
        FunctionKind::Action => quote! {
            fn __zeroback_call<'ctx>(
                #ctx: &'ctx #context,
                #encoded: &str,
            ) -> #zb::ActionFuture<'ctx>
            where
                for<'zb> #respanned_output: #zb::FunctionReturn,
            {
                #zb::call_action(#encoded, move |#decoded: #args_path| {
                    #name(#ctx #(, #decoded.#arguments)*)
                })
            }
        },
    };
    let schedules: Vec<_> = model.schedules.iter().map(Schedule::value).collect();
    let scheduled = (!schedules.is_empty()).then(|| quote!(.scheduled(&[#(#schedules),*])));
    quote! {
        #zb::with_server! {
            const fn __zeroback_definition<__Output>() -> #zb::FunctionDef
            where
                __Output: #zb::Same<Is = #respanned_output>,
                <__Output as #zb::Same>::Is: #zb::FunctionReturn,
            {
                #call
                #zb::FunctionDef::#constructor::<#args_path>(#meta, __zeroback_call)#scheduled
            }
            #zb::inventory::submit! { __zeroback_definition::<#output>() }
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
