//! What registers itself at link time: functions, tables, migrations and apps.
//!
//! Entries are collected by `inventory`. Under wasm a linker without link-time optimisation drops
//! entries of modules that nothing refers to, in silence; `ARCHITECTURE.md` ("Registration") says
//! how the build and the start of the Cloudflare host make sure that none is missing.

use std::any::TypeId;
use std::pin::Pin;

use ts_rs::TS;
use zeroback_protocol::{
    ActionCall, ErrorCode, FunctionCall, FunctionKind, MutationCall, QueryCall, decode, encode,
};

#[cfg(not(target_family = "wasm"))]
use crate::codegen::FunctionTypes;
use crate::schedule::Schedule;
use crate::web::{Request, Response};
use crate::{
    ActionCtx, App, Error, FunctionError, FunctionReturn, MigrationCtx, MutationCtx, QueryCtx,
    Table, TableDef, Value,
};

/// Runs a query with encoded arguments, and returns its encoded value.
pub(crate) type QueryHandler = fn(&QueryCtx, &str) -> Result<String, Error>;

/// Runs a mutation with encoded arguments, and returns its encoded value.
pub(crate) type MutationHandler = fn(&MutationCtx, &str) -> Result<String, Error>;

/// What an action comes to; it stays on the thread on which it began.
pub type ActionFuture<'ctx> = Pin<Box<dyn Future<Output = Result<String, Error>> + 'ctx>>;

/// Begins an action with encoded arguments; what it comes to is its encoded value.
pub(crate) type ActionHandler = for<'ctx> fn(&'ctx ActionCtx, &str) -> ActionFuture<'ctx>;

/// A function, as the dispatcher sees it.
#[derive(Clone, Copy, Debug)]
pub struct FunctionDef {
    pub(crate) path: &'static str,
    pub(crate) meta: FunctionMeta,
    pub(crate) handler: Handler,
    /// When it is called by the clock.
    pub(crate) schedules: &'static [Schedule],
    /// Decodes arguments and encodes them again: equal calls have equal text then.
    pub(crate) canonical_args: fn(&str) -> Result<String, Error>,
    #[cfg(not(target_family = "wasm"))]
    pub(crate) types: FunctionTypes,
}

/// What the macro saw of a function, beside its types.
#[derive(Clone, Copy, Debug)]
pub struct FunctionMeta {
    /// The crate that declares it.
    pub crate_name: &'static str,
    /// Its doc comment.
    pub docs: &'static str,
    /// Whether clients may not call it.
    pub internal: bool,
    /// Where it stands.
    pub file: &'static str,
    /// Where it stands in the file.
    pub line: u32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Handler {
    Query(QueryHandler),
    Mutation(MutationHandler),
    Action(ActionHandler),
}

/// A table that is linked.
#[derive(Clone, Copy, Debug)]
pub struct TableEntry {
    pub(crate) def: TableDef,
    pub(crate) type_id: fn() -> TypeId,
    /// Decodes a document, and encodes its fields again: what is absent has its default then.
    pub(crate) normalize: fn(&str) -> Result<String, String>,
    /// Makes the JSON schema of the table's documents.
    pub(crate) schema: fn() -> serde_json::Value,
    #[cfg(not(target_family = "wasm"))]
    pub(crate) types: crate::codegen::TableTypes,
}

/// A migration that is linked.
#[derive(Clone, Copy, Debug)]
pub struct MigrationEntry {
    pub(crate) path: &'static str,
    pub(crate) crate_name: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
    pub(crate) run: fn(&MigrationCtx) -> Result<(), Error>,
}

/// What a route comes to; it stays on the thread on which it began.
pub type RouteFuture<'ctx> = Pin<Box<dyn Future<Output = Result<Response, Error>> + 'ctx>>;

/// Begins to answer a request.
pub(crate) type RouteHandler = for<'ctx> fn(&'ctx ActionCtx, Request) -> RouteFuture<'ctx>;

/// A route that is linked.
#[derive(Clone, Copy, Debug)]
pub struct RouteEntry {
    /// The method, in capitals.
    pub(crate) method: &'static str,
    /// The path, with `{param}` and `{*rest}`.
    pub(crate) path: &'static str,
    /// The path of the function.
    pub(crate) function: &'static str,
    pub(crate) crate_name: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
    pub(crate) handler: RouteHandler,
}

/// The app that `zeroback::app!()` declares.
#[derive(Clone, Copy, Debug)]
pub struct AppEntry {
    #[cfg_attr(
        not(target_family = "wasm"),
        expect(dead_code, reason = "natively the author's `main` names the app")
    )]
    pub(crate) app: fn() -> App,
}

inventory::collect!(FunctionDef);
inventory::collect!(TableEntry);
inventory::collect!(MigrationEntry);
inventory::collect!(RouteEntry);
inventory::collect!(AppEntry);

impl FunctionDef {
    /// Describes a query.
    #[must_use]
    pub const fn query<A: QueryCall<Output: crate::Value, Error: FunctionError> + TS>(
        meta: FunctionMeta,
        handler: QueryHandler,
    ) -> Self {
        Self::new::<A>(meta, Handler::Query(handler))
    }

    /// Describes a mutation.
    #[must_use]
    pub const fn mutation<A: MutationCall<Output: crate::Value, Error: FunctionError> + TS>(
        meta: FunctionMeta,
        handler: MutationHandler,
    ) -> Self {
        Self::new::<A>(meta, Handler::Mutation(handler))
    }

    /// Describes an action.
    #[must_use]
    pub const fn action<A: ActionCall<Output: crate::Value, Error: FunctionError> + TS>(
        meta: FunctionMeta,
        handler: ActionHandler,
    ) -> Self {
        Self::new::<A>(meta, Handler::Action(handler))
    }

    /// Has it called by the clock.
    #[must_use]
    pub const fn scheduled(self, schedules: &'static [Schedule]) -> Self {
        Self { schedules, ..self }
    }

    const fn new<A: FunctionCall<Output: crate::Value, Error: FunctionError> + TS>(
        meta: FunctionMeta,
        handler: Handler,
    ) -> Self {
        Self {
            path: A::PATH,
            meta,
            handler,
            schedules: &[],
            canonical_args: canonical_args::<A>,
            #[cfg(not(target_family = "wasm"))]
            types: FunctionTypes::of::<A>(),
        }
    }

    pub(crate) const fn kind(&self) -> FunctionKind {
        match self.handler {
            Handler::Query(_) => FunctionKind::Query,
            Handler::Mutation(_) => FunctionKind::Mutation,
            Handler::Action(_) => FunctionKind::Action,
        }
    }
}

impl TableEntry {
    /// Describes a table.
    #[must_use]
    pub const fn of<T: Table>() -> Self {
        Self::new::<T>(T::DEF)
    }

    pub(crate) const fn new<T: Value>(def: TableDef) -> Self {
        Self {
            def,
            type_id: TypeId::of::<T>,
            normalize: normalize::<T>,
            schema: schema::<T>,
            #[cfg(not(target_family = "wasm"))]
            types: crate::codegen::TableTypes::of::<T>(),
        }
    }
}

impl MigrationEntry {
    /// Describes a migration: its path, where it stands, and the function.
    #[must_use]
    pub const fn new(
        path: &'static str,
        crate_name: &'static str,
        file: &'static str,
        line: u32,
        run: fn(&MigrationCtx) -> Result<(), Error>,
    ) -> Self {
        Self {
            path,
            crate_name,
            file,
            line,
            run,
        }
    }
}

impl RouteEntry {
    /// Describes a route: its method and path, the function's path, where it stands, and the function.
    #[must_use]
    pub const fn new(
        (method, path): (&'static str, &'static str),
        function: &'static str,
        crate_name: &'static str,
        (file, line): (&'static str, u32),
        handler: RouteHandler,
    ) -> Self {
        Self {
            method,
            path,
            function,
            crate_name,
            file,
            line,
            handler,
        }
    }
}

impl AppEntry {
    /// Names the function that makes the app.
    #[must_use]
    pub const fn new(app: fn() -> App) -> Self {
        Self { app }
    }
}

/// Decodes a call's arguments, runs it, and encodes what it returns.
///
/// # Errors
///
/// `bad_args` where the arguments do not decode, and whatever the function returns.
pub fn call<A: FunctionCall, R: FunctionReturn>(
    args: &str,
    function: impl FnOnce(A) -> R,
) -> Result<String, Error> {
    let args = decode_args(args)?;
    let output = function(args)
        .into_result()
        .map_err(FunctionError::into_error)?;
    Ok(encode(&output)?)
}

/// Decodes an action's arguments, runs it, and encodes what it returns.
pub fn call_action<'ctx, A, F>(
    args: &str,
    function: impl FnOnce(A) -> F + 'ctx,
) -> ActionFuture<'ctx>
where
    A: FunctionCall,
    F: Future<Output: FunctionReturn> + 'ctx,
{
    let args = decode_args(args);
    Box::pin(async move {
        let output = function(args?)
            .await
            .into_result()
            .map_err(FunctionError::into_error)?;
        Ok(encode(&output)?)
    })
}

/// As [`TableEntry::normalize`] has it; the error says where the fault is, and why.
pub(crate) fn normalize<T: Value>(document: &str) -> Result<String, String> {
    let fields: T = decode(document.as_bytes()).map_err(|error| error.to_string())?;
    encode(&fields).map_err(|error| error.to_string())
}

/// As [`TableEntry::schema`] has it.
pub(crate) fn schema<T: Value>() -> serde_json::Value {
    schemars::SchemaGenerator::default()
        .into_root_schema_for::<T>()
        .to_value()
}

fn canonical_args<A: FunctionCall>(args: &str) -> Result<String, Error> {
    encode_args(&decode_as::<A>(args)?)
}

fn decode_args<A: FunctionCall>(args: &str) -> Result<A, Error> {
    let decoded = decode_as(args)?;
    if may_not_encode(args) {
        encode_args(&decoded)?;
    }
    Ok(decoded)
}

fn decode_as<A: FunctionCall>(args: &str) -> Result<A, Error> {
    decode(args.as_bytes())
        .map_err(|error| Error::new(ErrorCode::BAD_ARGS, error.at("args").to_string()))
}

fn encode_args<A: FunctionCall>(args: &A) -> Result<String, Error> {
    encode(args).map_err(|error| Error::new(ErrorCode::BAD_ARGS, error.at("args").to_string()))
}

/// Tells whether arguments hold what Rust's types may take and the encoder refuses: an integer of
/// sixteen digits or more, or a key that begins with `$`. Nearly all hold neither.
fn may_not_encode(args: &str) -> bool {
    let mut digits = 0;
    let mut last = 0;
    args.bytes().any(|byte| {
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        let is_reserved = last == b'"' && byte == b'$';
        last = byte;
        digits >= 16 || is_reserved
    })
}
