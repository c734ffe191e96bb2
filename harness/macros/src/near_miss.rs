//! What a misspelt name was probably meant to be.

/// The entry of `names` nearest to `given`, if it is at most two edits away.
pub(crate) fn near_miss<'a>(given: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const FARTHEST: usize = 2;
    names
        .map(|name| (edit_distance(given, name), name))
        // A name that shares no letter with what was given is no suggestion, however short it is.
        .filter(|(distance, name)| *distance <= FARTHEST && *distance < name.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Insertions, deletions and substitutions of characters that lead from one word to the other
/// (Levenshtein's distance, by the algorithm of Wagner and Fischer, 1974, which needs one row).
fn edit_distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.chars().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.chars().count()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (left, right, distance) in [
            ("", "", 0),
            ("", "seed", 4),
            ("seed", "", 4),
            ("seed", "seed", 0),
            ("sed", "seed", 1),
            ("seeed", "seed", 1),
            ("need", "seed", 1),
            ("sede", "seed", 2),
            ("kitten", "sitting", 3),
            ("grün", "grun", 1),
        ] {
            assert_eq!(edit_distance(left, right), distance, "{left} {right}");
        }
    }

    #[test]
    fn a_near_miss_is_the_nearest_within_two_edits() {
        let suggest = |given| near_miss(given, ["seed", "seeds", "clock", "a"].into_iter());
        assert_eq!(suggest("sead"), Some("seed"));
        assert_eq!(suggest("seedss"), Some("seeds"));
        assert_eq!(suggest("clokc"), Some("clock"));
        assert_eq!(suggest("timeout"), None);
        assert_eq!(suggest("b"), None);
    }
}
