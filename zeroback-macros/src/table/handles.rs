//! Writes the handles that `with_index` and `search` give to their closures.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::model::Model;
use super::parse::{Index, Search};
use crate::syntax::{plain_name, respan, respan_ident, zb};

/// The struct of index handles.
pub(super) fn indexes(model: &Model) -> TokenStream {
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

/// The struct's value.
pub(super) fn new_indexes(model: &Model) -> TokenStream {
    let zb = zb();
    let indexes = indexes_name(model);
    let handles = model.indexes.iter().map(|index| respan_ident(&index.name));
    let names = model.indexes.iter().map(|index| plain_name(&index.name));
    quote! {
        #indexes {
            #(#handles: #zb::Index::new(#names),)*
            by_creation_time: #zb::Index::new("by_creation_time"),
            by_id: #zb::Index::new("by_id"),
        }
    }
}

/// The struct of search handles, and what a search in each becomes.
pub(super) fn searches(model: &Model) -> TokenStream {
    let zb = zb();
    let (vis, name) = (respan(&model.vis), searches_name(model));
    let handles = model.searches.iter().map(|search| {
        let (handle, query) = (respan_ident(&search.name), query_name(model, search));
        let docs = format!("A search in {}.", listed(&search.fields, ", "));
        quote!(#[doc = #docs] pub #handle: #zb::Search<#query>)
    });
    let queries = model.searches.iter().map(|search| query(model, search));
    let docs = format!("The searches in [`{}`].", plain_name(&model.ident));
    quote! {
        #[doc = #docs]
        #vis struct #name {
            #(#handles,)*
        }
        #(#queries)*
    }
}

/// The struct's value.
pub(super) fn new_searches(model: &Model) -> TokenStream {
    let zb = zb();
    let searches = searches_name(model);
    let handles = model
        .searches
        .iter()
        .map(|search| respan_ident(&search.name));
    let names = model.searches.iter().map(|search| plain_name(&search.name));
    quote!(#searches { #(#handles: #zb::Search::new(#names),)* })
}

/// A search that has its text and can be narrowed by the filter fields, in any order.
fn query(model: &Model, search: &Search) -> TokenStream {
    let zb = zb();
    let (ident, vis) = (respan_ident(&model.ident), respan(&model.vis));
    let name = query_name(model, search);
    let setters = search.filters.iter().map(|filter| {
        let column = model.column(filter);
        let (setter, outside) = (respan_ident(&column.ident), &column.outside);
        let (vis, ty) = (respan(&column.vis), respan(&column.ty));
        let docs = format!(
            "Keeps the documents whose `{}` equals the value; null equals null.",
            plain_name(filter)
        );
        quote! {
            #[doc = #docs]
            #[must_use]
            #vis fn #setter<__V: #zb::Operand<#ty> + ?::core::marker::Sized>(self, value: &__V) -> Self {
                Self { bounds: self.bounds.with::<#ty, __V>(#outside, value) }
            }
        }
    });
    let docs = format!("A search in {}.", listed(&search.fields, ", "));
    quote! {
        #[doc = #docs]
        #vis struct #name {
            bounds: #zb::SearchBounds,
        }
        #[automatically_derived]
        impl #name {
            #(#setters)*
        }
        #[automatically_derived]
        impl #zb::SearchQuery for #name {
            fn from_bounds(bounds: #zb::SearchBounds) -> Self {
                Self { bounds }
            }
        }
        #[automatically_derived]
        impl #zb::SearchRange<#ident> for #name {
            fn into_bounds(self) -> #zb::SearchBounds {
                self.bounds
            }
        }
    }
}

fn docs_of_index(index: &Index) -> String {
    let columns = listed(&index.columns, ", then ");
    if index.unique {
        format!("Documents by {columns}, of which no two have the same.")
    } else {
        format!("Documents by {columns}.")
    }
}

fn listed(fields: &[Ident], separator: &str) -> String {
    let names = fields
        .iter()
        .map(|field| format!("`{}`", plain_name(field)));
    names.collect::<Vec<_>>().join(separator)
}

pub(super) fn indexes_name(model: &Model) -> Ident {
    format_ident!("__{}Indexes", plain_name(&model.ident))
}

pub(super) fn searches_name(model: &Model) -> Ident {
    format_ident!("__{}Searches", plain_name(&model.ident))
}

fn query_name(model: &Model, search: &Search) -> Ident {
    let (table, search) = (plain_name(&model.ident), plain_name(&search.name));
    format_ident!("__{table}_{search}_Search")
}
