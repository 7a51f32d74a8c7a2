//! The functions of the runtime itself that have to do with files.

use zeroback_protocol::{ErrorCode, FunctionCall, RawId};

use super::files::{File, FilePatch};
use super::functions::meta;
use crate::file::calls::{Begin, Begun, Delete, Finish, Metadata, Stored, UploadUrl, Url};
use crate::file::{FileId, UploadOptions, key_of};
use crate::job::calls::calls;
use crate::registry::{FunctionDef, call, call_action};
use crate::{Error, MutationCtx, QueryCtx, Result};

calls! {
    /// Returns a file for whoever has a URL of it.
    Open { id: FileId, token: String } = "_zeroback:open_file", Query QueryCall -> Stored;
    /// Takes away a file that no document has had.
    Collect { id: FileId } = "_zeroback:collect_file", Mutation MutationCall -> bool;
    /// Takes away what was stored under the id of a file that is gone.
    Remove { id: FileId, attempts: u32 } = "_zeroback:remove_file", Action ActionCall -> ();
}

pub(super) static FUNCTIONS: &[FunctionDef] = &[
    FunctionDef::mutation::<UploadUrl>(meta(line!()), |ctx, args| {
        call(args, |UploadUrl { options }| {
            ctx.storage.upload_url_with(options)
        })
    }),
    FunctionDef::query::<Metadata>(meta(line!()), |ctx, args| {
        call(args, |Metadata { id }| ctx.storage.metadata(&id))
    }),
    FunctionDef::query::<Url>(meta(line!()), |ctx, args| {
        call(args, |Url { id }| ctx.storage.url(&id))
    }),
    FunctionDef::mutation::<Delete>(meta(line!()), |ctx, args| {
        call(args, |Delete { id }| ctx.storage.delete(&id))
    }),
    FunctionDef::mutation::<Begin>(meta(line!()), |ctx, args| {
        call(args, |Begin { token }| begin(ctx, token.as_deref()))
    }),
    FunctionDef::mutation::<Finish>(meta(line!()), |ctx, args| {
        call(args, |finished: Finish| finish(ctx, finished))
    }),
    FunctionDef::query::<Open>(meta(line!()), |ctx, args| {
        call(args, |Open { id, token }| open(ctx, &id, &token))
    }),
    FunctionDef::mutation::<Collect>(meta(line!()), |ctx, args| {
        call(args, |Collect { id }| collect(ctx, &id))
    }),
    FunctionDef::action::<Remove>(meta(line!()), |ctx, args| {
        call_action(args, move |Remove { id, attempts }| async move {
            for attempt in 1..=attempts {
                ctx.world().delete_file(key_of(&id, attempt)).await?;
            }
            Ok::<_, Error>(())
        })
    }),
];

/// The paths of those that are jobs.
pub(crate) const COLLECT: &str = Collect::PATH;
pub(crate) const REMOVE: &str = Remove::PATH;

fn begin(ctx: &MutationCtx, token: Option<&str>) -> Result<Begun> {
    let database = ctx.db.database();
    let id = match token {
        Some(token) => database.open_upload(token)?,
        None => database.new_file(UploadOptions::default())?,
    };
    let file = ctx.db.get(&row(id))?.filter(|file| file.size.is_none());
    let file = file.ok_or_else(|| {
        let text = "the upload has ended: ask for another URL";
        Error::new(ErrorCode::CONFLICT, text)
    })?;
    let attempt = file.attempts + 1;
    let patch = FilePatch {
        attempts: Some(attempt),
        ..FilePatch::default()
    };
    ctx.db.patch(&row(id), patch)?;
    Ok(Begun {
        id: FileId::from_raw(id),
        attempt,
        bytes_max: file.bytes_max,
        content_types: file.content_types.clone(),
    })
}

fn finish(ctx: &MutationCtx, finished: Finish) -> Result<bool> {
    let id = row(finished.id.raw());
    let file = ctx.db.get(&id)?;
    let is_last = |file: &File| file.size.is_none() && file.attempts == finished.attempt;
    if !file.is_some_and(|file| is_last(&file)) {
        return Ok(false);
    }
    let metadata = finished.metadata;
    let patch = FilePatch {
        size: Some(Some(metadata.size)),
        sha256: Some(Some(metadata.sha256)),
        content_type: Some(Some(metadata.content_type)),
        stored_by: Some(Some(finished.attempt)),
        ..FilePatch::default()
    };
    ctx.db.patch(&id, patch)?;
    Ok(true)
}

fn open(ctx: &QueryCtx, id: &FileId, token: &str) -> Result<Stored> {
    // Whoever may not see a file is told no more than that it is not there.
    let not_found = || Error::not_found("there is no such file, or its URL has expired");
    if !ctx.db.database().may_open_file(id.raw(), token) {
        return Err(not_found());
    }
    let file = ctx.db.get(&row(id.raw()))?.ok_or_else(not_found)?;
    let stored = file.metadata().zip(file.stored_by);
    let (metadata, attempt) = stored.ok_or_else(not_found)?;
    Ok(Stored {
        key: key_of(id, attempt),
        metadata,
    })
}

fn collect(ctx: &MutationCtx, id: &FileId) -> Result<bool> {
    let file = ctx.db.get(&row(id.raw()))?;
    if file.is_none_or(|file| file.is_referenced && file.size.is_some()) {
        return Ok(false);
    }
    ctx.storage.delete(id)
}

fn row(id: RawId) -> zeroback_protocol::Id<File> {
    zeroback_protocol::Id::from_raw(id)
}
