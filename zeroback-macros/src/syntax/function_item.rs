//! Reads a function's signature. The body stays tokens: what it holds is the compiler's business,
//! and a half-typed body must not cost the user every name.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, FnArg, Signature, Token, Visibility};

/// The function as written.
pub(crate) struct FunctionItem {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) body: TokenStream,
}

/// Reads the item that the attribute stands on; `usage` says what that has to be.
pub(crate) fn function_item(item: TokenStream, usage: &str) -> syn::Result<FunctionItem> {
    let parse = |input: ParseStream<'_>| -> syn::Result<FunctionItem> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        if !starts_function(input) {
            let first: TokenTree = input.parse()?;
            let _rest: TokenStream = input.parse()?;
            return Err(syn::Error::new_spanned(first, usage));
        }
        let sig = Signature::parse(input)?;
        Ok(FunctionItem {
            attrs,
            vis,
            sig,
            body: input.parse()?,
        })
    };
    parse.parse2(item)
}

fn starts_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    while ahead.peek(Token![const])
        || ahead.peek(Token![async])
        || ahead.peek(Token![unsafe])
        || ahead.peek(Token![extern])
        || ahead.peek(syn::LitStr)
    {
        if ahead.parse::<TokenTree>().is_err() {
            return false;
        }
    }
    ahead.peek(Token![fn])
}

impl FunctionItem {
    /// The function as it is emitted: attributes on parameters would be errors of the compiler's.
    pub(crate) fn item_without_parameter_attributes(&self) -> TokenStream {
        let Self {
            attrs,
            vis,
            sig,
            body,
        } = self;
        let mut sig = sig.clone();
        for input in &mut sig.inputs {
            if let FnArg::Typed(parameter) = input {
                parameter.attrs.retain(|attr| !is_ours(attr));
            }
        }
        // The framework wants owned arguments and a `Result`, whatever clippy thinks of them.
        quote! {
            #(#attrs)*
            #[allow(clippy::needless_pass_by_value, clippy::unnecessary_wraps)]
            #vis #sig #body
        }
    }
}

/// What the macro takes off a parameter: documentation moves, and a refused `cfg` is said once.
fn is_ours(attr: &Attribute) -> bool {
    ["doc", "cfg", "cfg_attr"]
        .iter()
        .any(|name| attr.path().is_ident(name))
}
