//! Where the database stands: its version, its last id, and which schema it has.

use zeroback_protocol::{RawId, Version};

use crate::engine::store::{SqlParam, Store, StoreError};

/// The name under which the last id is kept: its text is a TypeID like any other.
const LAST_ID_TABLE: &str = "last";

/// The row of `_zeroback_state`.
#[derive(Clone, Debug)]
pub(in crate::engine) struct State {
    pub(in crate::engine) version: Version,
    pub(in crate::engine) last_id: RawId,
    /// Counts the changes of the schema. An engine that knows an older one must not write.
    pub(in crate::engine) generation: u64,
    /// That of the schema; empty while the schema is between two.
    pub(super) fingerprint: String,
}

impl State {
    /// Returns where an empty database stands.
    fn new() -> Self {
        Self {
            version: Version {
                epoch: 1,
                counter: 0,
            },
            last_id: RawId::from_u128(0),
            generation: 0,
            fingerprint: String::new(),
        }
    }

    /// Reads the row, or makes it.
    pub(super) fn read_or_create<S: Store>(store: &S) -> Result<Self, StoreError> {
        let new = Self::new();
        store.execute(
            "INSERT INTO _zeroback_state (only, epoch, counter, last_id) VALUES (0, ?, ?, ?)
             ON CONFLICT DO NOTHING",
            &[
                integer(new.version.epoch),
                integer(new.version.counter),
                SqlParam::Text(&new.last_id.to_text(LAST_ID_TABLE)),
            ],
        )?;
        Self::read(store)
    }

    pub(super) fn read<S: Store>(store: &S) -> Result<Self, StoreError> {
        let sql = "SELECT epoch, counter, last_id, generation, fingerprint FROM _zeroback_state";
        let rows = store.query(sql, &[])?;
        let read = rows.first().and_then(|row| {
            let number = |at: usize| u64::try_from(row[at].as_integer()?).ok();
            Some(Self {
                version: Version {
                    epoch: number(0)?,
                    counter: number(1)?,
                },
                last_id: RawId::from_text(row[2].as_text()?, LAST_ID_TABLE)?,
                generation: number(3)?,
                fingerprint: row[4].as_text()?.to_owned(),
            })
        });
        read.ok_or_else(|| StoreError::new("the row of _zeroback_state is damaged"))
    }

    /// Notes that the database begins to leave its schema: whoever knows that one must not write
    /// any more, and whoever opens the database before it has arrived at another one begins there.
    pub(super) fn leave(&mut self) {
        self.fingerprint.clear();
        self.generation += 1;
        // Queries may have other results from here on.
        self.version = self.version.next();
    }

    /// Writes the row over that of a state which is known to be there.
    pub(super) fn write<S: Store>(&self, store: &S) -> Result<(), StoreError> {
        store.execute(
            "UPDATE _zeroback_state
             SET counter = ?, last_id = ?, generation = ?, fingerprint = ?",
            &[
                integer(self.version.counter),
                SqlParam::Text(&self.last_id.to_text(LAST_ID_TABLE)),
                integer(self.generation),
                SqlParam::Text(&self.fingerprint),
            ],
        )
    }
}

/// Where a commit brings the database.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Move {
    /// The generation of the schema that the engine knows.
    pub(in crate::engine) generation: u64,
    pub(in crate::engine) from: Version,
    pub(in crate::engine) to: Version,
    pub(in crate::engine) last_id: RawId,
    /// Where answers of mutations are recorded.
    pub(in crate::engine) records: Option<RecordsMove>,
}

/// What a commit does to the records.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct RecordsMove {
    /// How many had ever been made, as far as the engine knows.
    pub(in crate::engine) from: u64,
    /// How many have been made now.
    pub(in crate::engine) to: u64,
    /// How many there are.
    pub(in crate::engine) kept: u64,
    /// How many bytes of answers these have.
    pub(in crate::engine) kept_bytes: u64,
}

/// Moves the database from one version to the next, where it still stands at that version, has
/// the schema that the engine knows, and has had no records of another engine. Returns whether it
/// has.
pub(in crate::engine) fn write_commit<S: Store>(
    store: &S,
    commit: &Move,
) -> Result<bool, StoreError> {
    let last_id = commit.last_id.to_text(LAST_ID_TABLE);
    let to = [
        integer(commit.to.epoch),
        integer(commit.to.counter),
        SqlParam::Text(&last_id),
    ];
    let from = [integer(commit.generation), integer(commit.from.counter)];
    match commit.records {
        None => store.update(
            "UPDATE _zeroback_state SET epoch = ?, counter = ?, last_id = ?
             WHERE generation = ? AND counter = ?",
            &[to.as_slice(), &from].concat(),
        ),
        Some(records) => store.update(
            "UPDATE _zeroback_state
             SET epoch = ?, counter = ?, last_id = ?, recorded = ?, records = ?,
                 record_bytes = ?
             WHERE generation = ? AND counter = ? AND recorded = ?",
            &[
                to.as_slice(),
                &[
                    integer(records.to),
                    integer(records.kept),
                    integer(records.kept_bytes),
                ],
                &from,
                &[integer(records.from)],
            ]
            .concat(),
        ),
    }
}

/// Returns how many changes of the schema the database has seen.
pub(in crate::engine) fn generation<S: Store>(store: &S) -> Result<u64, StoreError> {
    State::read(store).map(|state| state.generation)
}

pub(super) fn integer(number: u64) -> SqlParam<'static> {
    SqlParam::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
