//! The keys of what is kept, as the TypeScript client writes them: JSON arrays, cut before their last name.

/// Returns what the keys of a part begin with; no part's prefix begins another's keys.
pub(crate) fn prefix_of(part: &[&str]) -> String {
    let array = json(part);
    format!("{},", &array[..array.len() - 1])
}

/// Puts a name behind a prefix.
pub(crate) fn key_in(prefix: &str, name: &str) -> String {
    format!("{prefix}{}]", json(name))
}

/// Returns the name behind the prefix.
pub(crate) fn name_in(prefix: &str, key: &str) -> Option<String> {
    let name = key.strip_prefix(prefix)?.strip_suffix(']')?;
    serde_json::from_str(name).ok()
}

fn json<T: serde::Serialize + ?Sized>(of: &T) -> String {
    serde_json::to_string(of).expect("texts are JSON")
}

#[cfg(test)]
mod tests {
    use super::{key_in, name_in, prefix_of};

    #[test]
    fn they_are_as_in_typescript_and_no_part_s_are_another_s() {
        let prefix = prefix_of(&["cache", "wss://a/\"b\"", "hash"]);
        let key = key_in(&prefix, "tasks:list{\"a\":\"é\\n\"}");
        assert_eq!(
            key,
            r#"["cache","wss://a/\"b\"","hash","tasks:list{\"a\":\"é\\n\"}"]"#
        );
        let name = name_in(&prefix, &key);
        assert_eq!(name.as_deref(), Some("tasks:list{\"a\":\"é\\n\"}"));
        assert!(!key.starts_with(&prefix_of(&["cache", "wss://a/"])));
    }
}
