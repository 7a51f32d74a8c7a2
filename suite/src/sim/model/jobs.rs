//! What is to be done with pieces later.

use suite_fixture_sim::pieces::Change;

use super::{Edition, State};

/// A job that has not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sim) struct Waiting {
    pub(in crate::sim) job: u64,
    pub(in crate::sim) key: i64,
    pub(in crate::sim) due_ms: i64,
    pub(in crate::sim) by: i64,
    pub(in crate::sim) fails: bool,
}

impl State {
    /// Does what a job does, all or nothing.
    pub(in crate::sim) fn come(
        &mut self,
        waiting: &Waiting,
        edition: Edition,
    ) -> Result<(), &'static str> {
        let before = self.rows.clone();
        let shifted = self.make(&Change::Shift(waiting.key, waiting.by), edition);
        let came = match shifted {
            Ok(_) if waiting.fails => Err("internal"),
            shifted => shifted.map(|_| ()),
        };
        if came.is_err() {
            self.rows = before;
        }
        came
    }

    /// Schedules something, or gives up what was scheduled and has not come.
    pub(super) fn plan(&mut self, change: &Change, now_ms: i64) -> Option<i64> {
        match *change {
            Change::Later(key, job, after_ms, by, fails) => {
                let due_ms = now_ms.saturating_add_unsigned(after_ms);
                self.jobs.push(Waiting {
                    job,
                    key,
                    due_ms,
                    by,
                    fails,
                });
                None
            }
            _ => {
                let before = self.jobs.len();
                self.jobs.retain(|waiting| waiting.key != change.key());
                Some(i64::try_from(before - self.jobs.len()).expect("few jobs"))
            }
        }
    }
}
