//! What the benchmarks have in common: who measured, and how numbers are written.

use std::env;
use std::fs;
use std::process::Command;
use std::thread::available_parallelism;

/// The header of what the benchmark `bench` writes: what measured, built how, called how.
pub(crate) fn machine(bench: &str) -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").ok().and_then(|info| {
        let line = info.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let cores = available_parallelism().map_or("?".to_owned(), |cores| cores.to_string());
    let rustc = env::var_os("RUSTC").unwrap_or("rustc".into());
    let rustc = Command::new(rustc).arg("--version").output().ok();
    let rustc = rustc.and_then(|output| String::from_utf8(output.stdout).ok());
    let mut command = format!("cargo bench --bench {bench}");
    let arguments: Vec<_> = env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if !arguments.is_empty() {
        command += " -- ";
        command += &arguments.join(" ");
    }
    format!(
        "{}, {cores} cores; {}; `{command}`",
        cpu.as_deref().unwrap_or("unknown processor"),
        rustc.as_deref().map_or("unknown compiler", str::trim),
    )
}

/// Sorts the numbers and returns the one in the middle, the upper of two.
pub(crate) fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// A number without its fraction, its digits in groups of three.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
