//! Reads a struct and the attributes that stand on it.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, DeriveInput, LitStr, Token, parenthesized};

use crate::syntax::{Faults, closest};

/// What may follow `#[derive(Table)]`.
const ATTRIBUTES: &str = "`#[table(name = \"…\")]` and `#[index(name(column, …))]`";

/// The struct as written.
pub(crate) fn table(item: TokenStream) -> syn::Result<DeriveInput> {
    syn::parse2(item)
}

/// `by_project(project_id, is_completed)`.
pub(crate) struct Index {
    pub(crate) name: Ident,
    pub(crate) columns: Vec<Ident>,
}

/// What the table's own attributes say.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    pub(crate) indexes: Vec<Index>,
}

/// Reads `#[table(…)]` and `#[index(…)]`.
pub(crate) fn options(attrs: &[Attribute], faults: &mut Faults) -> Options {
    let mut options = Options::default();
    for attr in attrs {
        if attr.path().is_ident("table") {
            let parsed = attr.parse_args_with(|input: ParseStream<'_>| name(input, &mut options));
            faults.take(parsed);
        } else if attr.path().is_ident("index") {
            let parsed = attr.parse_args_with(Punctuated::<Index, Token![,]>::parse_terminated);
            match faults.take(parsed) {
                Some(indexes) if indexes.is_empty() => faults.at(attr, Index::USAGE),
                Some(indexes) => options.indexes.extend(indexes),
                None => {}
            }
        } else if attr.path().is_ident("unique") {
            faults.at(
                attr,
                "`#[unique]` is not supported yet: use `#[index(…)]` and look before you insert",
            );
        } else if attr.path().is_ident("search") {
            faults.at(attr, "`#[search]` is not supported yet");
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

impl Index {
    const USAGE: &str =
        "an index has a name and columns: `#[index(by_project(project_id, is_completed))]`";
}

impl Parse for Index {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let usage = |error: syn::Error| syn::Error::new(error.span(), Self::USAGE);
        let name: Ident = input.parse().map_err(usage)?;
        if !input.peek(syn::token::Paren) {
            return Err(syn::Error::new_spanned(&name, Self::USAGE));
        }
        let columns;
        parenthesized!(columns in input);
        let parse = Punctuated::<Ident, Token![,]>::parse_terminated;
        let columns = parse.parse2(columns.parse()?).map_err(usage)?;
        if columns.is_empty() {
            return Err(syn::Error::new_spanned(&name, Self::USAGE));
        }
        Ok(Self {
            name,
            columns: columns.into_iter().collect(),
        })
    }
}
