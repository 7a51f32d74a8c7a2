//! What goes wrong with a call, as the caller sees it.

use std::fmt;

use zeroback_protocol::{ErrorCode, JsonError, TypedError, WireError};

/// Why a call failed, or a live query: with the function's own error, or otherwise.
///
/// Otherwise there is a [`WireError`]: a code for programs, a message for people, what the function's author attached,
/// and the id under which the server's log has it. The codes are those of the server ([`ErrorCode`]), of a
/// function that says them by `zeroback::Error`, and three of the client's own:
///
/// | code | meaning |
/// | --- | --- |
/// | `client_closed` | the client was closed, and nothing was made of the call |
/// | `outcome_unknown` | the call was sent and not answered; it was made once or not at all |
/// | `bad_result` | what the server sent is not of the type that this program knows of the function |
#[derive(Clone, Debug, PartialEq)]
pub enum CallError<E> {
    /// The function returned its own error.
    App(E),
    /// The call failed before, around or inside the function in another way.
    System(WireError),
}

impl<E> CallError<E> {
    /// Returns the error that is not of the function's own type.
    #[must_use]
    pub fn system(&self) -> Option<&WireError> {
        match self {
            Self::App(_) => None,
            Self::System(error) => Some(error),
        }
    }

    /// Tells whether nobody knows whether the call was made.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        self.system()
            .is_some_and(|error| error.code == ErrorCode::OUTCOME_UNKNOWN)
    }
}

impl<E: TypedError> CallError<E> {
    pub(crate) fn from_wire(told: WireError) -> Self {
        match E::from_told(&told) {
            Some(own) => Self::App(own),
            None => Self::System(told),
        }
    }
}

impl<E: fmt::Debug> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App(error) => write!(f, "the function failed: {error:?}"),
            Self::System(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug> std::error::Error for CallError<E> {}

pub(crate) fn outcome_unknown() -> WireError {
    let message = "the call was sent and not answered; it was made once or not at all";
    WireError::new(ErrorCode::OUTCOME_UNKNOWN, message)
}

pub(crate) fn client_closed() -> WireError {
    WireError::new(ErrorCode::new("client_closed"), "the client was closed")
}

pub(crate) fn bad_result(fault: &JsonError) -> WireError {
    let message = format!("the result is not of its type: {fault}");
    WireError::new(ErrorCode::new("bad_result"), message)
}
