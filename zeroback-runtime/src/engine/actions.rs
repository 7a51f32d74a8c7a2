//! Actions: what a host runs outside of the engine, and what that asks of it.
//!
//! An action is no transaction and waits for the world, so it runs beside the engine, as a future of
//! its host's. Each call that it makes comes in as any other, is run in the next turn, and is answered
//! by an output. Whoever has called the action may be gone by then; it goes on.
//!
//! One that has a key runs once under it. That it has begun is recorded before it begins, as an
//! outcome that nobody knows, and what it comes to takes the place of that. Whoever sends it again
//! meanwhile waits with the others.

mod routes;

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use futures_util::FutureExt as _;
use zeroback_protocol::{Call, ErrorCode, Outcome, QueueId, RawJson, ServerRequestId, WireError};

use super::Engine;
use super::calls::{CallKind, CallLine};
use super::commit::{WaitingMutation, Work};
use super::outbox::Output;
use super::queues::{Fingerprint, Place};
use super::run::panicked;
use super::session::{Access, CallOrigin, Caller};
use super::store::Store;
use super::viewer::Viewer;
use crate::context::Scope;
use crate::registry::{ActionFuture, ActionHandler, FunctionDef};
use crate::{ActionCtx, Asked, Auth, Result, request_scope};

/// How many wait for one action at most. A client sends it again once for each connection that it
/// loses, and those of lost connections wait no more.
const CALLERS_MAX: usize = 16;

use routes::Begun;
pub(super) use routes::WaitingRequest;
pub(crate) use routes::guarded_route;

/// Names an action that runs; never used again by the same engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionId(pub u64);

/// Names a call of an action's; given by the host, never used again within the action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// An action that is to run.
pub struct Action {
    request_id: ServerRequestId,
    path: &'static str,
    handler: ActionHandler,
    args: RawJson,
    viewer: Viewer,
}

/// Under what an action runs once: a hash of its key, and which call it is.
pub(super) type Key = (QueueId, Fingerprint);

/// Those that run, and those that wait for their host.
#[derive(Debug, Default)]
pub(super) struct Actions {
    running: BTreeMap<ActionId, Running>,
    by_key: BTreeMap<QueueId, ActionId>,
    /// What has become of requests to routes, until their host has taken it.
    requests: BTreeMap<ActionId, Begun>,
    last: u64,
}

/// An action that runs, or is about to.
#[derive(Debug)]
struct Running {
    request_id: ServerRequestId,
    began_ms: i64,
    /// Who waits for what it comes to.
    callers: Vec<Caller>,
    path: &'static str,
    viewer: Viewer,
    /// Until its host has taken it.
    waiting: Option<Action>,
    key: Option<Key>,
    /// What it has come to, while that is being recorded.
    outcome: Option<Outcome>,
}

impl Running {
    /// Says what the log has of it, now that it has ended.
    fn line(&self, kind: CallKind, now_ms: i64) -> CallLine {
        let took_ms = now_ms.saturating_sub(self.began_ms);
        CallLine {
            took: u64::try_from(took_ms).ok().map(Duration::from_millis),
            ..CallLine::new(self.request_id, self.path, kind)
        }
    }
}

impl Action {
    /// Returns the function's path.
    #[must_use]
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// Returns what its context says of who has called it.
    #[must_use]
    pub fn auth(&self) -> Auth {
        self.viewer.auth()
    }

    fn run<'ctx>(&self, ctx: &'ctx ActionCtx) -> ActionFuture<'ctx> {
        (self.handler)(ctx, self.args.as_str())
    }
}

/// Runs an action to its end, and turns a panic of its function's into an error that says nothing
/// outside.
pub async fn guarded_action(action: &Action, ctx: &ActionCtx) -> Result<String> {
    let runs = async {
        let begun = catch_unwind(AssertUnwindSafe(|| action.run(ctx)));
        let ended = match begun {
            Ok(future) => AssertUnwindSafe(future).catch_unwind().await,
            Err(panic) => Err(panic),
        };
        ended.unwrap_or_else(|panic| Err(panicked(&*panic)))
    };
    request_scope::within_polls(action.request_id, runs).await
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Action")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl<S: Store> Engine<S> {
    /// Has the host run an action; one that has a key, once that is recorded.
    pub(super) fn start_action(
        &mut self,
        caller: Caller,
        (request_id, viewer): (ServerRequestId, Viewer),
        path: &'static str,
        handler: ActionHandler,
        args: RawJson,
        key: Option<Key>,
    ) {
        if let Some(key) = &key
            && self.joins(caller, key)
        {
            return;
        }
        let actions_max = self.config.actions_max;
        if self.actions.running.len() >= actions_max {
            let text = format!("{actions_max} actions run already, which is actionsMax; try again");
            let error = WireError::new(ErrorCode::LIMIT_EXCEEDED, text).to_be_resent();
            return self.answer(caller, Outcome::Error(error));
        }
        self.actions.last += 1;
        let id = ActionId(self.actions.last);
        let waiting = Some(Action {
            request_id,
            path,
            handler,
            args,
            viewer: viewer.clone(),
        });
        let running = Running {
            request_id,
            began_ms: self.now_ms,
            callers: vec![caller],
            path,
            viewer,
            waiting,
            key: key.clone(),
            outcome: None,
        };
        self.actions.running.insert(id, running);
        match key {
            None => self.outputs.push_back(Output::Start { action: id }),
            Some((key, fingerprint)) => {
                self.actions.by_key.insert(key, id);
                self.waiting_mutations.push_back(WaitingMutation {
                    request_id,
                    caller: Caller::Begins(id),
                    viewer: Viewer::default(),
                    work: Work::BeginAction,
                    place: Some((Place::Key(key), fingerprint)),
                    writer: None,
                    if_unchanged: false,
                });
            }
        }
    }

    /// Lets a caller wait for an action that runs under its key already, if one does.
    fn joins(&mut self, caller: Caller, (key, fingerprint): &Key) -> bool {
        let Some(id) = self.actions.by_key.get(key) else {
            return false;
        };
        let running = self.actions.running.get_mut(id).expect("by_key names it");
        let is_same = running
            .key
            .as_ref()
            .is_some_and(|(_, own)| own == fingerprint);
        if !is_same {
            let text = "another action runs under this id";
            let error = WireError::new(ErrorCode::KEY_REUSED, text);
            self.answer(caller, Outcome::Error(error));
            return true;
        }
        let sessions = &self.sessions;
        running.callers.retain(|known| match known {
            Caller::Request(connection, _) => sessions.contains_key(connection),
            _ => true,
        });
        if running.callers.len() < CALLERS_MAX {
            running.callers.push(caller);
        } else {
            let text = format!("{CALLERS_MAX} calls wait for this action already; try again");
            let error = WireError::new(ErrorCode::LIMIT_EXCEEDED, text).to_be_resent();
            self.answer(caller, Outcome::Error(error));
        }
        true
    }

    /// Has the host run an action, now that it is recorded that it begins.
    pub(super) fn begin_action(&mut self, id: ActionId) {
        self.outputs.push_back(Output::Start { action: id });
    }

    /// Returns an action that an [`Output::Start`] has named, once.
    pub fn take_action(&mut self, id: ActionId) -> Option<Action> {
        self.actions.running.get_mut(&id)?.waiting.take()
    }

    /// Takes in a call that an action makes; it is answered by an [`Output::Answer`].
    pub fn handle_action_call(&mut self, action: ActionId, id: CallId, asked: Asked) {
        let Some(running) = self.actions.running.get(&action) else {
            return;
        };
        let (request_id, viewer) = (running.request_id, running.viewer.clone());
        let caller = Caller::Action(action, id);
        let Some(kind) = self.app.function(asked.path).map(FunctionDef::kind) else {
            let text = format!("path: there is no function \"{}\"", asked.path);
            let error = WireError::new(ErrorCode::FUNCTION_NOT_FOUND, text);
            return self.answer(caller, Outcome::Error(error));
        };
        let call = Call {
            path: asked.path.to_owned(),
            args: RawJson::from_encoded(asked.args),
        };
        let origin = CallOrigin {
            request_id,
            viewer,
            access: Access::Operator,
            place: None,
            watcher: Some((action, asked.scope)),
            if_unchanged: asked.if_unchanged,
        };
        self.start_call(caller, kind, &call, origin);
    }

    /// Forgets what an action has read in a scope.
    pub fn handle_action_forgets(&mut self, action: ActionId, scope: Scope) {
        self.watches.forget((action, scope));
    }

    /// Takes in what an action has come to.
    pub fn handle_action_end(&mut self, id: ActionId, result: Result<String>) {
        self.watches.forget_action(id);
        let Some(running) = self.actions.running.get(&id) else {
            return;
        };
        let (request_id, path, key) = (running.request_id, running.path, running.key.clone());
        let line = running.line(CallKind::Action, self.now_ms);
        let result = result.and_then(|value| self.check_result(value));
        let outcome = self.outcome_of(request_id, path, result);
        self.calls.note(line.of(&outcome));
        let Some((key, fingerprint)) = key else {
            return self.end_action(id, outcome);
        };
        let running = self
            .actions
            .running
            .get_mut(&id)
            .expect("it was just there");
        running.outcome = Some(outcome.clone());
        self.waiting_mutations.push_back(WaitingMutation {
            request_id,
            caller: Caller::Ends(id),
            viewer: Viewer::default(),
            work: Work::EndAction(outcome),
            place: Some((Place::Key(key), fingerprint)),
            writer: None,
            if_unchanged: false,
        });
    }

    /// Takes in that an attempt was made to record what an action has come to. Where it has failed,
    /// those who wait are told all the same; whoever asks later is told that nobody knows.
    pub(super) fn note_ended(&mut self, id: ActionId) {
        let running = self.actions.running.get_mut(&id);
        if let Some(outcome) = running.and_then(|running| running.outcome.take()) {
            self.end_action(id, outcome);
        }
    }

    /// Tells all who wait what an action has come to, and forgets it.
    pub(super) fn end_action(&mut self, id: ActionId, outcome: Outcome) {
        let Some(running) = self.actions.running.remove(&id) else {
            return;
        };
        if let Some((key, _)) = running.key {
            self.actions.by_key.remove(&key);
        }
        for caller in running.callers {
            let outcome = self.fit(caller, outcome.clone());
            self.answer(caller, outcome);
        }
    }

    /// Tells whether an action runs: then the host must not lose the engine.
    #[must_use]
    pub fn has_actions(&self) -> bool {
        !self.actions.running.is_empty()
    }
}
