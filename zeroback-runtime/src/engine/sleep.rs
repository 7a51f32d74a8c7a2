//! What outlives an engine that its host may lose between any two events: who subscribes to what.
//!
//! A Durable Object that hibernates keeps its sockets and its database, and nothing else. So each
//! distinct live query is a row of `_zeroback_live`, each connection has an attachment that names
//! the rows, and one of the attachments says up to which version every connection has been told: a
//! row of the database for each flush would cost more than the flush. No results and no ranges are
//! kept: an engine that wakes runs nothing before the first write to a table that a query
//! has read. Then, before that write, those queries run once, and their results are what the clients
//! hold.

mod attachment;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use zeroback_protocol::{
    ErrorCode, FunctionKind, QueryId, ServerMessage, Timestamp, Version, WireError,
};

use super::flow::Flow;
use super::live::ExecutionId;
use super::outbox::{ConnectionId, Output};
use super::rate::Bucket;
use super::read_set::{ReadSet, WriteSet};
use super::session::Session;
use super::store::{SqlParam, SqlValue, Store, StoreError, Verdict};
use super::viewer::Viewer;
use super::{Engine, Status};
use attachment::Attachment;

/// Closes a socket of which nothing is known.
const CLOSE_RESTART: u16 = 1012;

/// What is kept for the time after a sleep, and what of it has changed.
#[derive(Debug, Default)]
pub(super) struct Sleep {
    kept: BTreeMap<ExecutionId, Kept>,
    unsaved: BTreeSet<ExecutionId>,
    last_key: i64,
    /// The connections whose attachments are not what they should be.
    touched: BTreeSet<ConnectionId>,
    /// Those of them that have none: what they should be cannot be kept.
    detached: BTreeSet<ConnectionId>,
    /// The attachments that are too long to be kept with their sockets.
    stored: BTreeMap<ConnectionId, i64>,
    gone: Vec<i64>,
    /// Up to where all connections have been told, as it is kept.
    flushed: Option<Version>,
    /// The connection whose attachment says so, and what else that says.
    carrier: Option<(ConnectionId, String)>,
    /// Those that have not run since the engine woke.
    sleepers: BTreeSet<ExecutionId>,
    /// Whether the store has failed to keep it.
    has_failed: bool,
}

/// When something is to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    Now,
    /// At once the store would only fail again.
    Later,
}

/// A row of `_zeroback_live`.
#[derive(Debug)]
struct Kept {
    key: i64,
    /// The tables that the query has ever read: it need not run before a write to others.
    tables: BTreeSet<String>,
}

/// A row as it is read.
struct Row {
    path: String,
    args: String,
    /// As whom it has run, where it had asked.
    viewer: Option<Viewer>,
    tables: BTreeSet<String>,
}

impl Sleep {
    /// Makes the tables, and reads which key was the last: none is given twice, so that an attachment
    /// that was not replaced in time names nothing rather than something else.
    pub(super) fn load<S: Store>(store: &S) -> Result<Self, StoreError> {
        tables::create(store)?;
        Ok(Self {
            last_key: tables::last_key(store)?,
            ..Self::default()
        })
    }

    /// Tells whether there is something to be kept. Where nobody is connected, it does not matter
    /// up to where all have been told.
    fn needs_save(&self, version: Version, is_anyone_there: bool) -> bool {
        !self.touched.is_empty()
            || !self.unsaved.is_empty()
            || !self.gone.is_empty()
            || (is_anyone_there && self.flushed != Some(version))
    }

    fn next_key(&mut self) -> i64 {
        self.last_key += 1;
        self.last_key
    }
}

impl<S: Store> Engine<S> {
    /// Takes over the sockets that were open when an earlier engine of this database was lost, each
    /// with the text of its last [`Output::Attach`]. Comes before anything else is handled.
    ///
    /// Nothing runs, unless the earlier engine has not told all that it had committed: then every
    /// client is told everything, and to send again what it has no answer to.
    ///
    /// # Errors
    ///
    /// Fails where the store fails.
    pub fn handle_wake(&mut self, sockets: Vec<(ConnectionId, String)>) -> Result<(), StoreError> {
        if self.sleep.is_none() {
            return Ok(());
        }
        let mut attachments = Vec::with_capacity(sockets.len());
        for (connection, text) in sockets {
            match Attachment::read(&*self.store, &text)? {
                Some(attachment) => attachments.push((connection, attachment)),
                None => self.outputs.push_back(Output::Close {
                    connection,
                    code: CLOSE_RESTART,
                    reason: "connect again",
                }),
            }
        }
        // One that was the carrier before says less.
        let said = attachments.iter().map(|(_, attachment)| attachment.flushed);
        let flushed = said.max().flatten();
        let all_told = flushed == Some(self.version);
        let rows = read_rows(&*self.store)?;
        let mut used = BTreeSet::new();
        for (connection, attachment) in attachments {
            used.extend(attachment.keys());
            self.wake_session(connection, attachment, &rows, all_told);
        }
        if let Some(sleep) = &mut self.sleep {
            sleep.flushed = flushed;
            let unused = rows.keys().filter(|key| !used.contains(key));
            sleep.gone.extend(unused.copied());
        }
        Ok(())
    }

    fn wake_session(
        &mut self,
        connection: ConnectionId,
        attachment: Attachment,
        rows: &BTreeMap<i64, Row>,
        all_told: bool,
    ) {
        let mut session = Session::new(
            Flow::taken_over(),
            Bucket::new(self.config.rate(), self.now_ms),
        );
        session.is_connected = attachment.is_connected;
        session.viewer = attachment.viewer;
        session.last_set = attachment.last_set;
        self.sessions.insert(connection, session);
        let is_told = all_told && !attachment.is_behind;
        for (query_id, key) in &attachment.queries {
            let execution = rows
                .get(key)
                .and_then(|row| self.wake_query((connection, *query_id), *key, row));
            if let Some(session) = self.sessions.get_mut(&connection) {
                session.queries.insert(*query_id, execution);
            }
            match execution {
                Some(execution) if !is_told => {
                    self.live.tell_whole(execution, (connection, *query_id));
                }
                None if *key != 0 => {
                    let text = "path: there is no such public function any more";
                    let error = WireError::new(ErrorCode::FUNCTION_NOT_FOUND, text);
                    self.fail_query(connection, *query_id, error);
                }
                _ => {}
            }
        }
        for query_id in attachment.untold {
            if self.sessions[&connection].execution(query_id).is_none() {
                let text = "it was refused, and why is not known any more; subscribe again";
                let error = WireError::new(ErrorCode::UNAVAILABLE, text);
                self.fail_query(connection, query_id, error);
            }
        }
        self.wake_standing(connection, attachment.times, attachment.session);
        if let (Some(sleep), Some(key)) = (&mut self.sleep, attachment.stored) {
            sleep.stored.insert(connection, key);
        }
        if attachment.is_behind {
            // It is told all there is now, and its attachment does not say so yet.
            self.touch(connection);
        }
        if !is_told && attachment.is_connected {
            // What was held back may have had answers, and the number of a set that is waited for.
            self.send(connection, &ServerMessage::Resend);
            if let (Some(set), Some(session)) =
                (attachment.last_set, self.sessions.get_mut(&connection))
            {
                session.news.set(set);
                self.with_news.insert(connection);
            }
        }
    }

    fn wake_query(
        &mut self,
        subscriber: (ConnectionId, QueryId),
        key: i64,
        row: &Row,
    ) -> Option<ExecutionId> {
        let function = self.app.function(&row.path)?;
        if function.kind() != FunctionKind::Query || function.meta.internal {
            return None;
        }
        let args = row.args.clone();
        let viewer = row.viewer.as_ref();
        let id = self
            .live
            .subscribe_asleep(function.path, args, viewer, subscriber);
        let sleep = self.sleep.as_mut()?;
        sleep.sleepers.insert(id);
        sleep.kept.entry(id).or_insert_with(|| Kept {
            key,
            tables: row.tables.clone(),
        });
        Some(id)
    }

    /// Returns those that have not run since the engine woke, and may depend on what is written.
    pub(super) fn sleepers_of(&self, written: &WriteSet) -> Vec<ExecutionId> {
        let Some(sleep) = self
            .sleep
            .as_ref()
            .filter(|sleep| !sleep.sleepers.is_empty())
        else {
            return Vec::new();
        };
        let tables: BTreeSet<_> = written
            .iter()
            .map(|(table, ..)| self.catalog.table_at(table).name)
            .collect();
        let reads_any = |id: &&ExecutionId| {
            let read = &sleep.kept[*id].tables;
            read.is_empty() || tables.iter().any(|table| read.contains(*table))
        };
        sleep.sleepers.iter().filter(reads_any).copied().collect()
    }

    /// Runs queries as the database is before a write, so that what it changes can be told.
    pub(super) fn wake_up(&mut self, ids: &[ExecutionId], now: Timestamp) {
        for id in ids {
            if let Some(sleep) = &mut self.sleep {
                sleep.sleepers.remove(id);
            }
            if self.live.is_asleep(*id) {
                self.refresh(*id, now);
            }
        }
    }

    /// Has all told the whole who were asleep while the schema has changed: what they hold is of before.
    pub(super) fn tell_sleepers(&mut self) {
        for (connection, query_id) in self.subscribed() {
            if let Some(id) = self.sessions[&connection].execution(query_id)
                && self.live.is_asleep(id)
            {
                self.live.tell_whole(id, (connection, query_id));
            }
        }
    }

    /// Takes away the attachments that are not what they should be, where they cannot be mended: an
    /// engine that wakes would know less of these connections than their clients, and closes those
    /// without one.
    pub(super) fn detach_touched(&mut self) {
        let Some(sleep) = &mut self.sleep else {
            return;
        };
        for connection in &sleep.touched {
            if self.sessions.contains_key(connection) && sleep.detached.insert(*connection) {
                self.outputs.push_back(Output::Attach {
                    connection: *connection,
                    attachment: String::new(),
                });
            }
        }
    }

    /// Notes that an execution has a subscriber that an engine which wakes must know of.
    pub(super) fn note_subscribed(&mut self, id: ExecutionId) {
        let Some(sleep) = &mut self.sleep else {
            return;
        };
        if !sleep.kept.contains_key(&id) {
            let key = sleep.next_key();
            let tables = BTreeSet::new();
            sleep.kept.insert(id, Kept { key, tables });
            sleep.unsaved.insert(id);
        }
    }

    /// Notes that the row of an execution is not what it should be.
    pub(super) fn note_row_changed(&mut self, id: ExecutionId) {
        if let Some(sleep) = &mut self.sleep
            && sleep.kept.contains_key(&id)
        {
            sleep.unsaved.insert(id);
        }
    }

    /// Notes which tables a run has read.
    pub(super) fn note_tables(&mut self, id: ExecutionId, read_set: &ReadSet) {
        let Some(sleep) = &mut self.sleep else {
            return;
        };
        sleep.sleepers.remove(&id);
        let Some(kept) = sleep.kept.get_mut(&id) else {
            return;
        };
        for (interest, _) in read_set.iter() {
            let table = self.catalog.table_at(interest.index.table).name;
            if !kept.tables.contains(table) {
                kept.tables.insert(table.to_owned());
                sleep.unsaved.insert(id);
            }
        }
    }

    /// Notes that a connection's attachment is not what it should be.
    pub(super) fn touch(&mut self, connection: ConnectionId) {
        if let Some(sleep) = &mut self.sleep {
            sleep.touched.insert(connection);
        }
    }

    /// Notes that the attachments of all who subscribe to an execution are not what they should be.
    pub(super) fn touch_subscribers(&mut self, id: ExecutionId) {
        if let Some(sleep) = &mut self.sleep {
            let subscribers = self.live.get(id).subscribers();
            sleep.touched.extend(subscribers.map(|(of, _)| *of));
        }
    }

    /// Tells whether and when there is something to be kept. An engine that takes no calls keeps
    /// nothing: its database may not be written to.
    pub(super) fn needs_save(&self) -> Option<Urgency> {
        let sleep = self.sleep.as_ref()?;
        let is_needed = self.status() == Status::Ready
            && sleep.needs_save(self.version, !self.sessions.is_empty());
        is_needed.then_some(match sleep.has_failed {
            true => Urgency::Later,
            false => Urgency::Now,
        })
    }

    /// Keeps what an engine that wakes must know, behind what was told.
    pub(super) fn save_live(&mut self) {
        for id in self.live.take_forgotten() {
            if let Some(sleep) = &mut self.sleep {
                sleep.unsaved.remove(&id);
                sleep.sleepers.remove(&id);
                let kept = sleep.kept.remove(&id);
                sleep.gone.extend(kept.map(|kept| kept.key));
            }
        }
        if self.needs_save().is_none() {
            return;
        }
        let Some(mut sleep) = self.sleep.take() else {
            return;
        };
        let saved = self.save(&mut sleep);
        sleep.has_failed = saved.is_err();
        self.sleep = Some(sleep);
        if let Err(error) = saved {
            self.log_store_failure(&error);
        }
    }

    fn save(&mut self, sleep: &mut Sleep) -> Result<(), StoreError> {
        let carrier = self.carrier(sleep);
        let mut attachments = BTreeMap::new();
        let mut stored = Vec::new();
        for connection in sleep.touched.clone() {
            let Some(session) = self.sessions.get(&connection) else {
                sleep.gone.extend(sleep.stored.remove(&connection));
                continue;
            };
            // What was told in the place of a result is told again, since it was never true.
            let mut executions = session.queries.values().flatten();
            let is_behind =
                self.folded.contains(&connection) || executions.any(|id| self.live.has_failed(*id));
            let key_of = |id: &ExecutionId| sleep.kept.get(id).map_or(0, |kept| kept.key);
            let text = match session.standing.holds_anything() {
                // What it holds would be lost, so its client connects again where the engine is.
                true => Attachment::lost(),
                false => Attachment::of(session, is_behind, key_of).to_text(),
            };
            if text.len() <= attachment::BYTES_MAX {
                sleep.gone.extend(sleep.stored.remove(&connection));
                attachments.insert(connection, text);
                continue;
            }
            let key = match sleep.stored.get(&connection) {
                Some(key) => *key,
                None => sleep.next_key(),
            };
            sleep.stored.insert(connection, key);
            stored.push(json!([key, text]));
            attachments.insert(connection, Attachment::stored_at(key));
        }
        let rows: Vec<_> = sleep
            .unsaved
            .iter()
            .filter_map(|id| {
                let kept = sleep.kept.get(id)?;
                let execution = self.live.get(*id);
                Some(json!([
                    kept.key,
                    execution.path,
                    execution.args,
                    execution.viewer.as_ref().map(Viewer::as_text),
                    kept.tables
                ]))
            })
            .collect();
        if !(rows.is_empty() && stored.is_empty() && sleep.gone.is_empty()) {
            write(&*self.store, &rows, &stored, &sleep.gone)?;
        }
        sleep.touched.clear();
        sleep.detached.clear();
        sleep.unsaved.clear();
        sleep.gone.clear();
        if let Some(carrier) = carrier {
            let before = sleep.carrier.take().map(|(_, text)| text);
            let text = attachments.remove(&carrier).or(before);
            let text = text.expect("a new carrier is touched");
            attachments.insert(carrier, attachment::with_flushed(&text, self.version));
            sleep.carrier = Some((carrier, text));
            sleep.flushed = Some(self.version);
        }
        for (connection, attachment) in attachments {
            self.outputs.push_back(Output::Attach {
                connection,
                attachment,
            });
        }
        Ok(())
    }
}

impl<S: Store> Engine<S> {
    /// Returns the connection whose attachment says up to where all have been told. A new one is one
    /// of those that subscribe to least, since its attachment is written at every flush.
    fn carrier(&self, sleep: &mut Sleep) -> Option<ConnectionId> {
        if let Some((carrier, _)) = &sleep.carrier
            && self.sessions.contains_key(carrier)
        {
            return Some(*carrier);
        }
        sleep.carrier = None;
        let least = (self.sessions.iter()).min_by_key(|(_, session)| session.queries.len());
        let carrier = least.map(|(connection, _)| *connection);
        sleep.touched.extend(carrier);
        carrier
    }
}

fn read_rows<S: Store>(store: &S) -> Result<BTreeMap<i64, Row>, StoreError> {
    let rows = store.query(
        "SELECT key, path, args, viewer, tables FROM _zeroback_live",
        &[],
    )?;
    let read = |row: &Vec<SqlValue>| {
        let text = |at: usize| row[at].as_text().map(str::to_owned);
        Some((
            row[0].as_integer()?,
            Row {
                path: text(1)?,
                args: text(2)?,
                viewer: match text(3) {
                    Some(viewer) => Some(Viewer::from_text(&viewer)?),
                    None => None,
                },
                tables: serde_json::from_str(row[4].as_text()?).ok()?,
            },
        ))
    };
    Ok(rows.iter().filter_map(read).collect())
}

/// Writes all that has changed, in one transaction.
fn write<S: Store>(
    store: &S,
    rows: &[serde_json::Value],
    stored: &[serde_json::Value],
    gone: &[i64],
) -> Result<(), StoreError> {
    let mut result = Ok(());
    store.transaction(&mut || {
        result = write_all(store, rows, stored, gone);
        match result {
            Ok(()) => Verdict::Commit,
            Err(_) => Verdict::Rollback,
        }
    })?;
    result
}

fn write_all<S: Store>(
    store: &S,
    rows: &[serde_json::Value],
    stored: &[serde_json::Value],
    gone: &[i64],
) -> Result<(), StoreError> {
    let with_list = |sql: &str, list: String| store.execute(sql, &[SqlParam::Text(&list)]);
    if !rows.is_empty() {
        with_list(
            "INSERT OR REPLACE INTO _zeroback_live (key, path, args, viewer, tables)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value -> 4 FROM json_each(?)",
            json!(rows).to_string(),
        )?;
    }
    if !stored.is_empty() {
        with_list(
            "INSERT OR REPLACE INTO _zeroback_attachments (key, attachment)
             SELECT value ->> 0, value ->> 1 FROM json_each(?)",
            json!(stored).to_string(),
        )?;
    }
    if !gone.is_empty() {
        for table in ["_zeroback_live", "_zeroback_attachments"] {
            let sql = format!("DELETE FROM {table} WHERE key IN (SELECT value FROM json_each(?))");
            with_list(&sql, json!(gone).to_string())?;
        }
    }
    Ok(())
}
