//! Attributes on the user's items: documentation, and what serde and its companions read.

use proc_macro2::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Token};

use super::{Faults, respan};

/// One `rename = "…"` or `skip` of a `#[serde(…)]`.
#[derive(Clone, Debug)]
pub(crate) struct SerdeItem {
    pub(crate) meta: Meta,
}

impl SerdeItem {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.meta.path().is_ident(name)
    }

    /// The text of `name = "text"`.
    pub(crate) fn text(&self) -> Option<String> {
        match &self.meta {
            Meta::NameValue(pair) => text_of(&pair.value),
            _ => None,
        }
    }

    /// The item as an attribute of its own, since ts-rs drops a whole attribute for one item that
    /// it does not know.
    pub(crate) fn attribute(&self) -> TokenStream {
        let meta = respan(&self.meta);
        quote!(#[serde(#meta)])
    }
}

/// Every item of every `#[serde(…)]` among `attrs`.
pub(crate) fn serde_items(attrs: &[Attribute], faults: &mut Faults) -> Vec<SerdeItem> {
    let mut items = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
        let parsed = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
        items.extend(
            faults
                .take(parsed)
                .into_iter()
                .flatten()
                .map(|meta| SerdeItem { meta }),
        );
    }
    items
}

/// What the derives on a mirror of the user's type must see besides serde's own attributes.
pub(crate) fn kept_for_wire(attrs: &[Attribute]) -> TokenStream {
    let kept = attrs.iter().filter(|attr| {
        ["doc", "ts", "schemars"]
            .iter()
            .any(|name| attr.path().is_ident(name))
    });
    kept.map(commented).collect()
}

/// The `#[doc = …]` attributes among `attrs`.
pub(crate) fn doc_attrs(attrs: &[Attribute]) -> TokenStream {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("doc"))
        .map(commented)
        .collect()
}

/// A copy of the attribute, with documentation as it can stand in a comment of TypeScript.
fn commented(attr: &Attribute) -> TokenStream {
    let docs = match &attr.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => text_of(&pair.value),
        _ => None,
    };
    docs.map(|text| (comment_text(&text), text))
        .filter(|(safe, text)| safe != text)
        .map_or_else(|| respan(attr), |(safe, _)| quote!(#[doc = #safe]))
}

/// The text without `*/`, which would end the comment that ts-rs writes around it.
///
/// A line that starts with `/` would end it too, since ts-rs writes a `*` before each.
pub(crate) fn comment_text(text: &str) -> String {
    let lines = text.split('\n').map(|line| {
        let blank = if line.starts_with('/') { " " } else { "" };
        format!("{blank}{}", line.replace("*/", "* /"))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The documentation as text: lines without the blank that stands after `///`.
pub(crate) fn docs_of(attrs: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("doc")) {
        if let Meta::NameValue(pair) = &attr.meta {
            let text = text_of(&pair.value).unwrap_or_default();
            lines.extend(
                text.lines()
                    .map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned()),
            );
        }
    }
    lines.join("\n").trim().to_owned()
}

fn text_of(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use quote::{ToTokens, quote};
    use syn::parse_quote;

    use super::{doc_attrs, kept_for_wire};

    #[test]
    fn documentation_does_not_end_the_comment_it_stands_in() {
        let attrs = [
            parse_quote!(#[doc = " A pattern, `src/**/*.rs`, of `/* files */`."]),
            parse_quote!(#[doc = "\n/usr\n a / b"]),
            parse_quote!(#[doc = concat!("*", "/")]),
        ];
        let expected = quote! {
            #[doc = " A pattern, `src/** /*.rs`, of `/* files * /`."]
            #[doc = "\n /usr\n a / b"]
            #[doc = concat!("*", "/")]
        };
        let expected = expected.to_token_stream().to_string();
        assert_eq!(kept_for_wire(&attrs).to_string(), expected);
        assert_eq!(doc_attrs(&attrs).to_string(), expected);
    }
}
