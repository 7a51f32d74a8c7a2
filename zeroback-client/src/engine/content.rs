//! What a query shows, without its type: JSON until somebody reads it, then a value that all share.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use serde::de::DeserializeOwned;
use zeroback_protocol::{ErrorCode, RawJson, TypedError, WireError, read_json};

use crate::error::bad_result;
use crate::{CallError, QueryState};

/// What is shown of a query of which something is known.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) content: Arc<Content>,
    /// Whether it was kept from another time, and the server has not said yet that it still is so.
    pub(crate) is_stale: bool,
}

/// A result, decoded once for all who read it as the same type.
#[derive(Debug)]
pub(crate) enum Content {
    /// What the server said.
    Result { json: RawJson, decoded: Decoded },
    /// What the server said, which is an error.
    Failure { error: WireError, decoded: Decoded },
    /// What a mutation will make of it.
    Guess(Arc<dyn Any + Send + Sync>),
}

type Decoded = OnceLock<Arc<dyn Any + Send + Sync>>;

impl Content {
    pub(crate) fn result(json: RawJson) -> Self {
        Self::Result {
            json,
            decoded: OnceLock::new(),
        }
    }

    pub(crate) fn failure(error: WireError) -> Self {
        Self::Failure {
            error,
            decoded: OnceLock::new(),
        }
    }

    /// Returns the JSON of a value.
    pub(crate) fn json(&self) -> Option<&RawJson> {
        match self {
            Self::Result { json, .. } => Some(json),
            Self::Failure { .. } | Self::Guess(_) => None,
        }
    }

    /// Returns the value; nothing of an error.
    pub(crate) fn value<T>(&self) -> Result<Option<Arc<T>>, WireError>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        match self {
            Self::Failure { .. } => Ok(None),
            Self::Guess(value) => Ok(Arc::clone(value).downcast().ok()),
            Self::Result { json, decoded } => {
                let shared = decoded
                    .get()
                    .and_then(|any| Arc::clone(any).downcast().ok());
                if shared.is_some() {
                    return Ok(shared);
                }
                let value = read_json(json.as_str());
                let value: Arc<T> = Arc::new(value.map_err(|fault| bad_result(&fault))?);
                let any: Arc<dyn Any + Send + Sync> = value.clone();
                let first = Arc::clone(decoded.get_or_init(|| any));
                Ok(Some(first.downcast().unwrap_or(value)))
            }
        }
    }

    /// Returns the error; nothing of a value.
    pub(crate) fn error<E>(&self) -> Option<Arc<CallError<E>>>
    where
        E: TypedError + Send + Sync,
    {
        let Self::Failure { error, decoded } = self else {
            return None;
        };
        let made =
            || -> Arc<dyn Any + Send + Sync> { Arc::new(CallError::<E>::from_wire(error.clone())) };
        let any = Arc::clone(decoded.get_or_init(made));
        let other = || Arc::new(CallError::from_wire(error.clone()));
        Some(any.downcast().unwrap_or_else(|_| other()))
    }
}

impl Shown {
    pub(crate) fn new(content: Content) -> Self {
        Self {
            content: Arc::new(content),
            is_stale: false,
        }
    }

    pub(crate) fn is_failure(&self) -> bool {
        matches!(*self.content, Content::Failure { .. })
    }

    /// Tells whether it is an error with this code.
    pub(crate) fn is_failure_of(&self, code: &ErrorCode) -> bool {
        matches!(&*self.content, Content::Failure { error, .. } if error.code == *code)
    }

    /// Tells whether both show the same value.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.content, &other.content) && self.is_stale == other.is_stale
    }

    /// Returns what is shown, typed.
    pub(crate) fn state<T, E>(&self) -> QueryState<T, E>
    where
        T: DeserializeOwned + Send + Sync + 'static,
        E: TypedError + Send + Sync,
    {
        if let Some(error) = self.content.error() {
            return QueryState::Error(error);
        }
        match self.content.value() {
            Ok(Some(data)) => QueryState::Ready {
                data,
                stale: self.is_stale,
            },
            Ok(None) => QueryState::Loading,
            // What was kept from another time may be of another type; the server says what it is now.
            Err(_) if self.is_stale => QueryState::Loading,
            Err(error) => QueryState::Error(Arc::new(CallError::System(error))),
        }
    }
}
