//! `#[query]`, `#[mutation]` and `#[action]`: an ordinary function, the call of it as a value, its registration.

mod args;
mod expand;
mod model;
mod parse;
pub(crate) mod schedule;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::syntax::{Faults, FunctionKind, function_item};

/// Expands the attribute; the function itself comes out unchanged but for the documentation of its
/// parameters, which moves to the fields of `Args`.
pub(crate) fn expand(kind: FunctionKind, args: TokenStream, item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let options = parse::options(kind, args, &mut faults);
    let (word, context) = (kind.word(), kind.context());
    let usage = match kind {
        FunctionKind::Action => {
            format!("`#[{word}]` stands on a function: `async fn name(ctx: &{context}, …)`")
        }
        _ => format!("`#[{word}]` stands on a function: `fn name(ctx: &{context}, …)`"),
    };
    let mut function = match function_item(item.clone(), &usage) {
        Ok(function) => function,
        Err(error) => {
            faults.push(error);
            return [item, faults.into_tokens()].into_iter().collect();
        }
    };
    let schedules = schedule::take(&mut function.attrs, &mut faults);
    let item = function.item_without_parameter_attributes();
    let generated = model::Model::new(kind, options, (function, schedules), &mut faults)
        .map(|model| expand::expand(&model))
        .unwrap_or_default();
    [item, generated, faults.into_tokens()]
        .into_iter()
        .collect()
}
