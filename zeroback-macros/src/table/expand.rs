//! Writes what stands beside a table's struct.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Type, parse_quote};

use super::model::{Column, Model};
use super::parse::Index;
use crate::syntax::{
    SerdeItem, comment_text, conditional_impls, plain_name, respan, respan_ident, zb, zb_text,
};
use crate::wire::{self, Mirrored, Shape};

/// Writes all that is generated for one table.
pub(crate) fn expand(model: &Model) -> TokenStream {
    let zb = zb();
    let patch = patch(model);
    let patch_name = patch_name(model);
    let patch_docs = patch_docs(model);
    let table = Mirrored {
        ident: &model.ident,
        generics: &model.generics,
        serde: &model.serde,
        attributes: model.attributes.clone(),
        shape: Shape::Struct(table_mirror(model)),
    };
    let patch_mirrored = Mirrored {
        ident: &patch_name,
        generics: &model.generics,
        serde: &[],
        attributes: quote!(#[doc = #patch_docs] #[serde(deny_unknown_fields)]),
        shape: Shape::Struct(patch_mirror(model)),
    };
    let types = [table, patch_mirrored];
    let wire = if model.sound {
        wire::expand(&types, &model.leaves)
    } else {
        wire::expand_stub(&types)
    };
    let indexes = indexes(model);
    let fields = fields(model);
    let table = table_impl(model);
    let ident = respan_ident(&model.ident);
    let registration = model.sound.then(|| {
        quote!(#zb::with_server! { #zb::inventory::submit! { #zb::TableEntry::of::<#ident>() } })
    });
    quote! {
        #patch
        const _: () = {
            #wire
            #indexes
            #fields
            #table
            #registration
        };
    }
}

fn table_mirror(model: &Model) -> TokenStream {
    let fields = model.columns.iter().map(|column| {
        let Column { outside, attributes, serde, .. } = column;
        let (name, ty) = (respan_ident(&column.ident), respan(&column.ty));
        let serde = serde.iter().map(SerdeItem::attribute);
        quote!(#attributes #(#serde)* #[serde(rename = #outside)] #[ts(rename = #outside)] #name: #ty)
    });
    quote!({ #(#fields,)* })
}

/// `TaskPatch`: every field optional, and an `Option` can be set to `None`.
fn patch(model: &Model) -> TokenStream {
    let (vis, name, docs) = (respan(&model.vis), patch_name(model), patch_docs(model));
    let fields = model.columns.iter().map(|column| {
        let vis = respan(&column.vis);
        let (ident, ty) = (respan_ident(&column.ident), respan(&column.ty));
        let docs = field_docs(column);
        quote!(#[doc = #docs] #vis #ident: ::core::option::Option<#ty>)
    });
    let optional: Vec<(Ident, Type)> = model.columns.iter().map(optional_field).collect();
    let idents = optional.iter().map(|(ident, _)| ident);
    let conditional = conditional_impls(&name.to_token_stream(), &name.to_string(), &optional);
    quote! {
        #[doc = #docs]
        #vis struct #name {
            #(#fields,)*
        }
        #[automatically_derived]
        impl ::core::default::Default for #name {
            fn default() -> Self {
                Self { #(#idents: ::core::option::Option::None,)* }
            }
        }
        #conditional
    }
}

fn patch_mirror(model: &Model) -> TokenStream {
    let some = zb_text("some");
    let fields = model.columns.iter().map(|column| {
        let Column { outside, .. } = column;
        let (ident, ty) = (respan_ident(&column.ident), respan(&column.ty));
        let docs = field_docs(column);
        quote! {
            #[doc = #docs]
            #[serde(rename = #outside)]
            #[serde(default)]
            #[serde(skip_serializing_if = "::core::option::Option::is_none")]
            #[serde(deserialize_with = #some)]
            #[ts(rename = #outside, optional)]
            #ident: ::core::option::Option<#ty>
        }
    });
    quote!({ #(#fields,)* })
}

fn optional_field(column: &Column) -> (Ident, Type) {
    let ty = &column.ty;
    (
        respan_ident(&column.ident),
        parse_quote!(::core::option::Option<#ty>),
    )
}

fn patch_docs(model: &Model) -> String {
    let name = plain_name(&model.ident);
    format!("A partial update of a `{name}`: fields that are left out stay as they are.")
}

fn field_docs(column: &Column) -> String {
    format!("The new `{}`.", comment_text(&column.outside))
}

/// The struct of index handles that `with_index` hands to its closure.
fn indexes(model: &Model) -> TokenStream {
    let zb = zb();
    let (ident, name) = (respan_ident(&model.ident), indexes_name(model));
    let (vis, plain) = (respan(&model.vis), plain_name(&model.ident));
    let handles = model.indexes.iter().map(|index| {
        let handle = respan_ident(&index.name);
        let columns = index.columns.iter().rev().fold(quote!(()), |rest, column| {
            let ty = respan(&model.column(column).ty);
            quote!((#ty, #rest))
        });
        let docs = docs_of_index(index);
        quote!(#[doc = #docs] pub #handle: #zb::Index<#ident, #columns>)
    });
    let docs = format!("The indexes of [`{plain}`].");
    quote! {
        #[doc = #docs]
        #vis struct #name {
            #(#handles,)*
            /// Documents by the time of their creation.
            pub by_creation_time: #zb::Index<#ident, (#zb::Timestamp, ())>,
            /// Documents by their ids.
            pub by_id: #zb::Index<#ident, (#zb::Id<#ident>, ())>,
        }
    }
}

fn docs_of_index(index: &Index) -> String {
    let columns: Vec<_> = index
        .columns
        .iter()
        .map(|column| format!("`{}`", plain_name(column)))
        .collect();
    format!("Documents by {}.", columns.join(", then "))
}

fn table_impl(model: &Model) -> TokenStream {
    let zb = zb();
    let ident = respan_ident(&model.ident);
    let (name, patch, indexes) = (&model.name, patch_name(model), indexes_name(model));
    let columns = model.indexed.iter().map(|at| {
        let Column { ty, outside, .. } = &model.columns[*at];
        let ty = index_operand(ty);
        quote!(#zb::ColumnDef { field: #outside, column_type: #ty::COLUMN_TYPE, nullable: #ty::NULLABLE })
    });
    let defs = model.indexes.iter().map(|index| {
        let name = plain_name(&index.name);
        let columns = index
            .columns
            .iter()
            .map(|column| &model.column(column).outside);
        quote!(#zb::IndexDef { name: #name, columns: &[#(#columns),*], unique: false })
    });
    let handles = model.indexes.iter().map(|index| respan_ident(&index.name));
    let names = model.indexes.iter().map(|index| plain_name(&index.name));
    quote! {
        #[automatically_derived]
        impl #zb::TableName for #ident {
            const TABLE_NAME: &'static str = #name;
        }
        #[automatically_derived]
        impl #zb::Table for #ident {
            type Patch = #patch;
            type Indexes = #indexes;
            type Searches = ();
            const DEF: #zb::TableDef = #zb::TableDef {
                name: #name,
                columns: &[#(#columns),*],
                indexes: &[#(#defs),*],
                searches: &[],
                crate_name: #zb::crate_name(::core::module_path!()),
            };

            fn indexes() -> Self::Indexes {
                #indexes {
                    #(#handles: #zb::Index::new(#names),)*
                    by_creation_time: #zb::Index::new("by_creation_time"),
                    by_id: #zb::Index::new("by_id"),
                }
            }

            fn searches() {}
        }
    }
}

/// The handles of the table's fields, as `filter` gives them.
fn fields(model: &Model) -> TokenStream {
    let zb = zb();
    let ident = respan_ident(&model.ident);
    let (vis, name) = (respan(&model.vis), fields_name(model));
    let idents: Vec<_> = model
        .columns
        .iter()
        .map(|column| respan_ident(&column.ident))
        .collect();
    let names = model.columns.iter().map(|column| &column.outside);
    let handles = model.columns.iter().enumerate().map(|(at, column)| {
        let ty = respan(&column.ty);
        quote!(#zb::Field<#zb::Below<__P, #ident, #at>, #ty>)
    });
    quote! {
        #vis struct #name<__P> {
            #(pub #idents: #handles,)*
            pub _id: #zb::Field<#zb::IdOf<#ident>, #zb::Id<#ident>>,
            pub _creation_time: #zb::Field<#zb::CreationTimeOf<#ident>, #zb::Timestamp>,
            __path: ::core::marker::PhantomData<fn() -> __P>,
        }
        #[automatically_derived]
        impl #zb::HasFields for #ident {
            type Fields<__P: #zb::Path> = #name<__P>;
            const NAMES: &'static [&'static str] = &[#(#names),*];

            fn fields<__P: #zb::Path>() -> &'static #name<__P> {
                const {
                    &#name {
                        #(#idents: #zb::Field::NEW,)*
                        _id: #zb::Field::NEW,
                        _creation_time: #zb::Field::NEW,
                        __path: ::core::marker::PhantomData,
                    }
                }
            }
        }
    }
}

fn fields_name(model: &Model) -> Ident {
    format_ident!("__{}Fields", plain_name(&model.ident))
}

/// `<Id<Project> as IndexValue>`, all of it where the type stands, so that an error shows the type.
fn index_operand(ty: &Type) -> TokenStream {
    let zb = zb();
    let span = ty.span().resolved_at(Span::call_site());
    let ty = respan(ty);
    quote_spanned!(span=> <#ty as #zb::IndexValue>)
}

fn patch_name(model: &Model) -> Ident {
    format_ident!("{}Patch", respan_ident(&model.ident))
}

fn indexes_name(model: &Model) -> Ident {
    format_ident!("__{}Indexes", plain_name(&model.ident))
}
