zeroback::app!(wiht billing);

fn main() {}
