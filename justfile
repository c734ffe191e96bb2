# Conveniences over cargo; every recipe is one command.

# List the recipes.
default:
    @just --list

# Explore the gallery, as `cargo run --release` does.
gallery *words:
    cargo run --release -- {{words}}

# Run all tests.
test:
    cargo test --workspace

# Format, lint and document, as the checks do.
lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Reweave beside shuttle, as a table.
bench *arguments:
    cargo bench -p reweave --bench peers -- {{arguments}}

# Exhaustive exploration beside loom and shuttle, as tables.
exhaustive *arguments:
    cargo bench -p reweave --bench exhaustive -- {{arguments}}

# Check the laws of the kernel on many more random states.
laws cases="20000":
    PROPTEST_CASES={{cases}} cargo test --release -p reweave --lib kernel::laws -- --nocapture

# Everything that has to hold on a clean clone.
ci:
    bash .ci/run

# Compare exhaustive exploration with an enumeration of all schedules, on this many random programs a test and from another seed.
random-programs cases="20000" seed="2":
    PROPTEST_CASES={{cases}} PROPTEST_RNG_SEED={{seed}} cargo test --release -p reweave --lib random_programs -- --nocapture
