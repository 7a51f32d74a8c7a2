//! `#[derive(Table)]`: a struct's wire form, its patch, its indexes and searches, and its registration.

mod declared;
mod expand;
mod handles;
mod model;
mod parse;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::syntax::Faults;

/// Expands the derive; the struct itself is the compiler's to emit.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let generated = faults
        .take(parse::table(item))
        .and_then(|table| model::Model::new(table, &mut faults))
        .map(|model| expand::expand(&model))
        .unwrap_or_default();
    [generated, faults.into_tokens()].into_iter().collect()
}
