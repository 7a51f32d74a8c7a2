//! The attribute and derive macros of Zeroback; users reach them through the crate `zeroback`.
//!
//! Each macro parses its input into a model that holds only what is right, collecting every
//! mistake on the way, and expands the model into tokens. The user's own item is emitted again
//! whatever happens, so that one mistake does not turn into an avalanche of unresolved names.
//!
//! Nothing here knows the runtime: generated code names items of `::zeroback::__private` and
//! leaves all work to them.

mod app;
mod fields;
mod function;
mod http;
mod migration;
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
/// The function takes `&QueryCtx` first, then its arguments, owned and by plain names, and returns
/// a `Result`. It stays an ordinary function; beside it comes a module of its name with a struct
/// `Args`, the call of it as a value. Documentation on a parameter moves to the field of `Args`,
/// and an argument `_limit` that the body does not use is the field `limit`.
///
/// Outside it has the path of its module below the crate and its name, `tasks:list`, and its
/// arguments are in camelCase. `#[query(internal)]` keeps it from every client.
#[proc_macro_attribute]
pub fn query(args: TokenStream, item: TokenStream) -> TokenStream {
    function::expand(FunctionKind::Query, args.into(), item.into()).into()
}

/// Makes a function a mutation: it reads and writes the database in one transaction.
///
/// The function takes `&MutationCtx` first; all else is as with [`macro@query`].
/// `#[mutation(internal)]` keeps it from every client.
#[proc_macro_attribute]
pub fn mutation(args: TokenStream, item: TokenStream) -> TokenStream {
    function::expand(FunctionKind::Mutation, args.into(), item.into()).into()
}

/// Makes an `async fn` an action: it runs outside of transactions, calls queries, mutations and other
/// actions, and talks to the world.
///
/// The function takes `&ActionCtx` first; all else is as with [`macro@query`]. What it calls is
/// committed when the call returns, whatever becomes of the action. `#[action(internal)]` keeps it
/// from every client.
///
/// ```ignore
/// #[action]
/// pub async fn import(ctx: &ActionCtx, texts: Vec<String>) -> Result<u32> {
///     for text in &texts {
///         ctx.run_mutation(create::Args { text: text.clone() }).await?;
///     }
///     Ok(texts.len() as u32)
/// }
/// ```
#[proc_macro_attribute]
pub fn action(args: TokenStream, item: TokenStream) -> TokenStream {
    function::expand(FunctionKind::Action, args.into(), item.into()).into()
}

/// Makes an `async fn` a route: it answers the HTTP requests of a method and a path.
///
/// The function takes `&ActionCtx` and the request, does what an action may, and returns a response;
/// an error becomes one of JSON, with the status of its code. The method is one of `GET`, `POST`,
/// `PUT`, `PATCH`, `DELETE`, `HEAD` and `OPTIONS`; `GET` answers `HEAD` too. `{name}` in the path is
/// one segment, or the rest of one, and `{*name}` at its end all that follows, at least a character;
/// `request.path_params()` returns them. What is written out comes before a parameter. The paths
/// `/ws`, `/health`, `/api/…` and `/storage/…` are the server's own, and `/auth/…` where the app keeps accounts.
///
/// ```ignore
/// #[http(POST, "/hooks/{source}")]
/// pub async fn hook(ctx: &ActionCtx, request: Request) -> Result<Response> {
///     let Params { source } = request.path_params()?;
///     let event: Event = request.json().await?;
///     ctx.run_mutation(take::Args { source, event }).await?;
///     Response::from_status(204)
/// }
/// ```
#[proc_macro_attribute]
pub fn http(args: TokenStream, item: TokenStream) -> TokenStream {
    http::expand(args.into(), item.into()).into()
}

/// Has an internal mutation or action called by the clock: at the times of a cron expression with five
/// fields, in UTC.
///
/// It stands above or below `#[mutation(internal)]` or `#[action(internal)]`, on a function without
/// arguments. A wrong expression does not compile. A function may have several of these.
///
/// ```ignore
/// /// Every weekday at nine.
/// #[cron("0 9 * * MON-FRI")]
/// #[action(internal)]
/// pub async fn remind(ctx: &ActionCtx) -> Result<()> {
///     Ok(())
/// }
/// ```
#[proc_macro_attribute]
pub fn cron(args: TokenStream, item: TokenStream) -> TokenStream {
    function::schedule::expand("cron", &args.into(), item.into()).into()
}

/// Has an internal mutation or action called by the clock, again and again:
/// `#[every(minutes = 5)]`, in `seconds`, `minutes` and `hours`.
///
/// All else is as with [`macro@cron`].
#[proc_macro_attribute]
pub fn every(args: TokenStream, item: TokenStream) -> TokenStream {
    function::schedule::expand("every", &args.into(), item.into()).into()
}

/// Makes a function a migration: it changes stored documents once, when an app starts on data that
/// it has not seen yet.
///
/// The function takes `&MigrationCtx` and nothing else, and returns `Result<()>`, with an error of
/// its own if it likes. Migrations run in the order of their paths, module and name, each once and
/// all before the tables are checked: so they are called `m0001_split_names` and so on, and stand in
/// one module. What is recorded of one is its path, so it keeps its name and its module for ever.
///
/// ```ignore
/// /// Notes without a text are not wanted any more.
/// #[migration]
/// pub fn m0001_drop_empty(ctx: &MigrationCtx) -> Result<()> {
///     let is_empty = |note: &RawDoc| note.get::<String>("text").is_ok_and(|text| text.is_empty());
///     ctx.table("notes")?.delete_where(is_empty)?;
///     Ok(())
/// }
/// ```
#[proc_macro_attribute]
pub fn migration(args: TokenStream, item: TokenStream) -> TokenStream {
    migration::expand(args.into(), item.into()).into()
}

/// Makes a struct with named fields a table of the database.
///
/// It also gives the struct `Serialize`, `Deserialize`, `TS` and `JsonSchema`, with names in
/// camelCase outside, and makes a second struct for partial updates, named after the first:
/// `TaskPatch` for `Task`. There every field is optional, and an `Option` can be set to `None`.
///
/// - `#[table(name = "tasks")]` names the table; the default is the struct's name in snake_case.
/// - `#[index(by_project(project_id, is_completed))]` declares an index over one or more fields;
///   there may be several. Every table has `by_id` and `by_creation_time` without being told.
/// - `#[unique(by_slug(slug))]` declares an index of which no two documents have the same values;
///   those with a null among them are never the same. It is read as any other index.
/// - `#[search(search_text(text), filter(project_id))]` declares a search for words in one or more
///   fields, which are `String` or `Option<String>`. It can be narrowed by the fields in `filter`,
///   of which there may be 16. There may be several such attributes; where two have a filter field
///   in common, `#[search(search_text(text, filter(project_id)))]` keeps clippy from taking the one
///   for the other.
/// - `#[serde(rename_all = "…")]`, `#[serde(rename = "…")]` and `#[serde(default)]` on the struct,
///   and the latter two on a field, mean what they do in serde; its other attributes are refused.
///
/// Indexes and searches share their names. Each field that an index or a filter names is stored in
/// a column of its own, of which a table has 90 at most.
#[proc_macro_derive(Table, attributes(table, index, unique, search, serde, ts, schemars))]
pub fn table(item: TokenStream) -> TokenStream {
    table::expand(item.into()).into()
}

/// Makes a struct or an enum a value: fit for fields, arguments, results and errors.
///
/// It gives the type `Serialize`, `Deserialize`, `TS` and `JsonSchema`, in camelCase unless
/// `#[serde(rename_all = "…")]` says otherwise. Serde's other attributes mean what they do in
/// serde, but a name is the same both ways, and `remote`, `crate` and `bound` are refused. A field
/// with `skip_serializing_if` is one that may be absent, in TypeScript too, and so it is an `Option`
/// or has a default. An enum without data that is written as its variants' names can also stand in
/// an index, and be compared in a filter.
///
/// A filter looks into a struct with named fields: `t.address.city.eq("Bern")`. It finds the fields
/// that are stored as their types say, so not those with `skip`, `with` or `serialize_with`, nor
/// those with `skip_serializing_if` unless they are an `Option` or a `Vec`.
///
/// An enum without generics can be a function's typed error: the variant's name in snake_case is
/// the code, and the value is the data that reaches the client. A variant
/// `#[value(system)] System(zeroback::Error)` takes `?` on database calls, stays out of TypeScript,
/// and answers with the error it holds; with it comes `impl From<zeroback::Error>` for the enum, so
/// do not write one yourself.
#[proc_macro_derive(Value, attributes(value, serde, ts, schemars))]
pub fn value(item: TokenStream) -> TokenStream {
    value::expand(item.into()).into()
}

/// Makes the crate a backend: `pub fn app() -> App` with every function and table of the crate.
///
/// `app!(with billing, auth)` also links those crates and takes their functions and tables.
/// `app!(accounts)`, or `app!(accounts, with billing)`, has the app keep accounts of its own.
#[proc_macro]
pub fn app(input: TokenStream) -> TokenStream {
    app::expand(input.into()).into()
}
