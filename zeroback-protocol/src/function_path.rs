//! A function's public name, computed while the author's crate compiles.
//!
//! The path is the module path below the crate, and the function's name: `tasks:list`,
//! `utils/stats:task_stats`; a function of the crate's root is just `list`.

/// Returns the length of the path of function `name` in `module`, as `module_path!()` gives it.
#[must_use]
pub const fn function_path_len(module: &str, name: &str) -> usize {
    let name_len = name.len() - raw_prefix_len(name.as_bytes(), 0);
    let below = below_crate(module.as_bytes());
    if below == module.len() {
        return name_len;
    }
    let mut len = 0;
    let bytes = module.as_bytes();
    let mut at = below + raw_prefix_len(bytes, below);
    while at < bytes.len() {
        at += match bytes[at] {
            b':' => 2 + raw_prefix_len(bytes, at + 2),
            _ => 1,
        };
        len += 1;
    }
    len + 1 + name_len
}

/// Returns the bytes of the path; `N` is [`function_path_len`] of the same arguments.
#[must_use]
pub const fn function_path_bytes<const N: usize>(module: &str, name: &str) -> [u8; N] {
    let mut path = [0; N];
    let mut len = 0;
    let bytes = module.as_bytes();
    let mut at = below_crate(bytes);
    if at < bytes.len() {
        at += raw_prefix_len(bytes, at);
        while at < bytes.len() {
            if bytes[at] == b':' {
                path[len] = b'/';
                at += 2 + raw_prefix_len(bytes, at + 2);
            } else {
                path[len] = bytes[at];
                at += 1;
            }
            len += 1;
        }
        path[len] = b':';
        len += 1;
    }
    let name = name.as_bytes();
    let mut at = raw_prefix_len(name, 0);
    while at < name.len() {
        path[len] = name[at];
        at += 1;
        len += 1;
    }
    path
}

/// Returns where the part below the crate's name begins.
const fn below_crate(module: &[u8]) -> usize {
    let mut at = 0;
    while at < module.len() {
        if module[at] == b':' {
            return at + 2;
        }
        at += 1;
    }
    at
}

/// Returns the length of the `r#` at `at`, where an identifier begins.
const fn raw_prefix_len(text: &[u8], at: usize) -> usize {
    if at + 1 < text.len() && text[at] == b'r' && text[at + 1] == b'#' {
        2
    } else {
        0
    }
}

/// Expands to the public path of a function, as a `&'static str` constant expression.
#[doc(hidden)]
#[macro_export]
macro_rules! function_path {
    ($module:expr, $name:expr) => {{
        const LEN: usize = $crate::function_path_len($module, $name);
        const BYTES: [u8; LEN] = $crate::function_path_bytes::<LEN>($module, $name);
        match ::core::str::from_utf8(&BYTES) {
            ::core::result::Result::Ok(path) => path,
            ::core::result::Result::Err(_) => ::core::panic!("identifiers are UTF-8"),
        }
    }};
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_path_is_the_module_below_the_crate_and_the_name() {
        const ROOT: &str = function_path!("app", "list");
        const NESTED: &str = function_path!("app::utils::stats", "task_stats");
        assert_eq!((ROOT, NESTED), ("list", "utils/stats:task_stats"));
    }

    #[test]
    fn raw_identifiers_are_plain_in_a_path() {
        const NAME: &str = function_path!("app::tasks", "r#move");
        const MODULES: &str = function_path!("app::r#type::inner::r#match", "r#move");
        const PLAIN: &str = function_path!("app::r::for_r", "r");
        assert_eq!(
            (NAME, MODULES, PLAIN),
            ("tasks:move", "type/inner/match:move", "r/for_r:r")
        );
    }
}
