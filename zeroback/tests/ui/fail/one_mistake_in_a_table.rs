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

fn main() {}
