//! How a type gets the traits of the mirror that the macros make of it.
//!
//! The mirror's traits hold only where the fields are values, the type's own are to hold without a
//! condition. So the type never names its mirror: it hands a question, an [`Ask`], to a function of
//! the expansion, and only in there the two meet and the condition is proved.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::path::PathBuf;

use crate::__private::schemars::{JsonSchema, Schema, SchemaGenerator};
use crate::__private::serde::{Deserializer, Serializer};
use crate::__private::ts_rs::{Config, TS, TypeVisitor};

/// The wire form of `T`, derived for a mirror of it.
pub trait Wire<T> {
    /// The mirror.
    type Shape: TS + JsonSchema + 'static;

    /// Serializes a `T` as the mirror would be.
    ///
    /// # Errors
    ///
    /// Fails where the serializer does.
    fn serialize<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error>;

    /// Deserializes a `T` as the mirror would be.
    ///
    /// # Errors
    ///
    /// Fails where the input is not a `T`.
    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error>;
}

/// A question about the wire form of `T`.
pub trait Ask<T> {
    /// What the question is answered with.
    type Answer;

    /// Asks.
    fn ask<W: Wire<T>>(self) -> Self::Answer;
}

/// Asks for a value to be serialized.
#[derive(Debug)]
pub struct Serialized<'a, T, S>(pub &'a T, pub S);

impl<T, S: Serializer> Ask<T> for Serialized<'_, T, S> {
    type Answer = Result<S::Ok, S::Error>;

    fn ask<W: Wire<T>>(self) -> Self::Answer {
        W::serialize(self.0, self.1)
    }
}

/// Asks for a value to be deserialized.
#[derive(Debug)]
pub struct Deserialized<'de, D>(pub D, pub PhantomData<&'de ()>);

impl<'de, T, D: Deserializer<'de>> Ask<T> for Deserialized<'de, D> {
    type Answer = Result<T, D::Error>;

    fn ask<W: Wire<T>>(self) -> Self::Answer {
        W::deserialize(self.0)
    }
}

/// Asks for a part of the TypeScript type.
#[expect(missing_debug_implementations, reason = "ts_rs's `Config` has none")]
pub enum TypeText<'a> {
    /// The name without parameters.
    Ident(&'a Config),
    /// The declaration.
    Decl(&'a Config),
    /// The declaration with the parameters filled in.
    DeclConcrete(&'a Config),
    /// The name.
    Name(&'a Config),
    /// The type written out.
    Inline(&'a Config),
    /// The type as a part of another.
    InlineFlattened(&'a Config),
}

impl<T> Ask<T> for TypeText<'_> {
    type Answer = String;

    fn ask<W: Wire<T>>(self) -> String {
        match self {
            Self::Ident(config) => W::Shape::ident(config),
            Self::Decl(config) => W::Shape::decl(config),
            Self::DeclConcrete(config) => W::Shape::decl_concrete(config),
            Self::Name(config) => W::Shape::name(config),
            Self::Inline(config) => W::Shape::inline(config),
            Self::InlineFlattened(config) => W::Shape::inline_flattened(config),
        }
    }
}

/// Asks for the documentation of the TypeScript type.
#[derive(Debug)]
pub struct TypeDocs;

impl<T> Ask<T> for TypeDocs {
    type Answer = Option<String>;

    fn ask<W: Wire<T>>(self) -> Self::Answer {
        W::Shape::docs()
    }
}

/// Asks for the file that `ts_rs` would write.
#[derive(Debug)]
pub struct TypePath;

impl<T> Ask<T> for TypePath {
    type Answer = Option<PathBuf>;

    fn ask<W: Wire<T>>(self) -> Self::Answer {
        W::Shape::output_path()
    }
}

/// Asks for visits to the types that the TypeScript type names.
#[derive(Debug)]
pub struct TypeDependencies<'a, V>(pub &'a mut V);

impl<T, V: TypeVisitor> Ask<T> for TypeDependencies<'_, V> {
    type Answer = ();

    fn ask<W: Wire<T>>(self) {
        W::Shape::visit_dependencies(self.0);
    }
}

/// Asks for a name of the JSON schema.
#[derive(Debug)]
pub enum SchemaText {
    /// The one for people.
    Name,
    /// The one that is unique.
    Id,
}

impl<T> Ask<T> for SchemaText {
    type Answer = Cow<'static, str>;

    fn ask<W: Wire<T>>(self) -> Self::Answer {
        match self {
            Self::Name => W::Shape::schema_name(),
            Self::Id => W::Shape::schema_id(),
        }
    }
}

/// Asks for the JSON schema.
#[derive(Debug)]
pub struct SchemaOf<'a>(pub &'a mut SchemaGenerator);

impl<T> Ask<T> for SchemaOf<'_> {
    type Answer = Schema;

    fn ask<W: Wire<T>>(self) -> Schema {
        W::Shape::json_schema(self.0)
    }
}

/// Gives a type all four traits, by way of a function that answers questions about its [`Wire`].
#[doc(hidden)]
#[macro_export]
macro_rules! __same_wire {
    ([$type:ty] [$wire:ident] [$is_enum:literal]) => {
        #[automatically_derived]
        impl $crate::__private::serde::Serialize for $type {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                $wire::<Self, _>($crate::__private::wire::Serialized(self, serializer))
            }
        }

        #[automatically_derived]
        impl<'de> $crate::__private::serde::Deserialize<'de> for $type {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                $wire::<Self, _>($crate::__private::wire::Deserialized(
                    deserializer,
                    ::core::marker::PhantomData,
                ))
            }
        }

        #[automatically_derived]
        impl $crate::__private::ts_rs::TS for $type {
            type WithoutGenerics = Self;
            type OptionInnerType = Self;

            const IS_ENUM: bool = $is_enum;

            fn docs() -> ::core::option::Option<::std::string::String> {
                $wire::<Self, _>($crate::__private::wire::TypeDocs)
            }

            fn ident(config: &$crate::__private::ts_rs::Config) -> ::std::string::String {
                $wire::<Self, _>($crate::__private::wire::TypeText::Ident(config))
            }

            fn decl(config: &$crate::__private::ts_rs::Config) -> ::std::string::String {
                $wire::<Self, _>($crate::__private::wire::TypeText::Decl(config))
            }

            fn decl_concrete(config: &$crate::__private::ts_rs::Config) -> ::std::string::String {
                $wire::<Self, _>($crate::__private::wire::TypeText::DeclConcrete(config))
            }

            fn name(config: &$crate::__private::ts_rs::Config) -> ::std::string::String {
                $wire::<Self, _>($crate::__private::wire::TypeText::Name(config))
            }

            fn inline(config: &$crate::__private::ts_rs::Config) -> ::std::string::String {
                $wire::<Self, _>($crate::__private::wire::TypeText::Inline(config))
            }

            fn inline_flattened(
                config: &$crate::__private::ts_rs::Config,
            ) -> ::std::string::String {
                $wire::<Self, _>($crate::__private::wire::TypeText::InlineFlattened(config))
            }

            fn visit_dependencies(visitor: &mut impl $crate::__private::ts_rs::TypeVisitor) {
                $wire::<Self, _>($crate::__private::wire::TypeDependencies(visitor));
            }

            fn output_path() -> ::core::option::Option<::std::path::PathBuf> {
                $wire::<Self, _>($crate::__private::wire::TypePath)
            }
        }

        #[automatically_derived]
        impl $crate::__private::schemars::JsonSchema for $type {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                $wire::<Self, _>($crate::__private::wire::SchemaText::Name)
            }

            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                $wire::<Self, _>($crate::__private::wire::SchemaText::Id)
            }

            fn json_schema(
                generator: &mut $crate::__private::schemars::SchemaGenerator,
            ) -> $crate::__private::schemars::Schema {
                $wire::<Self, _>($crate::__private::wire::SchemaOf(generator))
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
