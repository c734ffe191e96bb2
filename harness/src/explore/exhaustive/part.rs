//! Parts of the tree, which are trees of their own while a region is explored: taken out, entered, and put back.

use super::races::Rest;
use super::tree::{Edge, EdgeState, Planning, Step, Tree};

impl Tree {
    /// Plans what is left of `rest` after the step that this part of a tree comes after.
    pub(super) fn insert_into_part(&mut self, rest: &mut Rest<'_>, planning: Planning) {
        match &mut self.nodes[0].edges[0].state {
            EdgeState::Planned(plan) | EdgeState::Running(plan) => self.planned_moves += plan.insert(rest, planning),
            EdgeState::Open(Some(next)) | EdgeState::Done(Some(next)) => {
                let next = *next;
                if !self.node(next).free {
                    // No edge of that node was taken to get to what is reversed.
                    self.insert((next, 0), rest, planning);
                }
            }
            EdgeState::Open(None) | EdgeState::Done(None) | EdgeState::Region(_) => {}
        }
    }

    /// Takes the planned step that is nearest to the root, as a part to be explored by itself: the region of this number.
    pub(super) fn carve(&mut self, region: u32) -> Option<(Step, Tree)> {
        for depth in 0..self.agenda.len() {
            while let Some(id) = self.agenda[depth].first().copied() {
                let node = self.node_mut(id);
                let planned = node.edges.iter().position(|edge| matches!(edge.state, EdgeState::Planned(_)));
                let Some(at) = planned else {
                    node.listed = false;
                    if node.edges.is_empty() {
                        self.free.push(id);
                    }
                    self.agenda[depth].remove(0);
                    continue;
                };
                let edge = &mut node.edges[at];
                let state = std::mem::replace(&mut edge.state, EdgeState::Region(region));
                let EdgeState::Planned(plan) = &state else { continue };
                let planned_moves = plan.len();
                let made = edge.made;
                node.planned -= 1;
                let mut part = Tree::new();
                part.part = true;
                part.planned_moves = planned_moves;
                let root = &mut part.nodes[0];
                root.depth = node.depth;
                root.sleep = node.sleep.iter().chain(node.before(at as u32)).copied().collect();
                root.edges.push(Edge { made, state });
                (root.planned, root.unfinished) = (1, 1);
                part.list(Tree::ROOT);
                self.planned_moves -= planned_moves;
                return Some(((id, at as u32), part));
            }
        }
        None
    }

    /// How many steps are planned at its nodes.
    pub(super) fn planned(&self) -> usize {
        self.agenda.iter().flatten().map(|id| self.node(*id).planned as usize).sum()
    }

    /// Puts a part back where it was taken from.
    pub(super) fn graft(&mut self, (id, edge): Step, mut part: Tree) {
        if !part.part {
            // The first execution was in it, and nothing was known before.
            *self = part;
            return;
        }
        self.planned_moves += part.planned_moves;
        self.kept += part.kept;
        let state = std::mem::replace(&mut part.nodes[0].edges[0].state, EdgeState::Open(None));
        let finished = matches!(state, EdgeState::Done(_));
        let state = match state {
            EdgeState::Done(next) => {
                // It is closed below.
                self.kept -= usize::from(next.is_some());
                EdgeState::Open(next)
            }
            state => state,
        };
        let mut open = Vec::new();
        if let EdgeState::Open(Some(next)) = state {
            open.push(((id, edge), next));
        }
        let node = self.node_mut(id);
        node.planned += u32::from(matches!(state, EdgeState::Planned(_)));
        node.edges[edge as usize].state = state;
        self.list(id);
        while let Some((above, old)) = open.pop() {
            let id = self.new_node();
            let mut node = std::mem::take(&mut part.nodes[old.0 as usize]);
            for (index, edge) in node.edges.iter().enumerate() {
                if let EdgeState::Open(Some(next)) | EdgeState::Done(Some(next)) = edge.state {
                    open.push(((id, index as u32), next));
                }
            }
            self.version += 1;
            (node.parent, node.version, node.listed) = (Some(above), self.version, false);
            self.nodes[id.0 as usize] = node;
            if let EdgeState::Open(next) | EdgeState::Done(next) =
                &mut self.node_mut(above.0).edges[above.1 as usize].state
            {
                *next = Some(id);
            }
            self.list(id);
        }
        if finished {
            self.close((id, edge));
        }
    }
}
