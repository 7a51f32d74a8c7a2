//! Two engines on one database: the one that has been overtaken does not write.

use super::*;

/// Inserts a document and commits, as a batch of mutations does.
fn commit(engine: &Engine<TestStore>, name: &str) -> Result<(), StoreError> {
    let mut written = Ok(());
    engine.store.transaction(&mut || {
        insert(engine, &NOTES, &[(name, r#"{"text":"x"}"#)]);
        written = engine.write_state(engine.version().next(), None);
        match written {
            Ok(()) => Verdict::Commit,
            Err(_) => Verdict::Rollback,
        }
    })?;
    written
}

#[track_caller]
fn check_overtaken(mut engine: Engine<TestStore>) {
    assert_eq!(engine.status(), Status::Ready, "it does not know yet");
    assert!(commit(&engine, "late").is_err());
    engine.note_overtaken();
    assert_eq!(engine.status(), Status::OutOfDate);
    assert_eq!(engine.refusal().unwrap().code.as_str(), "unavailable");
}

#[test]
fn code_that_meets_a_newer_schema_does_not_write() {
    let store = TestStore::new();
    let old = open(&store, &app(NOTES));
    commit(&old, "a").unwrap();
    let new = open(&store, &app(BY_TEXT));
    check_overtaken(old);
    commit(&new, "b").unwrap();
    expect![[r#"
        notes
          1 {"_id":"notes_a","_creationTime":1,"text":"x"} f_0='x'
          2 {"_id":"notes_b","_creationTime":1,"text":"x"} f_0='x'
        CREATE INDEX "notes.by_text" ON "notes" (f_0, _id)
    "#]]
    .assert_eq(&dump(&store));
}

#[test]
fn code_that_meets_a_schema_in_the_making_does_not_write() {
    let store = left_by(&app(NOTES), &[("a", r#"{"text":"x"}"#)]);
    let in_steps = EngineConfig {
        schema_rows_in_one_transaction_max: 0,
        ..EngineConfig::default()
    };
    let old = open(&store, &app(NOTES));
    let mut new = open_with(&store, &app(BY_TEXT), in_steps);
    // The check, and the first that is written.
    assert!(new.migrate() && new.migrate());
    check_overtaken(old);
    while new.migrate() {}
    assert_eq!(new.status(), Status::Ready);
    commit(&new, "b").unwrap();
}

#[test]
fn two_engines_of_one_version_do_not_both_write() {
    let store = TestStore::new();
    let (one, other) = (open(&store, &app(NOTES)), open(&store, &app(NOTES)));
    commit(&one, "a").unwrap();
    check_overtaken(other);
}
