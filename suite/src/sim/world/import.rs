//! Archives that come in while clients are subscribed: all of them, or nothing.

use serde_json::json;
use zeroback_runtime::engine::Status;
use zeroback_runtime::engine::transfer::{
    ArchiveContents, ArchiveLine, ArchiveLines, Import, ImportLimits,
};

use super::super::model::Piece;
use super::super::property::{Breach, Property};
use super::World;
use crate::transcript;

/// An import on its way.
#[derive(Debug)]
pub(super) struct Importing {
    import: Import,
    pieces: Vec<Piece>,
    /// Where the pieces stand in the order of creation, which is decided when they are staged.
    first: u64,
}

impl World {
    /// Begins an import, and stages its lines. A host that may lose the engine makes it whole.
    pub(super) fn begin_import(&mut self, pieces: &[Piece]) -> Result<(), Breach> {
        if self.server.engine.status() != Status::Ready || self.server.store.is_dead() {
            return Ok(());
        }
        let contents = ArchiveContents {
            tables: vec!["pieces".to_owned()],
            is_export: false,
        };
        let lines = (1..).zip(pieces).map(|(number, piece)| ArchiveLine {
            number,
            text: Ok(line(piece)),
        });
        let lines = ArchiveLines {
            table: 0,
            lines: lines.collect(),
        };
        self.look_at_store()?;
        let first = self.history.reserve(pieces.len());
        let now = self.server.now();
        let engine = &mut self.server.engine;
        self.importing = None;
        let begun = engine.begin_import(&contents, ImportLimits::default());
        if let Ok(mut import) = begun
            && engine.stage(&mut import, &lines, now).is_ok()
        {
            let pieces = pieces.to_vec();
            self.importing = Some(Importing {
                import,
                pieces,
                first,
            });
        }
        match self.server.config.hibernates {
            true => self.finish_import(),
            false => Ok(()),
        }
    }

    /// Puts what was staged in the place of the pieces.
    pub(super) fn finish_import(&mut self) -> Result<(), Breach> {
        let Some(Importing {
            import,
            pieces,
            first,
        }) = self.importing.take()
        else {
            return Ok(());
        };
        self.look_at_store()?;
        let finished = self.server.finish_import(import);
        transcript::note("server", "!", &format!("import {finished:?}"));
        self.look_at_store()?;
        let (before, after) = (self.history.counter(), self.server.store.counter());
        if after > before {
            self.history
                .import((&pieces, first), after, self.server.sight.edition)?;
            self.runs.forget();
        } else if finished {
            let text = "an import is said to be made, and no version has it";
            return Err(Breach::new(Property::Durable, text));
        }
        self.check_rows()
    }
}

fn line((key, list, rank, title): &Piece) -> String {
    json!({ "key": key, "list": list, "rank": rank, "title": title, "note": null }).to_string()
}
