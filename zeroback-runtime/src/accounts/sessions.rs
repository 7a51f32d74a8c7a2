//! `/auth/session`, `/auth/sessions`, `/auth/sessions/revoke` and `/auth/sign-out`.

use serde::{Deserialize, Serialize};
use zeroback_protocol::ErrorCode;

use super::asked::{Asked, Empty, answer, body};
use super::token::SESSION_COOKIE;
use crate::context::call_by;
use crate::system::account_functions::{Revoke, Sessions, SignOut, SignedIn, Whose};
use crate::web::{Request, Response};
use crate::{ActionCtx, Error, Result};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RevokeForm {
    /// Which one.
    #[serde(default)]
    id: Option<String>,
    /// All but the one of whoever asks.
    #[serde(default)]
    others: bool,
}

#[derive(Serialize)]
struct Revoked {
    revoked: u32,
}

/// Says who is signed in; nothing where nobody is.
pub(super) async fn session(ctx: &ActionCtx, request: Request) -> Result<Response> {
    let signed_in: Option<SignedIn> = match Asked::of(ctx, &request).token_hash {
        Some(token_hash) => call_by(ctx.world(), &Whose { token_hash }).await?,
        None => None,
    };
    answer(&signed_in)
}

/// Lists where they are signed in.
pub(super) async fn sessions(ctx: &ActionCtx, request: Request) -> Result<Response> {
    let token_hash = Asked::of(ctx, &request).require()?;
    answer(&call_by(ctx.world(), &Sessions { token_hash }).await?)
}

/// Ends another session of theirs, or all others.
pub(super) async fn revoke(ctx: &ActionCtx, request: Request) -> Result<Response> {
    let asked = Asked::of(ctx, &request);
    let RevokeForm { id, others } = body(request).await?;
    if id.is_some() == others {
        let text = "body: expected either an id, or that it is about all others";
        return Err(Error::new(ErrorCode::BAD_ARGS, text));
    }
    let token_hash = asked.require()?;
    let revoked = call_by(ctx.world(), &Revoke { token_hash, id }).await?;
    answer(&Revoked { revoked })
}

/// Ends the session of whoever asks; that there is none any more is no fault.
pub(super) async fn sign_out(ctx: &ActionCtx, request: Request) -> Result<Response> {
    let asked = Asked::of(ctx, &request);
    let Empty {} = body(request).await?;
    if let Some(token_hash) = asked.token_hash.clone() {
        call_by(ctx.world(), &SignOut { token_hash }).await?;
    }
    let mut response = answer(&())?;
    asked.set_cookie(&mut response, (SESSION_COOKIE, "/"), "", 0)?;
    Ok(response)
}
