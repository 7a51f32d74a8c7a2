//! Gives a type of the user's serde, TS and JsonSchema without a derive of its own on it.
//!
//! Inside of a `const _` stands a mirror of the type with the same fields, and the four traits are
//! derived for the mirror: serde's by its `remote`, the others to be forwarded.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Generics, LitStr};

use crate::syntax::{Leaves, SerdeItem, plain_name, respan_ident, wire_attributes, zb};

/// A mirror of a type.
pub(crate) struct Wire<'a> {
    /// The type that is mirrored.
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    /// The container's serde items, as written.
    pub(crate) serde: &'a [SerdeItem],
    /// Documentation and further attributes that the derives read.
    pub(crate) attributes: TokenStream,
    pub(crate) shape: Shape,
    pub(crate) leaves: &'a Leaves,
}

/// The part of a type's definition after its name.
pub(crate) enum Shape {
    /// `{ text: String }`
    Struct(TokenStream),
    /// `(String);` or `;`
    Tuple(TokenStream),
    /// `{ Open, Closed }`
    Enum(TokenStream),
}

impl ToTokens for Wire<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.mirror());
        tokens.extend(self.forwards());
    }
}

impl Wire<'_> {
    fn mirror_name(&self) -> Ident {
        format_ident!("__{}Wire", plain_name(self.ident))
    }

    fn mirror(&self) -> TokenStream {
        let zb = zb();
        let (name, generics, attributes) = (self.mirror_name(), self.generics, &self.attributes);
        let remote = LitStr::new(&self.ident.to_string(), respan_ident(self.ident).span());
        let plain = plain_name(self.ident);
        let serde = self.serde.iter().map(SerdeItem::attribute);
        // ts-rs and schemars read a container's `rename` from serde's attribute.
        let rename = (!self.serde.iter().any(|item| item.is("rename")))
            .then(|| quote!(#[ts(rename = #plain)] #[schemars(rename = #plain)]));
        let common = wire_attributes(self.leaves);
        let definition = match &self.shape {
            Shape::Struct(fields) => quote!(struct #name #generics #fields),
            Shape::Tuple(fields) => quote!(struct #name #generics #fields),
            Shape::Enum(variants) => quote!(enum #name #generics #variants),
        };
        quote! {
            #[derive(#zb::serde::Serialize, #zb::serde::Deserialize, #zb::ts_rs::TS, #zb::schemars::JsonSchema)]
            #[serde(remote = #remote)]
            #(#serde)*
            #rename
            #common
            #attributes
            #definition
        }
    }

    fn forwards(&self) -> TokenStream {
        let zb = zb();
        let (ident, mirror) = (respan_ident(self.ident), self.mirror_name());
        let (_, type_generics, _) = self.generics.split_for_impl();
        let params: Vec<_> = self
            .generics
            .type_params()
            .map(|param| &param.ident)
            .collect();
        let types: Vec<_> = self
            .leaves
            .types()
            .iter()
            .map(crate::syntax::respan)
            .collect();
        let wanted = |wanted: TokenStream| quote!(where #(for<'zb> #types: #zb::Value,)* #(#params: #wanted,)*);
        let serialize = wanted(quote!(#zb::serde::Serialize));
        let deserialize = wanted(quote!(#zb::serde::Deserialize<'de>));
        let ts = wanted(quote!(#zb::ts_rs::TS));
        let schema = wanted(quote!(#zb::schemars::JsonSchema));
        quote! {
            #[automatically_derived]
            impl<#(#params),*> #zb::serde::Serialize for #ident #type_generics #serialize {
                fn serialize<__S: #zb::serde::Serializer>(
                    &self,
                    serializer: __S,
                ) -> ::core::result::Result<__S::Ok, __S::Error> {
                    #mirror::serialize(self, serializer)
                }
            }
            #[automatically_derived]
            impl<'de, #(#params),*> #zb::serde::Deserialize<'de> for #ident #type_generics #deserialize {
                fn deserialize<__D: #zb::serde::Deserializer<'de>>(
                    deserializer: __D,
                ) -> ::core::result::Result<Self, __D::Error> {
                    #mirror::deserialize(deserializer)
                }
            }
            #zb::same_shape! {
                [#(#params),*] [#ident #type_generics] [#mirror #type_generics] [#ts] [#schema]
            }
        }
    }
}
