//! The rows of the board from top to bottom, and which of them are in view.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Range;

use shared::rooms::{RoomId, RoomType, RoomView};

/// One line of the board. Lines are told apart by what they show, so that a line that moves is not drawn anew.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Line {
    /// The head of a room type, with what is free of it.
    Group(RoomType),
    Room(RoomId),
}

/// A line and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedLine {
    pub line: Line,
    /// In CSS pixels.
    pub top: u32,
    /// Counted from 0.
    pub index: usize,
}

impl PlacedLine {
    /// The room of which it is the line.
    pub fn room(&self) -> Option<RoomId> {
        match self.line {
            Line::Room(room) => Some(room),
            Line::Group(_) => None,
        }
    }
}

/// All lines with their places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    lines: Vec<Line>,
    /// The top of each line and, last, the bottom of all, in CSS pixels.
    edges: Vec<u32>,
}

/// How high lines are, in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heights {
    pub group: u32,
    pub room: u32,
}

/// How many lines above and below the visible ones are drawn already, so that scrolling meets no gap.
const MARGIN: usize = 6;
/// The range in view moves by this many lines at a time, so that not each scrolled pixel is a change.
const STEP: usize = 4;

impl Lines {
    /// The rooms by type and, within it, by what is painted on the door. Of a type that is `folded` there is but the head.
    pub fn of<'a>(
        rooms: impl Iterator<Item = &'a RoomView>,
        heights: Heights,
        folded: &BTreeSet<RoomType>,
    ) -> Self {
        let mut rooms: Vec<&RoomView> = rooms.collect();
        rooms.sort_unstable_by(|a, b| {
            let by_type = a.room_type.cmp(&b.room_type);
            let by_name = || natural(a.name.as_str(), b.name.as_str());
            by_type.then_with(by_name).then(a.id.cmp(&b.id))
        });
        let mut lines = Self::default();
        let mut edge = 0;
        let mut group = None;
        for room in rooms {
            if group != Some(&room.room_type) {
                group = Some(&room.room_type);
                lines.push(
                    Line::Group(room.room_type.clone()),
                    &mut edge,
                    heights.group,
                );
            }
            if !folded.contains(&room.room_type) {
                lines.push(Line::Room(room.id), &mut edge, heights.room);
            }
        }
        lines.edges.push(edge);
        lines
    }

    fn push(&mut self, line: Line, edge: &mut u32, height: u32) {
        self.lines.push(line);
        self.edges.push(*edge);
        *edge += height;
    }

    /// The height of all lines, in CSS pixels.
    pub fn height(&self) -> u32 {
        self.edges.last().copied().unwrap_or_default()
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The indices of the lines to draw when these pixels are visible.
    pub fn in_view(&self, visible: Range<u32>) -> Range<usize> {
        let first = self.edges.partition_point(|edge| *edge <= visible.start);
        let end = self.edges.partition_point(|edge| *edge < visible.end);
        let first = first.saturating_sub(1 + MARGIN) / STEP * STEP;
        let end = (end + MARGIN).div_ceil(STEP) * STEP;
        let end = end.min(self.lines.len());
        first.min(end)..end
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// The lines with these indices.
    pub fn slice(&self, range: Range<usize>) -> Vec<PlacedLine> {
        let lines = self.lines.iter().zip(&self.edges).enumerate();
        lines
            .skip(range.start)
            .take(range.len())
            .map(|(index, (line, top))| PlacedLine {
                line: line.clone(),
                top: *top,
                index,
            })
            .collect()
    }

    pub fn rooms(&self) -> impl Iterator<Item = RoomId> {
        self.lines.iter().filter_map(|line| match line {
            Line::Room(room) => Some(*room),
            Line::Group(_) => None,
        })
    }

    /// Top and bottom of the room's line, in CSS pixels.
    pub fn extent(&self, room: RoomId) -> Option<Range<u32>> {
        let line = Line::Room(room);
        let index = self.lines.iter().position(|other| *other == line)?;
        Some(*self.edges.get(index)?..*self.edges.get(index + 1)?)
    }

    /// The room `steps` rooms further down (up when negative), the last (first) one at most.
    pub fn room_beside(&self, room: RoomId, steps: isize) -> Option<RoomId> {
        let rooms: Vec<RoomId> = self.rooms().collect();
        let index = rooms.iter().position(|other| *other == room)?;
        let last = rooms.len().saturating_sub(1);
        let index = index.saturating_add_signed(steps).min(last);
        rooms.get(index).copied()
    }
}

/// Compares texts so that numbers in them count as numbers: `9` before `10`, `B2` before `B10`.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (a_number, b_number) = (leading_number(a), leading_number(b));
        let order = match (a_number, b_number) {
            (Some((x, a_rest)), Some((y, b_rest))) => {
                (a, b) = (a_rest, b_rest);
                x.cmp(&y)
            }
            _ => {
                let (mut a_chars, mut b_chars) = (a.chars(), b.chars());
                match (a_chars.next(), b_chars.next()) {
                    (None, None) => return Ordering::Equal,
                    (x, y) => {
                        (a, b) = (a_chars.as_str(), b_chars.as_str());
                        x.cmp(&y)
                    }
                }
            }
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn leading_number(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use shared::rooms::RoomAdded;

    use super::*;

    const HEIGHTS: Heights = Heights {
        group: 30,
        room: 40,
    };

    fn room(id: i64, name: &str, room_type: &str) -> RoomView {
        let added = RoomAdded {
            room: RoomId::try_from(id).unwrap().into(),
            name: name.parse().unwrap(),
            room_type: room_type.parse().unwrap(),
            floor: 1,
        };
        RoomView::new(&added, 1)
    }

    fn id(id: i64) -> RoomId {
        id.try_into().unwrap()
    }

    #[test]
    fn rooms_stand_below_their_type_in_the_order_of_doors() {
        let rooms = [
            room(1, "10", "double"),
            room(2, "9", "double"),
            room(3, "1", "suite"),
        ];
        let lines = Lines::of(rooms.iter(), HEIGHTS, &BTreeSet::new());
        let placed = lines.slice(0..9).into_iter();
        assert_eq!(
            placed
                .map(|placed| (placed.line, placed.top))
                .collect::<Vec<_>>(),
            [
                (Line::Group("double".parse().unwrap()), 0),
                (Line::Room(id(2)), 30),
                (Line::Room(id(1)), 70),
                (Line::Group("suite".parse().unwrap()), 110),
                (Line::Room(id(3)), 140),
            ]
        );
        assert_eq!(lines.height(), 180);
        assert_eq!(lines.extent(id(1)), Some(70..110));
        assert_eq!(lines.room_beside(id(2), 1), Some(id(1)));
        assert_eq!(lines.room_beside(id(2), 9), Some(id(3)));
        assert_eq!(lines.room_beside(id(1), -5), Some(id(2)));
        assert_eq!(lines.room_beside(id(7), 1), None);
    }

    #[test]
    fn a_folded_type_has_its_head_alone() {
        let rooms = [room(1, "10", "double"), room(2, "1", "suite")];
        let folded = BTreeSet::from(["double".parse().unwrap()]);
        let lines = Lines::of(rooms.iter(), HEIGHTS, &folded);
        assert_eq!(lines.rooms().collect::<Vec<_>>(), [id(2)]);
        assert_eq!((lines.len(), lines.height()), (3, 100));
        assert_eq!(lines.extent(id(1)), None);
    }

    #[test]
    fn only_what_is_in_view_is_drawn() {
        let rooms: Vec<RoomView> = (1..=1000)
            .map(|number| room(number, &number.to_string(), "double"))
            .collect();
        let lines = Lines::of(rooms.iter(), HEIGHTS, &BTreeSet::new());
        assert_eq!(lines.in_view(0..800), 0..28);
        let middle = lines.in_view(20_000..20_800);
        assert!(middle.start <= 499 && 519 < middle.end, "{middle:?}");
        assert!(middle.len() <= 20 + 2 * (MARGIN + STEP), "{middle:?}");
        assert_eq!(lines.in_view(39_230..40_030).end, 1001);
        assert_eq!(lines.in_view(90_000..90_800).end, 1001);
        assert_eq!(Lines::default().in_view(0..800), 0..0);
    }

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let mut names = ["B10", "101", "9", "B2", "A", "", "99999999999999999999"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(
            names,
            ["", "9", "101", "99999999999999999999", "A", "B2", "B10"]
        );
    }
}
