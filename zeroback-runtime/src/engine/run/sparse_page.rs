//! Pages behind a filter that lets little pass: a page ends, short or empty, where it has looked at
//! enough, and the next one goes on from there.

use super::Run;
use super::interval::Condition;
use super::plan::Plan;
use crate::db::{Documents, Limit};
use crate::engine::read_set::Aspect;
use crate::engine::store::Store;
use crate::key::KeyPart;
use crate::{Error, Result};

/// A page looks at so many rows at most, so that a function may do something else too.
const ROWS_SCANNED_MAX: usize = 8_192;

impl<S: Store> Run<S> {
    /// Reads the first documents that pass the filter, and, where they are fewer than wanted though
    /// there is more to look at, the position up to which it has looked.
    pub(super) fn read_sparse(
        &self,
        plan: &Plan<'_>,
        wanted: usize,
    ) -> Result<(Documents, Option<Vec<KeyPart>>)> {
        let read = self.read_sparse_part(plan, wanted);
        if read.is_err() {
            self.note_range(plan, Aspect::Contents);
        }
        read
    }

    fn read_sparse_part(
        &self,
        plan: &Plan<'_>,
        wanted: usize,
    ) -> Result<(Documents, Option<Vec<KeyPart>>)> {
        let scanned_max = self.left_to_read().0.min(ROWS_SCANNED_MAX);
        if scanned_max == 0 {
            self.note_read(1, 0)?;
        }
        let documents = self.read_parts_within(plan, Limit::Take(wanted), scanned_max)?;
        let mut looked_at = plan.clone();
        if documents.count() == wanted {
            if let Some(last) = documents.last() {
                looked_at.end_with(plan.position_of(last)?);
            }
            self.note_range(&looked_at, Aspect::Contents);
            self.note_scanned(&looked_at)?;
            return Ok((documents, None));
        }
        let (scanned, cut) = self.rows_up_to(plan, scanned_max)?;
        if let Some(position) = &cut {
            looked_at.end_with(position.clone());
        }
        self.note_range(&looked_at, Aspect::Contents);
        self.note_read(scanned, 0)?;
        // Each part of an interval was scanned that far; what lies behind the cut is for the next
        // page.
        if cut.is_some() && plan.parts().len() > 1 {
            let documents = self.read_parts_within(&looked_at, Limit::All, scanned_max)?;
            return Ok((documents, cut));
        }
        Ok((documents, cut))
    }

    /// Returns how many rows there are, at most so many, and the position of the last of those where
    /// there are more.
    fn rows_up_to(&self, plan: &Plan<'_>, rows: usize) -> Result<(usize, Option<Vec<KeyPart>>)> {
        let mut left = rows;
        let mut position = None;
        for part in plan.parts() {
            let (count, _) = self.ask_count(&plan.count(&part, false, left + 1))?;
            if count > left && position.is_some() {
                return Ok((rows, position));
            }
            if count >= left && position.is_none() {
                position = Some(self.position_at(plan, &part, left - 1)?);
            }
            if count > left {
                return Ok((rows, position));
            }
            left -= count;
        }
        Ok((rows - left, None))
    }

    /// Returns the position of the row behind so many of a part.
    fn position_at(
        &self,
        plan: &Plan<'_>,
        part: &Condition,
        skipped: usize,
    ) -> Result<Vec<KeyPart>> {
        let (statement, order) = plan.nth(part, skipped);
        let bytes_left = self.left_to_read().1;
        let document = self.ask_documents(&statement, &order, 1, bytes_left)?;
        let document = document
            .last()
            .ok_or_else(|| Error::internal("a row that was counted is not there"))?;
        plan.position_of(document)
    }
}
