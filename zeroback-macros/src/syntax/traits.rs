//! Clone, Debug and PartialEq for a generated struct whose fields may lack them.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Type;

/// Implements each of the three for `name` where every field has it.
///
/// A derive would fail where one field lacks the trait. The `for<'a>` makes the compiler put the
/// question off until someone asks for the trait.
pub(crate) fn conditional_impls(
    name: &TokenStream,
    shown_as: &str,
    fields: &[(Ident, Type)],
) -> TokenStream {
    let idents: Vec<_> = fields.iter().map(|(ident, _)| ident).collect();
    let types: Vec<_> = fields.iter().map(|(_, ty)| super::respan(ty)).collect();
    let labels = idents.iter().map(|ident| super::plain_name(ident));
    let equal = if fields.is_empty() {
        quote!(true)
    } else {
        quote!(#(self.#idents == other.#idents)&&*)
    };
    let other = if fields.is_empty() {
        quote!(_)
    } else {
        quote!(other)
    };
    quote! {
        #[automatically_derived]
        impl ::core::clone::Clone for #name
        where
            #(for<'zb> #types: ::core::clone::Clone,)*
        {
            fn clone(&self) -> Self {
                Self { #(#idents: ::core::clone::Clone::clone(&self.#idents),)* }
            }
        }
        #[automatically_derived]
        impl ::core::fmt::Debug for #name
        where
            #(for<'zb> #types: ::core::fmt::Debug,)*
        {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#shown_as)
                    #(.field(#labels, &self.#idents))*
                    .finish()
            }
        }
        #[automatically_derived]
        impl ::core::cmp::PartialEq for #name
        where
            #(for<'zb> #types: ::core::cmp::PartialEq,)*
        {
            fn eq(&self, #other: &Self) -> bool {
                #equal
            }
        }
    }
}
