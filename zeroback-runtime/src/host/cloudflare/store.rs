//! The SQLite database of a Durable Object, as the engine's store.
//!
//! Whatever a statement returns crosses the boundary of wasm once, as bytes: reading a page row by
//! row costs four times as much. JavaScript binds every number as a real one; columns of type
//! INTEGER turn it back.

use std::cell::{Cell, RefCell};
use std::panic::RefUnwindSafe;
use std::time::Duration;

use js_sys::{Array, Uint8Array};
use serde_json::Value;
use wasm_bindgen::{JsCast as _, JsValue};
use zeroback_protocol::INTEGER_MAX;

use super::platform::Platform;
use crate::db::Documents;
use crate::engine::{Running, Select, SqlParam, SqlValue, Store, StoreError, Verdict};

/// The object's own database.
#[derive(Debug)]
pub(super) struct DurableStore {
    platform: Platform,
}

impl DurableStore {
    pub(super) fn new(platform: Platform) -> Self {
        Self { platform }
    }
}

impl Store for DurableStore {
    fn execute(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<(), StoreError> {
        self.platform.execute(sql, &bind(params)).map_err(failed)
    }

    fn update(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<bool, StoreError> {
        self.platform.update(sql, &bind(params)).map_err(failed)
    }

    fn query(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<Vec<Vec<SqlValue>>, StoreError> {
        let json = self.platform.rows(sql, &bind(params)).map_err(failed)?;
        let rows: Vec<Vec<Value>> = serde_json::from_slice(&json)
            .map_err(|error| StoreError::new(format!("rows that are not JSON: {error}")))?;
        rows.into_iter()
            .map(|row| row.into_iter().map(value).collect())
            .collect()
    }

    fn text(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<Option<String>, StoreError> {
        let text = self.platform.text(sql, &bind(params)).map_err(failed)?;
        text.map(utf8).transpose()
    }

    fn documents(
        &self,
        select: &Select<'_>,
        params: &[SqlParam<'_>],
    ) -> Result<Documents, StoreError> {
        let Select {
            sql,
            order,
            bytes_max,
            rows_max,
        } = *select;
        if rows_max == 1 {
            // There is nothing to join.
            let document = self.text(sql, params)?;
            return Ok(document.map(Documents::from_lines).unwrap_or_default());
        }
        let lines = self
            .platform
            .documents(sql, order, &bind(params), bytes_max as f64)
            .map_err(failed)?;
        utf8(lines).map(Documents::from_lines)
    }

    fn run_begins(&self, running: Running<'_>) {
        super::running::begins(running);
    }

    fn run_ends(&self) -> Option<Duration> {
        super::running::ends();
        // The platform's clock stands still while code runs.
        None
    }

    fn transaction(&self, body: &mut dyn FnMut() -> Verdict) -> Result<(), StoreError> {
        let body = Body {
            run: RefCell::new(body),
            progress: Cell::new(Progress::Waits),
        };
        let body = &body;
        let ended = self
            .platform
            .transaction(&mut || body.commits())
            .map_err(failed);
        // JavaScript was handed what left the body, and what it left half done goes with the
        // instance.
        if let (Progress::Runs, Err(error)) = (body.progress.get(), &ended) {
            panic!("a transaction's body did not return: {error}");
        }
        ended
    }
}

/// The body of a transaction, in a form that may cross JavaScript frames which unwind: a panic of
/// an author's function is caught in the body, and after any other the instance is dropped.
struct Body<'b> {
    run: RefCell<&'b mut dyn FnMut() -> Verdict>,
    progress: Cell<Progress>,
}

/// How far a transaction's body has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Waits,
    /// Or ran, and was left by a panic.
    Runs,
    Returned,
}

impl RefUnwindSafe for Body<'_> {}

impl Body<'_> {
    fn commits(&self) -> bool {
        assert_eq!(
            self.progress.replace(Progress::Runs),
            Progress::Waits,
            "a transaction's body runs once"
        );
        let verdict = (self.run.borrow_mut())();
        self.progress.set(Progress::Returned);
        verdict == Verdict::Commit
    }
}

fn bind(params: &[SqlParam<'_>]) -> Array {
    params
        .iter()
        .map(|param| match *param {
            SqlParam::Null => JsValue::NULL,
            // JavaScript would round it; the column turns the text back.
            SqlParam::Integer(number) if number.unsigned_abs() > INTEGER_MAX => {
                JsValue::from_str(&number.to_string())
            }
            SqlParam::Integer(number) => JsValue::from_f64(number as f64),
            SqlParam::Real(number) => JsValue::from_f64(number),
            SqlParam::Text(text) => JsValue::from_str(text),
            SqlParam::Blob(bytes) => Uint8Array::from(bytes).into(),
        })
        .collect()
}

fn value(value: Value) -> Result<SqlValue, StoreError> {
    match value {
        Value::Null => Ok(SqlValue::Null),
        Value::Number(number) => Ok(match number.as_i64() {
            Some(integer) => SqlValue::Integer(integer),
            None => SqlValue::Real(number.as_f64().unwrap_or(f64::NAN)),
        }),
        Value::String(text) => Ok(SqlValue::Text(text)),
        other => Err(StoreError::new(format!(
            "a column of a kind that is never stored: {other}"
        ))),
    }
}

fn utf8(bytes: Vec<u8>) -> Result<String, StoreError> {
    String::from_utf8(bytes).map_err(|error| StoreError::new(format!("stored text: {error}")))
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` hands it over")]
fn failed(thrown: JsValue) -> StoreError {
    let text = match thrown.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => format!("{thrown:?}"),
    };
    StoreError::new(text)
}
