//! How a type gets the traits of the mirror that the macros make of it.

use std::borrow::Cow;
use std::path::PathBuf;

use zeroback_runtime::private::schemars::{JsonSchema, Schema, SchemaGenerator};
use zeroback_runtime::private::serde::{Deserializer, Serializer};
use zeroback_runtime::private::ts_rs::{Config, TS, TypeVisitor};

/// The wire form of `T`, derived for a mirror of it.
pub trait Wire<T>: Sized {
    /// The mirror.
    type Shape: TS + JsonSchema + 'static;

    /// Serializes a `T` as the mirror would be.
    ///
    /// # Errors
    ///
    /// Fails where the serializer does.
    fn serialize<S: Serializer>(self, value: &T, serializer: S) -> Result<S::Ok, S::Error>;

    /// Deserializes a `T` as the mirror would be.
    ///
    /// # Errors
    ///
    /// Fails where the input is not a `T`.
    fn deserialize<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error>;

    /// Returns the documentation for TypeScript.
    fn docs(self) -> Option<String> {
        Self::Shape::docs()
    }

    /// Visits the types that the TypeScript type names.
    fn visit_dependencies(self, visitor: &mut impl TypeVisitor) {
        Self::Shape::visit_dependencies(visitor);
    }

    /// Visits the parameters of the TypeScript type.
    fn visit_generics(self, visitor: &mut impl TypeVisitor) {
        Self::Shape::visit_generics(visitor);
    }

    /// Returns the file that `ts_rs` would write.
    fn output_path(self) -> Option<PathBuf> {
        Self::Shape::output_path()
    }

    /// Tells whether the schema is written in place.
    fn inline_schema(self) -> bool {
        Self::Shape::inline_schema()
    }

    /// Returns the schema's name.
    fn schema_name(self) -> Cow<'static, str> {
        Self::Shape::schema_name()
    }

    /// Returns what tells the schema from others of its name.
    fn schema_id(self) -> Cow<'static, str> {
        Self::Shape::schema_id()
    }

    /// Makes the schema.
    fn json_schema(self, generator: &mut SchemaGenerator) -> Schema {
        Self::Shape::json_schema(generator)
    }

    /// Returns the TypeScript type's name without parameters.
    fn ident(self, config: &Config) -> String {
        Self::Shape::ident(config)
    }

    /// Returns the TypeScript declaration.
    fn decl(self, config: &Config) -> String {
        Self::Shape::decl(config)
    }

    /// Returns the TypeScript declaration with the parameters filled in.
    fn decl_concrete(self, config: &Config) -> String {
        Self::Shape::decl_concrete(config)
    }

    /// Returns the TypeScript type's name.
    fn name(self, config: &Config) -> String {
        Self::Shape::name(config)
    }

    /// Returns the TypeScript type written out.
    fn inline(self, config: &Config) -> String {
        Self::Shape::inline(config)
    }

    /// Returns the TypeScript type as a part of another.
    fn inline_flattened(self, config: &Config) -> String {
        Self::Shape::inline_flattened(config)
    }
}

/// Gives a type all four traits, by way of a function that proves that there is a [`Wire`].
#[doc(hidden)]
#[macro_export]
macro_rules! __same_wire {
    ([$type:ty] [$proof:expr] [$is_enum:literal]) => {
        #[automatically_derived]
        impl $crate::__private::serde::Serialize for $type {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::__private::Wire::<$type>::serialize($proof(), self, serializer)
            }
        }

        #[automatically_derived]
        impl<'de> $crate::__private::serde::Deserialize<'de> for $type {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                $crate::__private::Wire::<$type>::deserialize($proof(), deserializer)
            }
        }

        #[automatically_derived]
        impl $crate::__private::ts_rs::TS for $type {
            type WithoutGenerics = Self;
            type OptionInnerType = Self;

            const IS_ENUM: bool = $is_enum;

            fn docs() -> ::core::option::Option<::std::string::String> {
                $crate::__private::Wire::<$type>::docs($proof())
            }

            fn ident(config: &$crate::__private::ts_rs::Config) -> ::std::string::String {
                $crate::__private::Wire::<$type>::ident($proof(), config)
            }

            fn decl(config: &$crate::__private::ts_rs::Config) -> ::std::string::String {
                $crate::__private::Wire::<$type>::decl($proof(), config)
            }

            fn decl_concrete(config: &$crate::__private::ts_rs::Config) -> ::std::string::String {
                $crate::__private::Wire::<$type>::decl_concrete($proof(), config)
            }

            fn name(config: &$crate::__private::ts_rs::Config) -> ::std::string::String {
                $crate::__private::Wire::<$type>::name($proof(), config)
            }

            fn inline(config: &$crate::__private::ts_rs::Config) -> ::std::string::String {
                $crate::__private::Wire::<$type>::inline($proof(), config)
            }

            fn inline_flattened(
                config: &$crate::__private::ts_rs::Config,
            ) -> ::std::string::String {
                $crate::__private::Wire::<$type>::inline_flattened($proof(), config)
            }

            fn visit_dependencies(visitor: &mut impl $crate::__private::ts_rs::TypeVisitor) {
                $crate::__private::Wire::<$type>::visit_dependencies($proof(), visitor);
            }

            fn visit_generics(visitor: &mut impl $crate::__private::ts_rs::TypeVisitor) {
                $crate::__private::Wire::<$type>::visit_generics($proof(), visitor);
            }

            fn output_path() -> ::core::option::Option<::std::path::PathBuf> {
                $crate::__private::Wire::<$type>::output_path($proof())
            }
        }

        #[automatically_derived]
        impl $crate::__private::schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                $crate::__private::Wire::<$type>::inline_schema($proof())
            }

            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                $crate::__private::Wire::<$type>::schema_name($proof())
            }

            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                $crate::__private::Wire::<$type>::schema_id($proof())
            }

            fn json_schema(
                generator: &mut $crate::__private::schemars::SchemaGenerator,
            ) -> $crate::__private::schemars::Schema {
                $crate::__private::Wire::<$type>::json_schema($proof(), generator)
            }
        }
    };
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
