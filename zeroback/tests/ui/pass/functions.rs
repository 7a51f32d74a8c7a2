//! Where functions stand and what their signatures may look like.
#![deny(warnings, missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use zeroback::prelude::*;

zeroback::app!();

/// A person.
#[derive(Debug, Table)]
pub struct Person {
    /// A name.
    pub name: String,
}

/// Is called like the expansions' own names might be.
#[derive(Debug, Value)]
pub struct Output {
    /// Another one of those.
    pub inner: Option<S>,
}

/// Is called like the expansions' own names might be.
#[derive(Debug, Value)]
pub struct S;

/// Takes and returns them, and is called like them.
///
/// # Errors
///
/// Never.
#[query]
pub fn args(_ctx: &QueryCtx, output: Output, args: S) -> Result<Output> {
    Ok(Output {
        inner: output.inner.or(Some(args)),
    })
}

/// Is called like the context.
///
/// # Errors
///
/// Never.
#[query]
pub fn ctx(ctx: &QueryCtx) -> Result<bool> {
    Ok(ctx.now() == ctx.now())
}

/// Of the crate's root, without arguments.
///
/// # Errors
///
/// Never.
#[query]
pub fn root(_ctx: &QueryCtx) -> Result<u32> {
    Ok(1)
}

/// Functions in a module.
pub mod outer {
    use zeroback::prelude::*;

    /// As private as can be.
    #[derive(Debug, Clone, Copy, PartialEq, Value)]
    enum Secret {
        Mellon,
    }

    /// Is called like the generated struct.
    #[derive(Value)]
    struct Args {
        word: Secret,
    }

    /// A function for this module alone, with types of this module alone.
    #[query]
    fn private(
        _: &QueryCtx,
        word: Secret,
        other: Option<Args>,
        more: self::Secret,
    ) -> Result<bool> {
        Ok(word == more && other.is_none())
    }

    /// A module with a raw name.
    pub mod r#type {
        use zeroback::prelude::*;

        /// Has a plain path.
        #[query]
        fn list(_: &QueryCtx) -> Result<()> {
            Ok(())
        }
    }

    /// A module in the module.
    pub mod inner {
        use zeroback::prelude::*;

        /// Paths that begin with `super`, raw names, `mut`, and a name like the function's.
        ///
        /// # Errors
        ///
        /// Never.
        #[mutation]
        pub fn r#move(
            ctx: &MutationCtx,
            r#type: Id<super::super::Person>,
            /// How many.
            mut count: u32,
            r#move: Vec<Option<zeroback::Id<crate::Person>>>,
            last: (String, f64),
        ) -> Result<u32> {
            if last.1 > 0.5 && r#move.contains(&Some(r#type)) {
                count += 1;
            }
            ctx.db.get(&r#type)?;
            Ok(count)
        }

        /// Does not look at its arguments.
        ///
        /// # Errors
        ///
        /// Never.
        #[query]
        pub fn unused(_ctx: &QueryCtx, _type: String, _limit: u32) -> Result<()> {
            Ok(())
        }

        /// Calls a function of the module above and one of its own.
        #[query]
        pub(super) fn calls(ctx: &QueryCtx, depth: u32) -> Result<bool> {
            if depth == 0 {
                return super::private(ctx, super::Secret::Mellon, None, super::Secret::Mellon);
            }
            calls(ctx, depth - 1)
        }

        #[mutation(internal)]
        pub(in super::super) fn restricted(_ctx: &MutationCtx, call: bool) -> Result<bool> {
            Ok(call)
        }
    }

    /// Is on its way out, and only here for those who still call it.
    ///
    /// # Errors
    ///
    /// Never.
    #[query]
    #[deprecated = "call `optional`"]
    pub fn old(_ctx: &QueryCtx, limit: Option<u32>) -> Result<u32> {
        Ok(limit.unwrap_or(1))
    }

    /// Has an argument that may be left out.
    ///
    /// # Errors
    ///
    /// Never.
    #[query]
    pub fn optional(_ctx: &QueryCtx, limit: Option<u32>, page_size: u32) -> Result<u32> {
        Ok(limit.unwrap_or(page_size))
    }

    /// Uses the function and its call side by side.
    ///
    /// # Errors
    ///
    /// Never.
    #[query]
    pub fn both(ctx: &QueryCtx) -> Result<bool> {
        use inner::calls;
        let call = calls::Args { depth: 3 };
        let same = call.clone() == call;
        let calls = calls(ctx, call.depth)?;
        Ok(same && calls)
    }
}

/// The arguments that the text decodes to, or the reason why it does not.
fn decode<A: zeroback::__private::FunctionCall>(json: &str) -> std::result::Result<A, String> {
    zeroback_protocol::decode(json.as_bytes()).map_err(|error| error.at("args").to_string())
}

fn inline<T: zeroback::__private::ts_rs::TS>() -> String {
    let text = T::inline(&zeroback::__private::ts_rs::Config::default());
    let code = text
        .lines()
        .filter(|line| !line.starts_with(['/', ' ', '*']));
    let words: Vec<_> = code.flat_map(str::split_whitespace).collect();
    words.join(" ")
}

fn check_calls() {
    assert!(decode::<root::Args>("{}").is_ok());
    assert!(decode::<root::Args>("null").is_ok());
    let error = decode::<root::Args>(r#"{"limit":1}"#).expect_err("refused");
    assert!(error.contains("limit"), "{error}");
    assert_eq!(
        zeroback_protocol::encode(&root::Args).expect("encodes"),
        "{}"
    );

    let call = outer::optional::Args {
        limit: None,
        page_size: 2,
    };
    let decoded = decode::<outer::optional::Args>(r#"{"pageSize":2}"#).expect("decodes");
    assert_eq!(decoded, call);
    let json = zeroback_protocol::encode(&call).expect("encodes");
    assert_eq!(json, r#"{"limit":null,"pageSize":2}"#);
    let error = decode::<outer::optional::Args>(r#"{"page_size":2}"#).expect_err("refused");
    assert!(error.contains("page_size"), "{error}");
    let error = decode::<outer::optional::Args>(r#"{"pageSize":-2}"#).expect_err("refused");
    assert!(error.starts_with("args.pageSize"), "{error}");
    assert_eq!(
        inline::<outer::optional::Args>(),
        "{ limit?: number | null, pageSize: number, }"
    );
}

fn main() {
    use zeroback::__private::FunctionCall;

    check_calls();

    let _ = root::Args;
    let _ = |text: String| outer::inner::unused::Args {
        r#type: text,
        limit: 3,
    };
    let call = outer::inner::restricted::Args { call: true };
    assert_eq!(format!("{call:?}"), "Args { call: true }");
    assert_eq!(outer::inner::r#move::Args::PATH, "outer/inner:move");
    let paths: Vec<_> = app().function_paths().collect();
    let all = [
        "args",
        "ctx",
        "outer/inner:calls",
        "outer/inner:move",
        "outer/inner:restricted",
        "outer/inner:unused",
        "outer/type:list",
        "outer:both",
        "outer:old",
        "outer:optional",
        "outer:private",
        "root",
    ];
    assert_eq!(paths, all);
}
