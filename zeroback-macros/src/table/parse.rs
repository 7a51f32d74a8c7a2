//! Reads a struct and the attributes that stand on it.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::parse::{ParseBuffer, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, DeriveInput, LitStr, Token, parenthesized};

use crate::syntax::{Faults, closest};

/// What may follow `#[derive(Table)]`.
const ATTRIBUTES: &str =
    "`#[table(name = \"…\")]`, `#[index(…)]`, `#[unique(…)]` and `#[search(…)]`";

/// The struct as written.
pub(crate) fn table(item: TokenStream) -> syn::Result<DeriveInput> {
    syn::parse2(item)
}

/// `by_project(project_id, is_completed)`.
pub(crate) struct Index {
    pub(crate) name: Ident,
    pub(crate) columns: Vec<Ident>,
    /// Whether no two documents may have the same values there.
    pub(crate) unique: bool,
}

/// `search_text(title, text), filter(project_id)`.
pub(crate) struct Search {
    pub(crate) name: Ident,
    /// The fields whose text is searched.
    pub(crate) fields: Vec<Ident>,
    /// The fields that a search may be narrowed by.
    pub(crate) filters: Vec<Ident>,
}

/// What the table's own attributes say.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    /// The unique ones too.
    pub(crate) indexes: Vec<Index>,
    pub(crate) searches: Vec<Search>,
}

/// Reads `#[table(…)]`, `#[index(…)]`, `#[unique(…)]` and `#[search(…)]`.
pub(crate) fn options(attrs: &[Attribute], faults: &mut Faults) -> Options {
    let mut options = Options::default();
    for attr in attrs {
        if attr.path().is_ident("table") {
            let parsed = attr.parse_args_with(|input: ParseStream<'_>| name(input, &mut options));
            faults.take(parsed);
        } else if attr.path().is_ident("index") || attr.path().is_ident("unique") {
            let unique = attr.path().is_ident("unique");
            let usage = if unique { UNIQUE } else { INDEX };
            let parsed = attr.parse_args_with(|input: ParseStream<'_>| indexes(input, usage));
            match faults.take(parsed) {
                Some(lists) if lists.is_empty() => faults.at(attr, usage),
                Some(lists) => options.indexes.extend(lists.into_iter().map(|list| Index {
                    name: list.name,
                    columns: list.fields,
                    unique,
                })),
                None => {}
            }
        } else if attr.path().is_ident("search") {
            options
                .searches
                .extend(faults.take(attr.parse_args_with(search)));
        }
    }
    options
}

/// Refuses table attributes on a field.
pub(crate) fn refuse_on_field(attrs: &[Attribute], faults: &mut Faults) {
    for attr in attrs {
        if ["table", "index", "unique", "search"]
            .iter()
            .any(|name| attr.path().is_ident(name))
        {
            let name = attr.path().to_token_stream();
            faults.at(
                attr,
                format!("`#[{name}]` stands on the struct and names its columns there"),
            );
        }
    }
}

fn name(input: ParseStream<'_>, options: &mut Options) -> syn::Result<()> {
    while !input.is_empty() {
        let key: Ident = input.parse()?;
        if key != "name" {
            let message = match closest(&key.to_string(), &["name"]) {
                Some(meant) => format!("unknown argument of `#[table]`: did you mean `{meant}`?"),
                None => format!("unknown argument of `#[table]`: a table has {ATTRIBUTES}"),
            };
            let _rest: TokenStream = input.parse()?;
            return Err(syn::Error::new_spanned(key, message));
        }
        input.parse::<Token![=]>()?;
        let name: LitStr = input.parse()?;
        if options.name.is_some() {
            return Err(syn::Error::new_spanned(
                name,
                "the table has a name already: remove one",
            ));
        }
        options.name = Some(name);
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

const INDEX: &str =
    "an index has a name and columns: `#[index(by_project(project_id, is_completed))]`";

const UNIQUE: &str = "a unique index has a name and columns: `#[unique(by_slug(slug))]`";

const SEARCH: &str = "a search has a name and the fields whose text is searched, and perhaps \
                      fields to narrow it by: `#[search(search_text(text), filter(project_id))]`";

/// `name(field, …)`.
struct List {
    name: Ident,
    fields: Vec<Ident>,
}

/// Any number of lists.
fn indexes(input: ParseStream<'_>, usage: &str) -> syn::Result<Vec<List>> {
    let mut lists = Vec::new();
    while !input.is_empty() {
        lists.push(list(input, usage)?);
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(lists)
}

/// `search_text(text), filter(project_id)`; or `search_text(text, filter(project_id))`, which clippy
/// does not take for a repeated attribute where two searches have a filter field in common.
fn search(input: ParseStream<'_>) -> syn::Result<Search> {
    let (name, inner) = named_parentheses(input, SEARCH)?;
    let (mut fields, mut filters) = (Vec::new(), None);
    while !inner.is_empty() {
        if inner.peek2(syn::token::Paren) {
            add_filter(&inner, &mut filters)?;
        } else {
            let usage = |error: syn::Error| syn::Error::new(error.span(), SEARCH);
            fields.push(inner.parse().map_err(usage)?);
        }
        if !inner.is_empty() {
            inner.parse::<Token![,]>()?;
        }
    }
    if fields.is_empty() {
        return Err(syn::Error::new_spanned(&name, SEARCH));
    }
    while !input.is_empty() {
        input.parse::<Token![,]>()?;
        if !input.is_empty() {
            add_filter(input, &mut filters)?;
        }
    }
    Ok(Search {
        name,
        fields,
        filters: filters.unwrap_or_default(),
    })
}

/// Reads `filter(project_id)`, of which there can be one.
fn add_filter(input: ParseStream<'_>, filters: &mut Option<Vec<Ident>>) -> syn::Result<()> {
    let List { name, fields } = list(input, SEARCH)?;
    let fault = if name == "filter" {
        filters
            .is_some()
            .then_some("the search has a `filter` already: name all its fields in one")
    } else if closest(&name.to_string(), &["filter"]).is_some() {
        Some("unknown part of a search: did you mean `filter`?")
    } else {
        Some("each search has an attribute of its own: write another `#[search(…)]` for this")
    };
    *filters = Some(fields);
    fault.map_or(Ok(()), |message| {
        Err(syn::Error::new_spanned(name, message))
    })
}

fn list(input: ParseStream<'_>, usage: &str) -> syn::Result<List> {
    let (name, fields) = named_parentheses(input, usage)?;
    let parse = Punctuated::<Ident, Token![,]>::parse_terminated;
    let fields = fields
        .call(parse)
        .map_err(|error| syn::Error::new(error.span(), usage))?;
    if fields.is_empty() {
        return Err(syn::Error::new_spanned(&name, usage));
    }
    Ok(List {
        name,
        fields: fields.into_iter().collect(),
    })
}

/// A name, and what stands in the parentheses behind it.
fn named_parentheses<'s>(
    input: ParseStream<'s>,
    usage: &str,
) -> syn::Result<(Ident, ParseBuffer<'s>)> {
    let usage_at = |error: syn::Error| syn::Error::new(error.span(), usage);
    let name: Ident = input.parse().map_err(usage_at)?;
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new_spanned(&name, usage));
    }
    let inner;
    parenthesized!(inner in input);
    Ok((name, inner))
}
