//! Which elements of a reordered list need not move.

/// Returns the positions of a longest increasing subsequence of distinct numbers, in order.
///
/// Patience sorting: each number goes onto the first pile whose top is not smaller, and remembers the
/// top of the pile before. In O(n log n); in O(n) where everything increases already. (Fredman, "On
/// computing the length of longest increasing subsequences", Discrete Mathematics 11, 1975.)
pub(super) fn longest_increasing(numbers: &[usize]) -> Vec<usize> {
    // By pile: the position of its top. By position: that of the top of the pile before.
    let mut tops: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(numbers.len());
    for (position, number) in numbers.iter().enumerate() {
        let pile = match tops.last() {
            Some(top) if numbers[*top] >= *number => {
                tops.partition_point(|top| numbers[*top] < *number)
            }
            _ => tops.len(),
        };
        before.push(pile.checked_sub(1).map(|pile| tops[pile]));
        if pile == tops.len() {
            tops.push(position);
        } else {
            tops[pile] = position;
        }
    }
    let last = tops.last().copied();
    let mut positions: Vec<usize> = std::iter::successors(last, |at| before[*at]).collect();
    positions.reverse();
    positions
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::longest_increasing;

    /// By trying all subsequences.
    fn longest_len(numbers: &[usize]) -> usize {
        let chosen = |set: u32| {
            let chosen = (0..numbers.len()).filter(move |at| set & (1 << at) != 0);
            chosen.map(|at| numbers[at]).collect::<Vec<_>>()
        };
        let sets = (0..1 << numbers.len()).map(chosen);
        let increasing = sets.filter(|chosen| chosen.is_sorted());
        increasing.map(|chosen| chosen.len()).max().unwrap_or(0)
    }

    proptest! {
        #[test]
        fn it_increases_and_none_is_longer(
            numbers in (0_usize..10).prop_flat_map(|len| {
                Just((0..len).collect::<Vec<_>>()).prop_shuffle()
            }),
        ) {
            let positions = longest_increasing(&numbers);
            prop_assert!(positions.is_sorted());
            prop_assert!(positions.iter().map(|at| numbers[*at]).is_sorted());
            prop_assert_eq!(positions.len(), longest_len(&numbers));
        }
    }
}
