//! A stack of bounded size without locks.

use std::fmt;

use super::Full;
use super::list::{self, List, Node};
use super::variant::{Correct, Policy};

/// A stack; see the [module](super) for what it is good for and what it guarantees.
///
/// Share it in an [`Arc`](reweave::sync::Arc) or with scoped threads. The parameter `P` is there for the buggy twins of
/// [`variant`](super::variant); leave it out.
pub struct Stack<T, P = Correct> {
    nodes: Box<[Node<T>]>,
    /// The nodes that carry an item.
    items: List<P>,
    /// Those that do not.
    free: List<P>,
}

impl<T, P: Policy> Stack<T, P> {
    /// A stack without items, with room for so many. The room is allocated now, and nothing later.
    #[must_use]
    pub fn with_capacity(capacity: u32) -> Self {
        Self { nodes: Node::chain(capacity), items: List::empty(), free: List::beginning_with(0) }
    }

    /// Puts an item on top.
    ///
    /// # Errors
    /// [`Full`] with the item if there is no room. The room of an item is free again when the `pop` that took it has returned.
    pub fn push(&self, item: T) -> Result<(), Full<T>> {
        let Some(node) = self.free.pop(&self.nodes) else { return Err(Full(item)) };
        self.nodes[node as usize].value.with_mut(|value| *value = Some(item));
        self.items.push(&self.nodes, node, node);
        Ok(())
    }

    /// Takes the item on top; `None` if there is none.
    pub fn pop(&self) -> Option<T> {
        let node = self.items.pop(&self.nodes)?;
        let item = self.take(node);
        self.free.push(&self.nodes, node, node);
        Some(item)
    }

    /// Takes all items at one instant, the one on top first.
    pub fn pop_all(&self) -> Vec<T> {
        let Some(first) = self.items.pop_all() else { return Vec::new() };
        let (mut items, mut last) = (vec![self.take(first)], first);
        while let Some(node) = list::next(&self.nodes, last) {
            items.push(self.take(node));
            last = node;
        }
        // As they follow each other: one exchange is enough for all of them.
        self.free.push(&self.nodes, first, last);
        items
    }

    /// How many items there is room for.
    pub fn capacity(&self) -> usize {
        self.nodes.len()
    }

    /// The item of a node that belongs to the caller.
    fn take(&self, node: u32) -> T {
        let item = self.nodes[node as usize].value.with_mut(Option::take);
        item.expect("a node of the stack carries an item")
    }
}

/// Shows the capacity. What is in the stack changes while one looks.
impl<T, P> fmt::Debug for Stack<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack").field("capacity", &self.nodes.len()).finish_non_exhaustive()
    }
}
