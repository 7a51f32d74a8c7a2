//! Threads for what takes its time, such as the hash of a password: few at once, since each takes its memory
//! too, and few that wait.

use std::sync::Arc;

use tokio::sync::Semaphore;
use zeroback_protocol::ErrorCode;

use crate::accounts::AccountLimits;
use crate::{Error, Result, Work};

/// After how long it is worth while to come again.
const RETRY_AFTER_MS: u32 = 1_000;

/// Does what takes its time on tokio's threads.
#[derive(Clone, Debug)]
pub(super) struct Workers {
    taken: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

impl Workers {
    /// Begins without any.
    pub(super) fn new(limits: AccountLimits) -> Self {
        let semaphore = |permits: u32| Arc::new(Semaphore::new(permits as usize));
        Self {
            taken: semaphore(limits.hashes_waiting_max),
            running: semaphore(limits.hashes_max),
        }
    }

    /// Does a piece of work when it is its turn, or fails with `unavailable` where too many wait.
    pub(super) async fn run(self, work: Work) -> Result<String> {
        let Ok(taken) = self.taken.try_acquire_owned() else {
            let data = serde_json::json!({ "retryAfterMs": RETRY_AFTER_MS });
            let text = format!("too many wait for the same; try again in {RETRY_AFTER_MS} ms");
            let code = ErrorCode::UNAVAILABLE.as_str().to_owned();
            return Err(Error::with_data(code, &data).message_is(text));
        };
        let running = self.running.acquire_owned().await?;
        // Whoever has asked may be gone before it is done: then it takes up its place until it is.
        let done = tokio::task::spawn_blocking(move || {
            let _places = (taken, running);
            work()
        });
        done.await?
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn what_waits_is_bounded_and_what_runs_too() {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("there is a runtime").block_on(async {
            let limits = AccountLimits {
                hashes_max: 3,
                hashes_waiting_max: 7,
                ..AccountLimits::default()
            };
            let workers = Workers::new(limits);
            let (begun, begins) = mpsc::channel();
            let (mut ends, mut tasks) = (Vec::new(), Vec::new());
            for _ in 0..limits.hashes_waiting_max {
                let (end, ended) = mpsc::channel::<()>();
                let begun = begun.clone();
                ends.push(end);
                tasks.push(tokio::spawn(workers.clone().run(Box::new(move || {
                    let _ = begun.send(());
                    // It ends when its sender is dropped.
                    let _ = ended.recv();
                    Ok("done".to_owned())
                }))));
                tokio::task::yield_now().await;
            }
            let refused = workers.clone().run(Box::new(|| Ok(String::new()))).await;
            let refused = refused.expect_err("too many wait");
            assert_eq!(refused.code().as_str(), "unavailable");
            for _ in 0..limits.hashes_max {
                begins.recv().expect("some run");
            }
            assert!(begins.try_recv().is_err(), "no more than these run");
            drop(ends);
            for task in tasks {
                let done = task.await.expect("it has not panicked");
                assert_eq!(done.expect("it is done"), "done");
            }
        });
    }
}
