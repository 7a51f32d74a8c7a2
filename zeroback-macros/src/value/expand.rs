//! Writes what stands beside a value type.

use proc_macro2::TokenStream;
use quote::quote;

use super::model::{Body, Choice, Member, Model};
use crate::fields::{self, Fields, Place};
use crate::syntax::{SerdeItem, plain_name, respan, respan_ident, snake_case, zb};
use crate::wire::{self, Mirrored, Shape};

/// Writes all that is generated for one type.
pub(crate) fn expand(model: &Model) -> TokenStream {
    let shape = match &model.body {
        Body::Enum(choices) => {
            let choices = choices.iter().map(choice);
            Shape::Enum(quote!({ #(#choices,)* }))
        }
        Body::Struct(_) => Shape::Struct(body(&model.body)),
        Body::Tuple(_) | Body::Unit => Shape::Tuple(body(&model.body)),
    };
    let mirrored = Mirrored {
        ident: &model.ident,
        generics: &model.generics,
        serde: &model.serde,
        attributes: model.attributes.clone(),
        shape,
    };
    let wire = if !model.sound {
        wire::expand_stub(&[mirrored])
    } else if model.generics.params.is_empty() {
        wire::expand(&[mirrored], &model.leaves)
    } else {
        wire::expand_generic(&mirrored)
    };
    let extras = match &model.body {
        Body::Enum(choices) => [function_error(model, choices), index_value(model)],
        Body::Struct(members) if model.is_made_of_its_fields() => {
            [fields(model, members), TokenStream::new()]
        }
        _ => Default::default(),
    };
    quote! {
        const _: () = {
            #wire
            #(#extras)*
        };
    }
}

fn body(body: &Body) -> TokenStream {
    match body {
        Body::Struct(members) => {
            let members = members.iter().map(member);
            quote!({ #(#members,)* })
        }
        Body::Tuple(members) => {
            let members = members.iter().map(member);
            quote!((#(#members,)*))
        }
        Body::Unit | Body::Enum(_) => TokenStream::new(),
    }
}

fn member(member: &Member) -> TokenStream {
    let Member {
        attributes,
        outside,
        optional,
        serde,
        ..
    } = member;
    let name = member.ident.as_ref().map(|ident| {
        let ident = respan_ident(ident);
        quote!(#ident:)
    });
    let rename = outside
        .as_ref()
        .filter(|_| !member.is_flattened())
        .map(|outside| quote!(#[serde(rename = #outside)] #[ts(rename = #outside)]));
    let optional = optional.then(|| quote!(#[ts(optional = nullable)]));
    let serde = serde.iter().map(SerdeItem::attribute);
    let ty = respan(&member.ty);
    quote!(#attributes #(#serde)* #rename #optional #name #ty)
}

fn choice(choice: &Choice) -> TokenStream {
    let Choice {
        outside,
        attributes,
        serde,
        ..
    } = choice;
    let name = respan_ident(&choice.ident);
    let serde = serde.iter().map(SerdeItem::attribute);
    let skip = choice
        .system
        .then(|| quote!(#[serde(skip)] #[ts(skip)] #[schemars(skip)]));
    let fields = body(&choice.body);
    quote!(#attributes #(#serde)* #skip #[serde(rename = #outside)] #[ts(rename = #outside)] #name #fields)
}

/// An enum as a function's typed error: its variant is the code, and all of it the data.
fn function_error(model: &Model, choices: &[Choice]) -> TokenStream {
    // A generic error would need bounds that its other uses do not.
    if choices.is_empty() || !model.generics.params.is_empty() {
        return TokenStream::new();
    }
    let zb = zb();
    let ident = respan_ident(&model.ident);
    let arms = choices.iter().map(|choice| {
        let name = respan_ident(&choice.ident);
        if choice.system {
            return quote!(Self::#name(error) => ::core::convert::Into::into(error));
        }
        let code = snake_case(&plain_name(&choice.ident));
        quote!(Self::#name { .. } => #zb::Error::with_data(#code, &self))
    });
    let into_error = if model.sound {
        quote!(match self { #(#arms,)* })
    } else {
        quote!(::core::unreachable!())
    };
    let codes = choices
        .iter()
        .filter(|choice| !choice.system)
        .map(|choice| snake_case(&plain_name(&choice.ident)));
    let conversions = choices.iter().filter(|choice| choice.system).map(|choice| {
        let name = respan_ident(&choice.ident);
        let from_error = if model.sound {
            quote!(Self::#name(error))
        } else {
            quote!({
                let _ = error;
                ::core::unreachable!()
            })
        };
        quote! {
            #[automatically_derived]
            impl ::core::convert::From<#zb::Error> for #ident {
                fn from(error: #zb::Error) -> Self {
                    #from_error
                }
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #zb::FunctionError for #ident {
            type Data = Self;
            const CODES: &'static [&'static str] = &[#(#codes),*];

            fn into_error(self) -> #zb::Error {
                #into_error
            }
        }
        #[automatically_derived]
        impl #zb::TypedError for #ident {
            fn from_told(told: &#zb::WireError) -> ::core::option::Option<Self> {
                #zb::error_of_data(told, <Self as #zb::FunctionError>::CODES)
            }
        }
        #(#conversions)*
    }
}

/// The handles of the fields that a filter finds in what is stored.
fn fields(model: &Model, members: &[Member]) -> TokenStream {
    let is_transparent = model.serde.iter().any(|item| item.is("transparent"));
    let fields = members.iter().filter_map(|member| {
        let place = if member.is_flattened() {
            Place::Flattened
        } else if is_transparent {
            Place::Whole
        } else {
            Place::Below(member.outside.as_deref()?)
        };
        let field = fields::Field {
            ident: member.ident.as_ref()?,
            vis: &member.vis,
            ty: &member.ty,
            place,
        };
        (member.is_stored_as_it_is() && field.can_be_named()).then_some(field)
    });
    fields::expand(&Fields {
        ident: &model.ident,
        vis: &model.vis,
        generics: &model.generics,
        fields: fields.collect(),
        is_table: false,
    })
}

/// An enum without data, which an index sorts and a filter compares by its name.
fn index_value(model: &Model) -> TokenStream {
    if !model.is_plain_enum() {
        return TokenStream::new();
    }
    let zb = zb();
    let ident = respan_ident(&model.ident);
    quote! {
        #[automatically_derived]
        impl #zb::IndexValue for #ident {
            const COLUMN_TYPE: #zb::ColumnType = #zb::ColumnType::Text;
        }
        #[automatically_derived]
        impl #zb::FilterValue for #ident {}
    }
}
