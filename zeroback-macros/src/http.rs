//! `#[http(METHOD, "/path/{param}")]`: a function that answers requests.

mod expand;
mod model;
mod route;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::syntax::{Faults, function_item};

/// Expands the attribute; the function itself comes out unchanged.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    const USAGE: &str = "`#[http(…)]` stands on a function: \
                         `async fn name(ctx: &ActionCtx, request: Request) -> Result<Response>`";
    let mut faults = Faults::default();
    let route = route::Route::parse(args, &mut faults);
    let function = match function_item(item.clone(), USAGE) {
        Ok(function) => function,
        Err(error) => {
            faults.push(error);
            return [item, faults.into_tokens()].into_iter().collect();
        }
    };
    let item = function.item_without_parameter_attributes();
    let model = model::Model::new(function, &mut faults);
    let generated = match (route, model) {
        (Some(route), Some(model)) => expand::expand(&route, &model),
        _ => TokenStream::new(),
    };
    [item, generated, faults.into_tokens()]
        .into_iter()
        .collect()
}
