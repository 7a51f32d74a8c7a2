//! `ctx.db` of a mutation.

use std::ops::Deref;
use std::rc::Rc;

use zeroback_protocol::{Id, encode_document, encode_patch};

use super::{Database, Reader};
use crate::{Error, Result, Table};

/// A database to read and write. Derefs to [`Reader`].
#[derive(Debug)]
pub struct Writer {
    reader: Reader,
}

impl Writer {
    pub(crate) fn new(database: Rc<dyn Database>) -> Self {
        Self {
            reader: Reader::new(database),
        }
    }

    /// Inserts a document and returns its id.
    ///
    /// ```ignore
    /// let id = ctx.db.insert(Note { text })?;
    /// ```
    ///
    /// # Errors
    ///
    /// `invalid` where a field holds what JSON cannot (an integer beyond ±(2^53 − 1), NaN, an
    /// infinity), `document_too_large`, `document_too_deep` or `array_too_long` where the document
    /// is over a limit, and `unique_violation` where a unique index has its values already.
    pub fn insert<T: Table>(&self, document: T) -> Result<Id<T>> {
        let id = self
            .database()
            .insert(&T::DEF, &|id, creation_time, limits| {
                Ok(encode_document(id, creation_time, &document, limits)?)
            })?;
        Ok(Id::from_raw(id))
    }

    /// Changes the fields that are set in `patch`, and no others.
    ///
    /// ```ignore
    /// ctx.db.patch(&id, TaskPatch { is_done: Some(true), ..TaskPatch::default() })?;
    /// ```
    ///
    /// # Errors
    ///
    /// `not_found` where there is no such document, and as [`Writer::insert`].
    pub fn patch<T: Table>(&self, id: &Id<T>, patch: T::Patch) -> Result<()> {
        self.database().patch(&T::DEF, id.raw(), &|limits| {
            Ok(encode_patch(&patch, limits)?)
        })
    }

    /// Puts another document in the place of this one; id and creation time stay.
    ///
    /// ```ignore
    /// ctx.db.replace(&id, Note { text })?;
    /// ```
    ///
    /// # Errors
    ///
    /// `not_found` where there is no such document, and as [`Writer::insert`].
    pub fn replace<T: Table>(&self, id: &Id<T>, document: T) -> Result<()> {
        self.database()
            .replace(&T::DEF, id.raw(), &|id, creation_time, limits| {
                Ok(encode_document(id, creation_time, &document, limits)?)
            })
    }

    /// Changes a document in place.
    ///
    /// ```ignore
    /// ctx.db.update(&id, |counter| counter.count += 1)?;
    /// ```
    ///
    /// # Errors
    ///
    /// `not_found` where there is no such document, and as [`Writer::insert`].
    pub fn update<T: Table>(&self, id: &Id<T>, change: impl FnOnce(&mut T)) -> Result<()> {
        let document = self.get(id)?.ok_or_else(|| {
            Error::not_found(format!("no document {id} in table \"{}\"", T::TABLE_NAME))
        })?;
        let mut fields = document.into_fields();
        change(&mut fields);
        self.database().patch(&T::DEF, id.raw(), &|limits| {
            Ok(encode_patch(&fields, limits)?)
        })
    }

    /// Deletes a document.
    ///
    /// ```ignore
    /// ctx.db.delete(&id)?;
    /// ```
    ///
    /// # Errors
    ///
    /// `not_found` where there is no such document.
    pub fn delete<T: Table>(&self, id: &Id<T>) -> Result<()> {
        self.database().delete(&T::DEF, id.raw())
    }
}

impl Deref for Writer {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}
