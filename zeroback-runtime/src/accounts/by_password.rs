//! `/auth/sign-up`, `/auth/sign-in` and `/auth/password`.

use serde::{Deserialize, Serialize};
use zeroback_protocol::ErrorCode;

use super::asked::{Asked, answer, body};
use super::email::Email;
use super::password::{Password, wrong_credentials};
use super::token::{Token, sha_256};
use crate::context::call_by;
use crate::system::account_functions::{
    ListedSession, PasswordByEmail, PasswordBySession, Profile, SetPassword, SignInByPassword,
    SignUp, SignedIn, Whose,
};
use crate::web::{Request, Response};
use crate::{ActionCtx, Error, Result};

/// How many characters a name may have.
const NAME_CHARS_MAX: usize = 200;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SignUpForm {
    email: String,
    password: String,
    #[serde(default)]
    name: Option<String>,
    /// Whether the token is wanted in the answer, and no cookie.
    #[serde(default)]
    token: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SignInForm {
    email: String,
    password: String,
    #[serde(default)]
    token: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChangeForm {
    old_password: String,
    password: String,
}

/// What somebody is told who has signed in.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'s> {
    user: &'s Profile,
    session: &'s ListedSession,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'s str>,
}

pub(super) async fn sign_up(ctx: &ActionCtx, request: Request) -> Result<Response> {
    let asked = Asked::of(ctx, &request);
    let form: SignUpForm = body(request).await?;
    let email = Email::parse(&form.email)?;
    let name = form.name.map(checked_name).transpose()?;
    let password = Password::new(&form.password).checked()?;
    asked.count_try(ctx, Some(tries_of(&email))).await?;
    let hash = ctx.world().compute(password.hash(ctx.world().entropy()));
    let (token, session) = asked.new_session(ctx);
    let wanted = SignUp {
        email: email.into(),
        name,
        password: hash.await?,
        session,
    };
    let signed_in = call_by(ctx.world(), &wanted).await?;
    welcome(ctx, &asked, &signed_in, &token, form.token)
}

pub(super) async fn sign_in(ctx: &ActionCtx, request: Request) -> Result<Response> {
    let asked = Asked::of(ctx, &request);
    let form: SignInForm = body(request).await?;
    let email = Email::parse(&form.email)?;
    let tries = tries_of(&email);
    asked.count_try(ctx, Some(tries.clone())).await?;
    let by_email = PasswordByEmail {
        email: email.into(),
    };
    let known = call_by(ctx.world(), &by_email).await?;
    let hash = known.as_ref().map(|known| known.hash.clone());
    let renewed = verify(ctx, &form.password, hash).await?;
    let known = known.ok_or_else(wrong_credentials)?;
    let (token, session) = asked.new_session(ctx);
    let wanted = SignInByPassword {
        known,
        renewed,
        tries,
        session,
    };
    let signed_in = call_by(ctx.world(), &wanted).await?;
    welcome(ctx, &asked, &signed_in, &token, form.token)
}

/// Sets another password. Whoever has only the session, and not the old password, cannot.
pub(super) async fn change(ctx: &ActionCtx, request: Request) -> Result<Response> {
    let asked = Asked::of(ctx, &request);
    let form: ChangeForm = body(request).await?;
    let token_hash = asked.require()?;
    let password = Password::new(&form.password).checked()?;
    let whose = Whose {
        token_hash: token_hash.clone(),
    };
    let user = match call_by(ctx.world(), &whose).await? {
        Some(signed_in) => signed_in.user,
        None => return Err(Error::unauthenticated("the session has ended")),
    };
    asked.count_try(ctx, Some(sha_256(&user.id))).await?;
    let by_session = PasswordBySession {
        token_hash: token_hash.clone(),
    };
    let known = call_by(ctx.world(), &by_session).await?;
    let hash = known.as_ref().map(|known| known.hash.clone());
    verify(ctx, &form.old_password, hash).await?;
    let hash = ctx.world().compute(password.hash(ctx.world().entropy()));
    let wanted = SetPassword {
        token_hash,
        known: known.ok_or_else(wrong_credentials)?,
        password: hash.await?,
    };
    call_by(ctx.world(), &wanted).await?;
    answer(&())
}

/// Finds out whether a password is right; returns another hash of it where that is to be kept.
async fn verify(ctx: &ActionCtx, typed: &str, hash: Option<String>) -> Result<Option<String>> {
    let work = Password::new(typed).verify(hash, ctx.world().entropy());
    let renewed = ctx.world().compute(work).await?;
    Ok(Some(renewed).filter(|hash| !hash.is_empty()))
}

/// Answers somebody who has signed in.
fn welcome(
    ctx: &ActionCtx,
    asked: &Asked,
    signed_in: &SignedIn,
    token: &Token,
    wants_token: bool,
) -> Result<Response> {
    let mut response = answer(&Told {
        user: &signed_in.user,
        session: &signed_in.session,
        token: wants_token.then_some(token.as_str()),
    })?;
    if !wants_token {
        asked.set_session(ctx, &mut response, token)?;
    }
    Ok(response)
}

/// Returns under what the tries for an e-mail are counted, whether there is somebody with it or not.
fn tries_of(email: &Email) -> String {
    sha_256(email.as_str())
}

fn checked_name(name: String) -> Result<String> {
    match name.chars().count() <= NAME_CHARS_MAX {
        true => Ok(name),
        false => {
            let text = format!("body.name: may have {NAME_CHARS_MAX} characters at most");
            Err(Error::new(ErrorCode::BAD_ARGS, text))
        }
    }
}
