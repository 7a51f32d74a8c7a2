//! Calls over HTTP, mutations under an `Idempotency-Key` among them.

use std::collections::BTreeMap;

use serde_json::Value;
use suite_fixture_sim::Question;
use zeroback_protocol::{Call, FunctionKind, Outcome};
use zeroback_runtime::engine::Ticket;

use super::super::calls;
use super::super::history::Under;
use super::super::model::Mutation;
use super::super::property::{Breach, Property};
use super::World;
use crate::transcript;

/// What was called for over HTTP.
#[derive(Debug, Default)]
pub(super) struct Posted {
    /// The mutations of each key, by their tokens.
    keyed: BTreeMap<usize, Vec<(u64, Mutation)>>,
    /// Those whose callers have no answer.
    unanswered: BTreeMap<u64, usize>,
    /// What an answer is awaited of.
    waiting: BTreeMap<Ticket, Wanted>,
    last_ticket: u64,
}

#[derive(Clone, Debug)]
enum Wanted {
    Mutation(u64),
    Question(Question),
}

impl World {
    /// Calls for a mutation under a key, which another one may have.
    pub(super) fn post_mutation(&mut self, key: usize, mutation: &Mutation) -> Result<(), Breach> {
        let token = self.history.intend(Under::Key(key), mutation.clone());
        let list = self.posted.keyed.entry(key).or_default();
        list.push((token, mutation.clone()));
        self.posted.unanswered.insert(token, key);
        self.post_keyed(key, token, mutation)
    }

    /// Calls once more for one of the mutations of a key.
    pub(super) fn post_again(&mut self, key: usize, which: usize) -> Result<(), Breach> {
        let list = self.posted.keyed.get(&key);
        let again = list.and_then(|list| list.get(which.checked_rem(list.len())?).cloned());
        match again {
            Some((token, mutation)) => self.post_keyed(key, token, &mutation),
            None => Ok(()),
        }
    }

    /// Asks a query over HTTP.
    pub(super) fn call(&mut self, question: &Question) {
        let call = calls::question(question);
        self.send_call(Wanted::Question(question.clone()), None, &call);
    }

    /// Calls again for all mutations that have no answer; returns whether there were any.
    pub(super) fn post_unanswered(&mut self) -> Result<bool, Breach> {
        let unanswered = self.posted.unanswered.clone();
        for (token, key) in &unanswered {
            let list = &self.posted.keyed[key];
            let of = list.iter().find(|(of, _)| of == token);
            let (_, mutation) = of.expect("it was called for").clone();
            self.post_keyed(*key, *token, &mutation)?;
        }
        Ok(!unanswered.is_empty())
    }

    /// Forgets calls whose answers will not come, and an import: their server is gone.
    pub(super) fn lose_calls(&mut self) {
        self.posted.waiting.clear();
        self.importing = None;
    }

    fn post_keyed(&mut self, key: usize, token: u64, mutation: &Mutation) -> Result<(), Breach> {
        let call = calls::mutation(token, mutation);
        let key = format!("key-{}-{key}", self.seed);
        self.send_call(Wanted::Mutation(token), Some(&key), &call);
        if self.server.config.hibernates {
            self.server.commit();
        }
        self.look()
    }

    fn send_call(&mut self, wanted: Wanted, key: Option<&str>, call: &Call) {
        self.posted.last_ticket += 1;
        let ticket = Ticket(self.posted.last_ticket);
        let kind = match &wanted {
            Wanted::Mutation(_) => FunctionKind::Mutation,
            Wanted::Question(question) => {
                self.runs.note_call(question);
                FunctionKind::Query
            }
        };
        let args = call.args.as_str();
        let body = format!(r#"{{"path":"{}","args":{args}}}"#, call.path);
        transcript::note(
            &format!("{ticket:?} {}", key.unwrap_or_default()),
            "→",
            &body,
        );
        self.posted.waiting.insert(ticket, wanted);
        self.server.call(ticket, kind, key, &body);
    }

    /// Takes in the answers that have come.
    pub(super) fn look_at_replies(&mut self) -> Result<(), Breach> {
        for (ticket, status, body) in self.server.take_replies() {
            transcript::note(&format!("{ticket:?}"), "←", &body);
            let Some(wanted) = self.posted.waiting.remove(&ticket) else {
                let text = format!("a second answer to {ticket:?}: {body}");
                return Err(Breach::new(Property::Ordered, text));
            };
            let said = said(&body)?;
            if said.is_ok() != (status == 200) {
                let text = format!("status {status} with {body}");
                return Err(Breach::new(Property::Sound, text));
            }
            let counter = self.history.counter();
            match wanted {
                Wanted::Question(question) => {
                    let sight = self.server.sight.clone();
                    self.check_read(counter..=counter, &question, &said, &sight)?;
                }
                Wanted::Mutation(_) if said.as_ref().is_err_and(|code| is_sent_again(code)) => {}
                Wanted::Mutation(token) => {
                    self.posted.unanswered.remove(&token);
                    self.history.told(token, said, counter)?;
                }
            }
        }
        Ok(())
    }
}

/// Tells whether nothing is recorded with a code, so that its caller tries again.
fn is_sent_again(code: &str) -> bool {
    ["unavailable", "migrating", "schema_conflict"].contains(&code)
}

fn said(body: &str) -> Result<Result<Value, String>, Breach> {
    match Outcome::parse(body) {
        Ok(Outcome::Success(value)) => {
            let value = serde_json::from_str(value.as_str());
            Ok(Ok(value.expect("the server writes JSON")))
        }
        Ok(Outcome::Error(error)) => Ok(Err(error.code.as_str().to_owned())),
        Err(_) => Err(Breach::new(Property::Sound, format!("no answer: {body}"))),
    }
}
