mod misspelt {
    zeroback::app!(acounts);
}

mod without_a_comma {
    zeroback::app!(accounts with billing);
}

mod twice {
    zeroback::app!(accounts, accounts);
}

fn main() {}
