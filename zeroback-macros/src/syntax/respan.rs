//! Copies of the user's tokens that stand where the user wrote them but belong to the expansion.
//!
//! An error still points at the user's word, while a lint about it is only reported for the
//! original and not once more for each copy.

use proc_macro2::{Group, Ident, Punct, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// Copies `tokens` into the expansion.
pub(crate) fn respan(tokens: impl ToTokens) -> TokenStream {
    let mut after_dollar = false;
    let copy = |tree: TokenTree| {
        // The `crate` of a macro's `$crate` means another crate, which only its own span knows.
        let keep = std::mem::take(&mut after_dollar);
        match tree {
            TokenTree::Ident(ident) if keep || ident == "crate" => TokenTree::Ident(ident),
            TokenTree::Ident(ident) => TokenTree::Ident(respan_ident(&ident)),
            TokenTree::Punct(punct) => {
                after_dollar = punct.as_char() == '$';
                let mut copy = Punct::new(punct.as_char(), punct.spacing());
                copy.set_span(moved(punct.span()));
                TokenTree::Punct(copy)
            }
            TokenTree::Group(group) => {
                let mut copy = Group::new(group.delimiter(), respan(group.stream()));
                copy.set_span(moved(group.span()));
                TokenTree::Group(copy)
            }
            TokenTree::Literal(mut literal) => {
                literal.set_span(moved(literal.span()));
                TokenTree::Literal(literal)
            }
        }
    };
    tokens.into_token_stream().into_iter().map(copy).collect()
}

/// Copies an identifier into the expansion.
pub(crate) fn respan_ident(ident: &Ident) -> Ident {
    let mut copy = ident.clone();
    copy.set_span(moved(ident.span()));
    copy
}

fn moved(span: Span) -> Span {
    span.resolved_at(Span::call_site())
}
