//! What a function is given: the database as it may use it, and the time.
//!
//! A context can be named anywhere and made only by the engine, so a browser build that compiles a
//! function's body has nothing to call it with.

use std::cell::Cell;
use std::fmt;
use std::ops::{Deref, Range};
use std::pin::Pin;
use std::rc::Rc;
#[cfg(feature = "server")]
use std::sync::Arc;

use zeroback_protocol::{
    ActionCall, ErrorCode, FunctionCall, MutationCall, Outcome, QueryCall, Timestamp, encode,
};

#[cfg(feature = "server")]
use crate::AccountSettings;
use crate::db::{Database, Reader, Writer};
use crate::file::{ActionStorage, FileReader, Storage};
use crate::job::{ActionScheduler, JobReader, Scheduler};
use crate::web::{Body, FetchOptions, Request, Response, WebLimits, follow};
use crate::{Auth, CallError, Error, FunctionError, Value};

/// What a query is given: a database to read.
#[derive(Debug)]
pub struct QueryCtx {
    /// The database, at one version from the first read to the last.
    pub db: Reader,
    /// What has become of calls that were scheduled.
    pub scheduler: JobReader,
    /// What is known of files.
    pub storage: FileReader,
    /// Who calls.
    pub auth: Auth,
    now: Timestamp,
}

/// What a mutation is given: a database to read and write, in one transaction.
#[derive(Debug)]
pub struct MutationCtx {
    /// The database; what is written is read back at once, and undone if the mutation fails.
    pub db: Writer,
    /// Calls that are made later, if the mutation succeeds.
    pub scheduler: Scheduler,
    /// Files that clients may bring, and that go, if the mutation succeeds.
    pub storage: Storage,
    query: QueryCtx,
}

impl QueryCtx {
    #[doc(hidden)]
    pub fn new(database: Rc<dyn Database>, auth: Auth, now: Timestamp) -> Self {
        Self {
            db: Reader::new(Rc::clone(&database)),
            scheduler: JobReader::new(Rc::clone(&database)),
            storage: FileReader::new(database),
            auth,
            now,
        }
    }

    /// Returns the time of this run; it stands still while the function runs.
    ///
    /// Time passing makes no query run again: a query that compares with it is as old as its run.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }
}

impl MutationCtx {
    #[doc(hidden)]
    pub fn new(database: &Rc<dyn Database>, auth: Auth, now: Timestamp) -> Self {
        Self {
            db: Writer::new(Rc::clone(database)),
            scheduler: Scheduler::new(Rc::clone(database), now),
            storage: Storage::new(Rc::clone(database)),
            query: QueryCtx::new(Rc::clone(database), auth, now),
        }
    }
}

impl Deref for MutationCtx {
    type Target = QueryCtx;

    fn deref(&self) -> &QueryCtx {
        &self.query
    }
}

/// What an action is given: the functions of its app, and the world.
///
/// Each call is committed or has been read when it returns, whatever becomes of the action: an action
/// is no transaction. Where it must not write what has become wrong meanwhile, there are
/// [`run_mutation_if_unchanged`](ActionCtx::run_mutation_if_unchanged) and
/// [`transact`](ActionCtx::transact).
#[derive(Clone, Debug)]
pub struct ActionCtx {
    /// Calls that are made later; each is committed when the call that schedules it returns.
    pub scheduler: ActionScheduler,
    /// Files; what is done to them is committed when the call returns.
    pub storage: ActionStorage,
    /// Who has called the action; what it calls is called by them too.
    pub auth: Auth,
    world: Rc<dyn World>,
    attempt: Attempt,
}

/// How often [`ActionCtx::transact`] tries. Of those that race, one gets through each time.
const ATTEMPTS_MAX: u32 = 128;

/// What an action asks of its app.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: &'static str,
    pub args: String,
    /// With which other reads those of the call belong together.
    pub scope: Scope,
    /// Whether it is only to be done if what was read in the scope still stands.
    pub if_unchanged: bool,
}

/// Names reads of an action that belong together: all of it, or those of one attempt.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope(pub u64);

/// What a call comes to.
#[doc(hidden)]
pub type Reply = Pin<Box<dyn Future<Output = Outcome>>>;

/// What a request to the world comes to.
pub type Fetched = Pin<Box<dyn Future<Output = Result<Response, Error>>>>;

/// What is asked of the files that a host keeps comes to this.
#[doc(hidden)]
pub type Filed<T> = Pin<Box<dyn Future<Output = Result<T, Error>>>>;

/// What takes its time, and waits for nothing.
#[doc(hidden)]
pub type Work = Box<dyn FnOnce() -> Result<String, Error> + Send>;

/// How an action reaches what is outside of it; each host has its own.
#[doc(hidden)]
pub trait World: fmt::Debug {
    /// Calls a function of the app, internal ones too; what comes back is encoded.
    fn call(&self, asked: Asked) -> Reply;

    /// Forgets what was read in a scope.
    fn forget(&self, scope: Scope);

    /// Makes one request; redirects are not followed.
    fn fetch(&self, request: Request, options: FetchOptions) -> Fetched;

    /// Returns what a `location` means, seen from a URL.
    fn resolve(&self, base: &str, location: &str) -> Option<String>;

    /// Stores a body under a name, or nothing where it breaks off.
    fn put_file(&self, key: String, body: Body) -> Filed<()>;

    /// Returns a part of what is stored under a name.
    fn get_file(&self, key: String, range: Range<u64>) -> Filed<Body>;

    /// Takes away what is stored under a name, if there is anything.
    fn delete_file(&self, key: String) -> Filed<()>;

    /// Returns 256 bits that nobody can guess.
    fn entropy(&self) -> [u8; 32];

    /// Does what takes its time; where that can be, beside all else.
    fn compute(&self, work: Work) -> Filed<String>;

    /// Returns a variable of the program's surroundings.
    fn env(&self, name: &str) -> Option<String>;

    /// Returns what bodies and requests may take.
    fn web_limits(&self) -> WebLimits {
        WebLimits::default()
    }

    /// Returns how the app's own accounts are kept.
    #[cfg(feature = "server")]
    fn accounts(&self) -> Arc<AccountSettings>;

    /// Returns the time.
    fn now(&self) -> Timestamp;
}

/// One attempt at a transaction, or the whole of an action.
#[derive(Clone, Debug, Default)]
struct Attempt {
    scope: Scope,
    /// The last scope that the action has begun.
    last: Rc<Cell<u64>>,
    /// Whether something that it had read was written by others.
    has_conflict: Rc<Cell<bool>>,
}

impl ActionCtx {
    #[doc(hidden)]
    pub fn new(world: Rc<dyn World>, auth: Auth) -> Self {
        Self {
            scheduler: ActionScheduler::new(Rc::clone(&world)),
            storage: ActionStorage::new(Rc::clone(&world)),
            auth,
            world,
            attempt: Attempt::default(),
        }
    }

    /// Runs a query, internal ones too, at the newest version.
    ///
    /// # Errors
    ///
    /// Fails as the function does, and where its arguments cannot be encoded.
    pub async fn run_query<C>(&self, call: C) -> Result<C::Output, CallError<C::Error>>
    where
        C: QueryCall<Output: Value, Error: FunctionError>,
    {
        self.run(&call, false).await
    }

    /// Runs a mutation, internal ones too; when it returns, it is committed.
    ///
    /// # Errors
    ///
    /// As [`ActionCtx::run_query`].
    pub async fn run_mutation<C>(&self, call: C) -> Result<C::Output, CallError<C::Error>>
    where
        C: MutationCall<Output: Value, Error: FunctionError>,
    {
        self.run(&call, false).await
    }

    /// Runs a mutation if nothing has changed since that a query of this action has read, or of this
    /// attempt in [`ActionCtx::transact`]: whatever is written in the ranges that they read counts as
    /// a change, but for what the action itself has written.
    ///
    /// # Errors
    ///
    /// Fails with `conflict` where something has changed; then nothing is written. Else as
    /// [`ActionCtx::run_query`].
    pub async fn run_mutation_if_unchanged<C>(
        &self,
        call: C,
    ) -> Result<C::Output, CallError<C::Error>>
    where
        C: MutationCall<Output: Value, Error: FunctionError>,
    {
        self.run(&call, true).await
    }

    /// Reads, decides and writes as if nothing came between: has `attempt` made anew while what it
    /// had read was changed before its
    /// [`run_mutation_if_unchanged`](ActionCtx::run_mutation_if_unchanged), 128 times at most.
    ///
    /// Only the reads of an attempt count, and they are those that go through the context that it is
    /// given. What an attempt does beside them is done again with it.
    ///
    /// ```ignore
    /// #[action]
    /// pub async fn increment(ctx: &ActionCtx) -> Result<i64> {
    ///     ctx.transact(async |ctx| {
    ///         let value = ctx.run_query(read::Args).await? + 1;
    ///         ctx.run_mutation_if_unchanged(write::Args { value }).await?;
    ///         Ok(value)
    ///     })
    ///     .await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Fails as the last attempt did.
    pub async fn transact<T, E, F>(&self, attempt: impl Fn(Self) -> F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        let mut attempts = 1;
        loop {
            let own = self.attempt();
            let result = attempt(own.clone()).await;
            self.world.forget(own.attempt.scope);
            let may_retry = own.attempt.has_conflict.get() && attempts < ATTEMPTS_MAX;
            if result.is_ok() || !may_retry {
                return result;
            }
            attempts += 1;
        }
    }

    /// Runs another action, internal ones too.
    ///
    /// # Errors
    ///
    /// As [`ActionCtx::run_query`].
    pub async fn run_action<C>(&self, call: C) -> Result<C::Output, CallError<C::Error>>
    where
        C: ActionCall<Output: Value, Error: FunctionError>,
    {
        self.run(&call, false).await
    }

    /// Makes a request to the world, and returns what it is answered with, whatever its status is.
    ///
    /// It follows redirects, and waits for [`FetchOptions::timeout`]; an extension of the request
    /// sets both. Bodies are streams both ways.
    ///
    /// ```ignore
    /// let titles: Vec<String> = ctx.fetch(http::Request::get(url).body(Body::empty())?).await?.json().await?;
    /// ```
    ///
    /// # Errors
    ///
    /// Fails with `fetch_timeout` where the other side is silent for too long, and with `fetch_failed`
    /// where it cannot be reached or breaks off; neither says what was asked for.
    pub async fn fetch(&self, request: Request) -> Result<Response, Error> {
        follow(&*self.world, request).await
    }

    /// Returns a variable or a secret: of the process natively, of the Worker on Cloudflare.
    ///
    /// # Errors
    ///
    /// Fails with `internal` where there is none of this name.
    pub fn env(&self, name: &str) -> Result<String, Error> {
        self.world
            .env(name)
            .ok_or_else(|| Error::internal(format!("the variable {name} is not set")))
    }

    /// Returns the time; it goes on while the action runs.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.world.now()
    }

    #[cfg(feature = "server")]
    pub(crate) fn world(&self) -> &dyn World {
        &*self.world
    }

    /// Begins an attempt, whose reads are its own.
    fn attempt(&self) -> Self {
        let last = &self.attempt.last;
        last.set(last.get() + 1);
        Self {
            scheduler: self.scheduler.clone(),
            storage: self.storage.clone(),
            auth: self.auth.clone(),
            world: Rc::clone(&self.world),
            attempt: Attempt {
                scope: Scope(last.get()),
                last: Rc::clone(last),
                has_conflict: Rc::default(),
            },
        }
    }

    async fn run<C>(&self, call: &C, if_unchanged: bool) -> Result<C::Output, CallError<C::Error>>
    where
        C: FunctionCall<Output: Value, Error: FunctionError>,
    {
        let args = encode(call)
            .map_err(|error| Error::new(ErrorCode::BAD_ARGS, error.at("args").to_string()))
            .map_err(CallError::System)?;
        let asked = Asked {
            path: C::PATH,
            args,
            scope: self.attempt.scope,
            if_unchanged,
        };
        let outcome = self.world.call(asked).await;
        if if_unchanged && is_conflict(&outcome) {
            self.attempt.has_conflict.set(true);
        }
        crate::function::typed::<C>(outcome)
    }
}

/// Tells whether a mutation was not made because of what others had written: a function that fails
/// with this code by itself cannot say that it is to be made again.
fn is_conflict(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Error(error) if error.code == ErrorCode::CONFLICT && error.resend)
}

/// Has a function of the app called, apart from what an action reads.
pub(crate) async fn call_by<C>(
    world: &dyn World,
    call: &C,
) -> Result<C::Output, CallError<C::Error>>
where
    C: FunctionCall<Output: Value, Error: FunctionError>,
{
    let args = encode(call)
        .map_err(|error| Error::new(ErrorCode::BAD_ARGS, error.at("args").to_string()))
        .map_err(CallError::System)?;
    let asked = Asked {
        path: C::PATH,
        args,
        scope: Scope::default(),
        if_unchanged: false,
    };
    let outcome = world.call(asked).await;
    crate::function::typed::<C>(outcome)
}
