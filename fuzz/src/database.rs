//! A database that every input finds as it was: it is made once, and what an input does to it is
//! rolled back.

use std::rc::Rc;

use zeroback_protocol::Timestamp;
use zeroback_runtime::db::Documents;
use zeroback_runtime::engine::{
    Engine, EngineConfig, Select, SqlParam, SqlValue, Store, StoreError, Verdict,
};
use zeroback_runtime::host::native::NativeStore;

/// When virtual time begins.
pub(crate) const START_MS: i64 = 1_790_000_000_000;

/// A store that outlives the engines on it.
#[derive(Clone, Debug)]
pub(crate) struct Database(Rc<NativeStore>);

thread_local! {
    static DATABASE: Database = Database::new();
}

impl Database {
    /// Runs something on the database of the fixture's app, and takes back what it wrote.
    pub(crate) fn with(run: impl FnOnce(&Self)) {
        DATABASE.with(|database| {
            let mut run = Some(run);
            database
                .0
                .transaction(&mut || {
                    let run = run.take().expect("a transaction runs its body once");
                    run(database);
                    Verdict::Rollback
                })
                .expect("a transaction in memory can be rolled back");
        });
    }

    /// Makes an empty database with the tables of the fixture's app.
    pub(crate) fn new() -> Self {
        let database = Self(Rc::new(NativeStore::in_memory().expect("memory is there")));
        drop(database.engine(EngineConfig::default(), 0));
        // Tags and cursors are to be the same whenever an input is run.
        database
            .0
            .execute("UPDATE _zeroback_keys SET key = printf('%064d', 7)", &[])
            .expect("the keys are there");
        database
    }

    /// Opens an engine on the database.
    pub(crate) fn engine(&self, config: EngineConfig, seed: u64) -> Engine<Self> {
        let now = Timestamp::from_unix_ms(START_MS);
        Engine::open(self.clone(), suite_fixture::app(), config, now, seed)
            .expect("the fixture opens")
    }
}

impl Store for Database {
    fn update(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<bool, StoreError> {
        self.0.update(sql, params)
    }

    fn query(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<Vec<Vec<SqlValue>>, StoreError> {
        self.0.query(sql, params)
    }

    fn text(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<Option<String>, StoreError> {
        self.0.text(sql, params)
    }

    fn documents(
        &self,
        select: &Select<'_>,
        params: &[SqlParam<'_>],
    ) -> Result<Documents, StoreError> {
        self.0.documents(select, params)
    }

    fn transaction(&self, body: &mut dyn FnMut() -> Verdict) -> Result<(), StoreError> {
        self.0.transaction(body)
    }
}
