//! A database that is too large for one transaction, and a process that dies at every statement.

use super::*;
use crate::MigrationCtx;
use crate::registry::MigrationEntry;

/// What a note becomes: a new column and index, defaults, and a search, beside a new table.
#[derive(Serialize, Deserialize, TS, JsonSchema)]
struct Ranked {
    text: String,
    #[serde(default = "three")]
    rank: i32,
}

fn three() -> i32 {
    3
}

/// What it does not become.
#[derive(Serialize, Deserialize, TS, JsonSchema)]
struct Required {
    text: String,
    by: String,
}

const RANKED: TableDef = TableDef {
    columns: &[TEXT, RANK],
    indexes: &[
        IndexDef {
            name: "by_rank",
            columns: &["rank"],
            unique: false,
        },
        IndexDef {
            name: "by_text",
            columns: &["text"],
            unique: true,
        },
    ],
    searches: &[SearchDef {
        name: "search",
        fields: &["text"],
        filters: &[],
    }],
    ..NOTES
};

const SHOUTS: MigrationEntry =
    MigrationEntry::new("a:shouts", "test", "tests.rs", 1, |ctx: &MigrationCtx| {
        ctx.table("notes")?.update_each(|note| {
            let text: String = note.get("text")?;
            note.set("text", text.to_uppercase() + "!")
        })?;
        Ok(())
    });

/// Everything is large, and a step reads three documents.
fn in_steps() -> EngineConfig {
    EngineConfig {
        schema_rows_in_one_transaction_max: 0,
        schema_rows_per_step: 3,
        ..EngineConfig::default()
    }
}

fn after(migrations: &[MigrationEntry]) -> App {
    let tables = [
        TableEntry::new::<Ranked>(RANKED),
        TableEntry::new::<Note>(USERS),
    ];
    App::of(&tables, migrations)
}

/// A database with eight notes.
fn store() -> TestStore {
    let names: Vec<_> = (0..8).map(|at| format!("{at}")).collect();
    let fields: Vec<_> = names
        .iter()
        .map(|name| format!(r#"{{"text":"note {name}"}}"#))
        .collect();
    let notes: Vec<_> = names
        .iter()
        .zip(&fields)
        .map(|(name, fields)| (&**name, &**fields))
        .collect();
    left_by(&app(BY_TEXT), &notes)
}

/// Opens, and makes all steps.
fn finish(store: &TestStore, app: &App, config: EngineConfig) -> Engine<TestStore> {
    let mut engine = open_with(store, app, config);
    while engine.migrate() {}
    engine
}

/// The whole database, with what the engine keeps for itself.
fn dump_all(store: &TestStore) -> String {
    let mut text = dump(store);
    for list in ["columns", "indexes", "shapes", "progress", "seen_keys"] {
        let sql = format!("SELECT * FROM _zeroback_{list}");
        let rows = store.query(&sql, &[]).unwrap();
        writeln!(text, "{list} {rows:?}").unwrap();
    }
    text
}

#[test]
fn a_large_change_comes_to_what_one_transaction_comes_to() {
    for migrations in [&[][..], &[SHOUTS]] {
        let (at_once, in_pieces) = (store(), store());
        open(&at_once, &after(migrations));
        let mut engine = open_with(&in_pieces, &after(migrations), in_steps());
        assert_eq!(engine.status(), Status::Migrating);
        let mut steps = 1;
        while engine.migrate() {
            steps += 1;
        }
        assert!(steps > 12, "{steps}");
        assert_eq!(engine.status(), Status::Ready);
        assert_eq!(dump_all(&in_pieces), dump_all(&at_once));
        assert_eq!(engine.version().counter, 1, "it has gone on by one");
        let again = open_with(&in_pieces, &after(migrations), in_steps());
        assert_eq!(again.status(), Status::Ready);
    }
}

#[test]
fn a_kill_at_any_statement_loses_nothing_and_the_next_start_goes_on() {
    for migrations in [&[][..], &[SHOUTS]] {
        let app = after(migrations);
        let expected = {
            let store = store();
            finish(&store, &app, in_steps());
            dump_all(&store)
        };
        for statements in 0.. {
            let store = store();
            store.die_after(statements);
            let opened = Engine::open(
                store.clone(),
                app.clone(),
                in_steps(),
                Timestamp::from_unix_ms(1),
                7,
            );
            if let Ok(mut engine) = opened {
                while engine.migrate() {}
            }
            let died = store.revive();
            let engine = finish(&store, &app, in_steps());
            assert_eq!(engine.status(), Status::Ready);
            assert_eq!(
                dump_all(&store),
                expected,
                "killed at statement {statements}"
            );
            if !died {
                assert!(statements > 100, "{statements}");
                break;
            }
        }
    }
}

#[test]
fn a_kill_at_any_statement_lets_the_version_before_go_on() {
    let back = app(BY_TEXT);
    for statements in (0..).step_by(7) {
        let store = store();
        store.die_after(statements);
        let opened = Engine::open(
            store.clone(),
            after(&[]),
            in_steps(),
            Timestamp::from_unix_ms(1),
            7,
        );
        if let Ok(mut engine) = opened {
            while engine.migrate() {}
        }
        if !store.revive() {
            break;
        }
        let engine = finish(&store, &back, in_steps());
        assert_eq!(engine.status(), Status::Ready);
        let text = dump(&store);
        assert_eq!(text.matches("\"text\":\"note ").count(), 8, "{text}");
        assert!(
            text.contains("CREATE INDEX \"notes.by_text\" ON \"notes\" (f_0, _id)"),
            "{text}"
        );
        assert!(
            !text.contains("by_rank") && !text.contains(".search"),
            "{text}"
        );
    }
}

#[test]
fn a_kill_at_any_statement_leaves_no_column_behind_its_documents() {
    const BY_RANK: TableDef = TableDef {
        columns: &[RANK],
        indexes: &[IndexDef {
            name: "by_rank",
            columns: &["rank"],
            unique: false,
        }],
        ..NOTES
    };
    let notes = [("a", r#"{"text":"x"}"#), ("b", r#"{"text":"y","rank":7}"#)];
    let after = App::of(&[TableEntry::new::<Ranked>(NOTES)], &[]);
    for statements in 0.. {
        let store = left_by(&app(BY_RANK), &notes);
        store.die_after(statements);
        let now = Timestamp::from_unix_ms(1);
        let opened = Engine::open(store.clone(), after.clone(), in_steps(), now, 7);
        if let Ok(mut engine) = opened {
            while engine.migrate() {}
        }
        let died = store.revive();
        finish(&store, &app(BY_RANK), in_steps());
        let column = store.query("SELECT number FROM _zeroback_columns", &[]);
        let number = column.unwrap()[0][0].as_integer().unwrap();
        let stale = format!("SELECT doc FROM notes WHERE f_{number} IS NOT doc ->> '$.rank'");
        let stale = store.query(&stale, &[]).unwrap();
        assert!(
            stale.is_empty(),
            "killed at statement {statements}: {stale:?}"
        );
        if !died {
            break;
        }
    }
}

#[test]
fn a_failed_step_is_made_again() {
    let store = store();
    let expected = {
        let store = self::store();
        finish(&store, &after(&[]), in_steps());
        dump_all(&store)
    };
    let mut engine = open_with(&store, &after(&[]), in_steps());
    for statements in 0..20 {
        store.die_after(statements);
        while engine.migrate() {}
        store.revive();
    }
    while engine.migrate() {}
    assert_eq!(engine.status(), Status::Ready);
    assert_eq!(dump_all(&store), expected);
}

#[test]
fn a_large_change_that_is_refused_has_written_nothing() {
    let store = store();
    let before = dump(&store);
    let tables = [
        TableEntry::new::<Required>(RANKED),
        TableEntry::new::<Note>(USERS),
    ];
    let refused = App::of(&tables, &[]);
    let engine = finish(&store, &refused, in_steps());
    expect![[r#"
        the database does not fit the schema of this version

          table "notes": by: is missing
            8 documents: notes_0, notes_1, notes_2, notes_3, notes_4, …

        Give new fields an `Option` or a `#[serde(default)]`, bring the documents in line with a `#[migration]`, or correct them with the version before.
    "#]].assert_eq(&format!("{}\n", engine.schema_report().unwrap()));
    assert_eq!(dump(&store), before);
    store.take_statements();
    let again = open_with(&store, &refused, in_steps());
    assert_eq!(again.schema_report(), engine.schema_report());
    let reads_notes = |sql: &String| sql.contains("FROM \"notes\"");
    assert!(
        !store.take_statements().iter().any(reads_notes),
        "it is known"
    );
    let back = open(&store, &app(BY_TEXT));
    assert_eq!(back.status(), Status::Ready);
    insert(&back, &NOTES, &[("9", r#"{"text":"x"}"#)]);
    back.write_state(back.version().next(), None).unwrap();
    let again = open_with(&store, &refused, in_steps());
    assert_eq!(
        again.status(),
        Status::Migrating,
        "what was written since is checked too"
    );
}

#[test]
fn what_the_version_before_writes_amid_the_check_is_checked_too() {
    let store = store();
    let mut checking = open_with(&store, &after(&[]), in_steps());
    assert!(checking.migrate());
    let before = open(&store, &app(BY_TEXT));
    insert(&before, &NOTES, &[("00", r#"{"text":"note 1"}"#)]);
    before.write_state(before.version().next(), None).unwrap();
    assert!(!checking.migrate());
    assert_eq!(checking.status(), Status::OutOfDate);
    let engine = finish(&store, &after(&[]), in_steps());
    assert_eq!(engine.status(), Status::Refused, "two have one text now");
}
