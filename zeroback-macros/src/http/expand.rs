//! Writes the registration of a route.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::Model;
use super::route::Route;
use crate::syntax::{plain_name, respan_ident, zb};

/// Hands the function to the registry.
pub(crate) fn expand(route: &Route, model: &Model) -> TokenStream {
    let zb = zb();
    let Route { method, path } = route;
    let Model { cfgs, output, .. } = model;
    let (name, plain) = (respan_ident(&model.name), plain_name(&model.name));
    let local = |name| Ident::new(name, Span::mixed_site());
    let (ctx, request) = (local("ctx"), local("request"));
    // At the return type, so that an error shows it.
    let span = output.span().resolved_at(Span::call_site());
    let mut called = name.clone();
    called.set_span(span);
    let call = quote_spanned!(span=> #zb::responded(#called(#ctx, #request).await));
    quote! {
        #cfgs
        const _: () = {
            #zb::with_server! {
                fn __zeroback_answer<'ctx>(
                    #ctx: &'ctx #zb::ActionCtx,
                    #request: #zb::Request,
                ) -> #zb::RouteFuture<'ctx> {
                    ::std::boxed::Box::pin(async move { #call })
                }
                #zb::inventory::submit! {
                    #zb::RouteEntry::new(
                        (#method, #path),
                        #zb::function_path!(::core::module_path!(), #plain),
                        #zb::crate_name(::core::module_path!()),
                        (::core::file!(), ::core::line!()),
                        __zeroback_answer,
                    )
                }
            }
            // Without a server nothing else refers to the function.
            const _: () = {
                let _ = #name;
            };
        };
    }
}
