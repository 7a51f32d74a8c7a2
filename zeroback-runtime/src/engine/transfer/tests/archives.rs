//! Archives that are not right.

use super::*;

#[track_caller]
fn check(archive: &[u8], expected: Expect) {
    let mut engine = in_memory();
    import_well(&mut engine, &[("tags.jsonl", r#"{"name":"before"}"#)]);
    expected.assert_eq(&import_in_vain(&mut engine, archive));
}

#[test]
fn what_is_no_zip_archive_is_refused() {
    check(
        b"",
        expect![
            "import_failed: this is not a whole ZIP archive: Missing end of central directory; nothing was imported"
        ],
    );
    check(
        b"{\"name\":\"x\"}",
        expect![
            "import_failed: this is not a whole ZIP archive: Missing end of central directory; nothing was imported"
        ],
    );
    check(
        &vec![0; 100_000],
        expect![
            "import_failed: this is not a whole ZIP archive: Missing end of central directory; nothing was imported"
        ],
    );
}

#[test]
fn a_part_of_an_archive_is_refused() {
    let whole = zip(&[("tags.jsonl", r#"{"name":"x"}"#), ("notes.jsonl", "")]);
    for end in 0..whole.len() {
        let mut engine = in_memory();
        let error = import(&mut engine, &whole[..end], ImportLimits::default()).unwrap_err();
        assert!(matches!(error, TransferError::Archive(_)), "{end}: {error}");
    }
}

#[test]
fn a_changed_byte_is_noticed_or_has_no_effect() {
    let line = r#"{"name":"as it was"}"#;
    let whole = zip(&[("tags.jsonl", line)]);
    for at in 0..whole.len() {
        for bit in [1, 0x80] {
            let mut changed = whole.clone();
            changed[at] ^= bit;
            let mut engine = in_memory();
            if import(&mut engine, &changed, ImportLimits::default()).is_ok() {
                let text = exported(&*engine.store);
                assert!(text.contains(r#""name":"as it was""#), "{at}: {text}");
            }
        }
    }
}

/// Packs an empty entry under a name that the writer would not give one.
fn zip_named(name: &str) -> Vec<u8> {
    let placeholder = "n".repeat(name.len());
    let bytes = zip(&[(&placeholder, "")]);
    let mut renamed = bytes.clone();
    for at in 0..bytes.len() {
        if bytes[at..].starts_with(placeholder.as_bytes()) {
            renamed[at..at + name.len()].copy_from_slice(name.as_bytes());
        }
    }
    renamed
}

#[test]
fn entries_are_called_as_tables_are() {
    for name in [
        "../tags.jsonl",
        "/tags.jsonl",
        "tags/tags.jsonl",
        "..\\tags.jsonl",
        "tags.json",
        ".jsonl",
        "_zeroback_state.jsonl",
        "sqlite schema.jsonl",
        "notes.search_text.search.jsonl",
        "tags\".jsonl",
    ] {
        let told = import_in_vain(&mut in_memory(), &zip_named(name));
        assert!(
            told.contains("is not called as a table is"),
            "{name}: {told}"
        );
    }
    check(
        &zip(&[("none.jsonl", "")]),
        expect![[
            r#"import_failed: none.jsonl: the app has no table "none"; nothing was imported"#
        ]],
    );
    check(
        &zip(&[("TAGS.jsonl", "")]),
        expect![[
            r#"import_failed: TAGS.jsonl: the app has no table "TAGS"; nothing was imported"#
        ]],
    );
    check(
        &zip(&[("sqlite_schema.jsonl", "")]),
        expect![[
            r#"import_failed: sqlite_schema.jsonl: the app has no table "sqlite_schema"; nothing was imported"#
        ]],
    );
}

#[test]
fn an_entry_that_is_there_twice_is_refused() {
    let archive = zip(&[("tags.jsonl", ""), ("tags.jsonl", r#"{"name":"x"}"#)]);
    check(
        &archive,
        expect![[r#"import_failed: the entry "tags.jsonl" is there twice; nothing was imported"#]],
    );
}

#[test]
fn another_format_is_refused() {
    let entries = |json| zip(&[("_zeroback.json", json), ("tags.jsonl", "")]);
    check(
        &entries(r#"{"format":2}"#),
        expect![
            "import_failed: the archive has format 2, and format 1 is read; nothing was imported"
        ],
    );
    check(
        &entries("nonsense"),
        expect![[
            r#"import_failed: the entry "_zeroback.json" does not tell the archive's format; nothing was imported"#
        ]],
    );
}

#[test]
fn what_unpacks_to_more_than_there_may_be_is_refused() {
    let mut engine = in_memory();
    import_well(&mut engine, &[("tags.jsonl", r#"{"name":"before"}"#)]);
    let before = dump(&*engine.store);
    // One line that never ends, and very many that do: both are small when packed.
    for text in [" ".repeat(10 << 20), "\n".repeat(10 << 20)] {
        let archive = zip(&[("tags.jsonl", r#"{"name":"x"}"#), ("notes.jsonl", &text)]);
        assert!(archive.len() < 100_000);
        let limits = ImportLimits {
            unpacked_bytes_max: 1 << 20,
            ..ImportLimits::default()
        };
        let error = import(&mut engine, &archive, limits).unwrap_err();
        assert_eq!(
            error.to_wire().to_string(),
            "import_too_large: the archive unpacks to over 1048576 bytes; nothing was imported"
        );
        assert_eq!(dump(&*engine.store), before);
    }
}

#[test]
fn more_documents_than_there_may_be_are_refused() {
    let mut engine = in_memory();
    let lines = "{\"name\":\"x\"}\n".repeat(1_001);
    let limits = ImportLimits {
        documents_max: 1_000,
        ..ImportLimits::default()
    };
    let error = import(&mut engine, &zip(&[("tags.jsonl", &lines)]), limits).unwrap_err();
    assert_eq!(
        error.to_wire().to_string(),
        "import_too_large: the archive has over 1000 documents, which is the most that this host imports; nothing was imported"
    );
    assert!(!dump(&*engine.store).contains("import"));
}
