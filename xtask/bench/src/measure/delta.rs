//! One document of a list of a thousand changes: how many bytes each client is sent.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::process::Program;
use crate::report::{Report, Scale, Target};
use crate::zeroback::Writer;

const DOCUMENTS: usize = 1_000;

/// What may come on top of the document.
const BYTES_BESIDE: f64 = 200.0;

pub(super) fn measure(_: Scale, report: &mut Report) -> Result<()> {
    let server = Program::zeroback()?;
    let mut writer = Writer::connect(server.address())?;
    writer.call(
        "rows:add_many",
        json!({ "topic": "list", "count": DOCUMENTS }),
    )?;
    let args = json!({ "topic": "list" });
    let list = writer.query("rows:of_topic", &args)?;
    let row = list.get(DOCUMENTS / 2).context("the list is too short")?;
    let id = row["_id"].clone();
    let mut listener = Writer::connect(server.address())?;
    let whole = listener.subscribe("rows:of_topic", &args)?;
    report.line("the whole list", whole.len() as f64, "bytes", Target::None);

    // Another text of the same length, so that the document keeps its size.
    let text = row["text"].as_str().context("a row has a text")?;
    let text: String = text.chars().rev().collect();
    writer.call("rows:edit", json!({ "id": id, "text": text }))?;
    tell(report, "one field changed", row, &listener.next()?);

    writer.call(
        "rows:rewrite",
        json!({ "id": id, "topic": "list", "text": text.to_uppercase() }),
    )?;
    tell(
        report,
        "all fields but the one it is found by changed",
        row,
        &listener.next()?,
    );
    Ok(())
}

/// Prints how many bytes a push had beside the document; its frame's head is not counted.
fn tell(report: &mut Report, what: &str, row: &Value, push: &str) {
    let bytes = row.to_string().len();
    let target = Target::AtMost(bytes as f64 + BYTES_BESIDE);
    let name = format!("{what}: a push for a document of {bytes} bytes");
    report.line(&name, push.len() as f64, "bytes", target);
}
