//! `app!()`: the function that gathers a backend.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Token, parse2};

use crate::syntax::{Faults, closest, plain_name, zb};

/// What stands between the brackets.
#[derive(Default)]
struct App {
    /// Whether the word `accounts` is there.
    accounts: bool,
    /// The crates after `with`.
    crates: Vec<Ident>,
}

/// Expands the macro; on a mistake the app of this crate alone, so that `app()` still exists.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let app = faults.take(parse2::<App>(input)).unwrap_or_default();
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
        let accounts = self.accounts.then(|| quote!(.with_accounts()));
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
                    #accounts
                }

                #zb::inventory::submit! { #zb::AppEntry::new(app) }
            }
        }
    }
}

impl Parse for App {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut app = Self::default();
        if input.is_empty() {
            return Ok(app);
        }
        let mut first: TokenTree = input.parse()?;
        if first.to_string() == "accounts" {
            app.accounts = true;
            if input.is_empty() {
                return Ok(app);
            }
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                return Ok(app);
            }
            first = input.parse()?;
        }
        if first.to_string() != "with" {
            let _rest: TokenStream = input.parse()?;
            let message = match closest(&first.to_string(), &["with", "accounts"]) {
                Some(meant) => format!("unknown word in `app!`: did you mean `{meant}`?"),
                None => "it is written `app!()`, `app!(accounts)` to let people sign in, or \
                         `app!(with billing, auth)` to take other crates' functions too"
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
        app.crates = crates.into_iter().collect();
        Ok(app)
    }
}
