//! Types as the user wrote them: what they are made of, and how they read from inside a module.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{GenericArgument, Path, PathArguments, PathSegment, Type, TypePath};

/// The last segment of a type that is a plain path: `Result<T>` of `zeroback::Result<T>`.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(TypePath {
            qself: None, path, ..
        }) => path.segments.last(),
        Type::Paren(inner) => last_segment(&inner.elem),
        Type::Group(inner) => last_segment(&inner.elem),
        _ => None,
    }
}

/// Types of the user's of which only the compiler knows whether they are values.
///
/// Generated impls ask for them in a `where` clause, so that a type that is not a value is one
/// error in one place and not one in each derived function. Well-known containers are opened and
/// well-known scalars left out, both to name the culprit and because the compiler knows less about
/// a type that a `where` clause speaks of.
#[derive(Debug, Default)]
pub(crate) struct Leaves {
    types: Vec<Type>,
    seen: Vec<String>,
}

const CONTAINERS: &[&str] = &[
    "Option", "Vec", "Box", "BTreeMap", "BTreeSet", "VecDeque", "Arc", "Rc",
];

const SCALARS: &[&str] = &[
    "bool",
    "char",
    "f32",
    "f64",
    "i8",
    "i16",
    "i32",
    "i64",
    "isize",
    "u8",
    "u16",
    "u32",
    "u64",
    "usize",
    "String",
    "Timestamp",
    "BigInt",
    "Bytes",
];

impl Leaves {
    /// Adds what `ty` is made of, leaving out what mentions one of `generics`.
    pub(crate) fn add(&mut self, ty: &Type, generics: &[Ident]) {
        match ty {
            Type::Paren(inner) => self.add(&inner.elem, generics),
            Type::Group(inner) => self.add(&inner.elem, generics),
            Type::Tuple(tuple) => tuple.elems.iter().for_each(|elem| self.add(elem, generics)),
            Type::Array(array) => self.add(&array.elem, generics),
            _ => self.add_path(ty, generics),
        }
    }

    fn add_path(&mut self, ty: &Type, generics: &[Ident]) {
        if let Some(segment) = last_segment(ty) {
            let name = segment.ident.to_string();
            match &segment.arguments {
                PathArguments::None if SCALARS.contains(&name.as_str()) => return,
                PathArguments::AngleBracketed(arguments) if CONTAINERS.contains(&name.as_str()) => {
                    for argument in &arguments.args {
                        if let GenericArgument::Type(inner) = argument {
                            self.add(inner, generics);
                        }
                    }
                    return;
                }
                _ => {}
            }
        }
        let text = ty.to_token_stream().to_string();
        let text_mentions = |name: &Ident| mentions(ty, name);
        if !self.seen.contains(&text) && !generics.iter().any(text_mentions) {
            self.seen.push(text);
            self.types.push(ty.clone());
        }
    }

    pub(crate) fn types(&self) -> &[Type] {
        &self.types
    }
}

fn mentions(ty: &Type, name: &Ident) -> bool {
    fn in_stream(stream: proc_macro2::TokenStream, name: &Ident) -> bool {
        stream.into_iter().any(|tree| match tree {
            proc_macro2::TokenTree::Ident(ident) => ident == *name,
            proc_macro2::TokenTree::Group(group) => in_stream(group.stream(), name),
            _ => false,
        })
    }
    in_stream(ty.to_token_stream(), name)
}

/// Makes `ty` mean inside of a child module what it means here, where that module has an `Args` of
/// its own.
pub(crate) fn shift_into_module(ty: &Type) -> Type {
    let mut ty = ty.clone();
    Shift.visit_type_mut(&mut ty);
    ty
}

struct Shift;

impl VisitMut for Shift {
    fn visit_path_mut(&mut self, path: &mut Path) {
        visit_mut::visit_path_mut(self, path);
        if path.leading_colon.is_some() {
            return;
        }
        let Some(first) = path.segments.first() else {
            return;
        };
        let outer = PathSegment::from(Ident::new("super", first.ident.span()));
        if first.ident == "super" || first.ident == "Args" {
            path.segments.insert(0, outer);
        } else if first.ident == "self" {
            path.segments[0] = outer;
        }
    }
}

/// Writes `name` for `Self` in `ty`, which is about to stand in another type's definition.
pub(crate) fn replace_self(ty: &Type, name: &Type) -> Type {
    struct Replace<'a>(&'a Type);
    impl VisitMut for Replace<'_> {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if matches!(ty, Type::Path(path) if path.qself.is_none() && path.path.is_ident("Self"))
            {
                *ty = self.0.clone();
            } else {
                visit_mut::visit_type_mut(self, ty);
            }
        }
    }
    let mut ty = ty.clone();
    Replace(name).visit_type_mut(&mut ty);
    ty
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;
    use syn::{Type, parse_str};

    use super::{Leaves, shift_into_module};

    fn check_shift(outside: &str, inside: &str) {
        let ty: Type = parse_str(outside).expect("a type");
        let expected: Type = parse_str(inside).expect("a type");
        let shifted = shift_into_module(&ty).to_token_stream().to_string();
        assert_eq!(shifted, expected.to_token_stream().to_string());
    }

    #[test]
    fn paths_are_shifted_by_one_module() {
        check_shift("Id<super::Project>", "Id<super::super::Project>");
        check_shift("Vec<self::Project>", "Vec<super::Project>");
        check_shift("Args", "super::Args");
        check_shift("crate::Args", "crate::Args");
        check_shift(
            "Option<::std::string::String>",
            "Option<::std::string::String>",
        );
        check_shift(
            "<super::A as self::B>::C",
            "<super::super::A as super::B>::C",
        );
    }

    #[test]
    fn leaves_are_what_only_the_compiler_knows() {
        let mut leaves = Leaves::default();
        for ty in [
            "Option<Vec<Status>>",
            "u32",
            "String",
            "Id<Project>",
            "(Kind, bool)",
            "Status",
        ] {
            leaves.add(&parse_str(ty).expect("a type"), &[]);
        }
        let names: Vec<_> = leaves
            .types()
            .iter()
            .map(|ty| ty.to_token_stream().to_string())
            .collect();
        assert_eq!(names, ["Status", "Id < Project >", "Kind"]);
    }
}
