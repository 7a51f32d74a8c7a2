//! Writes the registration of a migration.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::Model;
use crate::syntax::{plain_name, respan_ident, zb};

/// Hands the function to the registry.
pub(crate) fn expand(model: &Model) -> TokenStream {
    let zb = zb();
    let Model { cfgs, output, .. } = model;
    let (name, plain) = (respan_ident(&model.name), plain_name(&model.name));
    let ctx = Ident::new("ctx", Span::mixed_site());
    // At the return type, so that an error shows it.
    let span = output.span().resolved_at(Span::call_site());
    let mut called = name.clone();
    called.set_span(span);
    let call = quote_spanned!(span=> #zb::migrated(#called(#ctx)));
    quote! {
        #cfgs
        const _: () = {
            #zb::with_server! {
                fn __zeroback_run(
                    #ctx: &#zb::MigrationCtx,
                ) -> ::core::result::Result<(), #zb::Error> {
                    #call
                }
                #zb::inventory::submit! {
                    #zb::MigrationEntry::new(
                        #zb::function_path!(::core::module_path!(), #plain),
                        #zb::crate_name(::core::module_path!()),
                        ::core::file!(),
                        ::core::line!(),
                        __zeroback_run,
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
