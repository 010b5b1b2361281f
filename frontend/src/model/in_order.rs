//! Lists that are in order from the beginning.

/// Puts `item` behind all that do not come after it. For lists of a few items: `sort` is three kilobytes of the page for each
/// type that is sorted.
pub fn put<T, K: Ord>(items: &mut Vec<T>, item: T, key: impl Fn(&T) -> K) {
    let place = items.partition_point(|before| key(before) <= key(&item));
    items.insert(place, item);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_equal_stays_as_it_came() {
        let mut items = Vec::new();
        for item in [(2, 'a'), (1, 'b'), (2, 'c'), (3, 'd'), (1, 'e')] {
            put(&mut items, item, |(number, _)| *number);
        }
        assert_eq!(items, [(1, 'b'), (1, 'e'), (2, 'a'), (2, 'c'), (3, 'd')]);
    }
}
