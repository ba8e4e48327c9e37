//! A hash table of the numbers 0, 1, 2... that stores 32 bits of each key's hash but no keys: the caller compares keys.
//!
//! Open addressing with linear probing. A slot has 8 bytes, so that the table of a large vocabulary stays in the
//! processor's cache, and the table grows without access to the keys.

/// Value of an empty slot.
pub const EMPTY: u32 = u32::MAX;
/// Number of slots of an empty table.
const FEWEST: usize = 4;

/// A hash, and the number in the upper bits. One value, so that both are loaded at once.
#[derive(Clone, Copy)]
struct Slot(u64);

impl Slot {
    #[inline(always)]
    fn new(hash: u32, number: u32) -> Self {
        Self(u64::from(number) << 32 | u64::from(hash))
    }

    #[inline(always)]
    fn hash(self) -> u32 {
        self.0 as u32
    }

    #[inline(always)]
    fn number(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// Numbers by hash. Several may have the same hash; `find` compares the keys.
pub struct Slots {
    /// The length is a power of two.
    slots: Vec<Slot>,
    used: u32,
}

impl Default for Slots {
    fn default() -> Self {
        Self { slots: empty(FEWEST), used: 0 }
    }
}

fn empty(size: usize) -> Vec<Slot> {
    vec![Slot::new(0, EMPTY); size]
}

impl Slots {
    /// Return the number in the first slot of a hash if the hashes match; `EMPTY` otherwise, which does not mean that
    /// it is absent.
    #[inline(always)]
    pub fn first(&self, hash: u32) -> u32 {
        let slot = self.slots[hash as usize & (self.slots.len() - 1)];
        // Branch-free, because the branch would be mispredicted sometimes.
        slot.number() | u32::from(slot.hash() != hash).wrapping_neg()
    }

    /// Return the number with this hash for which `is_meant` is true.
    #[inline(always)]
    pub fn find(&self, hash: u32, is_meant: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.slots.len() - 1;
        let mut place = hash as usize & mask;
        loop {
            let slot = self.slots[place];
            if slot.number() == EMPTY {
                return None;
            }
            if slot.hash() == hash && is_meant(slot.number()) {
                return Some(slot.number());
            }
            place = (place + 1) & mask;
        }
    }

    /// Insert a hash with the next number.
    pub fn insert(&mut self, hash: u32) {
        // The load factor is at most 5/8.
        if (self.used as usize + 1) * 8 > self.slots.len() * 5 {
            let size = self.slots.len() * 2;
            for slot in std::mem::replace(&mut self.slots, empty(size)) {
                if slot.number() != EMPTY {
                    self.put(slot);
                }
            }
        }
        self.put(Slot::new(hash, self.used));
        self.used += 1;
    }

    fn put(&mut self, slot: Slot) {
        let mask = self.slots.len() - 1;
        let mut place = slot.hash() as usize & mask;
        while self.slots[place].number() != EMPTY {
            place = (place + 1) & mask;
        }
        self.slots[place] = slot;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn keys_are_found_as_in_the_standard_librarys_table() {
        // Poor hashes place keys beside each other and around the end of the table.
        for hash in [|key: u32| key.wrapping_mul(0x9E37_79B9), |key| key % 3, |_| u32::MAX] {
            let (mut slots, mut keys, mut expected) = (Slots::default(), Vec::<u32>::new(), HashMap::new());
            let mut state = 1u64;
            for _ in 0..600 {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let key = (state >> 33) as u32 % 300;
                let found = slots.find(hash(key), |number| keys[number as usize] == key);
                assert_eq!(found, expected.get(&key).copied());
                let first = slots.first(hash(key));
                assert!(first == EMPTY || hash(keys[first as usize]) == hash(key));
                if found.is_none() {
                    expected.insert(key, keys.len() as u32);
                    keys.push(key);
                    slots.insert(hash(key));
                }
            }
        }
    }

    #[test]
    fn numbers_with_the_same_hash_are_distinguished() {
        let mut slots = Slots::default();
        (0..3).for_each(|_| slots.insert(5));
        let found = (0..3).map(|wanted| slots.find(5, |number| number == wanted));
        assert_eq!(found.collect::<Vec<_>>(), [Some(0), Some(1), Some(2)]);
        assert_eq!((slots.find(5, |_| false), slots.first(5), slots.first(1)), (None, 0, EMPTY));
    }
}
