//! What has been explored and what is still to be: the states on the way to unexplored steps, with the steps that are
//! asleep there, and the plans of what to try.
//!
//! This is the stack of the published algorithm with its wakeup trees, made into a tree because several executions are
//! under way at the same time. See the README beside this file for why that is right.

use smallvec::SmallVec;

use super::moves::Move;
use super::races::{Rest, Standing};

/// A node by its place in [`Tree::nodes`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct NodeId(pub(crate) u32);

impl Default for NodeId {
    fn default() -> NodeId {
        Tree::ROOT
    }
}

/// Steps to be taken one after the other, with others that branch off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) moves: Vec<Move>,
    /// Plans that start in the place of the move at this index, which is not the first; in order of index, and among equal
    /// ones of precedence.
    pub(crate) branches: Vec<(u32, Plan)>,
}

/// A step from a node.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    pub(crate) made: Move,
    pub(crate) state: EdgeState,
}

#[derive(Clone, Debug)]
pub(crate) enum EdgeState {
    /// To be taken, and then what the plan says.
    Planned(Plan),
    /// Being taken: what the plan says first, and what will branch off from that.
    Running(Plan),
    /// Explored by itself, in the region of this number: see `region.rs`.
    Region(u32),
    /// Taken; what comes after it is being explored.
    Open(Option<NodeId>),
    /// Taken, and everything after it was explored. The node is kept for as long as something can be planned there.
    Done(Option<NodeId>),
}

/// A state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    pub(crate) parent: Option<(NodeId, u32)>,
    pub(crate) depth: u32,
    /// Steps that need not be taken from here: what they lead to is explored elsewhere.
    pub(crate) sleep: SmallVec<[Move; 2]>,
    /// In order of precedence: each is asleep after those that follow it.
    pub(crate) edges: SmallVec<[Edge; 2]>,
    /// How many edges are planned, and how many are not done.
    pub(super) planned: u32,
    pub(super) unfinished: u32,
    /// Whether it is on the list of nodes with planned edges.
    pub(super) listed: bool,
    /// Which lane added it.
    pub(super) lane: u32,
    /// No plan led here: the exploration of what follows is complete by itself.
    pub(super) free: bool,
    /// Another one whenever what a [`View`] shows has changed, and for another node in the same place.
    pub(super) version: u64,
}

/// What there was at a node when a task that leads through it was taken from the tree.
///
/// Whoever executes a task looks at this instead of the tree, so that nobody waits for those who change that. Edges may have been
/// added meanwhile, but none goes away: what is covered here is covered there.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    id: NodeId,
    version: u64,
    /// By which edge the task leaves.
    from: u32,
    sleep: SmallVec<[Move; 2]>,
    edges: SmallVec<[Move; 4]>,
}

/// See the module's documentation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
    pub(super) free: Vec<NodeId>,
    /// Nodes that may have planned edges, by depth: the deepest is explored next, and of those the last.
    pub(super) agenda: Vec<Vec<NodeId>>,
    /// How many moves all plans have together.
    pub(crate) planned_moves: usize,
    /// How many nodes are kept although everything after them was explored, and at how many they are looked through.
    pub(super) kept: usize,
    pub(super) sweep_at: usize,
    /// The greatest of all versions of nodes.
    pub(super) version: u64,
    /// It is a part of another tree, and its root stands for a node of that.
    pub(super) part: bool,
}

/// A step from a node: one of its edges.
pub(crate) type Step = (NodeId, u32);

/// What to explore: a step from a node, and what is planned after it.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) step: Step,
    /// The nodes on the way to where it starts, by depth, that one last; and once it is entered, those that it added.
    pub(crate) path: Vec<NodeId>,
    /// What there was at those on the way.
    pub(crate) views: Vec<View>,
    /// The moves that lead there, and those that are planned from there.
    pub(crate) prefix: Vec<Move>,
    pub(crate) moves: Vec<Move>,
    /// What is asleep when the first move of the plan is taken.
    pub(crate) sleep: SmallVec<[Move; 2]>,
}

impl Default for Task {
    /// The first execution of all.
    fn default() -> Task {
        Task {
            step: Tree::FIRST,
            path: vec![Tree::ROOT],
            views: vec![View::default()],
            prefix: Vec::new(),
            moves: Vec::new(),
            sleep: SmallVec::new(),
        }
    }
}

impl Task {
    /// By which edge it leaves the node of its path at depth `at`.
    pub(crate) fn from(&self, at: usize) -> u32 {
        self.views.get(at).map_or(0, |view| view.from)
    }
}

impl View {
    fn show(&mut self, id: NodeId, node: &Node, from: u32) {
        self.from = from;
        if (self.id, self.version) == (id, node.version) {
            return;
        }
        (self.id, self.version) = (id, node.version);
        self.sleep.clone_from(&node.sleep);
        self.edges.clear();
        self.edges.extend(node.edges.iter().map(|edge| edge.made));
    }

    /// What need not be taken from there by whoever goes on by the edge of the task: what is asleep, and the edges before that one.
    pub(crate) fn at_rest(&self) -> impl Iterator<Item = &Move> {
        self.sleep.iter().chain(&self.edges[..(self.from as usize).min(self.edges.len())])
    }

    /// Whether `rest`, which starts there and reverses something that comes after the edge of the task, is explored or will be
    /// without another plan.
    pub(crate) fn covers(&self, rest: &mut Rest<'_>, planning: Planning) -> bool {
        if self.sleep.iter().any(|asleep| rest.standing_for(planning, *asleep) != Standing::Against) {
            return true;
        }
        for (index, made) in self.edges.iter().enumerate() {
            match rest.standing_for(planning, *made) {
                Standing::Against => {}
                Standing::First(_) => return index < self.from as usize,
                Standing::Aside | Standing::Unknown => return true,
            }
        }
        false
    }
}

/// How many nodes are kept before they are looked through.
const MIN_SWEEP: usize = 10_000;

/// How plans are made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Planning {
    /// Whole sequences, so that nothing is explored twice: optimal.
    Sequences,
    /// Single steps, which takes less memory, and executions that turn out to have been explored elsewhere.
    Steps,
}

impl Plan {
    /// How many moves there are, those of branches included.
    pub(super) fn len(&self) -> usize {
        self.moves.len() + self.branches.iter().map(|(_, plan)| plan.len()).sum::<usize>()
    }

    /// Adds what is left of `rest`, which starts after the first move of this plan, unless something covers it. Returns
    /// how many moves were added.
    pub(super) fn insert(&mut self, rest: &mut Rest<'_>, planning: Planning) -> usize {
        let mut at = 1;
        loop {
            let branches = self.branches.partition_point(|(index, _)| *index < at as u32);
            let ends = at >= self.moves.len();
            if ends {
                // What follows is free, and covers whatever starts like this.
                return 0;
            }
            match rest.standing_for(planning, self.moves[at]) {
                Standing::First(index) => {
                    rest.take(index);
                    if rest.left.is_empty() {
                        return 0;
                    }
                    at += 1;
                    continue;
                }
                // What follows it is explored with everything that commutes with it.
                Standing::Aside | Standing::Unknown => return 0,
                Standing::Against => {}
            }
            let mut end = branches;
            while let Some((index, plan)) = self.branches.get_mut(end).filter(|(index, _)| *index == at as u32) {
                debug_assert_eq!(*index, at as u32);
                match rest.standing_for(planning, plan.moves[0]) {
                    Standing::First(index) => {
                        rest.take(index);
                        if rest.left.is_empty() {
                            return 0;
                        }
                        return plan.insert(rest, planning);
                    }
                    Standing::Aside | Standing::Unknown => return 0,
                    Standing::Against => end += 1,
                }
            }
            let plan = plan_of(rest, planning);
            let added = plan.len();
            self.branches.insert(end, (at as u32, plan));
            return added;
        }
    }
}

fn plan_of(rest: &Rest<'_>, planning: Planning) -> Plan {
    let count = if planning == Planning::Steps { 1 } else { rest.left.len() };
    Plan { moves: rest.left[..count].iter().map(|index| rest.made(*index as usize)).collect(), branches: Vec::new() }
}

impl Node {
    /// The moves of the edges that come before edge `edge`.
    pub(crate) fn before(&self, edge: u32) -> impl Iterator<Item = &Move> {
        self.edges[..(edge as usize).min(self.edges.len())].iter().map(|edge| &edge.made)
    }
}

impl Tree {
    /// A tree in which nothing was explored, with its root.
    pub(crate) fn new() -> Tree {
        Tree { nodes: vec![Node::default()], ..Tree::default() }
    }

    pub(crate) const ROOT: NodeId = NodeId(0);

    /// The first execution, of which nothing is known.
    pub(crate) const FIRST: Step = (Tree::ROOT, 0);

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(super) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }

    pub(super) fn list(&mut self, id: NodeId) {
        let node = self.node_mut(id);
        if node.planned == 0 || node.listed {
            return;
        }
        node.listed = true;
        let depth = node.depth as usize;
        if self.agenda.len() <= depth {
            self.agenda.resize_with(depth + 1, Vec::new);
        }
        self.agenda[depth].push(id);
    }

    /// Takes what is to be explored next from the plans, if there is anything.
    pub(crate) fn next(&mut self) -> Option<Step> {
        loop {
            let deepest = self.agenda.last_mut()?;
            let Some(id) = deepest.last().copied() else {
                self.agenda.pop();
                continue;
            };
            let node = self.node_mut(id);
            let planned = node.edges.iter().position(|edge| matches!(edge.state, EdgeState::Planned(_)));
            let Some(at) = planned else {
                node.listed = false;
                let depth = node.depth as usize;
                if node.edges.is_empty() {
                    self.free.push(id);
                }
                self.agenda[depth].pop();
                continue;
            };
            let state = &mut node.edges[at].state;
            let EdgeState::Planned(plan) = std::mem::replace(state, EdgeState::Open(None)) else { continue };
            *state = EdgeState::Running(plan);
            node.planned -= 1;
            return Some((id, at as u32));
        }
    }

    /// Makes `task` that of taking a step that was taken from the plans. What it shows already is left as it is, and so is what
    /// there is above the root of this tree, if that is only a part of another.
    pub(super) fn load(&self, (id, edge): Step, task: &mut Task) {
        let above = self.node(Tree::ROOT).depth as usize;
        let node = self.node(id);
        task.step = (id, edge);
        task.path.truncate(above + 1);
        task.prefix.truncate(above);
        task.moves.clear();
        task.sleep.clear();
        let depth = node.depth as usize;
        task.path.resize(depth + 1, id);
        task.views.resize_with(depth + 1, View::default);
        let (mut at, mut from) = (id, edge);
        while let Some((parent, left_by)) = self.node(at).parent {
            let node = self.node(at);
            let depth = node.depth as usize;
            task.path[depth] = at;
            task.views[depth].show(at, node, from);
            task.prefix.push(self.node(parent).edges[left_by as usize].made);
            (at, from) = (parent, left_by);
        }
        if !self.part {
            task.views[0].show(at, self.node(at), from);
            task.path[0] = at;
        }
        task.prefix[above..].reverse();
        if let Some(EdgeState::Running(plan)) = node.edges.get(edge as usize).map(|edge| &edge.state) {
            task.moves.extend_from_slice(&plan.moves);
        }
        task.sleep.extend_from_slice(&node.sleep);
        task.sleep.extend(node.before(edge).copied());
    }

    /// The lanes that added the nodes on the way up from `id`, the last first.
    pub(super) fn lanes(&self, id: NodeId) -> impl Iterator<Item = u32> {
        let up = |id: &NodeId| self.node(*id).parent.map(|(parent, _)| parent);
        std::iter::successors(Some(id), up).map(|id| self.node(id).lane)
    }

    /// Whether everything was explored.
    pub(crate) fn is_finished(&self) -> bool {
        self.nodes[0].unfinished == 0
    }

    /// Enters the `moves` of an execution of `task` in `lane`: a node for each state after the first move but the last state,
    /// each with what is asleep there and, after the move that was taken, with what branches off. Adds the nodes to the
    /// path of the task.
    pub(crate) fn grow<'a>(
        &mut self,
        task: &mut Task,
        lane: usize,
        moves: &[Move],
        sleep: impl Fn(usize) -> &'a [Move],
    ) {
        let mut above = task.step;
        let taken = self.node_mut(above.0).edges.get_mut(above.1 as usize);
        let plan = match taken.map(|edge| std::mem::replace(&mut edge.state, EdgeState::Open(None))) {
            Some(EdgeState::Running(plan)) => plan,
            _ => Plan { moves: Vec::new(), branches: Vec::new() },
        };
        self.planned_moves -= plan.len();
        let planned_moves = plan.moves.len();
        let mut branches = plan.branches.into_iter().peekable();
        let root = self.node_mut(Tree::ROOT);
        if let (true, Some(made)) = (root.edges.is_empty(), moves.first()) {
            // The first execution.
            root.edges.push(Edge { made: *made, state: EdgeState::Open(None) });
            root.unfinished = 1;
            self.version += 1;
            self.node_mut(Tree::ROOT).version = self.version;
        }
        for (index, made) in moves.iter().enumerate().skip(1) {
            let id = self.new_node();
            self.node_mut(above.0).edges[above.1 as usize].state = EdgeState::Open(Some(id));
            let node = &mut self.nodes[id.0 as usize];
            node.parent = Some(above);
            node.depth = task.path.len() as u32;
            node.sleep.clear();
            node.sleep.extend_from_slice(sleep(index));
            node.edges.clear();
            node.edges.push(Edge { made: *made, state: EdgeState::Open(None) });
            while let Some((_, branch)) = branches.next_if(|(at, _)| *at as usize == index) {
                self.planned_moves += branch.len();
                node.edges.push(Edge { made: branch.moves[0], state: EdgeState::Planned(branch) });
            }
            node.unfinished = node.edges.len() as u32;
            node.planned = node.unfinished - 1;
            node.free = index >= planned_moves;
            node.lane = lane as u32;
            self.version += 1;
            node.version = self.version;
            task.path.push(id);
            above = (id, 0);
            self.list(id);
        }
    }

    /// Plans `rest`, which starts at `id` and reverses something that comes after its edge `from`, unless something covers
    /// it. Returns the region in which that has to go on, if any: see [`Tree::insert_into_part`].
    ///
    /// What comes after an earlier edge is explored with everything that matters there. What comes after a later one is
    /// explored on the understanding that this is entered into it, wherever that exploration is by now.
    pub(crate) fn insert(&mut self, (id, from): Step, rest: &mut Rest<'_>, planning: Planning) -> Option<u32> {
        let (mut id, mut from) = (id, Some(from));
        loop {
            let node = &mut self.nodes[id.0 as usize];
            if node.sleep.iter().any(|asleep| rest.standing_for(planning, *asleep) != Standing::Against) {
                return None;
            }
            let standings = node.edges.iter().map(|edge| rest.standing_for(planning, edge.made));
            let Some((index, standing)) = standings.enumerate().find(|(_, standing)| *standing != Standing::Against)
            else {
                break;
            };
            if from.is_some_and(|from| index < from as usize) {
                return None;
            }
            let Standing::First(step) = standing else { return None };
            rest.take(step);
            if rest.left.is_empty() {
                return None;
            }
            let next = match &mut node.edges[index].state {
                EdgeState::Planned(plan) | EdgeState::Running(plan) => {
                    self.planned_moves += plan.insert(rest, planning);
                    return None;
                }
                EdgeState::Region(region) => return Some(*region),
                EdgeState::Open(next) | EdgeState::Done(next) => *next,
            };
            match next {
                Some(next) if !self.node(next).free => (id, from) = (next, None),
                _ => return None,
            }
        }
        self.append(id, plan_of(rest, planning));
        None
    }

    pub(super) fn new_node(&mut self) -> NodeId {
        self.free.pop().unwrap_or_else(|| {
            self.nodes.push(Node::default());
            NodeId(self.nodes.len() as u32 - 1)
        })
    }

    /// Adds a planned edge to a node. If everything there had been explored, that is not so any more.
    fn append(&mut self, id: NodeId, plan: Plan) {
        self.planned_moves += plan.len();
        let node = self.node_mut(id);
        node.edges.push(Edge { made: plan.moves[0], state: EdgeState::Planned(plan) });
        node.planned += 1;
        node.unfinished += 1;
        self.version += 1;
        self.node_mut(id).version = self.version;
        self.list(id);
        let mut at = id;
        while self.node(at).unfinished == 1
            && let Some((parent, edge)) = self.node(at).parent
        {
            let above = self.node_mut(parent);
            let state = &mut above.edges[edge as usize].state;
            let EdgeState::Done(next) = *state else { break };
            *state = EdgeState::Open(next);
            above.unfinished += 1;
            self.kept -= 1;
            at = parent;
        }
    }

    /// The step that was taken last leads to an end: closes it, and what is finished with it.
    pub(crate) fn close(&mut self, (id, edge): (NodeId, u32)) {
        let (mut id, mut edge) = (id, edge);
        loop {
            let node = self.node_mut(id);
            // Where the first execution was too large to be noted there is no edge.
            let Some(state) = node.edges.get(edge as usize).map(|edge| &edge.state) else { return };
            let EdgeState::Open(next) = *state else {
                debug_assert!(false, "an edge is closed once");
                return;
            };
            let next = next.filter(|next| !self.node(*next).free);
            self.kept += usize::from(next.is_some());
            let node = self.node_mut(id);
            node.edges[edge as usize].state = EdgeState::Done(next);
            node.unfinished -= 1;
            if node.unfinished > 0 {
                return;
            }
            let Some((parent, above)) = node.parent else { return };
            if node.free {
                self.release_all(id);
            }
            (id, edge) = (parent, above);
        }
    }

    /// Frees the nodes that are kept although nothing can be planned there any more: all before them in the order of
    /// exploration is finished.
    pub(crate) fn sweep(&mut self) {
        if self.kept < self.sweep_at.max(MIN_SWEEP) {
            return;
        }
        let mut open = vec![(Tree::ROOT, self.part)];
        while let Some((id, threatened)) = open.pop() {
            let mut threatened = threatened;
            for index in 0..self.node(id).edges.len() {
                match self.node(id).edges[index].state {
                    EdgeState::Planned(_) | EdgeState::Running(_) | EdgeState::Region(_) => threatened = true,
                    EdgeState::Open(next) => {
                        open.extend(next.map(|next| (next, threatened)));
                        threatened = true;
                    }
                    EdgeState::Done(Some(next)) if !threatened => {
                        self.release_all(next);
                        self.kept -= 1;
                        self.node_mut(id).edges[index].state = EdgeState::Done(None);
                    }
                    EdgeState::Done(_) => {}
                }
            }
        }
        self.sweep_at = self.kept * 2;
    }

    /// Frees a finished node and what is kept after it.
    fn release_all(&mut self, id: NodeId) {
        let mut open = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next {
            let node = &mut self.nodes[id.0 as usize];
            for edge in &node.edges {
                if let EdgeState::Done(Some(next)) = edge.state {
                    open.push(next);
                    self.kept -= 1;
                }
            }
            node.edges.clear();
            node.sleep.clear();
            node.parent = None;
            // A listed one is freed when its turn comes.
            if !node.listed {
                self.free.push(id);
            }
            next = open.pop();
        }
    }
}
