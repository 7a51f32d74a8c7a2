//! Pages behind a filter that lets little pass: a page ends, short or empty, where it has looked at
//! enough, and the next one goes on from there.

use super::Run;
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
        let mut cut = None;
        if documents.count() == wanted {
            let last = documents.last().map(|last| plan.position_of(last));
            last.transpose()?
                .into_iter()
                .for_each(|position| looked_at.end_with(position));
        } else if let Some(position) = self.position_behind(plan, scanned_max)? {
            looked_at.end_with(position.clone());
            cut = Some(position);
        }
        self.note_range(&looked_at, Aspect::Contents);
        self.note_scanned(&looked_at)?;
        // Each part of an interval may have been scanned that far; what lies behind the cut is for
        // the next page.
        let documents = match cut {
            Some(_) => self.read_parts_within(&looked_at, Limit::Take(wanted), scanned_max)?,
            None => documents,
        };
        Ok((documents, cut))
    }

    /// Returns the position of the last of so many rows, where there are more.
    fn position_behind(&self, plan: &Plan<'_>, rows: usize) -> Result<Option<Vec<KeyPart>>> {
        let mut skipped = rows.saturating_sub(1);
        let mut position = None;
        for part in plan.parts() {
            let (count, _) = self.ask_count(&plan.count(&part, false, skipped + 2))?;
            if position.is_some() && count > 0 {
                return Ok(position);
            }
            if count <= skipped {
                skipped -= count;
                continue;
            }
            let (statement, order) = plan.nth(&part, skipped);
            let bytes_left = self.left_to_read().1;
            let document = self.ask_documents(&statement, &order, 1, bytes_left)?;
            let document = document
                .last()
                .ok_or_else(|| Error::internal("a row that was counted is not there"))?;
            position = Some(plan.position_of(document)?);
            if count > skipped + 1 {
                return Ok(position);
            }
            skipped = 0;
        }
        Ok(None)
    }
}
