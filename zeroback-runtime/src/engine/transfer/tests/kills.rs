//! An import that is cut off at any moment has happened, or has not.

use std::cell::Cell;
use std::rc::Rc;

use super::*;
use crate::db::Documents;
use crate::engine::store::{Select, StoreError, Verdict};

/// A store that is gone for good after so many calls.
#[derive(Clone, Debug)]
struct Mortal {
    store: Rc<NativeStore>,
    calls_left: Rc<Cell<usize>>,
    depth: Rc<Cell<u32>>,
}

impl Mortal {
    fn live(&self) -> Result<(), StoreError> {
        match self.calls_left.get().checked_sub(1) {
            Some(left) => {
                self.calls_left.set(left);
                Ok(())
            }
            None => Err(StoreError::new("planted: the process is gone")),
        }
    }
}

impl Store for Mortal {
    fn update(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<bool, StoreError> {
        self.live()?;
        self.store.update(sql, params)
    }

    fn query(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<Vec<Vec<SqlValue>>, StoreError> {
        self.live()?;
        self.store.query(sql, params)
    }

    fn text(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<Option<String>, StoreError> {
        self.live()?;
        self.store.text(sql, params)
    }

    fn documents(
        &self,
        select: &Select<'_>,
        params: &[SqlParam<'_>],
    ) -> Result<Documents, StoreError> {
        self.live()?;
        self.store.documents(select, params)
    }

    fn transaction(&self, body: &mut dyn FnMut() -> Verdict) -> Result<(), StoreError> {
        self.live()?;
        let mut lost = false;
        let depth = self.depth.get();
        self.depth.set(depth + 1);
        let ended = self.store.transaction(&mut || {
            let verdict = body();
            lost = depth == 0 && self.live().is_err();
            if lost { Verdict::Rollback } else { verdict }
        });
        self.depth.set(depth);
        ended?;
        // Gone between the commit and the news of it.
        if depth == 0 {
            self.live()?;
        }
        if lost {
            return Err(StoreError::new("planted: the process is gone"));
        }
        Ok(())
    }
}

fn import_in_small_chunks(
    engine: &mut Engine<Mortal>,
    archive: &[u8],
) -> Result<TransferReport, TransferError> {
    let archive = Archive::open(Cursor::new(archive))?;
    let limits = ImportLimits::default();
    let mut import = engine.begin_import(archive.contents(), limits)?;
    let staged = archive.read(1 << 20, 1 << 20, &mut |read| {
        read.lines.chunks(10).try_for_each(|lines| {
            let lines = ArchiveLines {
                table: read.table,
                lines: lines.to_vec(),
            };
            engine.stage(&mut import, &lines, NOW)
        })
    });
    match staged {
        Ok(()) => engine.finish_import(import, NOW),
        Err(error) => {
            engine.drop_import(import);
            Err(error)
        }
    }
}

#[test]
fn an_import_that_is_cut_off_is_made_or_not() {
    let notes: String = (0..40)
        .map(|n| {
            line(
                "notes",
                n,
                &format!("\"slug\":\"n{n}\",\"rank\":1,\"text\":\"new\""),
            )
        })
        .collect();
    let archive = zip(&[EXPORT, ("notes.jsonl", &notes), ("tags.jsonl", "")]);
    let (mut not_made, mut made) = (0, 0);
    for calls in 0.. {
        let store = Mortal {
            store: Rc::new(NativeStore::in_memory().unwrap()),
            calls_left: Rc::new(Cell::new(usize::MAX)),
            depth: Rc::default(),
        };
        let mut engine = open(store.clone());
        import_well(
            &mut engine,
            &[
                ("notes.jsonl", r#"{"slug":"old","rank":1,"text":"old"}"#),
                ("tags.jsonl", r#"{"name":"old"}"#),
            ],
        );
        let (before, version) = (exported(&store), engine.version());
        store.calls_left.set(calls);
        let result = import_in_small_chunks(&mut engine, &archive);
        let outlived = store.calls_left.get() > 0;
        store.calls_left.set(usize::MAX);
        let engine = open(store.clone());
        assert!(!dump(&store).contains("import"), "nothing is left behind");
        if exported(&store) == before {
            not_made += 1;
            assert!(result.is_err());
            assert_eq!(engine.version(), version);
            assert_eq!(found(&store, "search_text", "old"), "old");
        } else {
            made += 1;
            assert_eq!(engine.version().epoch, version.epoch + 1);
            assert_eq!(found(&store, "search_text", "old"), "");
            assert_eq!(found(&store, "search_text", "new").split(',').count(), 40);
            assert!(!exported(&store).contains("old"));
        }
        if outlived {
            assert!(result.is_ok());
            break;
        }
    }
    assert!(not_made > 40 && made > 1, "{not_made} {made}");
}
