//! Where tokens come from.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// What the client wants of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenRequest {
    /// Whether it has to be one that was just made: the server has refused the last one, or it is about to expire.
    pub force_refresh: bool,
}

/// Why a token could not be had.
pub type TokenFault = Box<dyn std::error::Error + Send + Sync>;

/// A token; nothing where nobody is signed in.
pub type TokenResult = Result<Option<String>, TokenFault>;

/// `Send` where the program has threads: everywhere but under wasm, where a fetch is not.
#[cfg(not(target_family = "wasm"))]
pub trait MaybeSend: Send {}
#[cfg(not(target_family = "wasm"))]
impl<T: Send> MaybeSend for T {}

/// `Send` where the program has threads: everywhere but under wasm, where a fetch is not.
#[cfg(target_family = "wasm")]
pub trait MaybeSend {}
#[cfg(target_family = "wasm")]
impl<T> MaybeSend for T {}

#[cfg(not(target_family = "wasm"))]
pub(crate) type TokenFuture = Pin<Box<dyn Future<Output = TokenResult> + Send>>;
#[cfg(target_family = "wasm")]
pub(crate) type TokenFuture = Pin<Box<dyn Future<Output = TokenResult>>>;

/// Asks for a token.
pub(crate) type TokenSource = Arc<dyn Fn(TokenRequest) -> TokenFuture + Send + Sync>;
