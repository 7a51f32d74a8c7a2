//! What is not to be tried without end: passwords, and signing in at all.

use serde_json::json;
use zeroback_protocol::{ErrorCode, Timestamp};

use super::super::accounts::{Tries, TriesPatch};
use super::Tried;
use crate::db::Doc;
use crate::{Error, MutationCtx, QueryCtx, Result};

/// How many of those that count no more are taken away where another is counted.
const COLLECTED_MAX: usize = 16;

/// Counts that something is tried, or fails where that was too often; then nothing is counted.
pub(super) fn count(ctx: &MutationCtx, tries: Vec<Tried>) -> Result<()> {
    collect(ctx)?;
    tries
        .into_iter()
        .try_for_each(|tried| count_one(ctx, tried))
}

/// Counts a try. All that matters of the earlier ones is when they will have been paid for, each by a
/// pause (the generic cell rate algorithm, ITU-T I.371).
fn count_one(ctx: &MutationCtx, tried: Tried) -> Result<()> {
    let Tried {
        key,
        most,
        again_seconds,
    } = tried;
    let (now_ms, tries) = (ctx.now().unix_ms(), tries_of(ctx, &key)?);
    let pause_ms = i64::from(again_seconds) * 1_000;
    let paid_ms = tries
        .as_ref()
        .map_or(now_ms, |tries| tries.forgotten_at.unix_ms());
    let but_one_ms = pause_ms * i64::from(most.saturating_sub(1));
    let owed_ms = match paid_ms.saturating_sub(now_ms).max(0) {
        // So much nobody can owe: the clock was set back, or the limits are others now. This one counts as
        // the last that may be.
        owed_ms if owed_ms > but_one_ms + pause_ms => but_one_ms,
        owed_ms => owed_ms,
    };
    let retry_after_ms = owed_ms - but_one_ms;
    if retry_after_ms > 0 {
        let data = json!({ "retryAfterMs": retry_after_ms });
        let text = format!("too many tries; try again in {retry_after_ms} ms");
        let code = ErrorCode::RATE_LIMITED.as_str().to_owned();
        return Err(Error::with_data(code, &data).message_is(text));
    }
    let forgotten_at = Timestamp::from_unix_ms(now_ms + owed_ms + pause_ms);
    match tries {
        Some(tries) => {
            let patch = TriesPatch {
                forgotten_at: Some(forgotten_at),
                ..TriesPatch::default()
            };
            ctx.db.patch(tries.id(), patch)?;
        }
        None => {
            ctx.db.insert(Tries { key, forgotten_at })?;
        }
    }
    Ok(())
}

/// Has the tries under a key count no more.
pub(super) fn forgive(ctx: &MutationCtx, key: &str) -> Result<()> {
    if let Some(tries) = tries_of(ctx, key)? {
        ctx.db.delete(tries.id())?;
    }
    Ok(())
}

fn tries_of(ctx: &QueryCtx, key: &str) -> Result<Option<Doc<Tries>>> {
    let tries = ctx.db.query::<Tries>();
    tries.with_index(|ix| ix.by_key.eq(key)).unique()
}

fn collect(ctx: &MutationCtx) -> Result<()> {
    let now = ctx.now();
    let tries = ctx.db.query::<Tries>();
    let ended = tries.with_index(|ix| ix.by_end.lte(&now));
    for tries in ended.take(COLLECTED_MAX)? {
        ctx.db.delete(tries.id())?;
    }
    Ok(())
}
