#![doc = include_str!("guide.md")]

#[cfg(test)]
mod tests {
    use crate::breaker;

    const GUIDE: &str = include_str!("guide.md");

    /// The block of the guide that shows what is printed.
    fn shown() -> &'static str {
        let after = GUIDE.split("<!-- what is printed -->\n```text\n").nth(1).expect("the guide shows what is printed");
        after.split("```").next().expect("the block ends")
    }

    #[test]
    fn what_the_guide_shows_is_what_is_printed() {
        let row = breaker::scenario();
        let twin = row.variants.iter().find(|variant| variant.name() == "two-probes").expect("the row has this twin");
        let report = row.checker(twin).explore(twin.program());
        let finding = report.finding().expect("the twin is caught");
        let printed = finding.render();
        let (_, below) = printed.split_once('\n').expect("there is a heading");
        let lanes = below.split("\nobjects\n").next().expect("there are lanes");
        assert_eq!(shown().trim(), lanes.trim());
    }

    #[test]
    fn the_code_with_the_mistake_is_that_of_the_component() {
        let source = include_str!("../breaker/mod.rs");
        let after = GUIDE.split("```text\n").nth(1).expect("the guide shows the code");
        for line in after.split("```").next().expect("the block ends").lines() {
            let code = line.split("//").next().expect("a line has a beginning").trim();
            assert!(source.contains(code.trim_start_matches("let mut ")), "the component has no line `{code}`");
        }
    }
}
