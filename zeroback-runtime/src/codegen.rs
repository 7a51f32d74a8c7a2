//! To be written.
use crate::{FunctionError, Table, Value};
use zeroback_protocol::FunctionCall;

#[derive(Clone, Copy, Debug)]
pub(crate) struct FunctionTypes {}
impl FunctionTypes {
    pub(crate) const fn of<A: FunctionCall<Output: Value, Error: FunctionError>>() -> Self {
        Self {}
    }
}
#[derive(Clone, Copy, Debug)]
pub(crate) struct TableTypes {}
impl TableTypes {
    pub(crate) const fn of<T: Table>() -> Self {
        Self {}
    }
}
