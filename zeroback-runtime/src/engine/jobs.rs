//! Jobs: what was scheduled runs when it is due, and what has become of it is written down.
//!
//! All that is known of a job is its document (`system/jobs.rs`). A turn takes those that are due, a bounded
//! number, and puts them behind the mutations that wait. So a mutation's job changes its state in the
//! transaction of its mutation, and runs exactly once; that of an action begins with a transaction, which
//! counts the attempt, and ends with another: it runs at least once.
//!
//! 1. `due`: which jobs have something to be done, and `crons`: which the clock makes;
//! 2. `step`: doing it, inside the transaction of a batch;
//! 3. `room`: how many there are, for the limits.

mod crons;
mod due;
mod room;
mod step;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use zeroback_protocol::{Outcome, RawId, RawJson, Timestamp};

use super::commit::{WaitingMutation, Work};
use super::read_set::WriteSet;
use super::session::Caller;
use super::store::Store;
use super::viewer::Viewer;
use super::{Engine, Status};
use crate::Table as _;
use crate::key::KeyPart;
use crate::planted::{self, Bug};
use crate::registry::ActionHandler;
use crate::system::crons::Cron;
use crate::system::jobs::Job;

pub(super) use room::JobRoom;
pub(super) use step::JobStep;

/// What the engine's own runs are called.
const PATH: &str = "_zeroback:jobs";

/// How long the engine leaves jobs alone when the store has failed it, and an action for which it had no room.
const PAUSE_MS: i64 = 1_000;

/// By how much a clock may go back before the times of the crons are counted anew.
const CLOCK_SET_BACK_MS: i64 = 60_000;

/// How often a host is woken while actions of jobs run, so that one that it has lost is missed.
const WATCH_MS: i64 = 60_000;

/// What the engine knows of the jobs beside their table.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    wake: Wake,
    /// Whether those have been looked for that an engine before this one has left behind.
    is_recovered: bool,
    paused_until_ms: i64,
    /// The latest time that was seen.
    seen_ms: i64,
    /// When to look after the actions that run.
    watch_ms: i64,
    /// The actions that are about to begin.
    beginning: BTreeMap<RawId, Beginning>,
    /// Those whose action this engine runs, or has run.
    running: BTreeSet<RawId>,
    /// What actions have come to, until it is written down.
    ended: BTreeMap<RawId, Outcome>,
    room: Rc<JobRoom>,
}

/// When the next job is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Wake {
    /// Jobs were written since it was looked up.
    #[default]
    Unknown,
    Never,
    At(i64),
}

/// An action that begins once its attempt is counted.
#[derive(Debug)]
struct Beginning {
    path: &'static str,
    handler: ActionHandler,
    args: RawJson,
}

/// What of a job somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JobCall {
    /// Its mutation, which has written down itself what it has come to.
    Mutation,
    /// That its action may begin.
    Begin(RawId),
    /// What its action has come to.
    Action(RawId),
    /// That this is written down.
    End(RawId),
    /// Another step, which is made again where it fails.
    Step,
}

impl Jobs {
    pub(super) fn room(&self) -> &Rc<JobRoom> {
        &self.room
    }

    /// Begins anew with what the table has: somebody else has written it.
    pub(super) fn forget(&mut self) {
        self.wake = Wake::Unknown;
        self.is_recovered = false;
    }

    fn pause(&mut self, now_ms: i64) {
        self.paused_until_ms = now_ms + PAUSE_MS;
    }

    /// Notes what the clock shows: where it was set back, nothing is to wait until it has caught up.
    fn note_time(&mut self, now_ms: i64) {
        self.paused_until_ms = self.paused_until_ms.min(now_ms + PAUSE_MS);
        self.watch_ms = self.watch_ms.min(now_ms + WATCH_MS);
        if now_ms < self.seen_ms.saturating_sub(CLOCK_SET_BACK_MS) {
            // So are the crons looked at again.
            self.seen_ms = now_ms;
            self.forget();
        }
        self.seen_ms = self.seen_ms.max(now_ms);
    }

    /// Tells whether there is something to do, whatever the time.
    fn has_work(&self) -> bool {
        !self.is_recovered || !self.ended.is_empty()
    }
}

impl<S: Store> Engine<S> {
    /// Returns when a turn is to be made though nothing comes: then a job is due. The time may have
    /// passed already. What [`Engine::needs_turn`] asks for is no part of it.
    pub fn next_wake(&mut self) -> Option<Timestamp> {
        if !self.runs_jobs() {
            return None;
        }
        if self.jobs.wake == Wake::Unknown {
            self.know_wake();
        }
        let paused = self.jobs.paused_until_ms;
        let due = match self.jobs.wake {
            Wake::At(at) => Some(at.max(paused)),
            Wake::Unknown => Some(paused),
            Wake::Never => None,
        };
        let work = (self.jobs.has_work() && paused > self.now_ms).then_some(paused);
        let watch = (!self.jobs.running.is_empty()).then_some(self.jobs.watch_ms);
        let wake = [due, work, watch].into_iter().flatten().min();
        wake.map(Timestamp::from_unix_ms)
    }

    /// Tells whether a turn would do something with jobs, as of the time of the last event.
    #[must_use]
    pub fn has_due_jobs(&self) -> bool {
        let is_due = matches!(self.jobs.wake, Wake::At(at) if at <= self.now_ms);
        (is_due || self.jobs.has_work())
            && self.now_ms >= self.jobs.paused_until_ms
            && self.runs_jobs()
    }

    /// Puts what is to be done with jobs behind the mutations that wait.
    pub(super) fn take_due_jobs(&mut self, now: Timestamp) {
        self.now_ms = now.unix_ms();
        self.jobs.note_time(self.now_ms);
        if !self.runs_jobs() || self.now_ms < self.jobs.paused_until_ms {
            return;
        }
        if self.now_ms >= self.jobs.watch_ms {
            self.jobs.watch_ms = self.now_ms + WATCH_MS;
        }
        if self.jobs.wake == Wake::Unknown {
            self.know_wake();
        }
        if !self.has_due_jobs() {
            return;
        }
        match self.due_steps(now) {
            Ok(steps) => {
                let is_lost = |(_, step): &&(_, JobStep)| matches!(step, JobStep::Lost { .. });
                self.jobs.is_recovered = steps.iter().filter(is_lost).count() < due::LOST_MAX;
                for (call, step) in steps {
                    self.make_later(call, step);
                }
            }
            Err(error) => {
                let request_id = self.calls.begin();
                self.told_of(request_id, PATH, &error);
                self.jobs.pause(self.now_ms);
            }
        }
    }

    /// Looks up when the next job is due, where that is not known any more.
    pub(super) fn look_ahead(&mut self) {
        if self.jobs.wake == Wake::Unknown && self.runs_jobs() {
            self.know_wake();
        }
    }

    /// Takes in what something has come to that a job waits for.
    pub(super) fn job_told(&mut self, call: JobCall, outcome: Outcome) {
        let is_unmade = match (&outcome, call) {
            // A function's own error is never to be sent again.
            (Outcome::Error(error), JobCall::Mutation) => error.resend,
            (Outcome::Error(_), JobCall::Action(_)) | (Outcome::Success(_), _) => false,
            (Outcome::Error(_), JobCall::Begin(_) | JobCall::End(_) | JobCall::Step) => true,
        };
        if is_unmade {
            self.jobs.pause(self.now_ms);
            self.jobs.forget();
        }
        match call {
            JobCall::Action(id) => {
                self.jobs.ended.insert(id, outcome);
            }
            JobCall::Begin(id) => {
                let beginning = self.jobs.beginning.remove(&id);
                let begins =
                    matches!(&outcome, Outcome::Success(value) if value.as_str() == "true");
                if let Some(action) = beginning.filter(|_| begins) {
                    self.jobs.running.insert(id);
                    let caller = Caller::Job(JobCall::Action(id));
                    let made_by = (self.calls.begin(), Viewer::default());
                    self.start_action(
                        caller,
                        made_by,
                        action.path,
                        action.handler,
                        action.args,
                        None,
                    );
                }
            }
            JobCall::End(id) if !is_unmade => {
                self.jobs.ended.remove(&id);
                self.jobs.running.remove(&id);
            }
            JobCall::End(_) | JobCall::Step | JobCall::Mutation => {}
        }
    }

    /// Takes in what a commit has written.
    pub(super) fn note_jobs(&mut self, written: &WriteSet) {
        let Ok((crons, _)) = self.catalog.table(&Cron::DEF) else {
            return;
        };
        if written.iter().any(|(table, ..)| table == crons) {
            self.jobs.wake = Wake::Unknown;
        }
        let Ok((jobs, plan)) = self.catalog.table(&Job::DEF) else {
            return;
        };
        let ended_at = plan
            .columns
            .iter()
            .position(|column| column.field == "endedAt");
        let ended_at = ended_at.expect("an index names it");
        for (_, _, change) in written.iter().filter(|(table, ..)| *table == jobs) {
            if !planted::has(Bug::OverlooksJobs) {
                self.jobs.wake = Wake::Unknown;
            }
            let [old, new] = [&change.old, &change.new].map(|image| {
                let image = image.as_ref()?;
                Some(image.values[ended_at] != KeyPart::Null)
            });
            self.jobs.room.note(old, new);
        }
        self.jobs.room.settle();
    }

    /// Puts a step behind the mutations that wait.
    fn make_later(&mut self, call: JobCall, step: JobStep) {
        self.waiting_mutations.push_back(WaitingMutation {
            request_id: self.calls.begin(),
            caller: Caller::Job(call),
            viewer: Viewer::default(),
            work: Work::Job(step),
            place: None,
            writer: None,
            if_unchanged: false,
        });
    }

    fn runs_jobs(&self) -> bool {
        self.status() == Status::Ready && self.catalog.table(&Job::DEF).is_ok()
    }
}
