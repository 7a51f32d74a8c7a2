//! The error that functions return: a code and a public message, and a cause that stays inside.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::Serialize;
use zeroback_protocol::{EncodeError, EncodeErrorKind, ErrorCode, RawJson, WireError, encode};

/// What a function returns: a value, or an error that a client is told.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Cause = Box<dyn std::error::Error + Send + Sync + 'static>;

/// An error with a code for programs and a message for people.
///
/// Code, message and data leave the server; the cause goes to its log only. Any standard error
/// becomes one with `?`, with the code `internal` and nothing of its text made public.
///
/// ```
/// use zeroback_runtime::{Error, Result};
///
/// fn price(text: &str) -> Result<u32> {
///     if text.is_empty() {
///         return Err(Error::invalid("a price must not be empty"));
///     }
///     Ok(text.parse()?)
/// }
///
/// assert_eq!(price("").unwrap_err().code().as_str(), "invalid");
/// assert_eq!(price("x").unwrap_err().code().as_str(), "internal");
/// ```
///
/// It does not implement `std::error::Error`, so that the conversion above can exist; it derefs to
/// one, which is what `thiserror`'s `#[from]` needs.
pub struct Error(Box<Inner>);

struct Inner {
    code: ErrorCode,
    message: Cow<'static, str>,
    data: Option<RawJson>,
    cause: Option<Cause>,
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $code:ident;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(message: impl Into<Cow<'static, str>>) -> Self {
            Self::new(ErrorCode::$code, message)
        }
    )*};
}

impl Error {
    /// Makes an error with a code and a public message.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            code,
            message: message.into(),
            data: None,
            cause: None,
        }))
    }

    constructors! {
        /// Makes an error for a request that makes no sense.
        invalid => INVALID;
        /// Makes an error for something that does not exist.
        not_found => NOT_FOUND;
        /// Makes an error for a request that contradicts the state it meets.
        conflict => CONFLICT;
        /// Makes an error for a request that needs somebody to be signed in.
        unauthenticated => UNAUTHENTICATED;
        /// Makes an error for a request that whoever is signed in may not make.
        forbidden => FORBIDDEN;
    }

    /// Makes an error whose message stays in the server's log; the client sees only `internal`.
    #[must_use]
    pub fn internal(message: impl Into<Cause>) -> Self {
        Self::from_cause(message.into())
    }

    /// Makes an error with a code of the author's own and data for the client.
    ///
    /// Data that cannot be encoded makes the error an `internal` one.
    #[must_use]
    pub fn with_data<D: Serialize + ?Sized>(code: impl Into<Cow<'static, str>>, data: &D) -> Self {
        let code = ErrorCode::new(code);
        match encode(data) {
            Ok(json) => {
                let mut error = Self::new(code.clone(), code.as_str().to_owned());
                error.0.data = Some(RawJson::from_encoded(json));
                error
            }
            Err(cause) => cause.into(),
        }
    }

    /// Gives the error another public message.
    #[must_use]
    pub fn message_is(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.0.message = message.into();
        self
    }

    /// Keeps why it happened, for the server's log.
    #[must_use]
    pub(crate) fn caused_by(mut self, cause: impl Into<Cause>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Returns what went wrong, for programs.
    #[must_use]
    pub fn code(&self) -> &ErrorCode {
        &self.0.code
    }

    /// Returns what went wrong, for people: the part that clients see.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the data for the client.
    #[must_use]
    pub fn data(&self) -> Option<&RawJson> {
        self.0.data.as_ref()
    }

    /// Returns the part of the error that leaves the server.
    #[must_use]
    pub fn to_wire(&self) -> WireError {
        WireError {
            code: self.0.code.clone(),
            message: self.0.message.clone().into_owned(),
            data: self.0.data.clone(),
            // Whatever its code is: a function that has run has come to something.
            resend: false,
            request_id: None,
        }
    }

    /// Returns what stays inside: the cause, where there is one.
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.0.cause.as_deref()
    }

    fn from_cause(cause: Cause) -> Self {
        Self(Box::new(Inner {
            code: ErrorCode::INTERNAL,
            message: Cow::Borrowed("the server failed; its log says why"),
            data: None,
            cause: Some(cause),
        }))
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Error {
    fn from(cause: E) -> Self {
        let cause: Cause = Box::new(cause);
        match cause.downcast::<EncodeError>() {
            // The author's value is at fault, and the text names nothing but the value.
            Ok(error) => {
                let code = match error.kind() {
                    EncodeErrorKind::Invalid => ErrorCode::INVALID,
                    EncodeErrorKind::DocumentTooDeep => ErrorCode::DOCUMENT_TOO_DEEP,
                    EncodeErrorKind::ArrayTooLong => ErrorCode::ARRAY_TOO_LONG,
                };
                Self::new(code, error.to_string())
            }
            Err(cause) => Self::from_cause(cause),
        }
    }
}

impl Deref for Error {
    type Target = dyn std::error::Error + Send + Sync + 'static;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug
            .field("code", &self.code.as_str())
            .field("message", &self.message);
        if let Some(data) = &self.data {
            debug.field("data", data);
        }
        if let Some(cause) = &self.cause {
            debug.field("cause", cause);
        }
        debug.finish()
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        match &self.cause {
            Some(cause) => write!(f, " ({cause})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Inner {}
