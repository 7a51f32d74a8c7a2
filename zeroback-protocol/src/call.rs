//! A call of a function as a value: its arguments, which know whose arguments they are.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a function may do, and how it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FunctionKind {
    /// Reads the database, and is kept live for those who subscribe.
    Query,
    /// Reads and writes the database in one transaction.
    Mutation,
    /// Runs outside of transactions and may talk to the world.
    Action,
}

/// The arguments of one function, as the macros make them: `tasks::list::Args`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the arguments of a Zeroback function",
    label = "expected a call such as `tasks::list::Args {{ … }}`",
    note = "`#[query]`, `#[mutation]` and `#[action]` put a struct `Args` into a module named after the function"
)]
pub trait FunctionCall: Serialize + DeserializeOwned + 'static {
    /// What the function returns.
    type Output;
    /// The error that the function returns.
    type Error;
    /// The function's public path, such as `tasks:list`.
    const PATH: &'static str;
    /// What the function is.
    const KIND: FunctionKind;
}

/// The arguments of a query.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a call of a query",
    label = "expected the `Args` of a `#[query]` function"
)]
pub trait QueryCall: FunctionCall {}

/// The arguments of a mutation.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a call of a mutation",
    label = "expected the `Args` of a `#[mutation]` function"
)]
pub trait MutationCall: FunctionCall {}

/// The arguments of an action.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a call of an action",
    label = "expected the `Args` of an `#[action]` function"
)]
pub trait ActionCall: FunctionCall {}

/// The arguments of what can be scheduled: a mutation or an action.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be scheduled",
    label = "expected the `Args` of a `#[mutation]` or of an `#[action]`",
    note = "nobody would get what a query returns: schedule a mutation or an action that does what is to be done"
)]
pub trait ScheduledCall: FunctionCall {}

impl FunctionKind {
    /// Returns the word for it: `query`, `mutation` or `action`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Action => "action",
        }
    }
}

impl fmt::Display for FunctionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
