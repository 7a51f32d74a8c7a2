//! Brings the database's tables in line with the app's, when an engine opens.
//!
//! What the database has is kept in its own tables, so that an unchanged app changes nothing.
//! Nothing of an author's is ever deleted: a table or a field that is gone from the code keeps what
//! it holds. What is deleted are indexes, which are made of documents and can be made again.
//!
//! 1. `stored`: what the database has;
//! 2. `change`: what a table has to become;
//! 3. `tables`: its layout and its typed columns;
//! 4. `backfill`: columns filled from documents;
//! 5. `indexes`: ordinary, unique and search indexes.

mod backfill;
mod change;
mod indexes;
mod stored;
mod tables;

use super::catalog::Catalog;
use super::store::{SqlParam, Store, StoreError};
use crate::App;
use crate::key::KeyPart;
use change::TableChange;
use stored::Stored;

/// Creates what is missing, and returns the catalog. Runs inside a transaction.
pub(super) fn apply<S: Store>(store: &S, app: &App) -> Result<Catalog, StoreError> {
    stored::create_system_tables(store)?;
    let stored = Stored::read(store)?;
    let mut plans = Vec::new();
    for entry in app.table_entries() {
        let mut change = TableChange::new(entry, &stored);
        tables::prepare(store, &mut change)?;
        if !change.fills.is_empty() {
            backfill::fill(store, &change)?;
        }
        for index in &change.builds {
            index.build(store, &change)?;
        }
        tables::finish(store, &change)?;
        plans.push(change.plan);
    }
    Ok(Catalog::new(plans))
}

impl<'k> From<&'k KeyPart> for SqlParam<'k> {
    fn from(part: &'k KeyPart) -> Self {
        match part {
            KeyPart::Null => Self::Null,
            KeyPart::Integer(value) => Self::Integer(*value),
            KeyPart::Real(value) => Self::Real(*value),
            KeyPart::Text(text) => Self::Text(text),
            KeyPart::Blob(bytes) => Self::Blob(bytes),
        }
    }
}

#[cfg(test)]
mod tests;
