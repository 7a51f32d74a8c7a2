//! Writes the module beside a function, with the call of it as a value.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{Generics, Path, Type, VisRestricted, Visibility};

use super::model::{Argument, Model};
use crate::syntax::{
    Leaves, conditional_impls, plain_name, respan, respan_ident, shift_into_module, zb,
};
use crate::wire::{self, Mirrored, Shape};

/// `pub mod list { pub struct Args { … } }`.
pub(super) fn module(model: &Model) -> TokenStream {
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
        struct_args(model, &inner_vis)
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
fn struct_args(model: &Model, vis: &TokenStream) -> TokenStream {
    let docs = args_docs(model);
    let fields: Vec<Field> = model.arguments.iter().map(Field::new).collect();
    let definitions = fields.iter().map(
        |Field {
             docs, ident, ty, ..
         }| {
            let ty = respan(ty);
            quote!(#docs #vis #ident: #ty)
        },
    );
    let mirrored = fields.iter().map(
        |Field {
             docs,
             ident,
             ty,
             outside,
         }| {
            let ty = respan(ty);
            quote!(#docs #[serde(rename = #outside)] #[ts(rename = #outside)] #ident: #ty)
        },
    );
    let mirrored = quote!({ #(#mirrored,)* });
    let mut leaves = Leaves::default();
    fields.iter().for_each(|field| leaves.add(&field.ty, &[]));
    let name = Ident::new("Args", Span::call_site());
    let wire = wire::expand(
        &[Mirrored {
            ident: &name,
            generics: &Generics::default(),
            serde: &[],
            attributes: quote! {
                #[doc = #docs]
                #[serde(deny_unknown_fields)]
                #[ts(optional_fields = nullable)]
            },
            shape: Shape::Struct(mirrored),
        }],
        &leaves,
    );
    let pairs: Vec<_> = fields
        .iter()
        .map(|field| (field.ident.clone(), field.ty.clone()))
        .collect();
    let conditional = conditional_impls(&quote!(Args), "Args", &pairs);
    quote! {
        #[doc = #docs]
        #vis struct Args {
            #(#definitions,)*
        }
        const _: () = {
            #wire
            #conditional
        };
    }
}

/// A field of `Args`.
struct Field {
    docs: TokenStream,
    ident: Ident,
    /// The argument's type as it reads inside of the module.
    ty: Type,
    outside: String,
}

impl Field {
    fn new(argument: &Argument) -> Self {
        let Argument {
            outside, doc_attrs, ..
        } = argument;
        let default_docs = format!("The argument `{outside}`.");
        let docs = if doc_attrs.is_empty() {
            quote!(#[doc = #default_docs])
        } else {
            doc_attrs.clone()
        };
        Self {
            docs,
            ident: respan_ident(&argument.field),
            ty: shift_into_module(&argument.ty),
            outside: outside.clone(),
        }
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
