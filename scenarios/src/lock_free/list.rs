//! A list of nodes that are places in an array: Treiber's algorithm.
//!
//! A node is in one list at most, or it belongs to the one thread that took it out and has not put it back. Which node comes
//! below another is written by its owner, before the exchange that puts it into the list, and not changed while it is there.

use std::marker::PhantomData;

use reweave::cell::RaceCell;
use reweave::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::variant::{Policy, Publishing, Tagging};

/// No node. It is the place of none, because there are at most as many nodes as this.
const NONE: u32 = u32::MAX;

/// What a list is made of, and what it carries while it is in use.
pub(super) struct Node<T> {
    next: AtomicU32,
    /// Touched by the owner of the node alone.
    pub(super) value: RaceCell<Option<T>>,
}

impl<T> Node<T> {
    fn new() -> Self {
        Self { next: AtomicU32::new(NONE), value: RaceCell::new(None) }
    }

    /// So many nodes, each followed by the next.
    pub(super) fn chain(nodes: u32) -> Box<[Node<T>]> {
        let nodes: Box<[Node<T>]> = (0..nodes).map(|_| Node::new()).collect();
        for (node, next) in nodes.iter().zip(1..).take(nodes.len().saturating_sub(1)) {
            node.next.store(next, Ordering::Relaxed);
        }
        nodes
    }
}

/// The top of a list of nodes.
pub(super) struct List<P> {
    top: AtomicU64,
    policy: PhantomData<fn() -> P>,
}

/// What the top is: a node, and a tag that tells it from the same node at another time.
#[derive(Clone, Copy)]
struct Top {
    tag: u32,
    node: u32,
}

impl Top {
    fn unpack(packed: u64) -> Top {
        Top { tag: (packed >> 32) as u32, node: packed as u32 }
    }

    fn pack(self) -> u64 {
        u64::from(self.tag) << 32 | u64::from(self.node)
    }

    fn followed_by<P: Policy>(self, node: u32) -> Top {
        let tag = match P::TAGGING {
            Tagging::EveryExchange => self.tag.wrapping_add(1),
            Tagging::Never => self.tag,
        };
        Top { tag, node }
    }
}

impl<P: Policy> List<P> {
    /// A list without nodes.
    pub(super) fn empty() -> Self {
        Self::beginning_with(NONE)
    }

    /// The list that begins with a node, and goes on as the nodes say; an empty one if the array has no such place.
    pub(super) fn beginning_with(node: u32) -> Self {
        Self { top: AtomicU64::new(Top { tag: 0, node }.pack()), policy: PhantomData }
    }

    /// Puts nodes of the caller on top: from `first` to `last`, as they follow each other.
    pub(super) fn push<T>(&self, nodes: &[Node<T>], first: u32, last: u32) {
        // Whoever takes the nodes out sees what was written to them before.
        let success = match P::PUBLISHING {
            Publishing::Released => Ordering::Release,
            Publishing::Relaxed => Ordering::Relaxed,
        };
        let mut top = Top::unpack(self.top.load(Ordering::Relaxed));
        loop {
            nodes[last as usize].next.store(top.node, Ordering::Relaxed);
            match self.exchange(top, first, success, Ordering::Relaxed) {
                Ok(()) => return,
                Err(now) => top = now,
            }
        }
    }

    /// Takes out the node on top, which belongs to the caller from now on.
    pub(super) fn pop<T>(&self, nodes: &[Node<T>]) -> Option<u32> {
        let mut top = Top::unpack(self.top.load(Ordering::Acquire));
        loop {
            // Others may take the node out meanwhile, and write something else there. Then the exchange fails.
            let next = nodes.get(top.node as usize)?.next.load(Ordering::Relaxed);
            match self.exchange(top, next, Ordering::Acquire, Ordering::Acquire) {
                Ok(()) => return Some(top.node),
                Err(now) => top = now,
            }
        }
    }

    /// Takes out all nodes, and returns the first of them. The others follow it.
    pub(super) fn pop_all(&self) -> Option<u32> {
        let mut top = Top::unpack(self.top.load(Ordering::Acquire));
        while top.node != NONE {
            match self.exchange(top, NONE, Ordering::Acquire, Ordering::Acquire) {
                Ok(()) => return Some(top.node),
                Err(now) => top = now,
            }
        }
        None
    }

    fn exchange(&self, top: Top, node: u32, success: Ordering, failure: Ordering) -> Result<(), Top> {
        let new = top.followed_by::<P>(node);
        match self.top.compare_exchange_weak(top.pack(), new.pack(), success, failure) {
            Ok(_) => Ok(()),
            Err(now) => Err(Top::unpack(now)),
        }
    }
}

/// The node that follows one of the caller's.
pub(super) fn next<T>(nodes: &[Node<T>], node: u32) -> Option<u32> {
    let next = nodes[node as usize].next.load(Ordering::Relaxed);
    (next != NONE).then_some(next)
}
