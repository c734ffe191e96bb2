//! Stops in a debugger, before a step that was asked for. **Unsafe room**: one instruction.
//!
//! The step is performed on the stack of its task, so that the debugger shows the program with the operation that it is about
//! to perform: `up` leads there. All other tasks are suspended, as they are at that moment of the schedule.

/// Where every execution stops that was asked to, for `break reweave::engine::breakpoint::breakpoint` in a debugger that is not
/// noticed below.
#[inline(never)]
pub(crate) fn breakpoint(step: u64) {
    let step = std::hint::black_box(step);
    if is_traced() {
        trap();
    } else {
        eprintln!("reweave: there is no debugger to stop in before step {step}");
    }
}

/// Whether a debugger is attached to this process. Where that cannot be told, a breakpoint on the function above is left.
fn is_traced() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"));
    tracer.is_some_and(|tracer| tracer.trim() != "0")
}

/// What a debugger writes over an instruction to stop there.
#[inline(always)]
fn trap() {
    #[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
    // SAFETY: the instruction changes no register and no memory; it raises a signal, which the debugger takes.
    unsafe {
        std::arch::asm!("int3", options(nomem, nostack, preserves_flags));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn without_a_debugger_the_program_goes_on() {
        if !super::is_traced() {
            super::breakpoint(7);
        }
    }
}
