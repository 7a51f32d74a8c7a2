use std::collections::BTreeMap;

use fastrand::Rng;

use super::SortedMap;

#[test]
fn it_is_as_the_standard_library_s() {
    for seed in 0..200 {
        let mut rng = Rng::with_seed(seed);
        let mut map = SortedMap::default();
        let mut model = BTreeMap::new();
        for step in 0..200 {
            let key = rng.u8(..40);
            match rng.u8(..5) {
                0 | 1 => {
                    map.insert(key, step);
                    model.insert(key, step);
                }
                2 => assert_eq!(map.remove(&key), model.remove(&key), "seed {seed}"),
                3 => assert_eq!(map.get(&key), model.get(&key), "seed {seed}"),
                _ => assert_eq!(map.pop_first(), model.pop_first(), "seed {seed}"),
            }
            assert!(map.iter().eq(model.iter()), "seed {seed}");
            assert_eq!(map.is_empty(), model.is_empty());
        }
    }
}
