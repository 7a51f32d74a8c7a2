//! `#[migration]`: a function that changes stored documents once, before the tables meet them.

mod expand;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::syntax::{Faults, function_item};

/// Expands the attribute; the function itself comes out unchanged.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    const USAGE: &str = "`#[migration]` stands on a function: \
                         `fn m0001_name(ctx: &MigrationCtx) -> Result<()>`";
    let mut faults = Faults::default();
    if !args.is_empty() {
        faults.at(args, "a migration has no options: write `#[migration]`");
    }
    let function = match function_item(item.clone(), USAGE) {
        Ok(function) => function,
        Err(error) => {
            faults.push(error);
            return [item, faults.into_tokens()].into_iter().collect();
        }
    };
    let item = function.item_without_parameter_attributes();
    let generated = model::Model::new(function, &mut faults)
        .map(|model| expand::expand(&model))
        .unwrap_or_default();
    [item, generated, faults.into_tokens()]
        .into_iter()
        .collect()
}
