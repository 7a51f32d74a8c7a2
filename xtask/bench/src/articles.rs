//! Tables to read from: one with an index, one with a search index, one with four indexes.

use zeroback::prelude::*;

/// A row of about two hundred bytes, fifty to a shelf.
#[derive(Debug, Table)]
#[table(name = "articles")]
#[index(by_shelf(shelf, rank))]
pub struct Article {
    /// Which fifty it belongs to.
    pub shelf: i64,
    /// Where on the shelf it stands.
    pub rank: i64,
    /// What it is called.
    pub title: String,
    /// What it says.
    pub text: String,
    /// Whether it is open.
    pub is_open: bool,
}

/// The same without an index.
#[derive(Debug, Table)]
#[table(name = "plain")]
pub struct Plain {
    /// A number.
    pub a: i64,
    /// Another.
    pub b: i64,
    /// A text.
    pub c: String,
    /// A truth.
    pub d: bool,
}

/// The same under four indexes.
#[derive(Debug, Table)]
#[table(name = "indexed")]
#[index(by_a(a), by_b(b), by_c(c), by_d(d, a))]
pub struct Indexed {
    /// A number.
    pub a: i64,
    /// Another.
    pub b: i64,
    /// A text.
    pub c: String,
    /// A truth.
    pub d: bool,
}

/// A text to be searched.
#[derive(Debug, Table)]
#[table(name = "texts")]
#[search(by_words(words))]
pub struct Text {
    /// What it says.
    pub words: String,
}

/// Adds articles, from a number on.
#[mutation]
pub fn fill(ctx: &MutationCtx, from: i64, count: i64) -> Result<()> {
    for number in from..from + count {
        ctx.db.insert(article(number))?;
    }
    Ok(())
}

/// The article with a number.
#[must_use]
pub fn article(number: i64) -> Article {
    Article {
        shelf: number / 50,
        rank: number % 50,
        title: format!("article {number}"),
        text: "Of the making of many books there is no end. ".repeat(2),
        is_open: number % 2 == 0,
    }
}

/// The fifty articles of a shelf.
#[query]
pub fn shelf(ctx: &QueryCtx, shelf: i64) -> Result<Vec<Doc<Article>>> {
    ctx.db
        .query::<Article>()
        .with_index(|ix| ix.by_shelf.eq(&shelf))
        .take(50)
}

/// Reads a shelf again and again; returns how many articles were seen.
#[query]
pub fn shelf_often(ctx: &QueryCtx, first: i64, times: i64) -> Result<usize> {
    let mut seen = 0;
    for at in first..first + times {
        seen += shelf(ctx, at)?.len();
    }
    Ok(seen)
}

/// The open articles of a shelf.
#[query]
pub fn open(ctx: &QueryCtx, shelf: i64) -> Result<Vec<Doc<Article>>> {
    ctx.db
        .query::<Article>()
        .with_index(|ix| ix.by_shelf.eq(&shelf))
        .filter(|t| t.is_open.eq(true))
        .collect()
}

/// A page of all articles.
#[query]
pub fn page(ctx: &QueryCtx, page: PageOpts) -> Result<Page<Doc<Article>>> {
    ctx.db
        .query::<Article>()
        .with_index(|ix| ix.by_shelf)
        .paginate(page)
}

/// Inserts rows without indexes.
#[mutation]
pub fn add_plain(ctx: &MutationCtx, from: i64, count: i64) -> Result<()> {
    for a in from..from + count {
        let (b, c, d) = row_values(a);
        ctx.db.insert(Plain { a, b, c, d })?;
    }
    Ok(())
}

/// Inserts rows under four indexes.
#[mutation]
pub fn add_indexed(ctx: &MutationCtx, from: i64, count: i64) -> Result<()> {
    for a in from..from + count {
        let (b, c, d) = row_values(a);
        ctx.db.insert(Indexed { a, b, c, d })?;
    }
    Ok(())
}

/// What stands in the row with a number, beside the number.
#[must_use]
pub fn row_values(a: i64) -> (i64, String, bool) {
    let b = a.wrapping_mul(7_919) % 100_003;
    (b, format!("row {b}"), a % 3 == 0)
}

/// Adds texts, from a number on.
#[mutation]
pub fn write_texts(ctx: &MutationCtx, from: i64, count: i64) -> Result<()> {
    for number in from..from + count {
        ctx.db.insert(Text {
            words: words(number),
        })?;
    }
    Ok(())
}

/// Twelve words, some of which many texts have and some few.
#[must_use]
pub fn words(number: i64) -> String {
    let mut words = Vec::new();
    let mut state = number.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1;
    for _ in 0..12 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // The product of two draws: low numbers come often.
        words.push(format!("w{}", (state % 71) * ((state >> 32) % 71)));
    }
    words.join(" ")
}

/// The ten best texts for what was typed.
#[query]
pub fn find(ctx: &QueryCtx, text: String) -> Result<Vec<Doc<Text>>> {
    ctx.db
        .query::<Text>()
        .search(|s| s.by_words.matching(&text))
        .take(10)
}
