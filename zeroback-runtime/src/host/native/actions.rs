//! The thread on which actions run: their futures stay on it, and wait for the world side by side.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::LocalSet;
use zeroback_protocol::{ErrorCode, Outcome, Timestamp, WireError};

use super::clock::{entropy, now};
use super::engine_thread::{ActionDoor, ActionName};
use super::fetch::{self, Fetcher};
use super::files::Files;
use super::routes::{self, RouteJob};
use super::workers::Workers;
use crate::engine::{Action, guarded_action};
use crate::web::{Body, FetchOptions, Request, WebLimits};
use crate::{AccountSettings, ActionCtx, Asked, Fetched, Filed, Reply, Scope, Work, World};

/// Hands actions over to their thread.
#[derive(Clone, Debug)]
pub(super) struct ActionsHandle(mpsc::UnboundedSender<(ActionName, Job)>);

/// What is to run.
enum Job {
    Action(Action),
    Route(Box<RouteJob>),
}

/// The process, as an action sees it.
#[derive(Debug)]
struct Process {
    action: ActionName,
    engine: ActionDoor,
    fetcher: Fetcher,
    files: Files,
    workers: Workers,
    limits: WebLimits,
    accounts: Arc<AccountSettings>,
}

/// What is around the actions of a server.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) files: Files,
    pub(super) limits: WebLimits,
    pub(super) accounts: Arc<AccountSettings>,
}

/// Starts the thread. It ends, and every action with it, when nobody can hand it another one.
pub(super) fn start(engine: ActionDoor, around: Surroundings) -> ActionsHandle {
    let (handle, started) = mpsc::unbounded_channel();
    std::thread::Builder::new()
        .name("zeroback-actions".to_owned())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("the operating system gives a reactor");
            LocalSet::new().block_on(&runtime, run_all(engine, around, started));
        })
        .expect("the operating system gives a thread");
    ActionsHandle(handle)
}

async fn run_all(
    engine: ActionDoor,
    around: Surroundings,
    mut started: mpsc::UnboundedReceiver<(ActionName, Job)>,
) {
    let Surroundings {
        files,
        limits,
        accounts,
    } = around;
    let fetcher = Fetcher::new(Duration::from_millis(limits.body_stall_ms.into()));
    let workers = Workers::new(accounts.limits);
    while let Some((name, job)) = started.recv().await {
        let engine = engine.clone();
        let world = Rc::new(Process {
            action: name,
            engine: engine.clone(),
            fetcher: fetcher.clone(),
            files: files.clone(),
            limits,
            workers: workers.clone(),
            accounts: Arc::clone(&accounts),
        });
        tokio::task::spawn_local(async move {
            match job {
                Job::Action(action) => {
                    let ctx = ActionCtx::new(world, action.auth());
                    let result = guarded_action(&action, &ctx).await;
                    engine.ended(name, result).await;
                }
                Job::Route(job) => routes::run(*job, name, &engine, world).await,
            }
        });
    }
}

impl ActionsHandle {
    /// Has an action run. How many there are is bounded by the engine.
    pub(super) fn run(&self, name: ActionName, action: Action) {
        // Without the thread nobody is left to be told.
        let _ = self.0.send((name, Job::Action(action)));
    }

    /// Has a route answer a request. How many there are is bounded as actions are.
    pub(super) fn answer(&self, name: ActionName, job: Box<RouteJob>) {
        let _ = self.0.send((name, Job::Route(job)));
    }
}

impl World for Process {
    fn call(&self, asked: Asked) -> Reply {
        let (action, engine) = (self.action, self.engine.clone());
        Box::pin(async move {
            engine.call(action, asked).await.unwrap_or_else(|| {
                let text = "the server has stopped; what it was asked for may have been done";
                Outcome::Error(WireError::new(ErrorCode::UNAVAILABLE, text))
            })
        })
    }

    fn forget(&self, scope: Scope) {
        self.engine.forget(self.action, scope);
    }

    fn fetch(&self, request: Request, options: FetchOptions) -> Fetched {
        self.fetcher.fetch(request, options)
    }

    fn resolve(&self, base: &str, location: &str) -> Option<String> {
        fetch::resolve(base, location)
    }

    fn put_file(&self, key: String, body: Body) -> Filed<()> {
        Box::pin(self.files.clone().put(key, body))
    }

    fn get_file(&self, key: String, range: Range<u64>) -> Filed<Body> {
        Box::pin(self.files.clone().get(key, range))
    }

    fn delete_file(&self, key: String) -> Filed<()> {
        Box::pin(self.files.clone().delete(key))
    }

    fn entropy(&self) -> [u8; 32] {
        entropy()
    }

    fn compute(&self, work: Work) -> Filed<String> {
        Box::pin(self.workers.clone().run(work))
    }

    fn env(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn web_limits(&self) -> WebLimits {
        self.limits
    }

    fn accounts(&self) -> Arc<AccountSettings> {
        Arc::clone(&self.accounts)
    }

    fn now(&self) -> Timestamp {
        now()
    }
}
