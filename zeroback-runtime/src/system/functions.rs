//! The functions of the runtime itself, by which actions and the operator reach its tables.
//!
//! They are internal functions of every app: no client can call them. An action of the list would be
//! a job's work like any other, tried again until it succeeds: so an effect outside of the database that
//! belongs to a commit is a job of such a path.

use zeroback_protocol::Id;

use super::jobs::{Job, JobPatch, State};
use crate::db::{Doc, Page, PageOpts};
use crate::job::calls::{Cancel, Schedule, Status, calls};
use crate::job::{JobId, JobState, JobStatus};
use crate::registry::{FunctionDef, FunctionMeta, call};
use crate::{MutationCtx, QueryCtx, Result};

calls! {
    /// Has a job made again that is dead, has failed or was cancelled. Returns whether it was one.
    Retry { id: JobId } = "_zeroback:retry", Mutation MutationCall -> bool;
    /// Returns the jobs of one state, the oldest first.
    Jobs { state: JobState, page: PageOpts } = "_zeroback:jobs", Query QueryCall -> Page<ListedJob>;
}

/// A job in a list.
#[derive(Debug, serde::Serialize, serde::Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListedJob {
    id: JobId,
    status: JobStatus,
}

static FUNCTIONS: &[FunctionDef] = &[
    FunctionDef::mutation::<Schedule>(meta(line!()), |ctx, args| {
        call(args, |Schedule { job }| {
            ctx.db.database().schedule(job).map(JobId::from_raw)
        })
    }),
    FunctionDef::mutation::<Cancel>(meta(line!()), |ctx, args| {
        call(args, |Cancel { id }| ctx.scheduler.cancel(&id))
    }),
    FunctionDef::query::<Status>(meta(line!()), |ctx, args| {
        call(args, |Status { id }| ctx.scheduler.status(&id))
    }),
    FunctionDef::mutation::<Retry>(meta(line!()), |ctx, args| {
        call(args, |Retry { id }| retry(ctx, &Id::from_raw(id.raw())))
    }),
    FunctionDef::query::<Jobs>(meta(line!()), |ctx, args| {
        call(args, |jobs: Jobs| list(ctx, jobs))
    }),
];

pub(super) const fn meta(line: u32) -> FunctionMeta {
    FunctionMeta {
        crate_name: env!("CARGO_CRATE_NAME"),
        docs: "",
        internal: true,
        file: file!(),
        line,
    }
}

/// Returns a function of the runtime's; those of accounts only for an app that keeps some.
pub(crate) fn function(path: &str, has_accounts: bool) -> Option<&'static FunctionDef> {
    if !path.starts_with("_zeroback:") {
        return None;
    }
    let of_accounts = match has_accounts {
        true => super::account_functions::FUNCTIONS,
        false => &[],
    };
    let all = FUNCTIONS.iter().chain(super::file_functions::FUNCTIONS);
    all.chain(of_accounts)
        .find(|function| function.path == path)
}

fn retry(ctx: &MutationCtx, id: &Id<Job>) -> Result<bool> {
    let job = ctx.db.get(id)?;
    let Some(job) =
        job.filter(|job| matches!(job.state, State::Dead | State::Failed | State::Cancelled))
    else {
        return Ok(false);
    };
    let again = JobPatch {
        attempts: Some(0),
        ..JobPatch::wait(job.is_action, ctx.now())
    };
    ctx.db.patch(id, again)?;
    Ok(true)
}

fn list(ctx: &QueryCtx, Jobs { state, page }: Jobs) -> Result<Page<ListedJob>> {
    let state = State::from(state);
    let jobs = ctx
        .db
        .query::<Job>()
        .with_index(|ix| ix.by_state.eq(&state));
    Ok(jobs.paginate(page)?.map(|job: Doc<Job>| ListedJob {
        id: JobId::from_raw(job.id().raw()),
        status: job.status(),
    }))
}
