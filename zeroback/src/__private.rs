//! What the macros' expansions name beside the runtime's own items; no part of the public API.

pub use zeroback_protocol::Id;
pub use zeroback_runtime::private::*;

pub use crate::__same_shape as same_shape;
pub use crate::__with_server as with_server;

/// The wire form of the arguments of a function that takes none: `{}`, with nothing in it.
#[derive(Debug, serde::Serialize, serde::Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(crate = "zeroback_runtime::private::serde", deny_unknown_fields)]
#[ts(crate = "zeroback_runtime::private::ts_rs")]
#[schemars(crate = "zeroback_runtime::private::schemars")]
pub struct NoArguments {}

impl NoArguments {
    /// Accepts `{}`, null and nothing.
    ///
    /// # Errors
    ///
    /// Fails where there is an argument.
    pub fn check<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
        let _: Option<Self> = serde::Deserialize::deserialize(deserializer)?;
        Ok(())
    }
}

/// Is implemented by each type for itself.
///
/// `A: Same<Is = String>, <A as Same>::Is: Value` says that `String` is a value in words that the
/// compiler does not check before it is told what `A` is; and then it points at that.
pub trait Same {
    /// The type itself.
    type Is;
}

impl<T> Same for T {
    type Is = T;
}

/// The wire form of `T`, derived for a mirror of it.
pub trait Wire<T>: Sized {
    /// The mirror.
    type Shape: ts_rs::TS + schemars::JsonSchema + 'static;

    /// Serializes a `T` as the mirror would be.
    ///
    /// # Errors
    ///
    /// Fails where the serializer does.
    fn serialize<S: serde::Serializer>(self, value: &T, serializer: S) -> Result<S::Ok, S::Error>;

    /// Deserializes a `T` as the mirror would be.
    ///
    /// # Errors
    ///
    /// Fails where the input is not a `T`.
    fn deserialize<'de, D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error>;
}

/// Asks the mirror, where only a value of the type that knows it is at hand.
pub fn shape<T, W: Wire<T>, R>(_: W, ask: impl FnOnce(Shape<W::Shape>) -> R) -> R {
    ask(Shape(std::marker::PhantomData))
}

/// Decodes a member of a patch, where null is a value like any other.
///
/// # Errors
///
/// Fails where the value does not decode.
pub fn some<'de, T: serde::Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Returns the crate's part of what `module_path!()` gives.
#[must_use]
pub const fn crate_name(module_path: &str) -> &str {
    let bytes = module_path.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b':' {
            return module_path.split_at(at).0;
        }
        at += 1;
    }
    module_path
}

/// Gives a type the TypeScript type and the JSON schema of another.
#[doc(hidden)]
#[macro_export]
macro_rules! __same_shape {
    ([$($params:ident),*] [$type:ty] [$without_generics:ty] [$shape:ty] [$($ts:tt)*] [$($schema:tt)*]) => {
        #[automatically_derived]
        impl<$($params),*> $crate::__private::ts_rs::TS for $type $($ts)* {
            type WithoutGenerics = $without_generics;
            type OptionInnerType = Self;

            const IS_ENUM: bool = <$shape as $crate::__private::ts_rs::TS>::IS_ENUM;

            fn docs() -> ::core::option::Option<::std::string::String> {
                <$shape as $crate::__private::ts_rs::TS>::docs()
            }

            fn ident(config: &$crate::__private::ts_rs::Config) -> ::std::string::String {
                <$shape as $crate::__private::ts_rs::TS>::ident(config)
            }

            fn decl(config: &$crate::__private::ts_rs::Config) -> ::std::string::String {
                <$shape as $crate::__private::ts_rs::TS>::decl(config)
            }

            fn decl_concrete(config: &$crate::__private::ts_rs::Config) -> ::std::string::String {
                <$shape as $crate::__private::ts_rs::TS>::decl_concrete(config)
            }

            fn name(config: &$crate::__private::ts_rs::Config) -> ::std::string::String {
                <$shape as $crate::__private::ts_rs::TS>::name(config)
            }

            fn inline(config: &$crate::__private::ts_rs::Config) -> ::std::string::String {
                <$shape as $crate::__private::ts_rs::TS>::inline(config)
            }

            fn inline_flattened(config: &$crate::__private::ts_rs::Config) -> ::std::string::String {
                <$shape as $crate::__private::ts_rs::TS>::inline_flattened(config)
            }

            fn visit_dependencies(visitor: &mut impl $crate::__private::ts_rs::TypeVisitor)
            where
                Self: 'static,
            {
                <$shape as $crate::__private::ts_rs::TS>::visit_dependencies(visitor);
            }

            fn visit_generics(visitor: &mut impl $crate::__private::ts_rs::TypeVisitor)
            where
                Self: 'static,
            {
                <$shape as $crate::__private::ts_rs::TS>::visit_generics(visitor);
            }

            fn output_path() -> ::core::option::Option<::std::path::PathBuf> {
                <$shape as $crate::__private::ts_rs::TS>::output_path()
            }
        }

        #[automatically_derived]
        impl<$($params),*> $crate::__private::schemars::JsonSchema for $type $($schema)* {
            fn inline_schema() -> bool {
                <$shape as $crate::__private::schemars::JsonSchema>::inline_schema()
            }

            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                <$shape as $crate::__private::schemars::JsonSchema>::schema_name()
            }

            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                <$shape as $crate::__private::schemars::JsonSchema>::schema_id()
            }

            fn json_schema(
                generator: &mut $crate::__private::schemars::SchemaGenerator,
            ) -> $crate::__private::schemars::Schema {
                <$shape as $crate::__private::schemars::JsonSchema>::json_schema(generator)
            }
        }
    };
}

/// Keeps items that only a build with a server has: what registers a function, and so refers to
/// its body.
#[cfg(feature = "server")]
#[doc(hidden)]
#[macro_export]
macro_rules! __with_server {
    ($($tokens:tt)*) => { $($tokens)* };
}

/// Drops items that only a build with a server has.
#[cfg(not(feature = "server"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __with_server {
    ($($tokens:tt)*) => {};
}
