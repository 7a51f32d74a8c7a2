use zeroback::prelude::*;

#[derive(Table)]
#[search(search_text(text), filter(tags))]
pub struct Task {
    pub text: String,
    pub tags: Vec<String>,
}

fn main() {}
