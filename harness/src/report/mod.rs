//! Findings made visible: one file for each rendering, all of the same account.

mod backtrace;
pub(crate) mod chrome;
mod command;
pub(crate) mod document;
mod fold;
pub(crate) mod html;
mod json;
mod lanes;
pub(crate) mod mermaid;
mod place;
mod style;
pub(crate) mod text;
mod width;

pub use html::html_page;
pub use style::TextOptions;
