//! What may be a field, an argument or a result.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use ts_rs::TS;

/// A type that can cross the wire and be stored.
///
/// `#[derive(Value)]` and `#[derive(Table)]` give all four traits that it asks for; a type that
/// has them by other means is a value too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value: it cannot be an argument, a result or a field",
    label = "not a value",
    note = "add `#[derive(zeroback::Value)]` to it, or derive serde's Serialize and Deserialize, ts_rs::TS and schemars::JsonSchema"
)]
pub trait Value: Serialize + DeserializeOwned + TS + JsonSchema + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + TS + JsonSchema + 'static> Value for T {}
