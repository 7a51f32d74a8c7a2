//! What a `#[migration]` is given: every document of the database as plain JSON.
//!
//! A migration sees tables by their names and fields by their outside names, and neither structs
//! nor indexes: those it is written for may be gone when it runs. Columns and indexes are brought
//! in line with what it wrote behind it, and every document that it touched is checked.

mod raw_doc;

use std::fmt;
use std::rc::Rc;

use serde_json::{Map, Value};
use zeroback_protocol::{DocumentLimits, Timestamp};

use crate::db::Encode;
use crate::{Error, Result};

pub use raw_doc::RawDoc;

/// What a migration asks of the engine. Documents are in their stored form.
pub trait RawDatabase: fmt::Debug {
    /// Returns what a document may hold.
    fn limits(&self) -> DocumentLimits;

    /// Returns the names of all tables, in order.
    fn tables(&self) -> Result<Vec<String>>;

    /// Counts the documents of a table.
    fn count(&self, table: &str) -> Result<u64>;

    /// Reads one document.
    fn get(&self, table: &str, id: &str) -> Result<Option<String>>;

    /// Returns the id of a table's newest document.
    fn last_id(&self, table: &str) -> Result<Option<String>>;

    /// Reads some documents in the order of their ids, behind `after` and up to `last`.
    fn read(&self, table: &str, after: &str, last: &str) -> Result<Vec<String>>;

    /// Writes a new document and returns its id.
    fn insert(&self, table: &str, encode: Encode<'_>) -> Result<String>;

    /// Writes a document in the place of the one with its id.
    fn update(&self, table: &str, id: &str, document: &str) -> Result<()>;

    /// Deletes a document; tells whether there was one.
    fn delete(&self, table: &str, id: &str) -> Result<bool>;
}

/// What a migration is given: the database before the app's new schema meets it.
///
/// ```
/// use zeroback_runtime::{MigrationCtx, Result};
///
/// /// `fullName` was `name` once.
/// fn rename_full_name(ctx: &MigrationCtx) -> Result<()> {
///     ctx.table("users")?.update_each(|user| {
///         user.rename("name", "fullName");
///         Ok(())
///     })?;
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct MigrationCtx {
    database: Rc<dyn RawDatabase>,
    now: Timestamp,
}

/// A table of the database, with the code that declares it or without.
///
/// ```
/// use zeroback_runtime::{MigrationCtx, Result};
///
/// /// Notes without a text are not wanted any more.
/// fn drop_empty(ctx: &MigrationCtx) -> Result<()> {
///     let notes = ctx.table("notes")?;
///     let dropped = notes.delete_where(|note| note.get::<String>("text").is_ok_and(|text| text.is_empty()))?;
///     assert!(notes.count()? + dropped >= dropped);
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct RawTable<'c> {
    ctx: &'c MigrationCtx,
    name: String,
}

impl MigrationCtx {
    #[doc(hidden)]
    pub fn new(database: Rc<dyn RawDatabase>, now: Timestamp) -> Self {
        Self { database, now }
    }

    /// Returns the time of this run; it stands still while the migrations run.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Returns the names of the database's tables, in order, with those that are gone from the
    /// code.
    ///
    /// # Errors
    ///
    /// Fails where the store does.
    pub fn tables(&self) -> Result<Vec<String>> {
        self.database.tables()
    }

    /// Returns a table by its name, also one that is gone from the code.
    ///
    /// # Errors
    ///
    /// `not_found` where the database has no such table.
    pub fn table(&self, name: &str) -> Result<RawTable<'_>> {
        if !self.tables()?.iter().any(|table| table == name) {
            let text = format!("the database has no table \"{name}\"");
            return Err(Error::not_found(text));
        }
        let name = name.to_owned();
        Ok(RawTable { ctx: self, name })
    }
}

impl RawTable<'_> {
    /// Returns the table's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Counts the documents.
    ///
    /// # Errors
    ///
    /// Fails where the store does.
    pub fn count(&self) -> Result<u64> {
        self.ctx.database.count(&self.name)
    }

    /// Returns one document.
    ///
    /// # Errors
    ///
    /// Fails where the store does.
    pub fn get(&self, id: &str) -> Result<Option<RawDoc>> {
        let stored = self.ctx.database.get(&self.name, id)?;
        stored.map(RawDoc::from_stored).transpose()
    }

    /// Reads every document, in the order of their creation; those that are inserted meanwhile
    /// are not among them.
    ///
    /// ```
    /// # use zeroback_runtime::{MigrationCtx, Result};
    /// # fn longest(ctx: &MigrationCtx) -> Result<usize> {
    /// let mut longest = 0;
    /// ctx.table("notes")?.for_each(|note| {
    ///     longest = longest.max(note.get::<String>("text")?.len());
    ///     Ok(())
    /// })?;
    /// # Ok(longest)
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Fails as the closure does, and where the store does.
    pub fn for_each(&self, mut visit: impl FnMut(&RawDoc) -> Result<()>) -> Result<()> {
        self.walk(|doc| visit(&doc))
    }

    /// Hands every document to the closure, in the order of their creation, and writes back those
    /// that it has changed. Returns how many those were.
    ///
    /// ```
    /// # use zeroback_runtime::{MigrationCtx, Result};
    /// # fn run(ctx: &MigrationCtx) -> Result<()> {
    /// ctx.table("tasks")?.update_each(|task| {
    ///     let minutes: f64 = task.get("hours")?;
    ///     task.remove("hours");
    ///     task.set("minutes", minutes * 60.0)
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Fails as the closure does, where a document has become too large, and where the store fails.
    pub fn update_each(&self, mut change: impl FnMut(&mut RawDoc) -> Result<()>) -> Result<u64> {
        let limits = self.ctx.database.limits();
        let mut changed = 0;
        self.walk(|mut doc| {
            change(&mut doc)?;
            if let Some(new) = doc.changed(&limits)? {
                self.ctx.database.update(&self.name, doc.id(), &new)?;
                changed += 1;
            }
            Ok(())
        })?;
        Ok(changed)
    }

    /// Deletes every document of which the closure says so. Returns how many those were.
    ///
    /// # Errors
    ///
    /// Fails where the store does.
    pub fn delete_where(&self, mut is_dropped: impl FnMut(&RawDoc) -> bool) -> Result<u64> {
        let mut deleted = 0;
        self.walk(|doc| {
            if is_dropped(&doc) && self.ctx.database.delete(&self.name, doc.id())? {
                deleted += 1;
            }
            Ok(())
        })?;
        Ok(deleted)
    }

    /// Deletes one document; tells whether there was one.
    ///
    /// # Errors
    ///
    /// Fails where the store does.
    pub fn delete(&self, id: &str) -> Result<bool> {
        self.ctx.database.delete(&self.name, id)
    }

    /// Writes a new document with the fields that the closure sets, and returns its id.
    ///
    /// ```
    /// # use zeroback_runtime::{MigrationCtx, Result};
    /// # fn run(ctx: &MigrationCtx) -> Result<()> {
    /// let profiles = ctx.table("profiles")?;
    /// ctx.table("users")?.update_each(|user| {
    ///     let bio = user.remove("bio");
    ///     profiles.insert_with(|profile| {
    ///         profile.set("user", user.id())?;
    ///         profile.set("bio", bio)
    ///     })?;
    ///     Ok(())
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Fails as the closure does, where the document is too large, and where the store fails.
    pub fn insert_with(&self, fill: impl FnOnce(&mut RawDoc) -> Result<()>) -> Result<String> {
        // Its id comes with the insertion.
        let mut doc = RawDoc::new("", self.ctx.now, Map::new());
        fill(&mut doc)?;
        self.insert(doc.into_fields())
    }

    /// Writes a new document with these fields, and returns its id.
    ///
    /// # Errors
    ///
    /// Fails where a field cannot be stored (`invalid`), the document is too large, or the store
    /// fails.
    pub fn insert(&self, fields: Map<String, Value>) -> Result<String> {
        let encode = |id: &str, creation_time_ms: i64, limits: &DocumentLimits| {
            let time = Timestamp::from_unix_ms(creation_time_ms);
            RawDoc::new(id, time, fields.clone()).encode(limits)
        };
        self.ctx.database.insert(&self.name, &encode)
    }

    /// Hands out every document that is there at the beginning. None is open while the closure
    /// runs, so it may write whatever it likes.
    fn walk(&self, mut visit: impl FnMut(RawDoc) -> Result<()>) -> Result<()> {
        let database = &self.ctx.database;
        let Some(last) = database.last_id(&self.name)? else {
            return Ok(());
        };
        let mut after = String::new();
        loop {
            let page = database.read(&self.name, &after, &last)?;
            if page.is_empty() {
                return Ok(());
            }
            for document in page {
                let doc = RawDoc::from_stored(document)?;
                doc.id().clone_into(&mut after);
                visit(doc)?;
            }
        }
    }
}
