//! Where actions ask and are answered that run on the thread of their engine's host.
//!
//! Each is a future that its host polls, outside of the engine. What it asks of the engine waits here
//! until the host hands it over; what it is answered with is here before the host polls it again.

mod routes;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};

use zeroback_protocol::{Outcome, Timestamp};

use super::actions::{Action, ActionId, CallId, guarded_action};
use super::{Engine, Store};
use crate::context::Scope;
use crate::web::{self, FetchOptions, WebLimits};
use crate::{
    AccountSettings, ActionCtx, Asked, Auth, Error, Fetched, Filed, Reply, Result, Work, World,
};
use routes::Teller;

/// What is around the actions of one engine.
pub trait Outside: fmt::Debug {
    /// Notes that something is to be handed to the engine.
    fn has_asked(&self) {}

    /// Makes one request to the world; redirects are not followed. There is a world where this says so.
    fn fetch(&self, _request: web::Request, _options: FetchOptions) -> Fetched {
        Box::pin(async { Err(Error::internal("there is no world to ask")) })
    }

    /// Returns what a `location` means, seen from a URL.
    fn resolve(&self, _base: &str, _location: &str) -> Option<String> {
        None
    }

    /// Stores a body under a name, or nothing where it breaks off.
    fn put_file(&self, _key: String, _body: web::Body) -> Filed<()> {
        Box::pin(async { Err(Error::internal("there is no place for files")) })
    }

    /// Returns a part of what is stored under a name.
    fn get_file(&self, _key: String, _range: Range<u64>) -> Filed<web::Body> {
        Box::pin(async { Err(Error::internal("there is no place for files")) })
    }

    /// Takes away what is stored under a name, if there is anything.
    fn delete_file(&self, _key: String) -> Filed<()> {
        Box::pin(async { Err(Error::internal("there is no place for files")) })
    }

    /// Returns 256 bits that nobody can guess.
    fn entropy(&self) -> [u8; 32];

    /// Does what takes its time; without threads there is nothing beside it.
    fn compute(&self, work: Work) -> Filed<String> {
        Box::pin(async { work() })
    }

    /// Returns a variable of the program's surroundings.
    fn env(&self, name: &str) -> Option<String>;

    /// Returns what bodies and requests may take.
    fn web_limits(&self) -> WebLimits {
        WebLimits::default()
    }

    /// Returns how the app's own accounts are kept.
    fn accounts(&self) -> Arc<AccountSettings> {
        Arc::default()
    }

    /// Returns the time.
    fn now(&self) -> Timestamp;
}

/// The actions of one engine, and what they wait for.
///
/// # Order of calls
///
/// [`ActionDesk::run`] for each [`Output::Start`](super::Output::Start), and its future is polled;
/// [`ActionDesk::hand_over`] whenever [`Outside::has_asked`] was called, followed by a turn;
/// [`ActionDesk::answer`] for each [`Output::Answer`](super::Output::Answer).
#[derive(Clone, Debug)]
pub struct ActionDesk(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    outside: Rc<dyn Outside>,
    requests: RefCell<VecDeque<Request>>,
    calls: RefCell<BTreeMap<(ActionId, CallId), Waiting>>,
    last_call: Cell<u64>,
}

/// What an action wants of the engine.
#[derive(Debug)]
enum Request {
    /// A call of a function.
    Call(ActionId, CallId, Asked),
    /// What it has read in a scope is of no interest any more.
    Forget(ActionId, Scope),
    /// It has ended.
    End(ActionId, Result<String>),
    /// A route has failed, and somebody is to be told as what.
    FailRoute(ActionId, Error, Teller),
    /// A route has answered.
    EndRoute(ActionId),
}

/// A call that has no answer yet, or whose answer has not been taken.
#[derive(Debug, Default)]
struct Waiting {
    outcome: Option<Outcome>,
    waker: Option<Waker>,
}

/// What is outside of an action, as it sees it.
#[derive(Debug)]
struct Around {
    desk: ActionDesk,
    action: ActionId,
}

impl ActionDesk {
    /// Begins without any.
    #[must_use]
    pub fn new(outside: Rc<dyn Outside>) -> Self {
        Self(Rc::new(Inner {
            outside,
            requests: RefCell::default(),
            calls: RefCell::default(),
            last_call: Cell::new(0),
        }))
    }

    /// Runs an action to its end.
    pub async fn run(self, id: ActionId, action: Action) {
        let result = guarded_action(&action, &self.ctx(id, action.auth())).await;
        self.ask(Request::End(id, result));
    }

    fn ctx(&self, id: ActionId, auth: Auth) -> ActionCtx {
        ActionCtx::new(
            Rc::new(Around {
                desk: self.clone(),
                action: id,
            }),
            auth,
        )
    }

    /// Hands what was asked for to the engine; returns whether there was anything.
    pub fn hand_over<S: Store>(&self, engine: &mut Engine<S>) -> bool {
        let requests = self.0.requests.take();
        let is_any = !requests.is_empty();
        for request in requests {
            match request {
                Request::Call(action, id, asked) => engine.handle_action_call(action, id, asked),
                Request::Forget(action, scope) => engine.handle_action_forgets(action, scope),
                Request::End(action, result) => engine.handle_action_end(action, result),
                Request::FailRoute(action, error, teller) => {
                    teller.tell(engine.route_failed(action, &error));
                }
                Request::EndRoute(action) => engine.end_route(action),
            }
        }
        is_any
    }

    /// Hands an answer to whom it is for.
    pub fn answer(&self, action: ActionId, call: CallId, outcome: Outcome) {
        // Whoever has asked may have given up waiting.
        if let Some(waiting) = self.0.calls.borrow_mut().get_mut(&(action, call)) {
            waiting.outcome = Some(outcome);
            if let Some(waker) = waiting.waker.take() {
                waker.wake();
            }
        }
    }

    fn ask(&self, request: Request) {
        self.0.requests.borrow_mut().push_back(request);
        self.0.outside.has_asked();
    }

    fn poll_answer(&self, call: (ActionId, CallId), waker: &Waker) -> Poll<Outcome> {
        let mut calls = self.0.calls.borrow_mut();
        let waiting = calls.entry(call).or_default();
        match waiting.outcome.take() {
            Some(outcome) => {
                calls.remove(&call);
                Poll::Ready(outcome)
            }
            None => {
                waiting.waker = Some(waker.clone());
                Poll::Pending
            }
        }
    }
}

/// Forgets a call whose caller does not wait for it any more.
struct Forgotten {
    desk: ActionDesk,
    call: (ActionId, CallId),
}

impl Drop for Forgotten {
    fn drop(&mut self) {
        self.desk.0.calls.borrow_mut().remove(&self.call);
    }
}

impl World for Around {
    fn call(&self, asked: Asked) -> Reply {
        let last_call = &self.desk.0.last_call;
        last_call.set(last_call.get() + 1);
        let id = CallId(last_call.get());
        let call = (self.action, id);
        let forgotten = Forgotten {
            desk: self.desk.clone(),
            call,
        };
        let calls = &self.desk.0.calls;
        calls.borrow_mut().insert(call, Waiting::default());
        self.desk.ask(Request::Call(self.action, id, asked));
        Box::pin(poll_fn(move |cx| {
            forgotten.desk.poll_answer(call, cx.waker())
        }))
    }

    fn forget(&self, scope: Scope) {
        self.desk.ask(Request::Forget(self.action, scope));
    }

    fn fetch(&self, request: web::Request, options: FetchOptions) -> Fetched {
        self.desk.0.outside.fetch(request, options)
    }

    fn resolve(&self, base: &str, location: &str) -> Option<String> {
        self.desk.0.outside.resolve(base, location)
    }

    fn put_file(&self, key: String, body: web::Body) -> Filed<()> {
        self.desk.0.outside.put_file(key, body)
    }

    fn get_file(&self, key: String, range: Range<u64>) -> Filed<web::Body> {
        self.desk.0.outside.get_file(key, range)
    }

    fn delete_file(&self, key: String) -> Filed<()> {
        self.desk.0.outside.delete_file(key)
    }

    fn entropy(&self) -> [u8; 32] {
        self.desk.0.outside.entropy()
    }

    fn compute(&self, work: Work) -> Filed<String> {
        self.desk.0.outside.compute(work)
    }

    fn env(&self, name: &str) -> Option<String> {
        self.desk.0.outside.env(name)
    }

    fn web_limits(&self) -> WebLimits {
        self.desk.0.outside.web_limits()
    }

    fn accounts(&self) -> Arc<AccountSettings> {
        self.desk.0.outside.accounts()
    }

    fn now(&self) -> Timestamp {
        self.desk.0.outside.now()
    }
}
