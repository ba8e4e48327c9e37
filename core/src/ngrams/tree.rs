//! N-grams as paths in a tree: an n-gram is a shorter n-gram, its prefix, and the number of its last token.
//!
//! Every step is one entry of a hash table. There are `PARTS` tables, chosen by an n-gram's first two tokens.

use crate::foundation::limits::{below_32_bits, TEXTS};
use std::collections::BTreeMap;

pub const PARTS: usize = 256;
pub const PART_BITS: u32 = PARTS.trailing_zeros();
/// Limit of node numbers in a part, so that part and number fit in one code.
const MOST_NODES: usize = 1 << NUMBER_BITS;
const NUMBER_BITS: u32 = 32 - PART_BITS;
/// Bit of a parent that is a node of the same part; without it the parent is a token.
pub const IS_NODE: u32 = 1 << 31;
/// Value of an empty slot; above every possible node number.
const EMPTY: u32 = u32::MAX;
/// Number of slots of an empty part.
const FEWEST: usize = 4;

/// An n-gram of two or more tokens.
#[derive(Clone, Copy)]
pub struct Node {
    pub parent: u32,
    pub token: u32,
    /// First occurrence: number of preceding tokens times 256, plus its order.
    pub first: u64,
    /// Modulo 2^32; the upper part is in `Part::carries`.
    count: u32,
    pub texts: u32,
    last_text: u32,
}

/// A hash table of nodes, with open addressing and linear probing.
pub struct Part {
    /// The length is a power of two: a node's number with some bits of its hash above it; or `EMPTY`.
    slots: Vec<u32>,
    pub nodes: Vec<Node>,
    /// Upper parts of counts, by number, in units of 2^32.
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

/// Return the part of the n-grams with these first tokens.
#[inline(always)]
pub fn part_of(salt: u64, first: u32, second: u32) -> u32 {
    (mix(salt, first, second) >> 40) as u32 % PARTS as u32
}

/// The bits of a hash that are stored in a slot.
#[inline(always)]
fn tag(hash: u64) -> u32 {
    (hash >> (32 + NUMBER_BITS)) as u32
}

impl Part {
    /// Return the number of a node.
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

    /// Return the number of a node, which is added if it is new; `None` if there are too many.
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
        // The load factor is at most 5/8.
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

    /// Count of a node.
    pub fn count(&self, number: u32) -> u64 {
        let carry = if self.carries.is_empty() { 0 } else { self.carries.get(&number).copied().unwrap_or_default() };
        u64::from(self.nodes[number as usize].count) + (carry << 32)
    }

    /// Count an occurrence of a node in a text.
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

    /// Add counts and texts to a node; `first` applies if it was never seen before.
    pub fn add(&mut self, number: u32, count: u64, texts: u64, first: u64) {
        let before = self.count(number);
        let node = &mut self.nodes[number as usize];
        below_32_bits((u64::from(node.texts) + texts) as usize, TEXTS);
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
