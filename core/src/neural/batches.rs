//! The distinct ids of batches, so that training can gather only their rows.

use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_each};

/// Distinct ids of batches.
#[derive(Debug, Default, PartialEq)]
pub struct BatchIds {
    /// Distinct ids of every batch, concatenated, each sorted; 0 is always included.
    pub ids: Vec<i32>,
    /// Number of distinct ids of each batch.
    pub counts: Vec<i32>,
    /// For every id of every batch, its index among the batch's distinct ids.
    pub places: Vec<i32>,
}

/// Find the distinct ids of batches of rows.
///
/// `ids` are rows of `length` ids from 0 to `rows` - 1; `order` lists the rows, `size` per batch. `None` if an id or a
/// row is out of range.
pub fn batch_ids(
    ids: &[i32],
    length: usize,
    rows: usize,
    order: &[i32],
    size: usize,
    threads: usize,
) -> Option<BatchIds> {
    let samples = ids.len() / length.max(1);
    let inside = |value: &i32, limit: usize| usize::try_from(*value).is_ok_and(|value| value < limit);
    let has_room = || Vec::<i32>::new().try_reserve_exact(rows).is_ok();
    if (rows == 0 && !order.is_empty())
        || !has_room()
        || !order.iter().all(|row| inside(row, samples))
        || !ids.iter().all(|id| inside(id, rows))
    {
        return None;
    }
    let batches: Vec<&[i32]> = order.chunks(size.max(1)).collect();
    let parts = map_each(even_ranges(batches.iter().map(|batch| 4 * batch.len() * length), threads), |range| {
        let mut part = BatchIds::default();
        let mut place_of = vec![-1i32; rows];
        for batch in &batches[range] {
            check(8 * batch.len() * length);
            let start = part.ids.len();
            part.ids.push(0);
            place_of[0] = 0;
            for &row in *batch {
                for &id in &ids[row as usize * length..][..length] {
                    // `None` for an id that another thread changed after the check.
                    let place = place_of.get_mut(id as usize)?;
                    if *place < 0 {
                        *place = 0;
                        part.ids.push(id);
                    }
                }
            }
            let found = &mut part.ids[start..];
            found.sort_unstable();
            found.iter().zip(0..).for_each(|(&id, place)| place_of[id as usize] = place);
            for &row in *batch {
                let own = ids[row as usize * length..][..length].iter();
                part.places.extend(own.map(|&id| place_of.get(id as usize).map_or(0, |&place| place.max(0))));
            }
            found.iter().for_each(|&id| place_of[id as usize] = -1);
            part.counts.push(found.len() as i32);
        }
        Some(part)
    });
    let mut whole = BatchIds::default();
    for part in parts {
        let part = part?;
        whole.ids.extend(part.ids);
        whole.counts.extend(part.counts);
        whole.places.extend(part.places);
    }
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [i32; 9] = [0, 7, 7, 3, 0, 9, 9, 9, 9];

    #[test]
    fn each_batch_has_its_sorted_ids_and_every_id_its_place() {
        let found = batch_ids(&IDS, 3, 10, &[0, 1, 2, 2], 2, 1);
        let expected = BatchIds {
            ids: vec![0, 3, 7, 9, 0, 9],
            counts: vec![4, 2],
            places: vec![0, 2, 2, 1, 0, 3, 1, 1, 1, 1, 1, 1],
        };
        assert_eq!(found, Some(expected));
        for threads in 2..5 {
            assert_eq!(batch_ids(&IDS, 3, 10, &[0, 1, 2, 2], 2, threads), found);
        }
    }

    #[test]
    fn what_is_out_of_range_is_none() {
        assert_eq!(batch_ids(&IDS, 3, 9, &[0], 1, 1), None);
        assert_eq!(batch_ids(&IDS, 3, 10, &[3], 1, 1), None);
        assert_eq!(batch_ids(&IDS, 3, 10, &[-1], 1, 1), None);
        assert_eq!(batch_ids(&[], 3, 10, &[], 1, 1), Some(BatchIds::default()));
    }
}
