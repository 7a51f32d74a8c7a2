//! What a function's return type must be.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use zeroback_protocol::{FunctionCall, Outcome, TypedError, WireError, decode};

use crate::{Error, Value};

/// The return type of a query, a mutation or an action: a `Result` of a value.
#[diagnostic::on_unimplemented(
    message = "a function must return `Result<T>` or `Result<T, E>`, not `{Self}`",
    label = "not a `Result` of a value",
    note = "`T` must be a value, and `E` an enum with `#[derive(zeroback::Value)]` or `zeroback::Error`"
)]
pub trait FunctionReturn {
    /// What the function returns when it succeeds.
    type Output: Value;
    /// What it returns when it fails.
    type Error: FunctionError;

    /// Turns it into a plain `Result`.
    ///
    /// # Errors
    ///
    /// Fails where the function failed.
    fn into_result(self) -> Result<Self::Output, Self::Error>;
}

impl<T: Value, E: FunctionError> FunctionReturn for Result<T, E> {
    type Output = T;
    type Error = E;

    fn into_result(self) -> Result<T, E> {
        self
    }
}

/// An error that a function may return: [`Error`], or an enum with `#[derive(Value)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a function's error",
    label = "not a function's error",
    note = "add `#[derive(zeroback::Value)]` to the enum, or return `zeroback::Result<T>`; `?` turns any standard error into `zeroback::Error`"
)]
pub trait FunctionError: TypedError {
    /// What reaches the client as the error's data.
    type Data: TS + JsonSchema + DeserializeOwned + 'static;
    /// The codes that it brings beside the framework's own.
    const CODES: &'static [&'static str] = &[];

    /// Turns it into the error that leaves the server.
    fn into_error(self) -> Error;
}

/// Why a call of a function failed: with the function's own error, or otherwise.
#[derive(Debug)]
pub enum CallError<E> {
    /// The function returned its own error.
    App(E),
    /// The call failed before, around or inside the function in another way.
    System(Error),
}

impl<E: FunctionError> From<CallError<E>> for Error {
    fn from(error: CallError<E>) -> Self {
        match error {
            CallError::App(error) => error.into_error(),
            CallError::System(error) => error,
        }
    }
}

/// It is what any error is that has no type of its own.
impl TypedError for Error {
    fn from_told(_: &WireError) -> Option<Self> {
        None
    }
}

impl FunctionError for Error {
    type Data = Unknown;

    fn into_error(self) -> Error {
        self
    }
}

/// Decodes what a call has come to.
pub(crate) fn typed<C>(outcome: Outcome) -> Result<C::Output, CallError<C::Error>>
where
    C: FunctionCall<Output: Value, Error: FunctionError>,
{
    match outcome {
        Outcome::Success(value) => {
            Ok(decode(value.as_str().as_bytes()).expect("a value reads back as its own type"))
        }
        Outcome::Error(error) => Err(call_error(error)),
    }
}

/// Tells the function's own error from others.
fn call_error<E: FunctionError>(told: WireError) -> CallError<E> {
    if let Some(own) = E::from_told(&told) {
        return CallError::App(own);
    }
    CallError::System(match told.data {
        Some(data) => {
            Error::with_data(told.code.as_str().to_owned(), &data).message_is(told.message)
        }
        None => Error::new(told.code, told.message),
    })
}

/// Stands for data of no declared type; `unknown` in TypeScript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown;

impl TS for Unknown {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;

    fn name(_: &ts_rs::Config) -> String {
        "unknown".to_owned()
    }

    fn inline(config: &ts_rs::Config) -> String {
        Self::name(config)
    }
}

impl JsonSchema for Unknown {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Unknown".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!(true)
    }
}
