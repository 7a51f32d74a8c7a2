//! Reads the attribute's arguments.

use proc_macro2::{TokenStream, TokenTree};

use crate::syntax::{Faults, FunctionKind, closest};

/// What stands in the attribute's parentheses.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// No client may call it.
    pub(crate) internal: bool,
}

/// Reads `internal`.
pub(crate) fn options(kind: FunctionKind, args: TokenStream, faults: &mut Faults) -> Options {
    let mut options = Options::default();
    let mut trees = args.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match &tree {
            TokenTree::Ident(word) if word == "internal" && options.internal => {
                faults.at(word, "`internal` is said twice: remove one");
            }
            TokenTree::Ident(word) if word == "internal" => options.internal = true,
            TokenTree::Punct(comma) if comma.as_char() == ',' => continue,
            _ => {
                // The rest of what the stranger brought along, such as the `= 3` of `limit = 3`.
                while trees.next_if(|next| !is_comma(next)).is_some() {}
                faults.at(&tree, unknown_option(kind, &tree));
            }
        }
    }
    options
}

fn is_comma(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ',')
}

fn unknown_option(kind: FunctionKind, tree: &TokenTree) -> String {
    let word = kind.word();
    match closest(&tree.to_string(), &["internal"]) {
        Some(meant) => format!("unknown argument of `#[{word}]`: did you mean `{meant}`?"),
        None => format!(
            "unknown argument of `#[{word}]`: it is written `#[{word}]` or `#[{word}(internal)]`"
        ),
    }
}
