//! Crons: what the clock calls becomes a job when its time has come.
//!
//! A time that was missed is made up for once, and the next is counted from now. A run that still goes on
//! when the next is due takes its place.

use zeroback_protocol::{FunctionKind, Timestamp};

use super::{JobCall, JobStep};
use crate::Result;
use crate::db::{Doc, Reader, Writer};
use crate::engine::Engine;
use crate::engine::store::Store;
use crate::job::NewJob;
use crate::schedule::Schedule;
use crate::system::crons::{Cron, CronPatch};
use crate::system::jobs::{Job, State};

/// How many crons fall due in one turn.
const DUE_MAX: usize = 100;

impl<S: Store> Engine<S> {
    /// Returns what is to be done with crons, behind what `reader` shows.
    pub(super) fn cron_steps(
        &self,
        reader: &Reader,
        now: Timestamp,
    ) -> Result<Vec<(JobCall, JobStep)>> {
        let mut steps = Vec::new();
        if !self.jobs.is_recovered && !self.knows_crons(reader, now)? {
            steps.push((JobCall::Step, JobStep::SetCrons));
        }
        if self.app.has_crons() && !due_crons(reader, now, 1)?.is_empty() {
            steps.push((JobCall::Step, JobStep::RunCrons));
        }
        Ok(steps)
    }

    /// Returns when the next is due.
    pub(super) fn next_cron(&self, reader: &Reader) -> Result<Option<Timestamp>> {
        if !self.app.has_crons() {
            return Ok(None);
        }
        let crons = reader.query::<Cron>();
        let next = crons.with_index(|ix| ix.by_next).first()?;
        Ok(next.map(|cron| cron.next_at))
    }

    /// Tells whether the table has the crons of the app and no others, each with a time that can be its next.
    fn knows_crons(&self, reader: &Reader, now: Timestamp) -> Result<bool> {
        let known = reader.query::<Cron>().collect()?;
        let crons = self.app.crons();
        let is_right = |cron: &Doc<Cron>| {
            let schedule = crons.get(&cron.key).map(|(_, schedule)| *schedule);
            schedule.is_some_and(|schedule| !is_too_far(schedule, now, cron.next_at))
        };
        Ok(known.len() == crons.len() && known.iter().all(is_right))
    }

    /// Forgets the crons that are gone from the code, notes the new ones, and counts anew where a clock was
    /// set back.
    pub(super) fn set_crons(&self, writer: &Writer, now: Timestamp) -> Result<bool> {
        let mut crons = self.app.crons();
        for known in writer.query::<Cron>().collect()? {
            let Some((_, schedule)) = crons.remove(&known.key) else {
                writer.delete(known.id())?;
                continue;
            };
            if is_too_far(schedule, now, known.next_at) {
                let patch = CronPatch {
                    next_at: schedule.next(now, Some(known.next_at)),
                    ..CronPatch::default()
                };
                writer.patch::<Cron>(known.id(), patch)?;
            }
        }
        for (key, (_, schedule)) in crons {
            if let Some(next_at) = schedule.next(now, None) {
                let job = None;
                writer.insert(Cron { key, next_at, job })?;
            }
        }
        Ok(true)
    }

    /// Makes jobs of those that are due.
    pub(super) fn run_crons(&self, writer: &Writer, now: Timestamp) -> Result<bool> {
        let crons = self.app.crons();
        for due in due_crons(writer, now, DUE_MAX)? {
            let Some((function, schedule)) = crons.get(&due.key) else {
                continue;
            };
            let mut patch = CronPatch {
                // One whose time never comes again is not asked for again.
                next_at: Some(
                    schedule
                        .next(now, Some(due.next_at))
                        .unwrap_or(Timestamp::from_unix_ms(i64::MAX >> 11)),
                ),
                ..CronPatch::default()
            };
            if !still_goes_on(writer, &due)? {
                let job = Job::new(NewJob {
                    path: function.path.to_owned(),
                    args: "{}".to_owned(),
                    is_action: function.kind() == FunctionKind::Action,
                    due_at: due.next_at,
                });
                patch.job = Some(Some(writer.insert(job)?));
            }
            writer.patch::<Cron>(due.id(), patch)?;
        }
        Ok(true)
    }
}

/// Tells whether a time is further away than the second of those to come: then it was counted from a clock
/// that has been set back since.
fn is_too_far(schedule: Schedule, now: Timestamp, next_at: Timestamp) -> bool {
    let first = schedule.next(now, Some(next_at));
    let second = first.and_then(|first| schedule.next(first, Some(first)));
    second.is_some_and(|second| next_at > second)
}

fn due_crons(reader: &Reader, now: Timestamp, most: usize) -> Result<Vec<Doc<Cron>>> {
    let crons = reader.query::<Cron>();
    crons.with_index(|ix| ix.by_next.lte(&now)).take(most)
}

fn still_goes_on(writer: &Writer, cron: &Cron) -> Result<bool> {
    let Some(job) = &cron.job else {
        return Ok(false);
    };
    let job = writer.get(job)?;
    Ok(job.is_some_and(|job| matches!(job.state, State::Scheduled | State::Running)))
}
