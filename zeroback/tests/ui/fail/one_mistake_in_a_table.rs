//! Those who use a table do not hear of the mistake in it.

zeroback::app!();

pub mod alphas {
    use zeroback::prelude::*;

    #[derive(Debug, Clone, PartialEq, Table)]
    #[table(name = "Alpha")]
    #[index(by_text(text))]
    pub struct Alpha {
        pub text: String,
        pub next: Option<Id<Alpha>>,
    }

    #[query]
    pub fn list(ctx: &QueryCtx, text: String) -> Result<Vec<Doc<Alpha>>> {
        let alphas = ctx.db.query::<Alpha>();
        alphas.with_index(|i| i.by_text.eq(&text)).collect()
    }

    #[mutation]
    pub fn rename(ctx: &MutationCtx, id: Id<Alpha>, patch: AlphaPatch) -> Result<Id<Alpha>> {
        ctx.db.patch(&id, patch)?;
        let alpha = Alpha {
            text: "next".into(),
            next: Some(id),
        };
        ctx.db.insert(alpha)
    }
}

pub mod betas {
    use zeroback::prelude::*;

    use super::alphas::Alpha;

    #[derive(Table)]
    #[index(by_alpha(alhpa_id, is_done))]
    pub struct Beta {
        pub alpha_id: Id<Alpha>,
        pub is_done: bool,
    }

    #[query]
    pub fn list(ctx: &QueryCtx, alpha_id: Id<Alpha>) -> Result<Vec<Doc<Beta>>> {
        let betas = ctx.db.query::<Beta>();
        betas
            .with_index(|i| i.by_alpha.eq(&alpha_id).eq(&true))
            .collect()
    }
}

pub mod gammas {
    use zeroback::prelude::*;

    #[derive(Table)]
    pub struct Gamma {
        pub _text: String,
        pub name: &'static str,
        pub number: u32,
    }

    #[mutation]
    pub fn set(ctx: &MutationCtx, id: Id<Gamma>, number: u32) -> Result<()> {
        let patch = GammaPatch {
            number: Some(number),
            ..Default::default()
        };
        ctx.db.patch(&id, patch)
    }
}

pub mod deltas {
    use zeroback::prelude::*;

    #[derive(Table)]
    #[index(by_one(one))]
    pub enum Delta {
        One,
    }

    #[query]
    pub fn list(ctx: &QueryCtx) -> Result<Vec<Doc<Delta>>> {
        ctx.db.query::<Delta>().collect()
    }
}

pub mod epsilons {
    use zeroback::prelude::*;

    #[derive(Table)]
    #[unique(by_slug(sulg))]
    #[search(search_text(txt), filter(done, is_done))]
    pub struct Epsilon {
        pub slug: String,
        pub text: String,
        pub is_done: bool,
        pub home: Home,
    }

    #[derive(Value)]
    pub struct Home {
        pub city: String,
    }

    #[query]
    pub fn list(ctx: &QueryCtx, slug: String) -> Result<Vec<Doc<Epsilon>>> {
        let epsilons = ctx.db.query::<Epsilon>();
        epsilons.with_index(|i| i.by_slug.eq(&slug)).unique()?;
        let epsilons = ctx.db.query::<Epsilon>();
        epsilons
            .search(|s| s.search_text.matching(slug).is_done(&true))
            .filter(|t| t.home.city.eq("Bern") & t.is_done.eq(false))
            .collect()
    }
}

fn main() {}
