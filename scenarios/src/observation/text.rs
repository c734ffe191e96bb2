//! A scrape as text, in the exposition format of Prometheus.

use std::fmt;

use super::histogram::Outcome;
use super::requests::Scrape;

/// The text that a scraper gets under `/metrics`, with the content type `text/plain; version=0.0.4`.
impl fmt::Display for Scrape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        family(f, "requests_total", "counter", "Requests that have come to their end.")?;
        for route in self.routes() {
            for outcome in Outcome::ALL {
                let count = route.latencies().ended_in(outcome);
                let (route, outcome) = (Label(route.name()), outcome.name());
                writeln!(f, "requests_total{{route={route},outcome=\"{outcome}\"}} {count}")?;
            }
        }
        family(f, "request_duration_seconds", "histogram", "How long they took.")?;
        for route in self.routes() {
            let (name, latencies) = (Label(route.name()), route.latencies());
            let mut below = 0; // Buckets are cumulative in this format.
            for (bound, count) in latencies.bounds().iter().zip(latencies.buckets()) {
                below += count;
                let bound = bound.as_secs_f64();
                writeln!(f, "request_duration_seconds_bucket{{route={name},le=\"{bound}\"}} {below}")?;
            }
            let (count, sum) = (latencies.count(), latencies.sum().as_secs_f64());
            writeln!(f, "request_duration_seconds_bucket{{route={name},le=\"+Inf\"}} {count}")?;
            writeln!(f, "request_duration_seconds_sum{{route={name}}} {sum}")?;
            writeln!(f, "request_duration_seconds_count{{route={name}}} {count}")?;
        }
        family(f, "requests_in_flight", "gauge", "Requests that are under way.")?;
        for route in self.routes() {
            writeln!(f, "requests_in_flight{{route={}}} {}", Label(route.name()), route.in_flight())?;
        }
        Ok(())
    }
}

fn family(f: &mut fmt::Formatter<'_>, name: &str, kind: &str, help: &str) -> fmt::Result {
    writeln!(f, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

/// The value of a label, in quotes.
struct Label<'a>(&'a str);

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for c in self.0.chars() {
            match c {
                '\\' => f.write_str("\\\\")?,
                '"' => f.write_str("\\\"")?,
                '\n' => f.write_str("\\n")?,
                _ => write!(f, "{c}")?,
            }
        }
        f.write_str("\"")
    }
}
