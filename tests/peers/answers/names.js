// What both halves call things.

/** The stream of the commands, and the first token of their subjects: `bookings.<client>`. */
export const STREAM = "bookings";
export const SUBJECTS = "bookings";

/** The first token of the subjects on which outcomes are told: `outcome.<client>.<command>`. */
export const OUTCOMES = "outcome";
