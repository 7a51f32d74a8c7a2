//! `app!()`: the function that gathers a backend.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Token, parse2};

use crate::syntax::{Faults, closest, plain_name, zb};

/// The crates after `with`.
struct App {
    crates: Vec<Ident>,
}

/// Expands the macro; on a mistake the app of this crate alone, so that `app()` still exists.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let app = faults
        .take(parse2::<App>(input))
        .unwrap_or(App { crates: Vec::new() });
    for (at, name) in app.crates.iter().enumerate() {
        if app.crates[..at].contains(name) {
            faults.at(name, format!("`{name}` is named twice: remove one"));
        }
    }
    let sound = faults.is_empty();
    let mut tokens = faults.into_tokens();
    tokens.extend(app.expand(sound));
    tokens
}

impl App {
    fn expand(&self, sound: bool) -> TokenStream {
        let zb = zb();
        let crates = if sound { &self.crates[..] } else { &[] };
        let names = crates.iter().map(plain_name);
        // Naming a crate makes the linker take it, with what registers itself there.
        quote! {
            #(use ::#crates as _;)*

            #zb::with_server! {
                /// Gathers the functions and tables of this backend.
                #[must_use]
                pub fn app() -> #zb::App {
                    #zb::App::collect(&[
                        #zb::crate_name(::core::module_path!()),
                        #(#names,)*
                    ])
                }

                #zb::inventory::submit! { #zb::AppEntry::new(app) }
            }
        }
    }
}

impl Parse for App {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.is_empty() {
            return Ok(Self { crates: Vec::new() });
        }
        let first: TokenTree = input.parse()?;
        if first.to_string() != "with" {
            let _rest: TokenStream = input.parse()?;
            let message = match closest(&first.to_string(), &["with"]) {
                Some(meant) => format!("unknown word in `app!`: did you mean `{meant}`?"),
                None => "it is written `app!()`, or `app!(with billing, auth)` to take other \
                         crates' functions too"
                    .to_owned(),
            };
            return Err(syn::Error::new_spanned(first, message));
        }
        if input.is_empty() {
            return Err(syn::Error::new_spanned(
                first,
                "name the crates to take: `app!(with billing)`",
            ));
        }
        let crates = Punctuated::<Ident, Token![,]>::parse_terminated(input)?;
        Ok(Self {
            crates: crates.into_iter().collect(),
        })
    }
}
