//! Which programs of the gallery are meant.

use std::fmt;

use reweave_scenarios::gallery::{Scenario, Variant, gallery};

/// A variant together with its place in the gallery.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) scenario: Scenario,
    pub(super) variant: Variant,
    /// Its number among the variants of the scenario, from 1.
    pub(super) index: usize,
}

impl Program {
    /// `12.3`
    pub(super) fn number(&self) -> String {
        format!("{}.{}", self.scenario.number, self.index)
    }

    /// `producer-consumer wrong-side`
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.scenario.name, self.variant.name())
    }

    fn is_meant_by(&self, word: &str) -> bool {
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            return word == self.number() || word == self.scenario.number.to_string();
        }
        self.title().contains(word) || self.scenario.test_name(&self.variant).contains(word)
    }
}

/// A word that means nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct NoSuchProgram {
    word: String,
    names: Vec<String>,
}

impl fmt::Display for NoSuchProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, names) = (&self.word, self.names.join(", "));
        write!(f, "nothing in the gallery is called like {word:?}; there are {names}; `list` names their variants")
    }
}

/// The programs that at least one of `words` means, in the order of the gallery; without words, all of them. Every word has to
/// mean something.
pub(super) fn select(words: &[String]) -> Result<Vec<Program>, NoSuchProgram> {
    let all = programs(gallery());
    if let Some(word) = words.iter().find(|word| !all.iter().any(|program| program.is_meant_by(word))) {
        let names = gallery().iter().map(|scenario| format!("{} {}", scenario.number, scenario.name)).collect();
        return Err(NoSuchProgram { word: word.clone(), names });
    }
    let is_meant = |program: &Program| words.is_empty() || words.iter().any(|word| program.is_meant_by(word));
    Ok(all.into_iter().filter(is_meant).collect())
}

fn programs(gallery: Vec<Scenario>) -> Vec<Program> {
    let of = |scenario: Scenario| {
        let variants = scenario.variants.clone().into_iter().zip(1..);
        variants.map(move |(variant, index)| Program { scenario: scenario.clone(), variant, index })
    };
    gallery.into_iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(words: &[&str]) -> Vec<String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let programs = select(&words).expect("every word means something");
        programs.iter().map(|program| format!("{} {}", program.number(), program.title())).collect()
    }

    #[test]
    fn without_words_everything_is_meant() {
        let variants: usize = gallery().iter().map(|scenario| scenario.variants.len()).sum();
        assert_eq!(selected(&[]).len(), variants);
    }

    #[test]
    fn numbers_mean_a_scenario_or_one_of_its_variants() {
        let row = gallery().into_iter().find(|scenario| scenario.number == 2).expect("the queue is there");
        assert_eq!(selected(&["2"]).len(), row.variants.len());
        assert_eq!(selected(&["2.1"]), ["2.1 producer-consumer turns"]);
    }

    #[test]
    fn words_are_parts_of_names_and_add_up() {
        let twin = "wrong-side";
        assert!(selected(&[twin]).iter().all(|name| name.contains(twin)));
        assert_eq!(selected(&["2.1", "producer-consumer turns", "producer-consumer::turns"]).len(), 1);
        assert_eq!(selected(&["2.1", "2.2"]).len(), 2);
    }

    #[test]
    fn a_word_that_means_nothing_is_named() {
        for word in ["0", "2.999", "no-such-thing"] {
            let problem = select(&["2".to_owned(), word.to_owned()]).unwrap_err().to_string();
            assert!(problem.contains(&format!("{word:?}")) && problem.contains("2 producer-consumer"), "{problem}");
        }
    }
}
