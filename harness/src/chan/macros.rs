//! `select!` and `select_biased!`: the cases are parsed one after the other, put into one form, and made into one use of
//! [`Select`](super::Select).
//!
//! The form of a case is `[kind (arguments) (pattern) {body}]`. A single receive is no select: it is `recv`, `try_recv` or
//! `recv_timeout`, as in crossbeam. Bodies run outside all closures, when the select is over, so that they may break, return,
//! use `?`, and change the channels; what is borrowed by the expressions for channels lives until the end of the body.
//! Identifiers that the macro makes up at one level of its recursion are others than those of the next, although they have
//! the same name.

/// Waits until one of several operations on channels can be done, does it, and goes on with the body that belongs to it.
///
/// Cases are `recv(receiver) -> pattern => body`, `send(sender, message) -> pattern => body`, and one of `default => body` for
/// when nothing can be done at once, and `default(timeout) => body` for when nothing could be done in time. The pattern gets
/// what `recv` or `send` would have returned; the message is made when the case was chosen. Of several operations that can be
/// done any is taken; inside an execution all of them are explored.
///
/// ```
/// use reweave::chan::{select, unbounded};
/// use reweave::time::Duration;
///
/// let (sender_1, receiver_1) = unbounded();
/// let (sender_2, receiver_2) = unbounded();
/// sender_1.send(10).unwrap();
/// select! {
///     recv(receiver_1) -> message => assert_eq!(message, Ok(10)),
///     send(sender_2, 20) -> sent => {
///         assert_eq!(sent, Ok(()));
///         assert_eq!(receiver_2.recv(), Ok(20));
///     }
///     default(Duration::from_secs(1)) => unreachable!(),
/// }
/// ```
///
/// # Panics
/// If a channel was not created where it is used: in this execution, or outside all of them.
#[macro_export]
#[doc(hidden)]
macro_rules! __chan_select {
    ($($cases:tt)*) => {
        $crate::__chan_cases!(new; $($cases)*)
    };
}

/// [`select!`](macro@crate::chan::select), but of several operations that can be done the one that is written first is taken.
///
/// ```
/// use reweave::chan::{select_biased, unbounded};
///
/// let (sender, receiver) = unbounded();
/// sender.send(1).unwrap();
/// select_biased! {
///     recv(receiver) -> message => assert_eq!(message, Ok(1)),
///     send(sender, 2) -> _ => unreachable!(),
/// }
/// ```
///
/// # Panics
/// If a channel was not created where it is used: in this execution, or outside all of them.
#[macro_export]
#[doc(hidden)]
macro_rules! __chan_select_biased {
    ($($cases:tt)*) => {
        $crate::__chan_cases!(new_biased; $($cases)*)
    };
}

/// Parses the cases of a select.
#[macro_export]
#[doc(hidden)]
macro_rules! __chan_cases {
    ($new:ident;) => {
        ::std::compile_error!("empty `select!` block")
    };
    ($new:ident; $($cases:tt)+) => {
        $crate::__chan_cases!(@parse $new () () $($cases)+)
    };

    // All cases are parsed.
    (@parse $new:ident ($($arms:tt)*) ($($default:tt)*)) => {
        $crate::__chan_expand!(@start $new ($($arms)*) ($($default)*))
    };

    // A default without parentheses has no timeout.
    (@parse $new:ident $arms:tt $default:tt default => $($rest:tt)*) => {
        $crate::__chan_cases!(@parse $new $arms $default default() => $($rest)*)
    };

    // The body of the first case: a block needs no comma after it, an expression does unless it is the last.
    (@parse $new:ident $arms:tt $default:tt
        $kind:ident ($($args:tt)*) $(-> $pattern:pat)? => { $($body:tt)* }, $($rest:tt)*) => {
        $crate::__chan_cases!(@case $new $arms $default [$kind ($($args)*) ($($pattern)?) { $($body)* }] $($rest)*)
    };
    (@parse $new:ident $arms:tt $default:tt
        $kind:ident ($($args:tt)*) $(-> $pattern:pat)? => $body:expr, $($rest:tt)*) => {
        $crate::__chan_cases!(@case $new $arms $default [$kind ($($args)*) ($($pattern)?) { $body }] $($rest)*)
    };
    (@parse $new:ident $arms:tt $default:tt
        $kind:ident ($($args:tt)*) $(-> $pattern:pat)? => { $($body:tt)* } $($rest:tt)*) => {
        $crate::__chan_cases!(@case $new $arms $default [$kind ($($args)*) ($($pattern)?) { $($body)* }] $($rest)*)
    };
    (@parse $new:ident $arms:tt $default:tt
        $kind:ident ($($args:tt)*) $(-> $pattern:pat)? => $body:expr) => {
        $crate::__chan_cases!(@case $new $arms $default [$kind ($($args)*) ($($pattern)?) { $body }])
    };
    (@parse $new:ident $arms:tt $default:tt $($wrong:tt)*) => {
        ::std::compile_error!(::std::concat!(
            "expected `recv(receiver) -> pattern => body,`, `send(sender, message) -> pattern => body,`, `default => body,` or \
             `default(timeout) => body,`, found `",
            ::std::stringify!($($wrong)*),
            "`",
        ))
    };

    // One case, brought into its form.
    (@case $new:ident ($($arms:tt)*) $default:tt [recv ($r:expr $(,)?) ($pattern:pat) $body:tt] $($rest:tt)*) => {
        $crate::__chan_cases!(@parse $new ($($arms)* [recv ($r) ($pattern) $body]) $default $($rest)*)
    };
    (@case $new:ident ($($arms:tt)*) $default:tt [send ($s:expr, $m:expr $(,)?) ($pattern:pat) $body:tt] $($rest:tt)*) => {
        $crate::__chan_cases!(@parse $new ($($arms)* [send ($s, $m) ($pattern) $body]) $default $($rest)*)
    };
    (@case $new:ident $arms:tt () [default () () $body:tt] $($rest:tt)*) => {
        $crate::__chan_cases!(@parse $new $arms ([() $body]) $($rest)*)
    };
    (@case $new:ident $arms:tt () [default ($timeout:expr $(,)?) () $body:tt] $($rest:tt)*) => {
        $crate::__chan_cases!(@parse $new $arms ([($timeout) $body]) $($rest)*)
    };
    (@case $new:ident $arms:tt ([$($default:tt)*]) [default $($wrong:tt)*] $($rest:tt)*) => {
        ::std::compile_error!("there can be only one `default` case in a `select!` block")
    };
    (@case $new:ident $arms:tt $default:tt [$kind:ident ($($args:tt)*) $pattern:tt $body:tt] $($rest:tt)*) => {
        ::std::compile_error!(::std::concat!(
            "expected `recv(receiver) -> pattern`, `send(sender, message) -> pattern`, `default` or `default(timeout)`, found `",
            ::std::stringify!($kind ($($args)*)),
            "`",
        ))
    };
}

/// Makes code of the cases of a select.
#[macro_export]
#[doc(hidden)]
macro_rules! __chan_expand {
    // A receive by itself.
    (@start $new:ident ([recv ($r:expr) ($pattern:pat) $body:tt]) ()) => {
        match $r {
            ref receiver => {
                let receiver: &$crate::chan::Receiver<_> = receiver;
                let $pattern = receiver.recv();
                $body
            }
        }
    };
    (@start $new:ident ([recv ($r:expr) ($pattern:pat) $body:tt]) ([() $default:tt])) => {
        match $r {
            ref receiver => {
                let receiver: &$crate::chan::Receiver<_> = receiver;
                match receiver.try_recv() {
                    ::std::result::Result::Err($crate::chan::TryRecvError::Empty) => $default,
                    received => {
                        let $pattern = received.map_err(|_| $crate::chan::RecvError);
                        $body
                    }
                }
            }
        }
    };
    (@start $new:ident ([recv ($r:expr) ($pattern:pat) $body:tt]) ([($timeout:expr) $default:tt])) => {
        match $r {
            ref receiver => {
                let receiver: &$crate::chan::Receiver<_> = receiver;
                match receiver.recv_timeout($timeout) {
                    ::std::result::Result::Err($crate::chan::RecvTimeoutError::Timeout) => $default,
                    received => {
                        let $pattern = received.map_err(|_| $crate::chan::RecvError);
                        $body
                    }
                }
            }
        }
    };
    (@start $new:ident $arms:tt $default:tt) => {{
        #[allow(unused_mut)]
        let mut select = $crate::chan::Select::$new();
        $crate::__chan_expand!(@add select () $arms $default)
    }};

    // Adds the operations one by one.
    (@add $select:ident ($($added:tt)*) ([recv ($r:expr) ($pattern:pat) $body:tt] $($arms:tt)*) $default:tt) => {
        match $r {
            ref handle => {
                let handle: &$crate::chan::Receiver<_> = handle;
                let index = $select.recv(handle);
                #[allow(unused_assignments)]
                let mut result = ::std::option::Option::None;
                $crate::__chan_expand!(
                    @add $select ($($added)* [index result (recv handle) ($pattern) $body]) ($($arms)*) $default
                )
            }
        }
    };
    (@add $select:ident ($($added:tt)*) ([send ($s:expr, $m:expr) ($pattern:pat) $body:tt] $($arms:tt)*) $default:tt) => {
        match $s {
            ref handle => {
                let handle: &$crate::chan::Sender<_> = handle;
                let index = $select.send(handle);
                #[allow(unused_assignments)]
                let mut result = ::std::option::Option::None;
                $crate::__chan_expand!(
                    @add $select ($($added)* [index result (send handle, $m) ($pattern) $body]) ($($arms)*) $default
                )
            }
        }
    };
    (@add $select:ident $added:tt () $default:tt) => {{
        $crate::__chan_expand!(@complete $select $added $default);
        $crate::__chan_expand!(@bodies $added $default)
    }};

    // Selects, and completes the operation. Nothing of it is left when the bodies run.
    (@complete $select:ident $added:tt ()) => {{
        let operation = $select.select();
        $crate::__chan_expand!(@perform operation $added)
    }};
    (@complete $select:ident $added:tt ([() $default:tt])) => {
        if let ::std::result::Result::Ok(operation) = $select.try_select() {
            $crate::__chan_expand!(@perform operation $added)
        }
    };
    (@complete $select:ident $added:tt ([($timeout:expr) $default:tt])) => {
        if let ::std::result::Result::Ok(operation) = $select.select_timeout($timeout) {
            $crate::__chan_expand!(@perform operation $added)
        }
    };

    (@perform $operation:ident ([$index:ident $result:ident ($method:ident $($args:expr),*) $pattern:tt $body:tt] $($added:tt)*)) => {
        if $operation.index() == $index {
            $result = ::std::option::Option::Some($operation.$method($($args),*));
        } else {
            $crate::__chan_expand!(@perform $operation ($($added)*))
        }
    };
    (@perform $operation:ident ()) => {{
        let _ = $operation;
        ::std::unreachable!("one of the operations was selected")
    }};

    (@bodies ([$index:ident $result:ident $how:tt ($pattern:pat) $body:tt] $($added:tt)*) $default:tt) => {
        if let ::std::option::Option::Some(result) = $result {
            let $pattern = result;
            $body
        } else {
            $crate::__chan_expand!(@bodies ($($added)*) $default)
        }
    };
    (@bodies () ([$timeout:tt $body:tt])) => {
        $body
    };
    (@bodies () ()) => {
        ::std::unreachable!("one of the operations was selected")
    };
}
