//! What a query shows, without its type: JSON until somebody reads it, then a value that all share.

use std::any::Any;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroback_protocol::{ErrorCode, RawJson, TypedError, WireError};

use crate::error::bad_result;
use crate::{CallError, QueryState};

/// A result as it was sent, or as deltas have made it. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) enum Json {
    /// As it was sent.
    Text(RawJson),
    /// As deltas have made it.
    Value(Arc<Value>),
}

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
    Result {
        /// Nothing where a newer result was made of it before anybody has read it.
        json: Mutex<Option<Json>>,
        decoded: Decoded,
    },
    /// What the server said, which is an error.
    Failure { error: WireError, decoded: Decoded },
    /// What a mutation will make of it.
    Guess(Arc<dyn Any + Send + Sync>),
}

type Decoded = OnceLock<Arc<dyn Any + Send + Sync>>;

/// Why a result cannot be read.
pub(crate) enum Unreadable {
    /// There is a newer one: look again.
    Replaced,
    /// It is none of its type.
    Bad(WireError),
}

impl Content {
    pub(crate) fn result(json: Json) -> Self {
        Self::Result {
            json: Mutex::new(Some(json)),
            decoded: OnceLock::new(),
        }
    }

    pub(crate) fn failure(error: WireError) -> Self {
        Self::Failure {
            error,
            decoded: OnceLock::new(),
        }
    }

    /// Returns the same for another query: each gives up its JSON for itself.
    fn of_another(&self) -> Self {
        match self {
            Self::Result { json, decoded } => Self::Result {
                json: Mutex::new(lock(json).clone()),
                decoded: decoded.clone(),
            },
            Self::Failure { error, decoded } => Self::Failure {
                error: error.clone(),
                decoded: decoded.clone(),
            },
            Self::Guess(value) => Self::Guess(Arc::clone(value)),
        }
    }

    /// Returns the JSON of a value, for deltas to be held against.
    pub(crate) fn json_value(&self) -> Option<Arc<Value>> {
        let Self::Result { json, .. } = self else {
            return None;
        };
        let mut json = lock(json);
        let value = match json.as_ref()? {
            Json::Text(text) => Arc::new(serde_json::from_str(text.as_str()).ok()?),
            Json::Value(value) => return Some(Arc::clone(value)),
        };
        *json = Some(Json::Value(Arc::clone(&value)));
        Some(value)
    }

    /// Returns the JSON of a value.
    pub(crate) fn json(&self) -> Option<Json> {
        match self {
            Self::Result { json, .. } => lock(json).clone(),
            _ => None,
        }
    }

    /// Gives the JSON up, for the next result to be made of it.
    pub(crate) fn take_json(&self) {
        if let Self::Result { json, .. } = self {
            *lock(json) = None;
        }
    }

    /// Returns the value; nothing of an error.
    pub(crate) fn value<T>(&self) -> Result<Option<Arc<T>>, Unreadable>
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
                let json = lock(json).clone().ok_or(Unreadable::Replaced)?;
                let value: Arc<T> = Arc::new(json.decode().map_err(Unreadable::Bad)?);
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

    /// Returns the same for another query.
    pub(crate) fn of_another(&self) -> Self {
        Self {
            content: Arc::new(self.content.of_another()),
            is_stale: self.is_stale,
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

    /// Returns what is shown, typed; nothing where it has been replaced: look again.
    pub(crate) fn state<T, E>(&self) -> Option<QueryState<T, E>>
    where
        T: DeserializeOwned + Send + Sync + 'static,
        E: TypedError + Send + Sync,
    {
        if let Some(error) = self.content.error() {
            return Some(QueryState::Error(error));
        }
        match self.content.value() {
            Ok(Some(data)) => Some(QueryState::Ready {
                data,
                stale: self.is_stale,
            }),
            Ok(None) => Some(QueryState::Loading),
            Err(Unreadable::Replaced) => None,
            Err(Unreadable::Bad(error)) => {
                Some(QueryState::Error(Arc::new(CallError::System(error))))
            }
        }
    }
}

impl Json {
    /// Returns the text.
    pub(crate) fn text(&self) -> RawJson {
        match self {
            Self::Text(text) => text.clone(),
            Self::Value(value) => {
                // The encoder would refuse the keys of `BigInt` and `Bytes`, which it has written.
                RawJson::from_encoded(value.to_string())
            }
        }
    }

    fn decode<T: DeserializeOwned>(&self) -> Result<T, WireError> {
        let decoded = match self {
            Self::Text(text) => serde_json::from_str(text.as_str()),
            Self::Value(value) => T::deserialize(&**value),
        };
        decoded.map_err(|fault| bad_result(&fault))
    }
}

fn lock(json: &Mutex<Option<Json>>) -> std::sync::MutexGuard<'_, Option<Json>> {
    json.lock().unwrap_or_else(PoisonError::into_inner)
}
