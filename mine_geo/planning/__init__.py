"""What first, what will be left, by when, and which village is free: frames in, frames out."""
