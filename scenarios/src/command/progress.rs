//! What is under way: bars on a terminal, else a line for each program that is done.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use reweave::{Progress, Report};

use super::selection::Program;
use super::table;

/// Shows on standard error how far exploration is.
pub(super) struct Display {
    form: Form,
    all: usize,
    done: usize,
}

enum Form {
    Lines,
    Bars {
        bars: MultiProgress,
        /// How many programs are done.
        overall: ProgressBar,
        /// What is under way, by number.
        running: Vec<(String, ProgressBar)>,
    },
}

impl Display {
    /// Bars if `terminal`, else lines.
    pub(super) fn new(programs: &[Program], terminal: bool) -> Display {
        let all = programs.len();
        let form = if terminal { Form::bars(all) } else { Form::Lines };
        Display { form, all, done: 0 }
    }

    pub(super) fn begun(&mut self, program: &Program) {
        let Form::Bars { bars, running, .. } = &mut self.form else { return };
        let bar = bars.add(ProgressBar::new(0).with_style(style("  {msg}")));
        bar.set_message(format!("{} {}", program.number(), program.title()));
        running.push((program.number(), bar));
    }

    pub(super) fn progress(&mut self, program: &Program, progress: &Progress) {
        let Form::Bars { overall, running, .. } = &mut self.form else { return };
        overall.tick();
        let number = program.number();
        let Some((_, bar)) = running.iter().find(|(running, _)| *running == number) else { return };
        let outlook = progress.outlook().map(|outlook| format!(" ({outlook})")).unwrap_or_default();
        let schedules = table::grouped(progress.schedules);
        bar.set_message(format!("{number} {}: {schedules} schedules{outlook}", program.title()));
    }

    pub(super) fn done(&mut self, program: &Program, report: &Report) {
        self.done += 1;
        let number = program.number();
        match &mut self.form {
            Form::Lines => {
                let (done, all, title) = (self.done, self.all, program.title());
                let (seen, time) = (table::seen(report), table::time(report.elapsed()));
                let schedules = match report.schedules() {
                    1 => "1 schedule".to_owned(),
                    schedules => format!("{} schedules", table::grouped(schedules)),
                };
                eprintln!("[{done}/{all}] {number} {title}: {seen}, {schedules} in {time}");
            }
            Form::Bars { overall, running, .. } => {
                overall.inc(1);
                let (ended, rest) = std::mem::take(running).into_iter().partition(|(running, _)| *running == number);
                *running = rest;
                let ended: Vec<(String, ProgressBar)> = ended;
                ended.iter().for_each(|(_, bar)| bar.finish_and_clear());
            }
        }
    }

    /// Leaves room for the results.
    pub(super) fn end(self) {
        if let Form::Bars { bars, .. } = self.form {
            // A terminal that is gone needs no clearing.
            let _ = bars.clear();
        }
    }
}

impl Form {
    fn bars(all: usize) -> Form {
        let bars = MultiProgress::new();
        let overall = ProgressBar::new(all as u64).with_style(style("{bar:30} {pos}/{len} programs, {elapsed}"));
        Form::Bars { overall: bars.add(overall), bars, running: Vec::new() }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates of this file are well formed")
}
