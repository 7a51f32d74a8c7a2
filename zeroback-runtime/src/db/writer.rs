//! `ctx.db` of a mutation.

use std::ops::Deref;
use std::rc::Rc;

use serde::Serialize;
use zeroback_protocol::{Id, encode, encode_document};

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
    /// # Errors
    ///
    /// `invalid` where a field holds what JSON cannot (an integer beyond ±(2^53 − 1), NaN, an
    /// infinity), `limit_exceeded` where the document is too large.
    pub fn insert<T: Table>(&self, document: T) -> Result<Id<T>> {
        let id = self.database().insert(&T::DEF, &|id, creation_time| {
            encode_fields(id, creation_time, &document)
        })?;
        Ok(Id::from_raw(id))
    }

    /// Changes the fields that are set in `patch`, and no others.
    ///
    /// # Errors
    ///
    /// `not_found` where there is no such document, and as [`Writer::insert`].
    pub fn patch<T: Table>(&self, id: &Id<T>, patch: T::Patch) -> Result<()> {
        self.database().patch(&T::DEF, id.raw(), &encode(&patch)?)
    }

    /// Puts another document in the place of this one; id and creation time stay.
    ///
    /// # Errors
    ///
    /// `not_found` where there is no such document, and as [`Writer::insert`].
    pub fn replace<T: Table>(&self, id: &Id<T>, document: T) -> Result<()> {
        self.database()
            .replace(&T::DEF, id.raw(), &|id, creation_time| {
                encode_fields(id, creation_time, &document)
            })
    }

    /// Changes a document in place.
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
        self.database().patch(&T::DEF, id.raw(), &encode(&fields)?)
    }

    /// Deletes a document.
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

fn encode_fields<T: Serialize>(id: &str, creation_time_ms: i64, document: &T) -> Result<String> {
    Ok(encode_document(id, creation_time_ms, document)?)
}
