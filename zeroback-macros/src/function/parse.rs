//! Reads the attribute's arguments and the function's signature. The body stays tokens: what it
//! holds is the compiler's business, and a half-typed body must not cost the user every name.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, FnArg, Signature, Token, Visibility};

use crate::syntax::{Faults, FunctionKind, closest};

/// What stands in the attribute's parentheses.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// No client may call it.
    pub(crate) internal: bool,
}

/// The function as written.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) body: TokenStream,
}

/// Reads `internal`.
pub(crate) fn options(kind: FunctionKind, args: TokenStream, faults: &mut Faults) -> Options {
    let mut options = Options::default();
    let mut trees = args.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match &tree {
            TokenTree::Ident(word) if word == "internal" && options.internal => {
                faults.at(word, "`internal` is said twice: remove one");
            }
            TokenTree::Ident(word) if word == "internal" => options.internal = true,
            TokenTree::Punct(comma) if comma.as_char() == ',' => continue,
            _ => {
                // The rest of what the stranger brought along, such as the `= 3` of `limit = 3`.
                while trees.next_if(|next| !is_comma(next)).is_some() {}
                faults.at(&tree, unknown_option(kind, &tree));
            }
        }
    }
    options
}

fn is_comma(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ',')
}

fn unknown_option(kind: FunctionKind, tree: &TokenTree) -> String {
    let word = kind.word();
    match closest(&tree.to_string(), &["internal"]) {
        Some(meant) => format!("unknown argument of `#[{word}]`: did you mean `{meant}`?"),
        None => format!(
            "unknown argument of `#[{word}]`: it is written `#[{word}]` or `#[{word}(internal)]`"
        ),
    }
}

/// Reads the item that the attribute stands on.
pub(crate) fn function(kind: FunctionKind, item: TokenStream) -> syn::Result<Function> {
    let word = kind.word();
    let parse = |input: ParseStream<'_>| -> syn::Result<Function> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        if !starts_function(input) {
            let message = format!(
                "`#[{word}]` stands on a function: `fn name(ctx: &{}, …)`",
                kind.context()
            );
            let first: TokenTree = input.parse()?;
            let _rest: TokenStream = input.parse()?;
            return Err(syn::Error::new_spanned(first, message));
        }
        let sig = Signature::parse(input)?;
        Ok(Function {
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

impl Function {
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
