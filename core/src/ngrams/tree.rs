//! N-grams as paths in a tree: the first tokens are another n-gram, the last one is a token's number.
//!
//! Every step is one entry of a hash table. There are `PARTS` tables; an n-gram's first two tokens choose.

use crate::counting::slots::Slots;

pub const PARTS: usize = 256;
pub const PART_BITS: u32 = PARTS.trailing_zeros();
/// A part's nodes have numbers below this, so that part and number fit into one code.
const MOST_NODES: usize = 1 << (32 - PART_BITS);
/// A node's parent is a token if it has not this bit, else a node of the same part.
pub const IS_NODE: u32 = 1 << 31;

/// An n-gram of two tokens or more.
#[derive(Clone, Copy)]
pub struct Node {
    pub parent: u32,
    pub token: u32,
    pub count: u64,
    /// Where it was first seen: tokens before it, times 256, plus its order.
    pub first: u64,
    pub texts: u32,
    last_text: u32,
}

#[derive(Default)]
pub struct Part {
    /// By parent and token.
    slots: Slots<[u32; 2]>,
    pub nodes: Vec<Node>,
}

fn mix(salt: u64, parent: u32, token: u32) -> u64 {
    let product = u128::from(salt ^ (u64::from(parent) << 32 | u64::from(token))) * 0x9E37_79B9_7F4A_7C15;
    (product >> 64) as u64 ^ product as u64
}

/// The part that n-grams with these first tokens are in.
pub fn part_of(salt: u64, first: u32, second: u32) -> u32 {
    (mix(salt, first, second) >> 40) as u32 % PARTS as u32
}

impl Part {
    /// The number of a node.
    #[inline(always)]
    pub fn find(&self, salt: u64, parent: u32, token: u32) -> Option<u32> {
        self.slots.find(mix(salt, parent, token), [parent, token], |_| true)
    }

    /// The number of a node, which is added if it is new; `None` when there are too many.
    #[inline(always)]
    pub fn insert(&mut self, salt: u64, parent: u32, token: u32, first: u64) -> Option<u32> {
        match self.find(salt, parent, token) {
            Some(number) => Some(number),
            None => self.push(salt, parent, token, first),
        }
    }

    #[inline(never)]
    fn push(&mut self, salt: u64, parent: u32, token: u32, first: u64) -> Option<u32> {
        let number = self.nodes.len();
        // The last code of the last part is `NONE`.
        if number >= MOST_NODES - 1 {
            return None;
        }
        self.nodes.push(Node { parent, token, count: 0, first, texts: 0, last_text: 0 });
        let nodes = &self.nodes;
        self.slots.insert(mix(salt, parent, token), [parent, token], |number| {
            let node = &nodes[number as usize];
            (mix(salt, node.parent, node.token), [node.parent, node.token])
        });
        Some(number as u32)
    }
}

impl Node {
    /// It was seen in the text of this number.
    pub fn count(&mut self, text: u32) {
        if self.count == 0 || self.last_text != text {
            self.texts += 1;
            self.last_text = text;
        }
        self.count += 1;
    }
}
