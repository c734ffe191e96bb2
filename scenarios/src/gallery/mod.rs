//! Everything that there is to explore: the rows of the gallery, each a component with its buggy twins.

mod judge;
mod scenario;

pub use judge::Surprise;
pub use scenario::{Kind, Promise, Scenario, Variant};

/// The rows of the gallery, sorted by number.
///
/// ```
/// use reweave_scenarios::gallery::gallery;
///
/// for scenario in gallery() {
///     println!("{}. {}: {}", scenario.number, scenario.name, scenario.about);
///     for variant in &scenario.variants {
///         println!("   {} ({}): {}", variant.name(), variant.promise(), variant.about());
///     }
/// }
/// ```
#[must_use]
#[rustfmt::skip]
pub fn gallery() -> Vec<Scenario> {
    // Between the lines of two rows stands a number, so that rows which are added side by side merge without conflict.
    vec![
        // 1
        crate::speakers::scenario(),
        // 2
        crate::queue::scenario(),
        // 3
        crate::wait_group::scenario(),
        // 4
        crate::worker_pool::scenario(),
        // 5
        crate::channel_closing::scenario(),
        // 6
        crate::counter::scenario(),
        // 7
        crate::cache::scenario(),
        // 8
        crate::lock_free::scenario(),
        // 9
        crate::limiter::scenario(),
        // 10
        crate::admission::scenario(),
        // 11
        crate::context::scenario(),
        // 12
        crate::transfers::scenario(),
        // 13
        crate::leaks::scenario(),
        // 14
        crate::supervisor::scenario(),
        // 15
        crate::breaker::scenario(),
        // 16
        crate::broker::scenario(),
        // 17
        crate::hot_config::scenario(),
        // 18
        crate::pool::scenario(),
        // 19
        crate::shutdown::scenario(),
        // 20
        crate::observation::scenario(),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn rows_are_sorted_by_number_and_no_name_stands_for_two() {
        let rows = gallery();
        assert!(rows.is_sorted_by(|one, next| one.number < next.number), "a row stands at the wrong place");
        let names: BTreeSet<_> = rows.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), rows.len(), "two rows have the same name");
        for row in &rows {
            let names: BTreeSet<_> = row.variants.iter().map(Variant::name).collect();
            assert_eq!(names.len(), row.variants.len(), "two variants of {} have the same name", row.name);
        }
    }

    #[test]
    fn every_row_proves_its_component_at_a_small_size_samples_it_at_a_real_one_and_has_a_twin() {
        for row in gallery() {
            let has = |wanted: fn(&Promise) -> bool| row.variants.iter().any(|variant| wanted(variant.promise()));
            assert!(has(|promise| *promise == Promise::Proved), "{} proves nothing", row.name);
            assert!(has(|promise| *promise == Promise::Survives), "{} has no realistic size", row.name);
            assert!(has(|promise| matches!(promise, Promise::Fails { .. })), "{} has no twin", row.name);
        }
    }

    #[test]
    fn names_are_words_that_a_command_line_and_a_file_system_take() {
        let plain = |name: &str| !name.is_empty() && name.bytes().all(|c| c == b'-' || c.is_ascii_lowercase());
        for row in gallery() {
            assert!(plain(row.name), "{}", row.name);
            row.variants.iter().for_each(|variant| assert!(plain(variant.name()), "{}", variant.name()));
        }
    }
}
