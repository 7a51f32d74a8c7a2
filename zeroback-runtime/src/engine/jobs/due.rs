//! Which jobs have something to be done.

use std::rc::Rc;

use zeroback_protocol::{ErrorCode, RawId, RawJson, Timestamp, WireError};

use super::{Beginning, JobCall, JobStep, PATH, Wake};
use crate::Result;
use crate::db::{Database, Doc, Reader};
use crate::engine::Engine;
use crate::engine::run::Run;
use crate::engine::store::Store;
use crate::registry::Handler;
use crate::system::jobs::{Job, Lane, State};

/// How many that were left behind are looked at in one turn; the others in the next.
pub(super) const LOST_MAX: usize = 1_000;

impl<S: Store> Engine<S> {
    /// Looks up when the next job is due.
    pub(super) fn know_wake(&mut self) {
        match self.next_due() {
            Ok(Some(at)) => self.jobs.wake = Wake::At(at.unix_ms()),
            Ok(None) => self.jobs.wake = Wake::Never,
            Err(error) => {
                let request_id = self.calls.begin();
                self.told_of(request_id, PATH, &error);
                self.jobs.pause(self.now_ms);
            }
        }
    }

    /// Returns the steps that are to be made now, with who waits for each.
    pub(super) fn due_steps(&mut self, now: Timestamp) -> Result<Vec<(JobCall, JobStep)>> {
        let mut steps = Vec::new();
        if !self.jobs.is_recovered {
            self.count_jobs()?;
            for id in self.lost_jobs()? {
                steps.push((JobCall::Step, JobStep::Lost { id }));
            }
        }
        steps.extend(self.cron_steps(&self.job_reader(), now)?);
        for (id, outcome) in &self.jobs.ended {
            let outcome = outcome.clone();
            steps.push((JobCall::End(*id), JobStep::End { id: *id, outcome }));
        }
        for job in self.due_jobs(now)? {
            steps.push(self.first_step(&job));
        }
        let is_recovering = !self.jobs.is_recovered && self.jobs.room.ended() > 0;
        if !steps.is_empty() || is_recovering {
            steps.push((JobCall::Step, JobStep::Tidy));
        }
        Ok(steps)
    }

    /// Says how a job that is due is run.
    fn first_step(&mut self, job: &Doc<Job>) -> (JobCall, JobStep) {
        let id = job.id().raw();
        let refuse = |code: ErrorCode, text: String| {
            let error = WireError::new(code, text);
            let as_state = State::Dead;
            let step = JobStep::Refuse {
                id,
                as_state,
                error,
            };
            (JobCall::Step, step)
        };
        let Some(function) = self.app.function(&job.path) else {
            let text = format!("there is no function \"{}\" any more", job.path);
            return refuse(ErrorCode::FUNCTION_NOT_FOUND, text);
        };
        let (path, args) = (function.path, RawJson::from_encoded(job.args.clone()));
        match function.handler {
            Handler::Mutation(handler) => {
                let step = JobStep::Run {
                    id,
                    path,
                    handler,
                    args,
                };
                (JobCall::Mutation, step)
            }
            Handler::Action(handler) => {
                let beginning = Beginning {
                    path,
                    handler,
                    args,
                };
                self.jobs.beginning.insert(id, beginning);
                (JobCall::Begin(id), JobStep::Begin { id })
            }
            Handler::Query(_) => {
                let text = format!("\"{path}\" is a query now, and cannot be scheduled");
                refuse(ErrorCode::WRONG_KIND, text)
            }
        }
    }

    /// Returns those that are due, in the order in which they are.
    fn due_jobs(&self, now: Timestamp) -> Result<Vec<Doc<Job>>> {
        let jobs_max = self.config.jobs.jobs_per_turn;
        let reader = self.job_reader();
        let mut due = Vec::new();
        for (lane, room) in self.lanes() {
            let jobs = reader.query::<Job>();
            let jobs = jobs.with_index(|ix| ix.by_lane.eq(&lane).lte(&now));
            due.extend(jobs.take(room.min(jobs_max))?);
        }
        due.sort_by_key(|job| (job.due_at, job.id().raw()));
        due.truncate(jobs_max);
        Ok(due)
    }

    /// Fails one of the due jobs that make this call: which of them makes no difference.
    pub(in crate::engine) fn fail_due_job(
        &mut self,
        path: &str,
        args: &str,
        error: &WireError,
        now: Timestamp,
    ) {
        if !self.runs_jobs() {
            return;
        }
        self.now_ms = now.unix_ms();
        let due = self.due_jobs(now).unwrap_or_default();
        let is_it = |job: &&Doc<Job>| job.path == path && job.args == args;
        if let Some(job) = due.iter().find(is_it) {
            let step = JobStep::Refuse {
                id: job.id().raw(),
                as_state: State::Failed,
                error: error.clone(),
            };
            self.make_later(JobCall::Step, step);
            self.commit(now);
        }
    }

    fn next_due(&self) -> Result<Option<Timestamp>> {
        let reader = self.job_reader();
        let mut next = None;
        for (lane, room) in self.lanes() {
            if room == 0 {
                continue;
            }
            let jobs = reader.query::<Job>();
            let first = jobs.with_index(|ix| ix.by_lane.eq(&lane)).first()?;
            let due_at = first.map(|job| job.due_at);
            next = [next, due_at].into_iter().flatten().min();
        }
        let cron = self.next_cron(&reader)?;
        Ok([next, cron].into_iter().flatten().min())
    }

    /// Returns the lanes, and how many of each may begin.
    fn lanes(&self) -> [(Lane, usize); 2] {
        let actions_max = self.config.jobs.job_actions_max;
        let running = self.jobs.running.len();
        [
            (Lane::Mutation, usize::MAX),
            (Lane::Action, actions_max.saturating_sub(running)),
        ]
    }

    /// Returns those whose action an engine has begun that is gone.
    fn lost_jobs(&self) -> Result<Vec<RawId>> {
        let jobs = self.job_reader().query::<Job>();
        let jobs = jobs.with_index(|ix| ix.by_state.eq(&State::Running));
        let mut lost = Vec::new();
        for job in jobs.iter() {
            let id = job?.id().raw();
            if !self.jobs.running.contains(&id) {
                lost.push(id);
            }
            if lost.len() >= LOST_MAX {
                break;
            }
        }
        Ok(lost)
    }

    fn count_jobs(&self) -> Result<()> {
        let reader = self.job_reader();
        let ended = reader.query::<Job>();
        let ended = ended.with_index(|ix| ix.by_end.gt(&BEGINNING));
        let waiting = reader.query::<Job>();
        let waiting = waiting.with_index(|ix| ix.by_end.eq(&None));
        let [waiting, ended] = [waiting.count()?, ended.count()?];
        let fits = |count| usize::try_from(count).unwrap_or(usize::MAX);
        self.jobs.room.count(fits(waiting), fits(ended));
        Ok(())
    }

    fn job_reader(&self) -> Reader {
        let now = Timestamp::from_unix_ms(self.now_ms);
        let run: Rc<dyn Database> = Run::of_engine(self, PATH, now);
        Reader::new(run)
    }
}

/// Before every time at which something has ended.
pub(super) const BEGINNING: Timestamp = Timestamp::from_unix_ms(0);
