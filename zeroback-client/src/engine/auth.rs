//! Who is at this end of the connection: when a token is asked for, when it is said, and what waits
//! meanwhile. Knows no socket and no token's source.

use zeroback_protocol::Authentication;

use super::env::{Due, Env, TimerId};

/// A token is replaced so long before it expires, or in the middle of a shorter life.
const REFRESH_BEFORE_MS: u64 = 60_000;

/// What is to be done for it to be known who is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Ask for a token: the answer to any other turn counts for nothing.
    Fetch { turn: u64, force_refresh: bool },
    /// Say who is here.
    Say(Option<String>),
    /// Send what has waited.
    GoOn,
}

/// Order of calls: `set` and `clear` whenever; `handle_open`, `handle_token`, `handle_message`, `handle_refresh` and
/// `handle_drop` as a connection goes. Each returns what is to be done, in its order.
#[derive(Debug, Default)]
pub(crate) struct Auth {
    has_source: bool,
    is_open: bool,
    waits: bool,
    /// A token that was asked for before the last one counts for nothing.
    turn: u64,
    is_forced: bool,
    /// How many of those that were said on this connection have no answer.
    unanswered: u32,
    has_said: bool,
    was_forced: bool,
    refresh: Option<TimerId>,
    /// Whether somebody is signed in, as the server says.
    is_authenticated: Option<bool>,
}

impl Auth {
    /// Tells whether nothing may be sent before it is known who sends it.
    pub(crate) fn waits(&self) -> bool {
        self.waits
    }

    /// Tells whether the server has said who is here, as far as it was told.
    #[cfg(feature = "offline")]
    pub(crate) fn is_answered(&self) -> bool {
        !self.waits && self.unanswered == 0
    }

    /// Tells whether somebody is signed in, once the server has said so.
    pub(crate) fn is_authenticated(&self) -> Option<bool> {
        self.is_authenticated
    }

    /// There is another source of tokens.
    pub(crate) fn set(&mut self, env: &mut Env) -> Vec<Step> {
        self.has_source = true;
        self.is_authenticated = None;
        match self.is_open {
            true => self.find(env, false),
            false => Vec::new(),
        }
    }

    /// Nobody is signed in from now on.
    pub(crate) fn clear(&mut self, env: &mut Env) -> Vec<Step> {
        self.has_source = false;
        self.stop(env);
        match self.is_open {
            true => self.say_nobody(),
            false => Vec::new(),
        }
    }

    pub(crate) fn handle_open(&mut self, env: &mut Env) -> Vec<Step> {
        self.is_open = true;
        self.unanswered = 0;
        self.has_said = false;
        match self.has_source {
            true => self.find(env, false),
            false => Vec::new(),
        }
    }

    pub(crate) fn handle_drop(&mut self, env: &mut Env) {
        self.is_open = false;
        self.waits = false;
        self.stop(env);
    }

    /// Takes in the token that was asked for; nothing where nobody is signed in, or it could not be had.
    pub(crate) fn handle_token(&mut self, turn: u64, token: Option<String>) -> Vec<Step> {
        if turn != self.turn || !self.waits {
            return Vec::new();
        }
        let Some(token) = token else {
            return self.say_nobody();
        };
        self.was_forced = self.is_forced;
        let mut steps = vec![self.say(Some(token))];
        steps.extend(self.go_on());
        steps
    }

    /// The token is about to expire.
    pub(crate) fn handle_refresh(&mut self, env: &mut Env) -> Vec<Step> {
        self.refresh = None;
        self.find(env, true)
    }

    pub(crate) fn handle_message(&mut self, env: &mut Env, message: &Authentication) -> Vec<Step> {
        if *message == Authentication::Expired {
            return match self.has_source {
                true => self.find(env, true),
                false => Vec::new(),
            };
        }
        self.unanswered = self.unanswered.saturating_sub(1);
        // One that was overtaken says nothing of the last.
        if self.unanswered > 0 {
            return Vec::new();
        }
        match message {
            Authentication::Accepted { expires_in_ms, .. } => {
                self.is_authenticated = Some(expires_in_ms.is_some());
                if let Some(expires_in_ms) = expires_in_ms {
                    env.cancel(self.refresh.take());
                    let delay_ms = expires_in_ms - REFRESH_BEFORE_MS.min(expires_in_ms / 2);
                    self.refresh = Some(env.set(delay_ms, Due::Token));
                }
                Vec::new()
            }
            Authentication::Refused { error } if self.was_forced || !self.has_source => {
                env.warn(format!("the server refused the token: {error}"));
                self.say_nobody()
            }
            _ => self.find(env, true),
        }
    }

    /// Asks for a token. What is called meanwhile waits: it is not to be made under one that may end.
    fn find(&mut self, env: &mut Env, force_refresh: bool) -> Vec<Step> {
        self.stop(env);
        self.waits = true;
        self.is_forced = force_refresh;
        vec![Step::Fetch {
            turn: self.turn,
            force_refresh,
        }]
    }

    fn say_nobody(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        // A new connection is nobody's, or that of its cookie.
        match self.has_said {
            true => steps.push(self.say(None)),
            false => self.is_authenticated = Some(false),
        }
        steps.extend(self.go_on());
        steps
    }

    fn say(&mut self, token: Option<String>) -> Step {
        self.has_said = true;
        self.unanswered += 1;
        Step::Say(token)
    }

    fn go_on(&mut self) -> Option<Step> {
        std::mem::take(&mut self.waits).then_some(Step::GoOn)
    }

    fn stop(&mut self, env: &mut Env) {
        self.turn += 1;
        env.cancel(self.refresh.take());
    }
}
