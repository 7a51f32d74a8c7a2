//! `#[derive(Value)]`: a struct's or an enum's wire form, and what an enum can be besides.

mod expand;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::syntax::Faults;

/// Expands the derive; the type itself is the compiler's to emit.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let generated = faults
        .take(syn::parse2::<DeriveInput>(item))
        .and_then(|input| model::Model::new(input, &mut faults))
        .map(|model| expand::expand(&model))
        .unwrap_or_default();
    [generated, faults.into_tokens()].into_iter().collect()
}
