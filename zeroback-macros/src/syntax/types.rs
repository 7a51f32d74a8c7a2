//! Types as the user wrote them: what they are made of, and how they read from inside a module.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{
    AngleBracketedGenericArguments, GenericArgument, Path, PathArguments, PathSegment, Type,
    TypePath,
};

use super::{Faults, respan, zb};

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
    leaves: Vec<Leaf>,
    seen: Vec<String>,
}

/// A type and the trait that it must have.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) ty: Type,
    /// A trait of the runtime's: `Value`, or `TableName` for the `Project` of `Id<Project>`.
    pub(crate) wanted: &'static str,
}

const CONTAINERS: &[&str] = &["Option", "Vec", "Box", "BTreeMap"];

const SCALARS: &[&str] = &[
    "bool",
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
];

impl Leaves {
    /// Adds what `ty` is made of, leaving out what mentions one of `generics`.
    pub(crate) fn add(&mut self, ty: &Type, generics: &[Ident]) {
        match ty {
            Type::Paren(inner) => self.add(&inner.elem, generics),
            Type::Group(inner) => self.add(&inner.elem, generics),
            Type::Tuple(tuple) => tuple.elems.iter().for_each(|elem| self.add(elem, generics)),
            _ => self.add_path(ty, generics),
        }
    }

    fn add_path(&mut self, ty: &Type, generics: &[Ident]) {
        let segment = last_segment(ty);
        let name = segment.map(|segment| segment.ident.to_string());
        let name = name.as_deref().unwrap_or_default();
        match segment.map(|segment| &segment.arguments) {
            Some(PathArguments::None) if SCALARS.contains(&name) => {}
            Some(PathArguments::AngleBracketed(arguments)) if CONTAINERS.contains(&name) => {
                inner_types(arguments).for_each(|inner| self.add(inner, generics));
            }
            Some(PathArguments::AngleBracketed(arguments)) if name == "Id" => {
                inner_types(arguments).for_each(|table| self.push(table, "TableName", generics));
            }
            _ => self.push(ty, "Value", generics),
        }
    }

    fn push(&mut self, ty: &Type, wanted: &'static str, generics: &[Ident]) {
        let text = format!("{}: {wanted}", ty.to_token_stream());
        let generic = generics.iter().any(|name| mentions(ty, name));
        if !generic && !self.seen.contains(&text) {
            self.seen.push(text);
            self.leaves.push(Leaf {
                ty: ty.clone(),
                wanted,
            });
        }
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Leaf> {
        self.leaves.iter()
    }

    /// `for<'zb> Status: Value, …`: conditions that the compiler does not check before they are
    /// asked for.
    pub(crate) fn conditions(&self) -> TokenStream {
        let zb = zb();
        let conditions = self.leaves.iter().map(|Leaf { ty, wanted }| {
            let (ty, wanted) = (respan(ty), Ident::new(wanted, Span::call_site()));
            quote!(for<'zb> #ty: #zb::#wanted,)
        });
        conditions.collect()
    }

    /// Parameters of a function that stand for the leaves, and conditions on them.
    ///
    /// Inside of the function the leaves are values. Whoever names it, `proof::<Status, …>`, has to
    /// prove it; and an error shows the one parameter that is no value, where the user wrote it.
    pub(crate) fn parameters(&self) -> (Vec<Ident>, TokenStream) {
        let zb = zb();
        let params: Vec<_> = (0..self.leaves.len())
            .map(|at| format_ident!("__Type{at}"))
            .collect();
        let conditions = self
            .leaves
            .iter()
            .zip(&params)
            .map(|(Leaf { ty, wanted }, param)| {
                let (ty, wanted) = (respan(ty), Ident::new(wanted, Span::call_site()));
                quote!(#param: #zb::Same<Is = #ty>, <#param as #zb::Same>::Is: #zb::#wanted,)
            });
        let conditions = conditions.collect();
        (params, conditions)
    }
}

fn inner_types(arguments: &AngleBracketedGenericArguments) -> impl Iterator<Item = &Type> {
    arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    })
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

/// Refuses types that have all the traits of a value and are none.
pub(crate) fn refuse_unordered(ty: &Type, faults: &mut Faults) {
    struct Refuse<'a>(&'a mut Faults);
    impl VisitMut for Refuse<'_> {
        fn visit_path_segment_mut(&mut self, segment: &mut PathSegment) {
            if segment.ident == "HashSet" {
                let message = "the members of a `HashSet` have no order, and equal values must \
                               read alike: take a `BTreeSet`";
                self.0.at(&segment.ident, message);
            }
            visit_mut::visit_path_segment_mut(self, segment);
        }
    }
    Refuse(faults).visit_type_mut(&mut ty.clone());
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

/// Whether the type is known not to be an alias of some `Result`.
pub(crate) fn is_surely_no_result(ty: &Type) -> bool {
    const PLAIN: &[&str] = &[
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
        "Option",
        "Vec",
        "Box",
        "Id",
        "Doc",
        "BTreeMap",
        "HashMap",
        "Timestamp",
    ];
    match ty {
        Type::Tuple(_) | Type::Reference(_) | Type::Array(_) | Type::Slice(_) | Type::Never(_) => {
            true
        }
        _ => {
            last_segment(ty).is_some_and(|segment| PLAIN.iter().any(|plain| segment.ident == plain))
        }
    }
}

/// Whether the type was meant as a context: `&QueryCtx`, `QueryCtx`, `&mut other::MutationCtx`.
pub(crate) fn is_context(ty: &Type) -> bool {
    let ty = match ty {
        Type::Reference(reference) => &reference.elem,
        other => other,
    };
    last_segment(ty).is_some_and(|segment| segment.ident.to_string().ends_with("Ctx"))
}

/// A type as one would type it.
pub(crate) fn shown(ty: impl ToTokens) -> String {
    let mut text = ty.to_token_stream().to_string();
    for (spaced, tight) in [
        (" < ", "<"),
        (" >", ">"),
        (" :: ", "::"),
        (" ,", ","),
        ("& ", "&"),
    ] {
        text = text.replace(spaced, tight);
    }
    text
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
            .iter()
            .map(|leaf| format!("{}: {}", leaf.ty.to_token_stream(), leaf.wanted))
            .collect();
        let expected = ["Status: Value", "Project: TableName", "Kind: Value"];
        assert_eq!(names, expected);
    }
}
