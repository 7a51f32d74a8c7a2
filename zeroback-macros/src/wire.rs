//! Gives a type of the user's serde, TS and JsonSchema without a derive of its own on it.
//!
//! Inside of a `const _` stands a mirror of the type with the same fields, and the four traits are
//! derived for the mirror: serde's by its `remote`, the others to be forwarded. What the expansion
//! calls is in `zeroback/src/__private/wire.rs`.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Generics, LitStr};

use crate::syntax::{Leaves, SerdeItem, crate_attributes, plain_name, respan_ident, zb};

/// A type that gets the four traits.
pub(crate) struct Mirrored<'a> {
    /// The type that is mirrored.
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    /// The container's serde items, as written.
    pub(crate) serde: &'a [SerdeItem],
    /// Documentation and further attributes that the derives read.
    pub(crate) attributes: TokenStream,
    pub(crate) shape: Shape,
}

/// The part of a type's definition after its name.
pub(crate) enum Shape {
    /// `{ text: String }`
    Struct(TokenStream),
    /// `(String)` or nothing
    Tuple(TokenStream),
    /// `{ Open, Closed }`
    Enum(TokenStream),
}

/// Gives the traits to types without generics that are made of the same leaves.
///
/// Everything derived for a mirror stands below `where` clauses that say that the leaves are
/// values, while the impls for the types themselves have no conditions: else two types that hold
/// each other would each wait for the other. The impls put their questions to `__wire`, and only
/// there, at the path `__proof::<…, Id<Project>, …>`, the clauses must be proved. So a field that
/// is no value is one error, at the field.
pub(crate) fn expand(types: &[Mirrored<'_>], leaves: &Leaves) -> TokenStream {
    let zb = zb();
    let mirrors = types.iter().map(|ty| ty.mirror(leaves));
    let idents: Vec<_> = types.iter().map(|ty| respan_ident(ty.ident)).collect();
    let links = types.iter().map(|ty| ty.link(leaves));
    let is_enum = types.iter().map(|ty| matches!(ty.shape, Shape::Enum(_)));
    let (params, clauses) = leaves.parameters();
    let proofs = leaves.iter().map(|leaf| &leaf.ty);
    let bounds = vec![quote!(#(#zb::wire::Wire<#idents>)+*); types.len()];
    quote! {
        #(#mirrors)*
        struct __Link;
        #(#links)*
        /// The types that `__Link` has a wire form of.
        trait __Linked: Sized {
            fn ask<__W, __A>(question: __A) -> __A::Answer
            where
                __W: #(#zb::wire::Wire<#idents>)+*,
                __A: #zb::wire::Ask<Self>;
        }
        #(
            impl __Linked for #idents {
                fn ask<__W, __A>(question: __A) -> __A::Answer
                where
                    __W: #bounds,
                    __A: #zb::wire::Ask<Self>,
                {
                    question.ask::<__W>()
                }
            }
        )*
        fn __proof<__T: __Linked, __A: #zb::wire::Ask<__T>, #(#params),*>(question: __A) -> __A::Answer
        where
            #clauses
        {
            __T::ask::<__Link, __A>(question)
        }
        fn __wire<__T: __Linked, __A: #zb::wire::Ask<__T>>(question: __A) -> __A::Answer {
            __proof::<__T, __A, #(#proofs),*>(question)
        }
        #(#zb::same_wire! { [#idents] [__wire] [#is_enum] })*
    }
}

/// Gives the traits to types with mistakes in them, so that those who use the types compile.
///
/// Nothing of it runs, since the mistakes keep the crate from being built.
pub(crate) fn expand_stub(types: &[Mirrored<'_>]) -> TokenStream {
    let zb = zb();
    let idents = types.iter().map(|ty| respan_ident(ty.ident));
    let is_enum = types.iter().map(|ty| matches!(ty.shape, Shape::Enum(_)));
    quote! {
        fn __wire<__T, __A: #zb::wire::Ask<__T>>(_: __A) -> __A::Answer {
            ::core::unreachable!()
        }
        #(#zb::same_wire! { [#idents] [__wire] [#is_enum] })*
    }
}

/// Gives the traits to a generic type, each on those conditions that its derive finds.
pub(crate) fn expand_generic(ty: &Mirrored<'_>) -> TokenStream {
    let zb = zb();
    let mirror = ty.mirror(&Leaves::default());
    let (ident, name) = (respan_ident(ty.ident), ty.mirror_name());
    let (_, generics, _) = ty.generics.split_for_impl();
    let params: Vec<_> = ty
        .generics
        .type_params()
        .map(|param| &param.ident)
        .collect();
    let wanted = |wanted: TokenStream| quote!(where #(#params: #wanted,)*);
    let serialize = wanted(quote!(#zb::serde::Serialize));
    let deserialize = wanted(quote!(#zb::serde::Deserialize<'de>));
    let ts = wanted(quote!(#zb::ts_rs::TS));
    let schema = wanted(quote!(#zb::schemars::JsonSchema));
    let dummies = params.iter().map(|_| quote!(#zb::ts_rs::Dummy));
    let without_generics = quote!(#ident<#(#dummies),*>);
    quote! {
        #mirror
        #[automatically_derived]
        impl<#(#params),*> #zb::serde::Serialize for #ident #generics #serialize {
            fn serialize<__S: #zb::serde::Serializer>(
                &self,
                serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                #name::serialize(self, serializer)
            }
        }
        #[automatically_derived]
        impl<'de, #(#params),*> #zb::serde::Deserialize<'de> for #ident #generics #deserialize {
            fn deserialize<__D: #zb::serde::Deserializer<'de>>(
                deserializer: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                #name::deserialize(deserializer)
            }
        }
        #zb::same_shape! {
            [#(#params),*] [#ident #generics] [#without_generics] [#name #generics] [#ts] [#schema]
        }
    }
}

impl Mirrored<'_> {
    fn mirror_name(&self) -> Ident {
        format_ident!("__{}Mirror", plain_name(self.ident))
    }

    /// The mirror, with the derives.
    fn mirror(&self, leaves: &Leaves) -> TokenStream {
        let zb = zb();
        let (name, generics, attributes) = (self.mirror_name(), self.generics, &self.attributes);
        let remote = LitStr::new(&self.ident.to_string(), respan_ident(self.ident).span());
        let plain = plain_name(self.ident);
        let serde = self.serde.iter().map(|item| self.container_item(item));
        // ts-rs and schemars read a container's `rename` from serde's attribute.
        let rename = (!self.serde.iter().any(|item| item.is("rename")))
            .then(|| quote!(#[ts(rename = #plain)] #[schemars(rename = #plain)]));
        let crates = crate_attributes();
        let conditions = leaves.conditions();
        let clause = (!conditions.is_empty()).then(|| quote!(where #conditions));
        let definition = match &self.shape {
            Shape::Struct(fields) => quote!(struct #name #generics #clause #fields),
            Shape::Tuple(fields) => quote!(struct #name #generics #fields #clause;),
            Shape::Enum(variants) => quote!(enum #name #generics #clause #variants),
        };
        quote! {
            #[derive(#zb::serde::Serialize, #zb::serde::Deserialize, #zb::ts_rs::TS, #zb::schemars::JsonSchema)]
            #[serde(remote = #remote)]
            #(#serde)*
            #rename
            #crates
            #attributes
            #definition
        }
    }

    /// The item as an attribute; the default that `default` means is the type's, not the mirror's.
    fn container_item(&self, item: &SerdeItem) -> TokenStream {
        if !item.is("default") || item.text().is_some() {
            return item.attribute();
        }
        let default = format!("<{} as ::core::default::Default>::default", self.ident);
        let default = LitStr::new(&default, respan_ident(self.ident).span());
        quote!(#[serde(default = #default)])
    }

    /// The way from the type to its mirror, open where the leaves are values.
    fn link(&self, leaves: &Leaves) -> TokenStream {
        let zb = zb();
        let (ident, mirror) = (respan_ident(self.ident), self.mirror_name());
        let conditions = leaves.conditions();
        quote! {
            impl #zb::wire::Wire<#ident> for __Link
            where
                #conditions
            {
                type Shape = #mirror;

                fn serialize<__S: #zb::serde::Serializer>(
                    value: &#ident,
                    serializer: __S,
                ) -> ::core::result::Result<__S::Ok, __S::Error> {
                    #mirror::serialize(value, serializer)
                }

                fn deserialize<'de, __D: #zb::serde::Deserializer<'de>>(
                    deserializer: __D,
                ) -> ::core::result::Result<#ident, __D::Error> {
                    #mirror::deserialize(deserializer)
                }
            }
        }
    }
}
