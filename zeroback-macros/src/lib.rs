//! The attribute and derive macros of Zeroback; users reach them through the crate `zeroback`.
//!
//! Each macro parses its input into a model that holds only what is right, collecting every
//! mistake on the way, and expands the model into tokens. The user's own item is emitted again
//! whatever happens, so that one mistake does not turn into an avalanche of unresolved names.
//!
//! Nothing here knows the runtime: generated code names items of `::zeroback::__private` and
//! leaves all work to them.

mod app;
mod function;
mod syntax;
mod table;
#[cfg(test)]
mod test_expand;
mod value;
mod wire;

use proc_macro::TokenStream;

use crate::syntax::FunctionKind;

/// Makes a function a query: it reads the database and is kept live for those who subscribe.
///
/// `#[query(internal)]` keeps it from every client.
#[proc_macro_attribute]
pub fn query(args: TokenStream, item: TokenStream) -> TokenStream {
    function::expand(FunctionKind::Query, args.into(), item.into()).into()
}

/// Makes a function a mutation: it reads and writes the database in one transaction.
///
/// `#[mutation(internal)]` keeps it from every client.
#[proc_macro_attribute]
pub fn mutation(args: TokenStream, item: TokenStream) -> TokenStream {
    function::expand(FunctionKind::Mutation, args.into(), item.into()).into()
}

/// Makes a struct a table of the database.
///
/// It also gives the struct `Serialize`, `Deserialize`, `TS` and `JsonSchema`, and makes a second
/// struct for patches, named after the first: `TaskPatch` for `Task`.
///
/// - `#[table(name = "tasks")]` names the table; the default is the struct's name in snake_case.
/// - `#[index(by_project(project_id, is_completed))]` declares an index; there may be several.
#[proc_macro_derive(Table, attributes(table, index, unique, search, serde, ts, schemars))]
pub fn table(item: TokenStream) -> TokenStream {
    table::expand(item.into()).into()
}

/// Makes a struct or an enum a value: fit for fields, arguments, results and errors.
///
/// It gives the type `Serialize`, `Deserialize`, `TS` and `JsonSchema`, in camelCase unless a
/// `serde` attribute says otherwise. An enum can also be a function's typed error, and an enum
/// without data can stand in an index.
#[proc_macro_derive(Value, attributes(value, serde, ts, schemars))]
pub fn value(item: TokenStream) -> TokenStream {
    value::expand(item.into()).into()
}

/// Makes the crate a backend: `pub fn app() -> App` with every function and table of the crate.
///
/// `app!(with billing, auth)` also takes those of other crates.
#[proc_macro]
pub fn app(input: TokenStream) -> TokenStream {
    app::expand(input.into()).into()
}
