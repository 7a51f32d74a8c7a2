//! The handles that a filter names fields by: `t.address.city`.
//!
//! A handle is a type of no size that knows the way to its field. Those of a struct's fields stand
//! together in a struct that is generated beside it; how one leads to the next, and what can be
//! compared, is in `zeroback-runtime/src/db/filter.rs`.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Generics, Type, Visibility};

use crate::syntax::{plain_name, respan, respan_ident, zb};

/// A struct with fields that a filter can name.
pub(crate) struct Fields<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) generics: &'a Generics,
    pub(crate) fields: Vec<Field<'a>>,
    /// Whether it is a table, whose documents have an id and a creation time besides.
    pub(crate) is_table: bool,
}

/// A field that a filter can name.
pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) ty: &'a Type,
    pub(crate) place: Place<'a>,
}

/// Where the encoding of a struct has the encoding of a field.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// Below this name.
    Below(&'a str),
    /// In its own place: the struct is encoded as its only field.
    Whole,
    /// Among its own members.
    Flattened,
}

impl Field<'_> {
    /// Whether a filter can name it: SQLite's paths have no escapes in a name.
    pub(crate) fn can_be_named(&self) -> bool {
        match self.place {
            Place::Below(outside) => {
                !outside.contains(|c: char| c == '"' || c == '\\' || c.is_control())
            }
            Place::Whole | Place::Flattened => true,
        }
    }
}

/// Writes the struct of handles, and how to come by it.
pub(crate) fn expand(fields: &Fields<'_>) -> TokenStream {
    let zb = zb();
    let (ident, vis) = (respan_ident(fields.ident), respan(fields.vis));
    let plain = plain_name(fields.ident);
    let name = format_ident!("__{plain}Fields");
    let params: Vec<_> = fields.generics.type_params().map(|p| &p.ident).collect();
    let (_, generics, _) = fields.generics.split_for_impl();
    let this = quote!(#ident #generics);
    let docs = format!("The fields of [`{plain}`], as a filter names them.");
    let handles = fields.handles(&this);
    let definitions = handles.iter().map(Handle::definition);
    let values = handles.iter().map(|handle| &handle.value);
    let names = fields.fields.iter().filter_map(|field| match field.place {
        Place::Below(outside) => Some(outside),
        Place::Whole | Place::Flattened => None,
    });
    quote! {
        #[doc = #docs]
        #vis struct #name<__P, #(#params),*> {
            #(#definitions,)*
            __zeroback_path: ::core::marker::PhantomData<fn() -> (__P, #(#params),*)>,
        }
        #[automatically_derived]
        impl<#(#params: 'static),*> #zb::HasFields for #this {
            type Fields<__P: #zb::Path> = #name<__P, #(#params),*>;
            const NAMES: &'static [&'static str] = &[#(#names),*];

            fn fields<__P: #zb::Path>() -> &'static Self::Fields<__P> {
                const {
                    &#name {
                        #(#values,)*
                        __zeroback_path: ::core::marker::PhantomData,
                    }
                }
            }
        }
    }
}

/// A field of the struct of handles.
struct Handle {
    docs: String,
    vis: TokenStream,
    ident: Ident,
    ty: TokenStream,
    value: TokenStream,
}

impl Fields<'_> {
    fn handles(&self, this: &TokenStream) -> Vec<Handle> {
        let zb = zb();
        let mut handles = Vec::new();
        let mut below = 0usize;
        for field in &self.fields {
            let (ident, value_ty) = (respan_ident(field.ident), respan(field.ty));
            let (handle, path) = match field.place {
                Place::Below(_) => {
                    let path = quote!(#zb::Below<__P, #this, #below>);
                    below += 1;
                    (quote!(Field), path)
                }
                Place::Whole => (quote!(Field), quote!(__P)),
                Place::Flattened => (quote!(Flattened), quote!(__P)),
            };
            handles.push(Handle {
                docs: format!("The field `{}`.", plain_name(field.ident)),
                vis: respan(field.vis),
                ty: quote!(#zb::#handle<#path, #value_ty>),
                value: quote!(#ident: #zb::#handle::NEW),
                ident,
            });
        }
        if self.is_table {
            handles.extend(built_in(this));
        }
        handles
    }
}

/// The handles of what every document has.
fn built_in(this: &TokenStream) -> [Handle; 2] {
    let zb = zb();
    let handle = |name: &str, docs: &str, ty: TokenStream| {
        let ident = format_ident!("{name}");
        Handle {
            docs: docs.to_owned(),
            // Hidden, or clippy would have public names not begin with `_`.
            vis: quote!(#[doc(hidden)] pub),
            ty: quote!(#zb::Field<#ty>),
            value: quote!(#ident: #zb::Field::NEW),
            ident,
        }
    };
    [
        handle(
            "_id",
            "The document's id.",
            quote!(#zb::IdOf<#this>, #zb::Id<#this>),
        ),
        handle(
            "_creation_time",
            "When the document was inserted.",
            quote!(#zb::CreationTimeOf<#this>, #zb::Timestamp),
        ),
    ]
}

impl Handle {
    fn definition(&self) -> TokenStream {
        let Self {
            docs,
            vis,
            ident,
            ty,
            ..
        } = self;
        quote!(#[doc = #docs] #vis #ident: #ty)
    }
}
