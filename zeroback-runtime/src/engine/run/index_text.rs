//! Keeping search indexes right as documents come, change and go.

use zeroback_protocol::ErrorCode;

use super::Run;
use super::plan::VALUE_BYTES_MAX;
use crate::engine::catalog::{SearchPlan, TablePlan};
use crate::engine::document::Fields;
use crate::engine::read_set::searched_tokens;
use crate::engine::store::{SqlParam, Store};
use crate::{Error, Result};

impl<S: Store> Run<S> {
    pub(super) fn insert_into_searches(
        &self,
        plan: &TablePlan,
        id: &str,
        document: &str,
    ) -> Result<()> {
        if plan.searches().is_empty() {
            return Ok(());
        }
        let fields = Fields::parse(document)?;
        for search in plan.searches() {
            self.write_texts(&search.insert_sql, &texts_of(search, &fields)?, id)?;
        }
        Ok(())
    }

    pub(super) fn update_searches(
        &self,
        plan: &TablePlan,
        id: &str,
        old: &str,
        new: &str,
    ) -> Result<()> {
        if plan.searches().is_empty() {
            return Ok(());
        }
        let (old, new) = (Fields::parse(old)?, Fields::parse(new)?);
        for search in plan.searches() {
            // Making tokens costs with the text, and most changes leave it as it is.
            let is_same = |field: &&str| old.get(field) == new.get(field);
            if !search.fields.iter().all(is_same) {
                self.write_texts(&search.update_sql, &texts_of(search, &new)?, id)?;
            }
        }
        Ok(())
    }

    /// Comes before the row is deleted, which knows the number that the search indexes have for it.
    pub(super) fn delete_from_searches(&self, plan: &TablePlan, id: &str) -> Result<()> {
        for search in plan.searches() {
            self.ask(|store| store.execute(&search.delete_sql, &[SqlParam::Text(id)]))?;
        }
        Ok(())
    }

    fn write_texts(&self, sql: &str, texts: &[String], id: &str) -> Result<()> {
        if texts.iter().any(|text| text.len() > VALUE_BYTES_MAX) {
            let text = format!("a searched text may have at most {VALUE_BYTES_MAX} bytes of words");
            return Err(Error::new(ErrorCode::DOCUMENT_TOO_LARGE, text));
        }
        let texts = texts.iter().map(|text| SqlParam::Text(text));
        let params: Vec<_> = texts.chain([SqlParam::Text(id)]).collect();
        self.ask(|store| store.execute(sql, &params))
    }
}

/// Returns the tokens of each field of a search index, joined by blanks.
fn texts_of(search: &SearchPlan, document: &Fields<'_>) -> Result<Vec<String>> {
    let fields = search.fields.iter();
    fields
        .map(|field| Ok(searched_tokens(document, field)?.join(" ")))
        .collect()
}
