mod alone {
    zeroback::app!(accounts);
}

mod with_another {
    zeroback::app!(accounts, with zeroback);
}

fn main() {
    let _ = (alone::app(), with_another::app());
}
