//! What clients see and what the database holds, against the model.

use std::ops::RangeInclusive;

use serde_json::Value;
use suite_fixture_sim::Question;

use super::super::client::Learned;
use super::super::model::Edition;
use super::super::property::{Breach, Property};
use super::super::server::Sight;
use super::World;

/// A job that the store has failed comes again within that time.
const RETRY_MS_MAX: i64 = 10_000;

impl World {
    pub(super) fn check_learned(&mut self, at: usize, learned: Learned) -> Result<(), Breach> {
        let Some(version) = learned.version else {
            return Ok(());
        };
        for (entry, said) in learned.mutations {
            self.history.told(entry.token, said, version.counter)?;
        }
        for (question, since, said) in learned.reads {
            let sight = self.sight_of(at);
            self.check_read(since..=version.counter, &question, &said, &sight)?;
        }
        self.check_view(at, false)
    }

    /// Holds the answer of a one-shot query against the model. It is that of the transition's
    /// version, except where it had to wait until its client had read what was sent before.
    pub(super) fn check_read(
        &mut self,
        versions: RangeInclusive<u64>,
        question: &Question,
        said: &Result<Value, String>,
        sight: &Sight,
    ) -> Result<(), Breach> {
        let sight = (sight, false);
        let mut compared = self.check_said(*versions.end(), question, said, sight);
        if self.server.config.unacknowledged_bytes_max < 1 << 20 {
            for earlier in versions {
                compared = compared.or_else(|_| self.check_said(earlier, question, said, sight));
            }
        }
        compared.map_err(|error| {
            let text = format!("{question:?} asked once: {error}");
            Breach::new(Property::Fresh, text)
        })
    }

    /// Holds all that a client sees against the model.
    pub(super) fn check_view(&mut self, at: usize, is_last: bool) -> Result<(), Breach> {
        let sight = self.sight_of(at);
        let client = &self.clients[at];
        let counter = client.version.counter;
        let seen: Vec<_> = client
            .asked
            .values()
            .filter(|asked| asked.is_told)
            .map(|asked| {
                let said = asked.held.as_ref().map(|held| held.said.clone());
                (asked.question.clone(), said, asked.was_patched)
            })
            .collect();
        let counter = if is_last {
            self.history.counter()
        } else {
            counter
        };
        for (question, said, was_patched) in seen {
            let compared = match said {
                Some(said) => self.check_said(counter, &question, &said, (&sight, is_last)),
                None => Err("it is said to be told, and nothing is held".to_owned()),
            };
            compared.map_err(|error| {
                let text = format!("client {at}, version {counter}, {question:?}: {error}");
                let property = match was_patched {
                    true => Property::Sound,
                    false => Property::Fresh,
                };
                Breach::new(property, text)
            })?;
        }
        Ok(())
    }

    /// Returns how the server of a client's connection has looked.
    fn sight_of(&self, at: usize) -> Sight {
        let link = self.clients[at]
            .link
            .and_then(|link| self.server.links.get(&link));
        let sight = link.map_or(&self.server.sight, |link| &link.sight);
        sight.clone()
    }

    fn check_said(
        &mut self,
        counter: u64,
        question: &Question,
        said: &Result<Value, String>,
        (sight, is_last): (&Sight, bool),
    ) -> Result<(), String> {
        let expected = self
            .history
            .answer(counter, question, sight.edition, &self.names.places)
            .map_err(|breach| breach.to_string())?;
        match (expected, said) {
            (_, Err(code)) if code == "internal" && !is_last && self.runs.was_faulted(question) => {
                Ok(())
            }
            (_, Err(code)) if sight.refusals.contains(code.as_str()) && !is_last => Ok(()),
            (Ok(expected), Ok(said)) => self.names.compare(&expected, said),
            (Err(expected), Err(code)) if expected == code => Ok(()),
            // An engine that wakes does not know why a query was refused that nobody has been told of.
            (Err("function_not_found"), Err(code)) if code == "unavailable" => {
                match self.server.config.hibernates {
                    true => Ok(()),
                    false => Err("a refusal was forgotten".to_owned()),
                }
            }
            (expected, said) => Err(format!("{said:?} and not {expected:?}")),
        }
    }

    /// Checks that the server wants to be woken for what was put off.
    pub(super) fn check_wake(&mut self) -> Result<(), Breach> {
        let jobs = &self.history.last().jobs;
        let due_ms = jobs.iter().map(|waiting| waiting.due_ms).min();
        let Some(due_ms) = due_ms.filter(|_| self.server.takes_calls()) else {
            return Ok(());
        };
        let latest_ms = due_ms.max(self.server.now_ms + RETRY_MS_MAX);
        let wake = self.server.engine.next_wake();
        if wake.is_some_and(|wake| wake.unix_ms() <= latest_ms) {
            return Ok(());
        }
        let text = format!("a job is due at {due_ms}, and the server sleeps until {wake:?}");
        Err(Breach::new(Property::Live, text))
    }

    /// Holds what is in the database against the model.
    pub(super) fn check_rows(&mut self) -> Result<(), Breach> {
        let rows = self.server.store.rows("SELECT doc FROM pieces");
        let last = self.history.last();
        let texts = rows.iter().filter_map(|row| row[0].as_text());
        let documents: Vec<Value> = texts
            .map(|text| serde_json::from_str(text).expect("a document is JSON"))
            .collect();
        let server = &self.server;
        let is_filled = server.takes_calls() && server.sight.edition == Edition::Next;
        let is_there = |document: &Value| {
            let key = document["key"].as_i64().and_then(|key| last.rows.get(&key));
            key.is_some_and(|row| {
                document["list"] == row.list
                    && document["rank"] == row.rank
                    && document["title"] == row.title
                    && document["note"].as_str() == row.note.as_deref()
                    && row.may_have_weight(&document["weight"], is_filled)
            })
        };
        if documents.len() == last.rows.len() && documents.iter().all(is_there) {
            return Ok(());
        }
        let text = format!("the database has {documents:?}\n  and not {:?}", last.rows);
        Err(Breach::new(Property::Durable, text))
    }
}
