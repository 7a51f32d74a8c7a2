//! What is scheduled runs when it is due, in a `TestApp` whose clock the test moves.
#![cfg(feature = "server")]
#![expect(missing_docs, reason = "a test")]

use std::time::Duration;

use zeroback::prelude::*;
use zeroback::testing::TestApp;
use zeroback::{JobState, JobStatus};

/// What has happened, and when.
#[derive(Debug, Table)]
pub struct Line {
    pub text: String,
    pub at: Timestamp,
}

#[query]
pub fn lines(ctx: &QueryCtx) -> Result<Vec<String>> {
    let lines = ctx.db.query::<Line>().collect()?;
    Ok(lines.into_iter().map(|line| line.text.clone()).collect())
}

#[query]
pub fn times(ctx: &QueryCtx) -> Result<Vec<Timestamp>> {
    let lines = ctx.db.query::<Line>().collect()?;
    Ok(lines.into_iter().map(|line| line.at).collect())
}

#[query]
pub fn status(ctx: &QueryCtx, id: JobId) -> Result<Option<JobStatus>> {
    ctx.scheduler.status(&id)
}

/// Writes a line, and fails behind it where it is asked to.
#[mutation(internal)]
pub fn write(ctx: &MutationCtx, text: String) -> Result<()> {
    let at = ctx.now();
    let fails = text.starts_with('!');
    let panics = text.starts_with('?');
    ctx.db.insert(Line { text, at })?;
    assert!(!panics, "it panics");
    if fails {
        return Err(Error::conflict("it fails"));
    }
    Ok(())
}

#[mutation]
pub fn write_later(ctx: &MutationCtx, text: String, after_ms: u64) -> Result<JobId> {
    let after = Duration::from_millis(after_ms);
    let fails = text.is_empty();
    let id = ctx.scheduler.run_after(after, write::Args { text })?;
    if fails {
        return Err(Error::invalid("nothing to write"));
    }
    Ok(id)
}

#[mutation]
pub fn write_at(ctx: &MutationCtx, text: String, at: Timestamp) -> Result<JobId> {
    ctx.scheduler.run_at(at, write::Args { text })
}

#[mutation]
pub fn cancel(ctx: &MutationCtx, id: JobId) -> Result<bool> {
    ctx.scheduler.cancel(&id)
}

/// Cancels a job that is run behind it in the same batch.
#[mutation]
pub fn cancel_later(ctx: &MutationCtx, id: JobId, after_ms: u64) -> Result<JobId> {
    let after = Duration::from_millis(after_ms);
    ctx.scheduler.run_after(after, cancel::Args { id })
}

#[mutation]
pub fn many(ctx: &MutationCtx, count: u32) -> Result<()> {
    for at in 0..count {
        let text = at.to_string();
        ctx.scheduler
            .run_after(Duration::from_secs(1), write::Args { text })?;
    }
    Ok(())
}

#[mutation]
pub fn schedule_long(ctx: &MutationCtx, bytes: usize) -> Result<JobId> {
    let text = "x".repeat(bytes);
    ctx.scheduler
        .run_after(Duration::ZERO, write::Args { text })
}

/// Succeeds when it has been tried so often.
#[action(internal)]
pub async fn succeed(ctx: &ActionCtx, attempt: u32) -> Result<()> {
    let text = "try".to_owned();
    ctx.run_mutation(write::Args { text }).await?;
    let tried = ctx.run_query(lines::Args).await?.len();
    if tried < attempt as usize {
        return Err(Error::conflict("not yet"));
    }
    Ok(())
}

#[mutation]
pub fn succeed_later(ctx: &MutationCtx, attempt: u32) -> Result<JobId> {
    ctx.scheduler
        .run_after(Duration::from_secs(1), succeed::Args { attempt })
}

/// Schedules and cancels from outside of a transaction, and fails.
#[action]
pub async fn from_action(ctx: &ActionCtx) -> Result<()> {
    let kept = write::Args {
        text: "kept".to_owned(),
    };
    let kept = ctx
        .scheduler
        .run_after(Duration::from_secs(1), kept)
        .await?;
    let not = write::Args {
        text: "not".to_owned(),
    };
    let not = ctx
        .scheduler
        .run_at(ctx.now() + Duration::from_secs(1), not)
        .await?;
    assert!(ctx.scheduler.cancel(&not).await?);
    assert!(!ctx.scheduler.cancel(&not).await?);
    let status = ctx.scheduler.status(&kept).await?;
    assert_eq!(status.map(|status| status.state), Some(JobState::Scheduled));
    Err(Error::conflict("and fails"))
}

zeroback::app!();

fn second(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn later(t: &TestApp, text: &str, after_ms: u64) -> JobId {
    let text = text.to_owned();
    t.mutation(write_later::Args { text, after_ms })
        .expect("it is scheduled")
}

fn state(t: &TestApp, id: JobId) -> (JobState, u32, Option<String>) {
    let status = t.query(status::Args { id }).expect("it can be asked for");
    let status = status.expect("it is known");
    (
        status.state,
        status.attempts,
        status.error.map(|error| error.message),
    )
}

#[test]
fn jobs_run_in_the_order_of_their_times_and_each_at_its_own() {
    let t = TestApp::new(app());
    let start = t.now();
    later(&t, "third", 3_000);
    later(&t, "first", 1_000);
    let text = "second".to_owned();
    t.mutation(write_at::Args {
        text,
        at: start + second(2),
    })
    .unwrap();
    t.advance(Duration::from_millis(999));
    assert_eq!(t.query(lines::Args).unwrap(), Vec::<String>::new());
    t.advance(second(60));
    assert_eq!(t.query(lines::Args).unwrap(), ["first", "second", "third"]);
    let times = [1, 2, 3].map(|count| start + second(count));
    assert_eq!(t.query(times::Args).unwrap(), times);
}

#[test]
fn a_job_for_now_or_for_the_past_runs_behind_the_commit() {
    let t = TestApp::new(app());
    later(&t, "now", 0);
    let text = "past".to_owned();
    t.mutation(write_at::Args {
        text,
        at: Timestamp::from_unix_ms(0),
    })
    .unwrap();
    assert_eq!(t.query(lines::Args).unwrap(), ["now", "past"]);
}

#[test]
fn a_mutation_that_fails_schedules_nothing() {
    let t = TestApp::new(app());
    let text = String::new();
    t.mutation(write_later::Args { text, after_ms: 0 })
        .unwrap_err();
    t.advance(second(60));
    assert_eq!(t.query(lines::Args).unwrap(), Vec::<String>::new());
}

#[test]
fn a_mutation_that_fails_as_a_job_is_undone_and_not_run_again() {
    let t = TestApp::new(app());
    let [fails, panics] = ["!", "?"].map(|text| later(&t, text, 1_000));
    let alone = later(&t, "! alone", 9_000);
    t.advance(second(600));
    assert_eq!(t.query(lines::Args).unwrap(), Vec::<String>::new());
    let failed = (JobState::Failed, 1, Some("it fails".to_owned()));
    assert_eq!(state(&t, fails), failed);
    assert_eq!(state(&t, alone), failed);
    let (state, attempts, message) = state(&t, panics);
    assert_eq!((state, attempts), (JobState::Failed, 1));
    assert!(!message.unwrap().contains("it panics"), "it is not public");
}

#[test]
fn a_cancelled_job_does_not_run() {
    let t = TestApp::new(app());
    let id = later(&t, "x", 1_000);
    assert!(t.mutation(cancel::Args { id }).unwrap());
    assert!(!t.mutation(cancel::Args { id }).unwrap());
    // Both are due in one batch, and the first cancels the second.
    let other = later(&t, "y", 2_000);
    let first = t
        .mutation(cancel_later::Args {
            id: other,
            after_ms: 1_999,
        })
        .unwrap();
    let third = later(&t, "z", 2_000);
    t.advance(second(60));
    assert_eq!(t.query(lines::Args).unwrap(), ["z"]);
    assert_eq!(state(&t, id).0, JobState::Cancelled);
    assert_eq!(state(&t, other).0, JobState::Cancelled);
    assert_eq!(state(&t, first).0, JobState::Done);
    assert!(!t.mutation(cancel::Args { id: third }).unwrap());
}

#[test]
fn the_state_of_a_job_is_live() {
    let t = TestApp::new(app());
    let id = later(&t, "x", 1_000);
    let mut live = t.subscribe(status::Args { id });
    let mut next = || live.next().map(|status| status.unwrap().unwrap().state);
    assert_eq!(next(), Some(JobState::Scheduled));
    later(&t, "another", 5_000);
    assert_eq!(next(), None);
    t.advance(second(1));
    assert_eq!(next(), Some(JobState::Done));
}

#[test]
fn an_action_is_tried_again_with_longer_and_longer_pauses() {
    let t = TestApp::new(app());
    let start = t.now();
    let id = t.mutation(succeed_later::Args { attempt: 4 }).unwrap();
    t.advance(second(600));
    let times = [1, 2, 4, 8].map(|count| start + second(count));
    assert_eq!(t.query(times::Args).unwrap(), times);
    assert_eq!(
        state(&t, id),
        (JobState::Done, 4, Some("not yet".to_owned()))
    );
}

#[test]
fn an_action_that_fails_each_time_is_dead() {
    let t = TestApp::new(app());
    let id = t.mutation(succeed_later::Args { attempt: 99 }).unwrap();
    t.advance(second(3_600));
    assert_eq!(
        state(&t, id),
        (JobState::Dead, 10, Some("not yet".to_owned()))
    );
    assert_eq!(t.query(lines::Args).unwrap().len(), 10);
}

#[test]
fn an_action_schedules_and_cancels_whatever_becomes_of_it() {
    let t = TestApp::new(app());
    t.action(from_action::Args).unwrap_err();
    t.advance(second(60));
    assert_eq!(t.query(lines::Args).unwrap(), ["kept"]);
}

#[test]
fn what_can_be_scheduled_is_limited() {
    let t = TestApp::new(app());
    t.mutation(many::Args { count: 1_000 }).unwrap();
    let error = t.mutation(many::Args { count: 1_001 }).unwrap_err();
    assert_eq!(Error::from(error).code().as_str(), "limit_exceeded");
    t.mutation(schedule_long::Args { bytes: 65_000 }).unwrap();
    let error = t
        .mutation(schedule_long::Args { bytes: 66_000 })
        .unwrap_err();
    assert_eq!(Error::from(error).code().as_str(), "limit_exceeded");
    t.advance(second(1));
    assert_eq!(t.query(lines::Args).unwrap().len(), 1_001);
}

#[test]
fn ended_jobs_are_forgotten_after_a_while() {
    let t = TestApp::new(app());
    let id = later(&t, "x", 1_000);
    t.advance(second(7 * 24 * 3_600));
    later(&t, "y", 0);
    assert!(t.query(status::Args { id }).unwrap().is_some());
    t.advance(second(2));
    later(&t, "z", 0);
    assert_eq!(t.query(status::Args { id }).unwrap(), None);
}
