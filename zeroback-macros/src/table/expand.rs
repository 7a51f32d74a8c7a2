//! Writes what stands beside a table's struct.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Type, parse_quote};

use super::handles;
use super::model::{Column, Model};
use crate::fields::{self, Fields, Place};
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
    let indexes = handles::indexes(model);
    let searches = handles::searches(model);
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
            #searches
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

fn table_impl(model: &Model) -> TokenStream {
    let zb = zb();
    let ident = respan_ident(&model.ident);
    let (name, patch) = (&model.name, patch_name(model));
    let (indexes, searches) = (handles::indexes_name(model), handles::searches_name(model));
    let columns = model.typed.iter().map(|at| {
        let Column { ty, outside, .. } = &model.columns[*at];
        let ty = index_operand(ty);
        quote!(#zb::ColumnDef { field: #outside, column_type: #ty::COLUMN_TYPE, nullable: #ty::NULLABLE })
    });
    let index_defs = model.indexes.iter().map(|index| {
        let (name, unique) = (plain_name(&index.name), index.unique);
        let columns = model.outside_names(&index.columns);
        quote!(#zb::IndexDef { name: #name, columns: &[#(#columns),*], unique: #unique })
    });
    let search_defs = model.searches.iter().filter(|_| model.sound).map(|search| {
        let name = plain_name(&search.name);
        let fields = search
            .fields
            .iter()
            .map(|field| searched(model.column(field)));
        let filters = model.outside_names(&search.filters);
        quote!(#zb::SearchDef { name: #name, fields: &[#(#fields),*], filters: &[#(#filters),*] })
    });
    let new_indexes = handles::new_indexes(model);
    let new_searches = handles::new_searches(model);
    quote! {
        #[automatically_derived]
        impl #zb::TableName for #ident {
            const TABLE_NAME: &'static str = #name;
        }
        #[automatically_derived]
        impl #zb::Table for #ident {
            type Patch = #patch;
            type Indexes = #indexes;
            type Searches = #searches;
            const DEF: #zb::TableDef = #zb::TableDef {
                name: #name,
                columns: &[#(#columns),*],
                indexes: &[#(#index_defs),*],
                searches: &[#(#search_defs),*],
                crate_name: #zb::crate_name(::core::module_path!()),
            };

            fn indexes() -> Self::Indexes {
                #new_indexes
            }

            fn searches() -> Self::Searches {
                #new_searches
            }
        }
    }
}

/// The handles of the table's fields, as `filter` gives them.
fn fields(model: &Model) -> TokenStream {
    let fields = model.columns.iter().map(|column| fields::Field {
        ident: &column.ident,
        vis: &column.vis,
        ty: &column.ty,
        place: Place::Below(&column.outside),
    });
    fields::expand(&Fields {
        ident: &model.ident,
        vis: &model.vis,
        generics: &model.generics,
        fields: fields.filter(|field| field.can_be_named()).collect(),
        is_table: true,
    })
}

/// `<Id<Project> as IndexValue>`, all of it where the type stands, so that an error shows the type.
fn index_operand(ty: &Type) -> TokenStream {
    let zb = zb();
    let span = ty.span().resolved_at(Span::call_site());
    let ty = respan(ty);
    quote_spanned!(span=> <#ty as #zb::IndexValue>)
}

/// The outside name of a field that must be text.
fn searched(column: &Column) -> TokenStream {
    let zb = zb();
    let Column { ty, outside, .. } = column;
    let span = ty.span().resolved_at(Span::call_site());
    let ty = respan(ty);
    quote_spanned!(span=> #zb::searched::<#ty>(#outside))
}

fn patch_name(model: &Model) -> Ident {
    format_ident!("{}Patch", respan_ident(&model.ident))
}
