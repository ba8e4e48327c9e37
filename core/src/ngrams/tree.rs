//! N-grams as paths in a tree: the first tokens are another n-gram, the last one is a token's number.
//!
//! Every step is one entry of a hash table. There are `PARTS` tables; an n-gram's first two tokens choose.

use std::collections::BTreeMap;

pub const PARTS: usize = 256;
pub const PART_BITS: u32 = PARTS.trailing_zeros();
/// A part's nodes have numbers below this, so that part and number fit into one code.
const MOST_NODES: usize = 1 << NUMBER_BITS;
const NUMBER_BITS: u32 = 32 - PART_BITS;
/// A node's parent is a token if it has not this bit, else a node of the same part.
pub const IS_NODE: u32 = 1 << 31;
/// No node stands in a slot; behind the last slot that can be in use.
const EMPTY: u32 = u32::MAX;
/// Slots of an empty part.
const FEWEST: usize = 4;

/// An n-gram of two tokens or more.
#[derive(Clone, Copy)]
pub struct Node {
    pub parent: u32,
    pub token: u32,
    /// Where it was first seen: tokens before it, times 256, plus its order.
    pub first: u64,
    /// Modulo 2^32; the rest is in `Part::carries`.
    count: u32,
    pub texts: u32,
    last_text: u32,
}

/// A hash table of nodes, with open addressing and linear probing.
pub struct Part {
    /// A power of two of them: a node's number, above it some bits of its hash; or `EMPTY`.
    slots: Vec<u32>,
    pub nodes: Vec<Node>,
    /// What counts have above 2^32, by number, in units of 2^32.
    carries: BTreeMap<u32, u64>,
}

impl Default for Part {
    fn default() -> Self {
        Self { slots: vec![EMPTY; FEWEST], nodes: Vec::new(), carries: BTreeMap::new() }
    }
}

#[inline(always)]
fn mix(salt: u64, parent: u32, token: u32) -> u64 {
    let product = u128::from(salt ^ (u64::from(parent) << 32 | u64::from(token))) * 0x9E37_79B9_7F4A_7C15;
    (product >> 64) as u64 ^ product as u64
}

/// The part that n-grams with these first tokens are in.
#[inline(always)]
pub fn part_of(salt: u64, first: u32, second: u32) -> u32 {
    (mix(salt, first, second) >> 40) as u32 % PARTS as u32
}

/// The bits of a hash that stand in a slot.
#[inline(always)]
fn tag(hash: u64) -> u32 {
    (hash >> (32 + NUMBER_BITS)) as u32
}

impl Part {
    /// The number of a node.
    #[inline(always)]
    pub fn find(&self, salt: u64, parent: u32, token: u32) -> Option<u32> {
        let (hash, mask) = (mix(salt, parent, token), self.slots.len() - 1);
        let mut place = hash as usize & mask;
        loop {
            let slot = self.slots[place];
            if slot == EMPTY {
                return None;
            }
            let number = slot % MOST_NODES as u32;
            if slot >> NUMBER_BITS == tag(hash) {
                let node = &self.nodes[number as usize];
                if node.parent == parent && node.token == token {
                    return Some(number);
                }
            }
            place = (place + 1) & mask;
        }
    }

    /// The number of a node, which is added if it is new; `None` when there are too many.
    #[inline(always)]
    pub fn insert(&mut self, salt: u64, parent: u32, token: u32, first: u64) -> Option<u32> {
        match self.find(salt, parent, token) {
            Some(number) => Some(number),
            None => self.push(salt, Node { parent, token, first, count: 0, texts: 0, last_text: 0 }),
        }
    }

    #[inline(never)]
    fn push(&mut self, salt: u64, node: Node) -> Option<u32> {
        let number = self.nodes.len();
        // The last code of the last part is `NONE`.
        if number >= MOST_NODES - 1 {
            return None;
        }
        // At most five eighths of the slots are in use.
        if (number + 1) * 8 > self.slots.len() * 5 {
            let slots = self.slots.len() * 2;
            self.slots.clear();
            self.slots.resize(slots, EMPTY);
            (0..number)
                .for_each(|number| self.put(mix(salt, self.nodes[number].parent, self.nodes[number].token), number));
        }
        self.nodes.push(node);
        self.put(mix(salt, node.parent, node.token), number);
        Some(number as u32)
    }

    fn put(&mut self, hash: u64, number: usize) {
        let mask = self.slots.len() - 1;
        let mut place = hash as usize & mask;
        while self.slots[place] != EMPTY {
            place = (place + 1) & mask;
        }
        self.slots[place] = tag(hash) << NUMBER_BITS | number as u32;
    }

    /// How often a node was seen.
    pub fn count(&self, number: u32) -> u64 {
        let carry = if self.carries.is_empty() { 0 } else { self.carries.get(&number).copied().unwrap_or_default() };
        u64::from(self.nodes[number as usize].count) + (carry << 32)
    }

    /// A node was seen in the text of this number.
    #[inline(always)]
    pub fn see(&mut self, number: u32, text: u32) {
        let node = &mut self.nodes[number as usize];
        let is_first = node.count == 0 && !self.carries.contains_key(&number);
        node.texts += u32::from((node.last_text != text) | is_first);
        node.last_text = text;
        node.count = node.count.wrapping_add(1);
        if node.count == 0 {
            *self.carries.entry(number).or_default() += 1;
        }
    }

    /// Let a node have been seen so often more, in so many texts more; `first` counts where it was never seen before.
    pub fn add(&mut self, number: u32, count: u64, texts: u64, first: u64) {
        let before = self.count(number);
        let node = &mut self.nodes[number as usize];
        node.first = if before == 0 { first } else { node.first };
        (node.count, node.texts) = ((before + count) as u32, node.texts + texts as u32);
        if (before + count) >> 32 > 0 {
            self.carries.insert(number, (before + count) >> 32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn nodes_are_found_as_in_the_standard_librarys_table() {
        let (mut part, mut expected, mut state) = (Part::default(), HashMap::new(), 1u64);
        for round in 0..20_000 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let (parent, token) = (((state >> 40) as u32 % 100) | ((round & 1) << 31), (state >> 20) as u32 % 50);
            assert_eq!(part.find(9, parent, token), expected.get(&(parent, token)).copied());
            let next = expected.len() as u32;
            let number = *expected.entry((parent, token)).or_insert(next);
            assert_eq!(part.insert(9, parent, token, 0), Some(number));
        }
        assert_eq!(part.nodes.len(), expected.len());
    }

    #[test]
    fn counts_go_beyond_32_bits() {
        let mut part = Part::default();
        let node = part.insert(1, 2, 3, 7).expect("few");
        part.see(node, 0);
        part.see(node, 0);
        assert_eq!((part.count(node), part.nodes[0].texts), (2, 1));
        part.add(node, u64::from(u32::MAX) - 2, 4, 9);
        part.see(node, 0);
        assert_eq!((part.count(node), part.nodes[0].texts, part.nodes[0].first), (1 << 32, 5, 7));
        part.see(node, 0);
        part.see(node, 1);
        part.add(node, 1 << 40, 0, 9);
        assert_eq!((part.count(node), part.nodes[0].texts, part.nodes[0].first), ((1 << 40) + (1 << 32) + 2, 6, 7));
    }
}
