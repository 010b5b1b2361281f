//! `bench screen`: the board beside the same board in SolidJS with the NATS client for JavaScript (`tests/peers/screen`), in two
//! Chromium that take turns, on one hotel.
//!
//! ```text
//! house       a hotel whose buckets can be written to
//! side        a board in its browser
//! probe       frames and long tasks of a page
//! samples     what came of each side's turns, and its lines
//! weight      what a browser has to load
//! opening     from the navigation to the first complete board, and how many elements that has
//! paint       from a change in the bucket to the frame that shows it
//! burst       many changes at once
//! scroll      through the whole board
//! memory      what an hour of changes leaves behind
//! ```

mod burst;
mod house;
mod memory;
mod opening;
mod paint;
mod probe;
mod samples;
mod scroll;
mod side;
mod weight;

use house::House;
use side::Sides;

/// What can be said on the command line.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// How many rooms the hotel has.
    #[arg(long, value_delimiter = ',', default_values_t = [40, 1_000, 5_000])]
    pub rooms: Vec<u32>,
    /// How often each is measured; the median counts.
    #[arg(long, default_value_t = 5)]
    pub runs: usize,
    /// What is measured; all of it unless told otherwise.
    #[arg(long, value_delimiter = ',', value_enum, default_values_t = Part::ALL)]
    pub parts: Vec<Part>,
}

/// What can be measured by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// What a browser has to load.
    Weight,
    /// From the navigation to the first complete board.
    Opening,
    /// From a change in the bucket to the frame that shows it.
    Paint,
    /// Many changes at once.
    Burst,
    /// Through the whole board.
    Scroll,
    /// What an hour of changes leaves behind.
    Memory,
}

impl Part {
    const ALL: [Self; 6] = [
        Self::Weight,
        Self::Opening,
        Self::Paint,
        Self::Burst,
        Self::Scroll,
        Self::Memory,
    ];
}

/// A hotel, and what of it is shown.
#[derive(Debug, Clone, Copy)]
struct Size {
    rooms: u32,
    days: u32,
}

impl Size {
    /// The more rooms a hotel has, the further ahead it is looked at.
    fn of(rooms: u32) -> Self {
        let days = match rooms {
            0..=100 => 30,
            101..=1_000 => 60,
            _ => 90,
        };
        Self { rooms, days }
    }
}

/// Measures, and prints.
pub async fn run(options: &Options) {
    let mut house = None::<House>;
    for rooms in options.rooms.iter().copied() {
        let before = house.take().filter(|house| house.can_grow_to(rooms));
        let mut grown = match before {
            Some(house) => house,
            None => House::start(rooms).await,
        };
        grown.grow_to(rooms).await;
        measure(&mut grown, Size::of(rooms), options).await;
        house = Some(grown);
    }
}

async fn measure(house: &mut House, size: Size, options: &Options) {
    let sides = Sides::open(house, size).await;
    let is_first = options.rooms.first() == Some(&size.rooms);
    for part in &options.parts {
        eprintln!("{} rooms × {} days: {part:?} …", size.rooms, size.days);
        match part {
            // The page is the same, however many rooms there are.
            Part::Weight if !is_first => {}
            Part::Weight => weight::measure(&sides).await,
            Part::Opening => opening::measure(&sides, options.runs).await,
            Part::Paint => paint::measure(house, &sides, options.runs).await,
            Part::Burst => burst::measure(house, &sides, options.runs).await,
            Part::Scroll => scroll::measure(&sides, options.runs).await,
            Part::Memory => memory::measure(house, &sides, options.runs).await,
        }
    }
}
